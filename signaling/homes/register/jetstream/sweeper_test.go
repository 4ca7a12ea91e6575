package jetstream

import (
	"testing"
	"testing/synctest"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/stretchr/testify/require"

	"draille/signaling/homes/register"
)

// messages is how many the stream holds, but for what watches have stored.
func messages(t *testing.T, r *Register) (count uint64) {
	t.Helper()
	info, err := r.stream.Info(t.Context())
	require.NoError(t, err)
	if _, err := r.stream.GetLastMsgForSubject(t.Context(), r.prefix+barrier); err == nil {
		return info.State.Msgs - 1
	}
	return info.State.Msgs
}

// remove puts a key and removes it.
func remove(t *testing.T, r *Register, key string) {
	t.Helper()
	revision, err := r.Put(t.Context(), key, []byte(key), 0)
	require.NoError(t, err)
	require.NoError(t, r.Delete(t.Context(), key, revision))
}

// A removal leaves a message behind until it has been seen twice.
func TestWhatRemovedKeysLeaveBehindIsSwept(t *testing.T) {
	_, r, _ := served(t, ServerOptions{})
	remove(t, r, "room.1")
	remove(t, r, "room.2")
	require.EqualValues(t, 3, messages(t, r), "node.n1 and two removals")
	one, another := NewSweeper(r), NewSweeper(r)
	look := func(s *Sweeper, want int) {
		t.Helper()
		swept, err := s.Look(t.Context())
		require.NoError(t, err)
		require.Equal(t, want, swept)
	}
	look(one, 0)
	look(another, 0)
	remove(t, r, "room.3")
	_, err := r.Put(t.Context(), "room.2", []byte("back"), 0)
	require.NoError(t, err)
	look(one, 1)
	require.EqualValues(t, 3, messages(t, r), "node.n1, room.2, and the removal of room.3")
	look(another, 0) // the other was faster, and it has not seen that of room.3
	look(another, 1)
	require.EqualValues(t, 2, messages(t, r))
	look(another, 0)
}

// A sweeper that looks again meets another history, in which a removal that it has just seen for
// the first time has the revision of one that it saw an hour ago.
func TestARevisionThatCameBackIsNotSwept(t *testing.T) {
	_, r, _ := served(t, ServerOptions{})
	remove(t, r, "room.1")
	s := NewSweeper(r)
	_, err := s.Look(t.Context())
	require.NoError(t, err)
	for one := range s.seen {
		delete(s.seen, one)
		one.stored--
		s.seen[one] = true
	}
	swept, err := s.Look(t.Context())
	require.NoError(t, err)
	require.Zero(t, swept)
	require.EqualValues(t, 2, messages(t, r))
}

// A key comes back between the look that finds its removal and the sweep, and stays.
func TestAKeyThatCameBackIsNotSwept(t *testing.T) {
	_, r, _ := served(t, ServerOptions{})
	remove(t, r, "room.1")
	s := NewSweeper(r)
	seen, err := s.removals(t.Context())
	require.NoError(t, err)
	require.Len(t, seen, 1)
	back, err := r.Put(t.Context(), "room.1", []byte("back"), 0)
	require.NoError(t, err)
	for one := range seen {
		require.NoError(t, s.take(t.Context(), one))
		require.NoError(t, s.take(t.Context(), one), "as another sweeper may, later")
	}
	_, err = r.Put(t.Context(), "room.1", []byte("still"), back)
	require.NoError(t, err)
}

// Between the answer that a key was removed at a revision and the change that expects that, the
// removal is swept: the change expects nothing then, and is not asked for in vain until its end.
func TestAKeyComesBackWhileItsRemovalIsSwept(t *testing.T) {
	_, r, _ := served(t, ServerOptions{})
	remove(t, r, "room.1")
	s := NewSweeper(r)
	seen, err := s.removals(t.Context())
	require.NoError(t, err)
	for one := range seen {
		require.NoError(t, s.take(t.Context(), one))
		refuses := register.ErrConflict
		stored, last, err := r.store(t.Context(), &nats.Msg{Subject: one.subject}, one.revision,
			true, &refuses)
		require.NoError(t, err)
		require.Zero(t, stored)
		require.Zero(t, last)
		require.ErrorIs(t, refuses, register.ErrUnknown, "a server that is behind says so, too")
	}
	_, err = r.Put(t.Context(), "room.1", []byte("back"), 0)
	require.NoError(t, err)
}

func TestASweeperLooksOnceAnHour(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		began := time.Now()
		var looks []time.Duration
		go hourly(t.Context(), func() { looks = append(looks, time.Since(began)) })
		time.Sleep(5*SweepAfter + time.Minute)
		synctest.Wait()
		require.GreaterOrEqual(t, len(looks), 5)
		require.Less(t, looks[0], SweepAfter)
		for i := range looks[1:] {
			require.Equal(t, SweepAfter, looks[i+1]-looks[i])
		}
	})
}
