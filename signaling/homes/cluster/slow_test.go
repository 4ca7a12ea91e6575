package cluster

import (
	"context"
	"fmt"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"draille/signaling/homes"
	"draille/signaling/homes/register"
	"draille/signaling/tenure"
)

// slow is a register each of whose answers takes so long, there and back. What is asked of it takes
// effect, whether anybody waits for the answer or not.
type slow struct {
	register.Register
	takes time.Duration
}

type answer struct {
	revision uint64
	err      error
}

func (s slow) asks(ctx context.Context, do func(context.Context) (uint64, error)) (uint64, error) {
	if s.takes == 0 {
		return do(ctx)
	}
	answered := make(chan answer, 1)
	whole := context.WithoutCancel(ctx)
	go func() {
		time.Sleep(s.takes / 2)
		revision, err := do(whole)
		time.Sleep(s.takes / 2)
		answered <- answer{revision, err}
	}()
	select {
	case a := <-answered:
		return a.revision, a.err
	case <-ctx.Done():
		return 0, register.ErrUnknown
	}
}

func (s slow) Put(ctx context.Context, key string, value []byte, revision uint64) (uint64, error) {
	return s.asks(ctx, func(ctx context.Context) (uint64, error) {
		return s.Register.Put(ctx, key, value, revision)
	})
}

func (s slow) Delete(ctx context.Context, key string, revision uint64) error {
	_, err := s.asks(ctx, func(ctx context.Context) (uint64, error) {
		return 0, s.Register.Delete(ctx, key, revision)
	})
	return err
}

// A register that answers late ends nothing and loses nothing. Up to two seconds all goes on, only
// later; where a renewal takes longer than a lease lasts, whoever comes is told why nobody decides.
func TestARegisterThatAnswersLate(t *testing.T) {
	for _, c := range []struct {
		late, within time.Duration // within: a room is opened, or its state is kept
		least        int           // seconds of 60 in which it may be decided
	}{
		{500 * time.Millisecond, 1500 * time.Millisecond, 60},
		{time.Second, 3 * time.Second, 60},
		{1500 * time.Millisecond, 3 * time.Second, 60},
		{2 * time.Second, 4500 * time.Millisecond, 60},
		{3 * time.Second, findWithin + loadEvery, 30},
		{5 * time.Second, findWithin + loadEvery, 0},
	} {
		t.Run(c.late.String(), func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) { late(t, c.late, c.within, c.least) })
		})
	}
}

func late(t *testing.T, by, within time.Duration, least int) {
	n := begin(t, "a", "b")
	room, ear := n.open("a", "r"), newEar()
	room.Listen(ear)
	keep(room, removal("before"))
	for _, d := range n.doors {
		d.slow(by)
	}
	decided := 0
	for range 60 {
		time.Sleep(time.Second)
		if room.MayDecide() {
			decided++
		}
	}
	t.Logf("decides in %d of 60 s", decided)
	require.GreaterOrEqual(t, decided, least)
	require.Less(t, n.byID["a"].Stats().Register, 10*time.Second)
	require.GreaterOrEqual(t, n.byID["a"].Stats().Register, by)
	began := time.Now()
	home := n.find("a", "new")
	t.Logf("a new room, or why there is none, after %v", time.Since(began))
	require.Less(t, time.Since(began), within)
	if home.Tenure == nil {
		require.Less(t, least, 60)
		require.Equal(t, homes.Home{Away: string(tenure.RegisterSlow)}, home)
	} else {
		require.NotZero(t, least)
		began = time.Now()
		keep(room, removal("meanwhile"))
		t.Logf("a change is kept after %v", time.Since(began))
		require.Less(t, time.Since(began), within, "whoever removes somebody waits for that")
	}
	require.Equal(t, "a", n.find("b", "r").Node, "it is led to by any door")
	require.Empty(t, ear.heard, "nobody is sent away, nothing ends")
	for _, d := range n.doors {
		d.slow(0)
	}
	time.Sleep(by + 3*time.Second)
	require.True(t, room.MayDecide())
	require.Empty(t, ear.heard)
	require.Less(t, n.byID["a"].Stats().Register, 100*time.Millisecond)
}

// Renewals follow each other while none is answered. A node that has nothing left to hand over does
// not wait for the end of that.
func TestANodeLeavesARegisterThatAnswersLate(t *testing.T) {
	for _, by := range []time.Duration{time.Second, 1500 * time.Millisecond, 2 * time.Second} {
		t.Run(by.String(), func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				n := begin(t, "a", "b")
				n.open("a", "r")
				for _, d := range n.doors {
					d.slow(by)
				}
				time.Sleep(10 * time.Second)
				began := time.Now()
				require.NoError(t, n.byID["a"].Drain(t.Context(), time.Minute))
				require.Less(t, time.Since(began), 10*time.Second)
				for _, d := range n.doors {
					d.slow(0)
				}
				time.Sleep(by + 3*time.Second) // what is on its way
			})
		})
	}
}

// An heir claims a room and renews before it answers: it takes two answers of the register, for
// which its giver does not wait. Nobody shall look for a cable then.
func TestADrainThatIsSlowBlamesTheRegister(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		n := begin(t, "a")
		for i := range 200 {
			n.open("a", fmt.Sprintf("r%d", i))
		}
		n.start("b", 0)
		time.Sleep(3 * time.Second)
		for _, d := range n.doors {
			d.slow(1500 * time.Millisecond)
		}
		time.Sleep(10 * time.Second)
		var left *LeftError
		require.ErrorAs(t, n.byID["a"].Drain(t.Context(), 10*time.Second), &left)
		require.Equal(t, tenure.RegisterSlow, left.Reason)
		for _, d := range n.doors {
			d.slow(0)
		}
		time.Sleep(5 * time.Second) // what is on its way
	})
}
