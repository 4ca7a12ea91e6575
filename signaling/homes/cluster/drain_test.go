package cluster

import (
	"context"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"draille/signaling/homes/register"
	"draille/signaling/tenure"
)

// tardy takes its time to remove a key.
type tardy struct{ register.Register }

func (t tardy) Delete(ctx context.Context, key string, revision uint64) error {
	select {
	case <-time.After(300 * time.Millisecond):
		return t.Register.Delete(ctx, key, revision)
	case <-ctx.Done():
		return register.ErrUnknown
	}
}

// A process ends as soon as it is drained: the others are to hear that it has left.
func TestADrainedNodeHasSaidGoodbye(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		n := begin(t, "a", "b")
		d := n.doors["a"]
		d.mu.Lock()
		d.Register = tardy{d.Register}
		d.mu.Unlock()
		require.NoError(t, n.byID["a"].Drain(t.Context(), time.Minute))
		n.kill("a")
		changes, err := n.register.Watch(t.Context(), "")
		require.NoError(t, err)
		known := map[string]bool{}
		for change := range changes {
			if change.Kind == register.Live {
				break
			}
			known[change.Key] = true
		}
		require.False(t, known[tenure.NodeKey("a")])
		require.True(t, known[tenure.NodeKey("b")])
	})
}

// Where nobody could take a room, nobody waits for that until the deadline.
func TestTheLastNodeLeavesSoon(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		n := begin(t, "a", "b")
		keep(n.open("a", "r"), removal("inv"))
		n.kill("b")
		began := time.Now()
		require.NoError(t, n.byID["a"].Drain(t.Context(), time.Minute))
		require.Less(t, time.Since(began), 11*time.Second)
		require.Greater(t, time.Since(began), 9*time.Second)
		n.start("c", 0)
		state, _ := n.opens("c", "r").Recalled()
		require.Equal(t, removal("inv"), state)
	})
}

func TestNodesThatDrainAtOnceDoNotWaitForEachOther(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		n := begin(t, "a", "b")
		keep(n.open("a", "r"), removal("inv"))
		keep(n.open("b", "s"), removal("inv"))
		began := time.Now()
		both := make(chan error, 2)
		for _, id := range []string{"a", "b"} {
			go func() { both <- n.byID[id].Drain(t.Context(), time.Minute) }()
		}
		require.NoError(t, <-both)
		require.NoError(t, <-both)
		require.Less(t, time.Since(began), 11*time.Second)
	})
}

// Nobody waits for an answer of a register that is gone.
func TestANodeLeavesWithoutTheRegister(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		n := begin(t, "a", "b")
		n.doors["a"].set(true)
		began := time.Now()
		require.NoError(t, n.byID["a"].Drain(t.Context(), time.Minute))
		require.Less(t, time.Since(began), 7*time.Second)
	})
}
