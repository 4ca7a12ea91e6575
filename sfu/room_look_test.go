package sfu

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

func TestRoomsLookAtTheSameMoments(t *testing.T) {
	begun := time.Date(2026, 11, 22, 10, 0, 0, 0, time.UTC)
	for after := time.Duration(0); after < 2*roomInterval; after += 7 * time.Millisecond {
		now := begun.Add(after)
		until := untilLook(now, roomInterval)
		require.Greater(t, until, time.Duration(0), "a moment is not looked at twice")
		require.LessOrEqual(t, until, roomInterval)
		look := now.Add(until)
		require.Equal(t, lookAfter, look.Sub(look.Truncate(tickInterval)),
			"what transports have just found out is acted upon")
	}
}
