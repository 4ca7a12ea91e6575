package sfu

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// A link that is just too thin gives a reason and takes it back several times a second.
func TestReasonsDoNotFlicker(t *testing.T) {
	plain := []Slot{{MID: "4", Participant: "a", Source: Camera}}
	small := []Slot{{MID: "4", Participant: "a", Source: Camera, Reason: ReasonDownlink}}
	cut := []Slot{
		{MID: "4", Participant: "a", Source: Camera, Reason: ReasonDownlink, Paused: true},
	}
	require.False(t, slotNews(plain, plain, time.Hour))
	require.False(t, slotNews(small, plain, reasonHold-1))
	require.True(t, slotNews(small, plain, reasonHold))
	require.True(t, slotNews(cut, small, 0), "a picture that is cut is told at once")
	require.True(t, slotNews(nil, small, 0))
}
