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
