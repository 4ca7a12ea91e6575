package registertest

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"draille/signaling/homes/register"
)

// sweep has the register forget how keys were removed.
func (s *suite) sweep() {
	s.t.Helper()
	ctx, cancel := s.step()
	defer cancel()
	sweeper, ok := s.r.(Sweeper)
	require.True(s.t, ok, "expected a register that can be told to forget removals")
	require.NoError(s.t, sweeper.Sweep(ctx))
}

// over expects that nothing is done by a revision that a key had before a removal. Where that is
// forgotten, a register need not say that it is a conflict.
func (s *suite) over(key string, revision uint64) {
	s.t.Helper()
	ctx, cancel := context.WithTimeout(s.ctx, 100*time.Millisecond)
	defer cancel()
	_, err := s.r.Put(ctx, key, []byte("over"), revision)
	require.Error(s.t, err)
	_ = s.r.Delete(ctx, key, revision) // removed it is
}

func sweeps(t *testing.T, s *suite) {
	w := s.watch("")
	w.next(register.Live)
	put := func(key, value string, revision uint64) uint64 {
		got := s.put(key, value, revision)
		w.set(key, value, got) // and nothing of what was forgotten before
		return got
	}
	kept := put("room.1", "a", 0)
	gone := put("room.2", "b", 0)
	require.NoError(t, s.tryDelete("room.2", gone))
	require.Equal(t, "room.2", w.next(register.Deleted).Key)
	s.sweep()
	s.over("room.2", gone)
	again := put("room.2", "c", 0)
	require.Greater(t, again, gone+1, "revisions rise still")
	s.sweep()
	s.over("room.2", gone)
	_, err := s.tryPut("room.2", "d", 0)
	s.conflict(err)
	last := put("room.2", "e", again)
	changed := put("room.1", "f", kept)

	later := s.watch("")
	later.set("room.2", "e", last)
	later.set("room.1", "f", changed)
	later.next(register.Live)
}

// Whoever has a lock takes it away again, and all the while removals are forgotten: a removal that
// took a lock with it would let a second one in.
func locksBeingSwept(t *testing.T, s *suite) {
	const people, times = 6, 20
	ctx, stop := context.WithCancel(s.ctx)
	var sweeping, all sync.WaitGroup
	sweeping.Go(func() {
		for ctx.Err() == nil {
			s.sweep()
		}
	})
	var inside atomic.Int32
	ends := make([]error, people)
	for i := range people {
		all.Go(func() { ends[i] = s.lockAndUnlock(&inside, i, times) })
	}
	all.Wait()
	stop()
	sweeping.Wait()
	for _, err := range ends {
		require.NoError(t, err)
	}
	s.watch("").next(register.Live) // the lock is gone
}

func (s *suite) lockAndUnlock(inside *atomic.Int32, by, times int) error {
	for turn, tries := 0, 0; turn < times; tries++ {
		revision, err := s.tryPut("lock", fmt.Sprintf("%d, try %d", by, tries), 0)
		if errors.Is(err, register.ErrConflict) {
			continue
		} else if err != nil {
			return err
		}
		if others := inside.Add(1) - 1; others != 0 {
			return fmt.Errorf("expected nobody else with the lock, got %d", others)
		}
		turn++
		inside.Add(-1)
		if err := s.tryDelete("lock", revision); err != nil {
			return fmt.Errorf("expected the lock to be there at %d: %w", revision, err)
		}
	}
	return nil
}
