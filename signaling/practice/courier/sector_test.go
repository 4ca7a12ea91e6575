package courier_test

import (
	"context"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"draille/signaling/practice"
	"draille/signaling/practice/courier"
	"draille/signaling/practice/courier/sink"
	"draille/signaling/practice/store"
	"draille/signaling/practice/store/storetest"
)

// sector is the number of people in a large one. Were all notices compared with each other, one
// claim would take minutes, and hold up all other writers.
const sector = 15000

// TestASectorHoldsNobodyUp has everybody's notice due at once.
func TestASectorHoldsNobodyUp(t *testing.T) {
	t.Parallel()
	h := newHouse(t, storetest.Address(t))
	defer h.store.Close()
	at := practice.InstantOf(h.now())
	var rows []store.Row[practice.Message]
	for range sector {
		m := practice.Message{ID: practice.NewID(), Establishment: "E", Person: "many",
			Subject: "S", Channel: practice.ChannelMail, Purpose: courier.PurposeThread,
			Sequence: 1, DueAt: at, State: practice.OutboxWaiting, NextAt: at, CreatedAt: at}
		rows = append(rows, store.Row[practice.Message]{Row: m, With: store.With{"once": m.ID}})
	}
	require.NoError(t, h.store.Write(t.Context(), func(tx *store.Tx) error {
		_, err := store.InsertMissing(tx, rows, "once")
		return err
	}))
	h.appointment(byMail(1))
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
	defer cancel()
	mails := sink.Listen(t, 0)
	c, err := courier.New(courier.Config{Store: h.store, Links: h.agenda, Public: public(),
		Now: h.now, Mail: sink.Config(mails.Port), Notices: one{cancel}})
	require.NoError(t, err)
	_ = c.SendDue(ctx, practice.ChannelMail)
	require.Len(t, mails.Mails(), 1, "the patient's link")
}

// one stops the courier at the first notice.
type one struct{ stop func() }

// Judge implements courier.Judge.
func (o one) Judge(*store.Tx, practice.Message, time.Time) (courier.Verdict, error) {
	o.stop()
	return courier.Verdict{Drop: practice.ReasonRead}, nil
}
