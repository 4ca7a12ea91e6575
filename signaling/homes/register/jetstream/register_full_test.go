package jetstream

import (
	"context"
	"fmt"
	"testing"

	"github.com/stretchr/testify/require"

	"draille/signaling/homes/register"
)

// A register that is full says so, goes on telling what is there, and takes changes again once what
// removed keys left behind is swept: nobody starts anything again.
func TestARegisterThatIsFullIsSweptAndTakesChangesAgain(t *testing.T) {
	const limit = 64 << 10
	server, r, revision := served(t, ServerOptions{maxStore: limit})
	changes, err := r.Watch(t.Context(), "node")
	require.NoError(t, err)
	require.Equal(t, register.Set, (<-changes).Kind)
	require.Equal(t, register.Live, (<-changes).Kind)
	for i := 0; err == nil; i++ {
		var at uint64
		key := fmt.Sprintf("room.%d", i)
		if at, err = r.Put(t.Context(), key, make([]byte, i%100), 0); err == nil {
			err = r.Delete(t.Context(), key, at)
		}
	}
	require.ErrorIs(t, err, register.ErrFull)
	require.ErrorIs(t, err, register.ErrUnknown)
	held, err := r.Bytes(t.Context())
	require.NoError(t, err)
	require.Greater(t, held, uint64(limit*15/16))

	_, err = r.Put(t.Context(), "node.n1", []byte("b"), revision)
	require.ErrorIs(t, err, register.ErrFull, "nothing is let in, not even a renewal")
	conn, err := server.Connect()
	require.NoError(t, err)
	defer conn.Close()
	later, err := Open(t.Context(), conn, "rooms", 1)
	require.NoError(t, err, "whoever asks what is wrong gets an answer")
	_, err = later.Bytes(t.Context())
	require.NoError(t, err)
	watching, stop := context.WithCancel(t.Context())
	defer stop()
	begun, err := later.Watch(watching, "node")
	require.NoError(t, err)

	s := NewSweeper(r)
	_, err = s.Look(t.Context())
	require.NoError(t, err)
	_, err = r.Put(t.Context(), "node.n1", []byte("b"), revision)
	require.ErrorIs(t, err, register.ErrFull)
	swept, err := s.Look(t.Context())
	require.NoError(t, err)
	require.Greater(t, swept, 100)
	revision, err = r.Put(t.Context(), "node.n1", []byte("b"), revision)
	require.NoError(t, err)
	require.Equal(t, register.Change{Kind: register.Set, Key: "node.n1", Value: []byte("b"),
		Revision: revision}, <-changes, "the watch of before has no gap")
	for change := range begun {
		if change.Kind == register.Live {
			break
		}
	}
}
