package simulation

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// A fiftieth of the day, until noon; with -tenure.figures the whole of it.
func TestDay(t *testing.T) {
	d := France()
	d.Service, d.Hours = *service, *until
	if !*figures {
		d.Nodes, d.Calls, d.Hours = 6, d.Calls/50, 5
	}
	f := d.Play(*first)
	t.Logf("%d consultations, %d rooms at once on %d nodes", f.Calls, f.Rooms, d.Nodes)
	t.Logf("register: %.0f writes/s, %.0f in the busiest minute, %.0f in the busiest second",
		f.Writes, f.WritesMinute, f.WritesMost)
	t.Logf("hottest node: %.2f times the mean; longest wait for a room %v", f.Hottest,
		f.Wait.Round(10*time.Millisecond))
	require.Empty(t, f.Violations)
	require.Len(t, f.Losses, 2)
	for _, loss := range f.Losses {
		t.Logf("%s is lost, with %d rooms: half of them have an owner after %v, all after %v",
			loss.What, loss.Rooms, loss.Half.Round(time.Millisecond),
			loss.Last.Round(time.Millisecond))
		require.NotZero(t, loss.Rooms)
		require.Zero(t, loss.Left)
	}
	if !*figures { // a large one is bounded by what the register stores
		require.LessOrEqual(t, f.Losses[0].Last, 10*time.Second)
		require.LessOrEqual(t, f.Losses[1].Last, 10*time.Second+2*centreElection)
	}
}
