package registertest

import (
	"context"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"draille/signaling/homes/register"
)

// reader reads a watch.
type reader struct {
	s       *suite
	changes <-chan register.Change
}

func (s *suite) watch(prefix string) *reader {
	s.t.Helper()
	changes, err := s.r.Watch(s.ctx, prefix)
	require.NoError(s.t, err)
	return &reader{s, changes}
}

// next is the next change, which must be of a kind.
func (r *reader) next(kind register.Kind) register.Change {
	r.s.t.Helper()
	select {
	case change, open := <-r.changes:
		require.True(r.s.t, open, "the watch has ended")
		if change.Kind == register.Gap && kind != register.Gap {
			panic(gap{})
		}
		require.Equal(r.s.t, kind, change.Kind, "%+v", change)
		return change
	case <-time.After(patience):
		require.FailNow(r.s.t, "nothing came", "expected: %v", kind)
	}
	return register.Change{}
}

// set expects a value under a key.
func (r *reader) set(key, value string, revision uint64) {
	r.s.t.Helper()
	require.Equal(r.s.t, register.Change{Kind: register.Set, Key: key, Value: []byte(value),
		Revision: revision}, r.next(register.Set))
}

func watches(t *testing.T, s *suite) {
	one := s.put("room.1", "a", 0)
	two := s.put("room.2", "b", 0)
	gone := s.put("room.3", "c", 0)
	require.NoError(t, s.tryDelete("room.3", gone))
	one = s.put("room.1", "d", one)
	w := s.watch("")
	w.set("room.2", "b", two)
	w.set("room.1", "d", one)
	w.next(register.Live)
	three := s.put("room.3", "e", 0)
	w.set("room.3", "e", three)
	require.NoError(t, s.tryDelete("room.2", two))
	deleted := w.next(register.Deleted)
	require.Equal(t, "room.2", deleted.Key)
	require.Empty(t, deleted.Value)
	require.Equal(t, three+1, deleted.Revision)
	again := s.put("room.2", "f", 0)
	w.set("room.2", "f", again)
}

func watchesPrefix(t *testing.T, s *suite) {
	rooms, exact, deep := s.watch("room"), s.watch("room.1"), s.watch("room.1.a")
	for _, w := range []*reader{rooms, exact, deep} {
		w.next(register.Live)
	}
	s.put("rooms.1", "a", 0)
	s.put("roo", "b", 0)
	itself := s.put("room", "c", 0)
	s.put("room.10", "d", 0)
	one := s.put("room.1", "e", 0)
	below := s.put("room.1.a", "f", 0)
	rooms.set("room", "c", itself)
	require.Equal(t, "room.10", rooms.next(register.Set).Key)
	rooms.set("room.1", "e", one)
	rooms.set("room.1.a", "f", below)
	exact.set("room.1", "e", one)
	exact.set("room.1.a", "f", below)
	deep.set("room.1.a", "f", below)
}

func watchesNothing(t *testing.T, s *suite) {
	gone := s.put("room.1", "a", 0)
	require.NoError(t, s.tryDelete("room.1", gone))
	w := s.watch("")
	w.next(register.Live)
	s.watch("node").next(register.Live)
	w.set("room.1", "b", s.put("room.1", "b", 0))
}

func watchEnds(t *testing.T, s *suite) {
	ctx, cancel := context.WithCancel(s.ctx)
	changes, err := s.r.Watch(ctx, "")
	require.NoError(t, err)
	require.Equal(t, register.Live, (<-changes).Kind)
	cancel()
	select {
	case _, open := <-changes:
		require.False(t, open)
	case <-time.After(patience):
		require.FailNow(t, "the channel is still open")
	}
}

func slowReader(t *testing.T, s *suite) {
	s.watch("") // which nobody reads
	w := s.watch("")
	w.next(register.Live)
	var revision uint64
	for range 600 { // more than any channel holds
		revision = s.put("room.1", "value after "+time.Duration(revision).String(), revision)
	}
	// Changes that others follow soon may be left out; the last one may not.
	for w.next(register.Set).Revision != revision {
	}
}
