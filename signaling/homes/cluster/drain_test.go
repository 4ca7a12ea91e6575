package cluster

import (
	"context"
	"errors"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"draille/signaling/homes"
	"draille/signaling/homes/register"
	"draille/signaling/rules"
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
		err := n.byID["a"].Drain(t.Context(), time.Minute)
		require.Equal(t, &LeftError{[]string{"r"}, tenure.NobodyElse}, err)
		require.ErrorContains(t, err, ": r (no other node could take rooms: ")
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
		// The one that is later may take the other's room first.
		var left *LeftError
		require.ErrorAs(t, errors.Join(<-both, <-both), &left)
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

// deaf loses what follows a gift, as a giver does that dies just then.
type deaf struct{ port }

func (d deaf) Send(to, peer string, m Message) {
	if m.Volatile == nil {
		d.port.Send(to, peer, m)
	}
}

// lively is a room that says what it keeps in memory when it ends.
type lively struct {
	tenure homes.Tenure
	ear
	volatile rules.Volatile
}

func (l lively) Ended() {
	l.tenure.HandOn(removal("late"), l.volatile)
	l.ear.Ended()
}

func TestEachClaimIsCountedOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		n := begin(t, "a", "b")
		keep(n.open("a", "r"), removal("inv"))
		require.NoError(t, n.byID["a"].Drain(t.Context(), time.Minute))
		n.opens("b", "r")
		require.Equal(t, map[Cause]uint64{Opened: 1, Dead: 0, Given: 0, Resumed: 0},
			n.byID["a"].Stats().Claims)
		require.Equal(t, map[Cause]uint64{Opened: 0, Dead: 0, Given: 1, Resumed: 0},
			n.byID["b"].Stats().Claims)
		n.kill("b")
		n.start("c", 0)
		n.opens("c", "r")
		require.Equal(t, map[Cause]uint64{Opened: 0, Dead: 1, Given: 0, Resumed: 0},
			n.byID["c"].Stats().Claims)
	})
}

func TestWhatIsInMemoryFollowsARoom(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		n := begin(t, "a", "b")
		l := lively{n.open("a", "r"), newEar(), rules.Volatile{Format: 1, Note: "Un instant."}}
		keep(l.tenure, removal("early"))
		l.tenure.Listen(l)
		require.NoError(t, n.byID["a"].Drain(t.Context(), time.Minute))
		l.hears(t, "ended")
		room := n.opens("b", "r")
		require.Equal(t, l.volatile, room.Handed())
		state, _ := room.Recalled()
		require.Len(t, state.Removed, 2, "what was decided at the very end, too")

		// Nobody has come to c, and it is drained in turn.
		n.start("c", 0)
		time.Sleep(3 * time.Second)
		l = lively{room, newEar(), room.Handed()}
		room.Listen(l)
		require.NoError(t, n.byID["b"].Drain(t.Context(), time.Minute))
		n.start("d", 0)
		time.Sleep(3 * time.Second)
		require.NoError(t, n.byID["c"].Drain(t.Context(), time.Minute))
		require.Equal(t, l.volatile, n.opens("d", "r").Handed())
	})
}

func TestARoomIsOpenedThoughNothingFollows(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		n := begin(t, "a", "b")
		n.byID["a"].config.Network = deaf{port{n, "a"}}
		l := lively{n.open("a", "r"), newEar(), rules.Volatile{Format: 1}}
		keep(l.tenure, removal("early"))
		l.tenure.Listen(l)
		require.NoError(t, n.byID["a"].Drain(t.Context(), time.Minute))
		began := time.Now()
		room := n.opens("b", "r")
		require.Less(t, time.Since(began), followWithin+loadEvery+time.Second)
		require.Zero(t, room.Handed())
		state, _ := room.Recalled()
		require.Equal(t, removal("early"), state)
	})
}
