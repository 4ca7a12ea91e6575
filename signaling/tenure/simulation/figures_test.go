package simulation

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

func TestPlacement(t *testing.T) {
	nodes, rooms, within := 25, 2500, 20*time.Second
	if *figures {
		nodes, rooms, within = 100, 10_000, time.Minute
	}
	p := Place(*first, nodes, rooms, within)
	t.Logf("%d rooms on %d nodes within %v: hottest %d, mean %.0f, longest join %v, %.0f writes/s",
		p.Rooms, p.Nodes, within, p.Hottest, p.Mean, p.Join.Round(time.Millisecond),
		p.WritesPerSecond)
	require.LessOrEqual(t, float64(p.Hottest), 1.25*p.Mean)
}

func TestRehoming(t *testing.T) {
	r := Rehome(*first, 15, 10_800)
	t.Logf("%d rooms of a dead node: fence after %v, then half of them owned after %v and all "+
		"after %v; fullest node then %d", r.Rooms, r.Fence.Round(time.Millisecond),
		r.Half.Round(time.Millisecond), r.Last.Round(time.Millisecond), r.Hottest)
	require.Greater(t, r.Rooms, 500)
	require.Zero(t, r.Left)
	require.LessOrEqual(t, r.Last, 5*time.Second)
}

// As make cluster compares it with real servers, to tell how far the simulation can
// be believed.
func TestRehomingOfThree(t *testing.T) {
	for seed := range uint64(worldsPredicted) {
		r := Rehome(*first+seed, 3, 60)
		require.Zero(t, r.Left)
		require.LessOrEqual(t, r.Fence, 6500*time.Millisecond)
	}
	fenced, owned := PredictRehoming(*first, 3, 60)
	t.Logf("20 rooms of one of three nodes: fence after %v, all owned after %v (medians of %d)",
		fenced.Round(time.Millisecond), owned.Round(time.Millisecond), worldsPredicted)
}
