package courier_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"draille/signaling/practice"
	"draille/signaling/practice/agenda"
	"draille/signaling/practice/courier"
	"draille/signaling/practice/courier/sink"
	"draille/signaling/practice/store"
	"draille/signaling/practice/store/storetest"
)

// verdicts are what is to become of notices, by the person.
type verdicts map[string]courier.Verdict

// Judge implements courier.Judge.
func (v verdicts) Judge(_ *store.Tx, m practice.Message, _ time.Time) (courier.Verdict, error) {
	verdict := v[m.Person]
	if verdict.Drop == "" {
		verdict.To = m.Person + "@example.org"
	}
	return verdict, nil
}

// notice puts one into the outbox, due after a while.
func (h *house) notice(person, purpose string, after time.Duration) practice.Message {
	h.t.Helper()
	at := practice.InstantOf(h.now())
	m := practice.Message{ID: practice.NewID(), Establishment: "E", Person: person, Subject: "S",
		Channel: practice.ChannelMail, Purpose: purpose, Sequence: 1, DueAt: at.Add(after),
		State: practice.OutboxWaiting, NextAt: at.Add(after), CreatedAt: at}
	require.NoError(h.t, h.store.Write(h.t.Context(), func(tx *store.Tx) error {
		tx.Changed(practice.TopicOutbox, m.Establishment, m.ID)
		return store.Insert(tx, m, store.With{"once": m.ID})
	}))
	return m
}

// awaitNotices waits until the notices of a purpose are as they should be, in their order.
func (h *house) awaitNotices(purpose string, want ...practice.OutboxState) []practice.Message {
	h.t.Helper()
	changes, stop := h.store.Watch()
	defer stop()
	late := time.After(30 * time.Second)
	for {
		found, same := h.messages(purpose), true
		require.Len(h.t, found, len(want))
		for i, m := range found {
			same = same && m.State == want[i]
		}
		if same {
			return found
		}
		select {
		case <-changes:
		case <-late:
			h.t.Fatalf("expected %v, got %+v", want, found)
		}
	}
}

func TestPatientsDoNotWaitForNoticesToStaff(t *testing.T) {
	t.Parallel()
	h := newHouse(t, storetest.Address(t))
	defer h.store.Close()
	first := h.notice("a", courier.PurposeThread, 0)
	second := h.notice("b", courier.PurposeThread, 0)
	urgent := h.notice("c", courier.PurposeOpinionUrgent, 0)
	h.appointment(byMail(1))
	link := h.messages(agenda.PurposeInvitation)[0]
	mails := sink.Listen(t, 0)
	defer h.run(courier.Config{Mail: sink.Config(mails.Port), Notices: verdicts{}})()
	mails.Await(t, 4)
	var want []string
	for _, m := range []practice.Message{urgent, link, first, second} {
		want = append(want, "<"+m.ID+"@visio.example.org>")
	}
	require.Equal(t, want, mails.IDs(t))
}

func TestANoticeIsJudgedWhenItsTurnHasCome(t *testing.T) {
	t.Parallel()
	h := newHouse(t, storetest.Address(t))
	defer h.store.Close()
	later := practice.InstantOf(noon.Add(time.Hour))
	h.notice("read", courier.PurposeThread, 0)
	h.notice("later", courier.PurposeThread, 0)
	h.notice("sent", courier.PurposeThread, 0)
	mails := sink.Listen(t, 0)
	defer h.run(courier.Config{Mail: sink.Config(mails.Port), Notices: verdicts{
		"read":  {Drop: practice.ReasonRead},
		"later": {Later: later, Sequence: 7},
		"sent":  {Sequence: 9, Language: "en"}}})()
	found := h.awaitNotices(courier.PurposeThread, practice.OutboxDropped,
		practice.OutboxWaiting, practice.OutboxSent)
	require.Equal(t, practice.ReasonRead, found[0].Reason)
	require.Equal(t, []any{later, later, 7},
		[]any{found[1].DueAt, found[1].NextAt, found[1].Sequence})
	require.Equal(t, 9, found[2].Sequence)
	text := mails.Next(t)
	require.Contains(t, text, "Subject: Unread messages are waiting for you\r\n")
	require.Contains(t, text, "https://visio.example.org/#/threads")
	require.Len(t, mails.Mails(), 1)
}

// Without somebody to judge them no notice goes out, and none waits for ever.
func TestWithoutAJudgeNoNoticeGoesOut(t *testing.T) {
	t.Parallel()
	h := newHouse(t, storetest.Address(t))
	defer h.store.Close()
	h.notice("a", courier.PurposeThread, 0)
	mails := sink.Listen(t, 0)
	defer h.run(courier.Config{Mail: sink.Config(mails.Port)})()
	h.awaitNotices(courier.PurposeThread, practice.OutboxDropped)
	require.Empty(t, mails.Mails())
}

// A node that dies after it has taken a notice leaves it to another, which sends it once, under the
// same Message-ID.
func TestANoticeOutlivesTheNodeThatTookIt(t *testing.T) {
	t.Parallel()
	h := newHouse(t, storetest.Address(t))
	defer h.store.Close()
	taken := h.notice("a", courier.PurposeThread, 0)
	require.NoError(t, h.store.Write(t.Context(), func(tx *store.Tx) error {
		_, err := tx.Exec(`UPDATE outbox SET claimed_by = 'dead', claimed_until = $1
			WHERE establishment = 'E'`, int64(practice.InstantOf(noon.Add(time.Minute))))
		return err
	}))
	mails := sink.Listen(t, 0)
	config := courier.Config{Mail: sink.Config(mails.Port), Notices: verdicts{}}
	stop := h.run(config)
	h.notice("b", courier.PurposeOpinionBack, 0)
	h.awaitNotices(courier.PurposeOpinionBack, practice.OutboxSent)
	require.Len(t, mails.Mails(), 1, "the other node may be at it")
	h.clock.Add(int64(time.Minute))
	h.notice("c", courier.PurposeOpinionAnswer, 0)
	h.awaitNotices(courier.PurposeThread, practice.OutboxSent)
	h.awaitNotices(courier.PurposeOpinionAnswer, practice.OutboxSent)
	stop()
	defer h.run(config)()
	h.notice("d", courier.PurposeOpinionReply, 0)
	h.awaitNotices(courier.PurposeOpinionReply, practice.OutboxSent)
	require.Len(t, mails.Mails(), 4)
	require.Contains(t, mails.IDs(t), "<"+taken.ID+"@visio.example.org>")
}

// What was put there while the clock was ahead waits as long as it was to wait, from now.
func TestAClockThatWasAheadHoldsNoNoticeUp(t *testing.T) {
	t.Parallel()
	h := newHouse(t, storetest.Address(t))
	defer h.store.Close()
	h.clock.Add(int64(20 * time.Hour))
	h.notice("a", courier.PurposeThread, 5*time.Minute)
	h.clock.Store(noon.UnixNano())
	c, err := courier.New(courier.Config{Store: h.store, Links: h.agenda, Public: public(),
		Now: h.now})
	require.NoError(t, err)
	require.NoError(t, c.ClockStepped(t.Context()))
	m := h.messages(courier.PurposeThread)[0]
	due := practice.InstantOf(noon.Add(5 * time.Minute))
	require.Equal(t, []practice.Instant{due, due, practice.InstantOf(noon)},
		[]practice.Instant{m.DueAt, m.NextAt, m.CreatedAt})
}
