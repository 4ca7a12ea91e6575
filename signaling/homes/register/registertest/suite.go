// Package registertest is what every register must pass.
package registertest

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"draille/signaling/homes/register"
)

// patience is how long one step may take before the test fails.
const patience = time.Minute

// Sweeper is a register that can be told to forget now how keys were removed.
type Sweeper interface {
	Sweep(ctx context.Context) error
}

// Run runs the suite. Each call of open gives an empty register that ends with the test, and that
// is a Sweeper.
func Run(t *testing.T, open func(t *testing.T) register.Register) {
	for _, test := range []struct {
		name string
		run  func(t *testing.T, s *suite)
	}{
		{"a key that is not there is put once", putsOnce},
		{"a put compares the revision", comparesRevisions},
		{"a repeated put recognises its own value", recognisesPut},
		{"a delete compares the revision, and may be repeated", deletes},
		{"a key comes back after its removal, and its old revisions do not", comesBack},
		{"revisions rise over all keys", revisionsRise},
		{"keys that cannot be are refused", refusesKeys},
		{"a context that has ended changes nothing", endedContext},
		{"values are the caller's own", values},
		{"a watch tells what is there, Live, and what changes", watches},
		{"a watch tells whole names of a prefix", watchesPrefix},
		{"a watch of an empty register is live", watchesNothing},
		{"a watch ends with its context", watchEnds},
		{"who does not read holds up nobody", slowReader},
		{"of many that compare one revision one wins", oneWins},
		{"counters that many raise lose no step", counters},
		{"what is forgotten of a removal is none of what is there", sweeps},
		{"of many that lock one has the lock while removals are forgotten", locksBeingSwept},
	} {
		t.Run(test.name, func(t *testing.T) {
			for range tries {
				if undisturbed(t, test.run, open(t)) {
					return
				}
			}
			require.Fail(t, "a watch broke each time")
		})
	}
}

// tries is how often a case is tried whose watches break.
const tries = 5

// gap is what a case is left by when one of its watches breaks, as it may at any time.
type gap struct{}

// undisturbed runs a case and tells whether none of its watches broke.
func undisturbed(
	t *testing.T, run func(t *testing.T, s *suite), r register.Register,
) (whole bool) {
	ctx, cancel := context.WithTimeout(t.Context(), 3*patience)
	t.Cleanup(cancel)
	defer func() {
		if left := recover(); left != nil {
			if _, ok := left.(gap); !ok {
				panic(left)
			}
		}
	}()
	run(t, &suite{t, ctx, r})
	return true
}

// suite is one test with its register.
type suite struct {
	t   *testing.T
	ctx context.Context
	r   register.Register
}

func (s *suite) step() (context.Context, context.CancelFunc) {
	return context.WithTimeout(s.ctx, patience)
}

// put puts a key and expects success.
func (s *suite) put(key, value string, revision uint64) uint64 {
	s.t.Helper()
	got, err := s.tryPut(key, value, revision)
	require.NoError(s.t, err)
	require.NotZero(s.t, got, "the new revision")
	return got
}

// tryPut repeats what has no answer, as everybody must.
func (s *suite) tryPut(key, value string, revision uint64) (uint64, error) {
	for {
		ctx, cancel := s.step()
		got, err := s.r.Put(ctx, key, []byte(value), revision)
		cancel()
		if !errors.Is(err, register.ErrUnknown) || s.ctx.Err() != nil {
			return got, err
		}
	}
}

func (s *suite) tryDelete(key string, revision uint64) error {
	for {
		ctx, cancel := s.step()
		err := s.r.Delete(ctx, key, revision)
		cancel()
		if !errors.Is(err, register.ErrUnknown) || s.ctx.Err() != nil {
			return err
		}
	}
}

// neverWas expects that nothing is done by a revision that a key never had. Who refuses it may be
// behind, so that a register need not say that it is a conflict.
func (s *suite) neverWas(key string) {
	s.t.Helper()
	const revision = 1 << 40
	ctx, cancel := context.WithTimeout(s.ctx, 100*time.Millisecond)
	defer cancel()
	_, err := s.r.Put(ctx, key, []byte("never"), revision)
	require.Error(s.t, err)
	require.Error(s.t, s.r.Delete(ctx, key, revision))
}

func (s *suite) conflict(err error) {
	s.t.Helper()
	require.ErrorIs(s.t, err, register.ErrConflict)
}

func putsOnce(t *testing.T, s *suite) {
	s.put("room.1", "a", 0)
	_, err := s.tryPut("room.1", "b", 0)
	s.conflict(err)
	s.neverWas("room.2")
	s.put("room.2", "d", 0)
}

func comparesRevisions(t *testing.T, s *suite) {
	first := s.put("room.1", "a", 0)
	second := s.put("room.1", "b", first)
	_, err := s.tryPut("room.1", "c", first)
	s.conflict(err)
	s.neverWas("room.1")
	s.put("room.1", "e", second)
}

func recognisesPut(t *testing.T, s *suite) {
	first := s.put("room.1", "a", 0)
	require.Equal(t, first, s.put("room.1", "a", 0), "the revision of the first put")
	second := s.put("room.1", "b", first)
	require.Equal(t, second, s.put("room.1", "b", first))
	_, err := s.tryPut("room.1", "a", 0)
	s.conflict(err) // the value that was there is not there any more
}

