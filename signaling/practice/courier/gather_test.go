package courier_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"draille/signaling/practice"
	"draille/signaling/practice/courier"
	"draille/signaling/practice/courier/sink"
	"draille/signaling/practice/store/storetest"
)

// A notice that gathers others and does not go out has told of nothing. By its next try it may be
// of no use, and the others still are.
func TestAGatheredNoticeIsNotLostWithTheOneThatDidNotGoOut(t *testing.T) {
	t.Parallel()
	h := newHouse(t, storetest.Address(t))
	defer h.store.Close()
	purpose := courier.PurposeOpinionQueue
	h.notice("a", purpose, 0)
	h.notice("a", purpose, 0)
	h.notice("a", purpose, time.Hour)
	h.notice("b", purpose, time.Hour)
	mails := sink.Listen(t, 0)
	judge := verdicts{"a": {Sequence: 1, Gathers: true}}
	send := func(port int) {
		c, err := courier.New(courier.Config{Store: h.store, Links: h.agenda, Public: public(),
			Now: h.now, Mail: sink.Config(port), Notices: judge})
		require.NoError(t, err)
		require.NoError(t, c.SendDue(t.Context(), practice.ChannelMail))
	}
	states := func() (found []practice.OutboxState) {
		for _, m := range h.messages(purpose) {
			found = append(found, m.State)
		}
		return found
	}
	waiting, sent, dropped := practice.OutboxWaiting, practice.OutboxSent, practice.OutboxDropped
	send(1) // nobody listens there
	require.Equal(t, []practice.OutboxState{waiting, waiting, waiting, waiting}, states())
	h.clock.Add(int64(2 * time.Minute))
	send(mails.Port)
	require.Equal(t, []practice.OutboxState{sent, dropped, dropped, waiting}, states())
	require.Equal(t, practice.ReasonGathered, h.messages(purpose)[1].Reason)
	require.Len(t, mails.Mails(), 1)
}
