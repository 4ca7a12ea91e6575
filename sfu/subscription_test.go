package sfu

import (
	"testing"

	"github.com/stretchr/testify/require"

	"draille/sfu/demand"
)

func TestSlotTellsWhoseLinkItIs(t *testing.T) {
	t.Parallel()
	p := newPublication("a", Camera, 7)
	s := &subscription{section: section{mid: "3"}, publication: p}
	o := demand.Order{Encodings: []Encoding{{RID: "q"}, {RID: "f", Active: true, Scale: 1}}}
	for _, one := range []struct {
		live    bool
		manner  demand.Mode
		limited bool
		state   slotState
		still   bool
		reason  Reason
	}{
		{live: true},
		{live: true, state: slotState{reason: ReasonDownlink}, reason: ReasonDownlink},
		{live: true, limited: true, reason: ReasonUplink},
		{live: true, limited: true, state: slotState{reason: ReasonDownlink}, reason: ReasonDownlink},
		{live: true, limited: true, manner: demand.Still, still: true, reason: ReasonUplink},
		{live: true, limited: true, manner: demand.Still, state: slotState{paused: true, reason: ReasonDownlink}, reason: ReasonDownlink},
		{live: true, limited: true, manner: demand.Off, state: slotState{paused: true, reason: ReasonPublisher}, reason: ReasonUplink},
		{limited: true, manner: demand.Off, state: slotState{paused: true, reason: ReasonPublisher}, reason: ReasonPublisher},
	} {
		o.Mode, o.Limited = one.manner, one.limited
		p.live.Store(one.live)
		p.order.Store(&o)
		s.state = one.state
		require.Equal(
			t,
			Slot{
				MID:         "3",
				Participant: "a",
				Source:      Camera,
				Number:      7,
				Paused:      one.state.paused,
				Still:       one.still,
				Reason:      one.reason,
			},
			s.slot(),
		)
		require.Equal(t, one.manner == demand.Off, p.off())
		require.Equal(t, one.manner == demand.Still, p.silence() > activeWithin)
	}
}