func deletes(t *testing.T, s *suite) {
	s.neverWas("room.1")
	first := s.put("room.1", "a", 0)
	second := s.put("room.1", "b", first)
	s.conflict(s.tryDelete("room.1", first))
	require.NoError(t, s.tryDelete("room.1", second))
	require.NoError(t, s.tryDelete("room.1", second), "repeated")
	s.conflict(s.tryDelete("room.1", first))
	require.Error(t, s.tryDelete("room.1", 0))
}

func comesBack(t *testing.T, s *suite) {
	first := s.put("room.1", "a", 0)
	require.NoError(t, s.tryDelete("room.1", first))
	_, err := s.tryPut("room.1", "b", first)
	s.conflict(err)
	again := s.put("room.1", "c", 0)
	require.Greater(t, again, first)
	_, err = s.tryPut("room.1", "d", first)
	s.conflict(err)
	s.conflict(s.tryDelete("room.1", first))
	_, err = s.tryPut("room.1", "e", 0)
	s.conflict(err)
	s.put("room.1", "f", again)
}

func revisionsRise(t *testing.T, s *suite) {
	var last uint64
	for i := range 10 {
		revision := s.put(fmt.Sprintf("room.%d", i), "a", 0)
		require.Greater(t, revision, last)
		last = revision
	}
	require.NoError(t, s.tryDelete("room.9", last))
	require.Greater(t, s.put("room.9", "b", 0), last+1, "the removal has a revision, too")
}

func refusesKeys(t *testing.T, s *suite) {
	for _, key := range []string{"", ".", "room.", ".room", "room..1", "room 1", "room.*", "room.>",
		"rôom", "room.1\n"} {
		_, err := s.tryPut(key, "a", 0)
		require.Error(t, err, "%q", key)
		require.NotErrorIs(t, err, register.ErrConflict)
		require.Error(t, s.tryDelete(key, 1), "%q", key)
		if key != "" {
			_, err = s.r.Watch(s.ctx, key)
			require.Error(t, err, "%q", key)
		}
	}
}

func endedContext(t *testing.T, s *suite) {
	ended, cancel := context.WithCancel(s.ctx)
	cancel()
	_, err := s.r.Put(ended, "room.1", []byte("a"), 0)
	require.ErrorIs(t, err, context.Canceled)
	require.NotErrorIs(t, err, register.ErrUnknown)
	first := s.put("room.1", "b", 0)
	require.ErrorIs(t, s.r.Delete(ended, "room.1", first), context.Canceled)
	s.put("room.1", "c", first)
}

func values(t *testing.T, s *suite) {
	value := []byte("before")
	ctx, cancel := s.step()
	defer cancel()
	_, err := s.r.Put(ctx, "room.1", value, 0)
	require.NoError(t, err)
	copy(value, "after!")
	w := s.watch("")
	require.Equal(t, "before", string(w.next(register.Set).Value))
	w.next(register.Live)
	large := make([]byte, 64<<10)
	_, err = s.r.Put(ctx, "room.2", large, 0)
	require.NoError(t, err)
	require.Equal(t, large, w.next(register.Set).Value)
}

func oneWins(t *testing.T, s *suite) {
	revision := s.put("room.1", "start", 0)
	const many = 8
	for round := range 20 {
		won := make([]uint64, many)
		failed := make([]error, many)
		var all sync.WaitGroup
		for i := range many {
			all.Go(func() {
				won[i], failed[i] = s.tryPut("room.1", fmt.Sprintf("%d by %d", round, i), revision)
			})
		}
		all.Wait()
		winners := 0
		for i := range many {
			if failed[i] == nil {
				winners++
				revision = won[i]
				continue
			}
			s.conflict(failed[i])
		}
		require.Equal(t, 1, winners)
	}
}

func counters(t *testing.T, s *suite) {
	const people, steps, keys = 6, 30, 3
	var all sync.WaitGroup
	ends := make([]error, people)
	for i := range people {
		all.Go(func() { ends[i] = s.raise(fmt.Sprintf("count.%d", i%keys), i, steps) })
	}
	all.Wait()
	for _, err := range ends {
		require.NoError(t, err)
	}
	w := s.watch("count")
	for range keys {
		change := w.next(register.Set)
		var count, by, step int
		_, err := fmt.Sscanf(string(change.Value), "%d by %d %d", &count, &by, &step)
		require.NoError(t, err)
		require.Equal(t, people/keys*steps, count, "what stands under %s", change.Key)
	}
	w.next(register.Live)
}

// raise raises a counter so many times by comparing and setting, told by a watch what is there.
func (s *suite) raise(key string, by, steps int) error {
	changes, err := s.r.Watch(s.ctx, key)
	if err != nil {
		return err
	}
	var count int
	var revision uint64
	for step := 0; step < steps; {
		next, err := s.tryPut(key, fmt.Sprintf("%d by %d %d", count+1, by, step), revision)
		switch {
		case err == nil:
			step++
			count++
			revision = next
			continue
		case !errors.Is(err, register.ErrConflict):
			return err
		}
		for stale := revision; revision <= stale; {
			change, open := <-changes
			if !open {
				return s.ctx.Err()
			}
			if change.Kind == register.Set && change.Revision > revision {
				revision = change.Revision
				if _, err := fmt.Sscanf(string(change.Value), "%d", &count); err != nil {
					return err
				}
			}
		}
	}
	return nil
}
