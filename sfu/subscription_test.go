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
		mode    demand.Mode
		limited bool
		state   slotState
		granted int
		still   bool
		reason  Reason
	}{
		{live: true},
		{live: true, state: slotState{reason: ReasonDownlink}, reason: ReasonDownlink},
		{live: true, limited: true, reason: ReasonUplink},
		{live: true, limited: true, state: slotState{reason: ReasonDownlink}, granted: 90_000,
			reason: ReasonDownlink},
		{live: true, limited: true, state: slotState{reason: ReasonDownlink}, granted: 300_000,
			reason: ReasonUplink},
		{
			live: true, limited: true, mode: demand.Still, state: slotState{reason: ReasonDownlink},
			granted: 300_000,
			still:   true, reason: ReasonUplink,
		},
		{live: true, limited: true, mode: demand.Still, still: true, reason: ReasonUplink},
		{live: true, limited: true, mode: demand.Still,
			state: slotState{paused: true, reason: ReasonDownlink}, reason: ReasonDownlink},
		{live: true, limited: true, mode: demand.Off,
			state: slotState{paused: true, reason: ReasonPublisher}, reason: ReasonUplink},
		{limited: true, mode: demand.Off, state: slotState{paused: true, reason: ReasonPublisher},
			reason: ReasonPublisher},
	} {
		o.Mode, o.Limited, o.Share = one.mode, one.limited, 100_000
		p.live.Store(one.live)
		p.order.Store(&o)
		s.state, s.granted = one.state, one.granted
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
			s.slot(true),
		)
		untried := one.reason
		if untried == ReasonDownlink {
			untried = ReasonUnproven
		}
		require.Equal(t, untried, s.slot(false).Reason, "a link that was not tried with more")
		require.Equal(t, one.mode == demand.Off, p.off())
		require.Equal(t, one.mode == demand.Still, p.silence() > activeWithin)
	}
}
