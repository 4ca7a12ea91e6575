package gate

import (
	"context"
	"math/rand/v2"
	"sync"
	"testing"
	"time"

	"github.com/anishathalye/porcupine"
	"github.com/stretchr/testify/require"

	"draille/signaling/homes/register"
	"draille/signaling/homes/register/memory"
)

// What passes the gate must be right, and what is wrong must not: registers in memory, right ones
// and some that break in the ways that databases do.
func TestTheCheckerTellsRightFromWrong(t *testing.T) {
	for _, test := range []struct {
		name        string
		spoil       func(*broken)
		right, safe bool
	}{
		{"a right one", func(*broken) {}, true, true},
		{"answers are lost, before the change or after", func(b *broken) { b.loseAnswers = 400 },
			true, true},
		{"an acknowledged write is lost", func(b *broken) { b.loseWrites = 300 }, false, false},
		{"an acknowledged removal is lost", func(b *broken) { b.loseRemovals = 20 }, false, false},
		{"a stale read decides a change", func(b *broken) { b.staleReads = true }, false, false},
		{"a refused change takes effect", func(b *broken) { b.refuseDone = 50 }, false, true},
		{"a change takes effect twice", func(b *broken) { b.twice = 30 }, false, false},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			b := &broken{Register: memory.New(), random: rand.New(rand.NewPCG(1, 2))}
			test.spoil(b)
			within := checkWithin
			if !test.right { // what is wrong need not be proven so: it must not pass
				within = time.Second
			}
			v := play(t, b, 3000, within)
			require.Equal(t, test.right, v.strict == porcupine.Ok && v.safe(), "%+v", v)
			require.Equal(t, test.safe, v.safe(), "%+v", v)
		})
	}
}

// play lets five clients act on three keys, one after the other and so often, and checks the
// history. They learn from their watches what the others did, and so sometimes too late.
func play(t *testing.T, r register.Register, steps int, within time.Duration) verdict {
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	keys := []string{"k.1", "k.2", "k.3"}
	h := newHistory()
	h.within = within
	w := &workload{history: h, keys: func() []string { return keys }, timeout: time.Minute}
	following, stop := context.WithCancel(ctx)
	clients := make([]*client, 5)
	for i := range clients {
		clients[i] = w.client(i, r, 1)
		changes, err := r.Watch(following, "")
		require.NoError(t, err)
		go clients[i].follow(changes)
	}
	random := rand.New(rand.NewPCG(3, 4))
	for range steps {
		clients[random.IntN(len(clients))].act(keys[random.IntN(len(keys))])
	}
	require.NoError(t, w.client(5, r, 1).settle(ctx))
	stop()
	return h.check("", true)
}

// broken breaks one call out of so many, 0: none; or every one of a kind. Few answers
// are lost, and none to a removal: what may have taken effect at any time since takes the checker
// long.
type broken struct {
	*memory.Register
	loseAnswers, loseWrites, loseRemovals, refuseDone, twice int

	staleReads bool

	mu     sync.Mutex
	random *rand.Rand
	old    map[string]past
}

// past is the last change of a key.
type past struct{ revision, later uint64 }

// draw reports whether this is the one out of so many.
func (b *broken) draw(outOf int) bool {
	return outOf > 0 && b.random.IntN(outOf) == 0
}

func (b *broken) Put(ctx context.Context, key string, value []byte, revision uint64) (uint64,
	error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.old == nil {
		b.old = map[string]past{}
	}
	before := b.old[key]
	if b.draw(b.loseAnswers) && b.draw(2) {
		return 0, register.ErrUnknown
	}
	if b.draw(b.loseWrites) { // acknowledged by who forgets it
		return 1_000_000 + uint64(b.random.IntN(1_000_000)), nil
	}
	if b.staleReads && before.revision != 0 && revision == before.revision {
		revision = before.later // as who has not heard of the later one would
	}
	got, err := b.Register.Put(ctx, key, value, revision)
	if err != nil {
		return got, err
	}
	b.old[key] = past{revision, got}
	switch {
	case b.draw(b.loseAnswers):
		return 0, register.ErrUnknown
	case b.draw(b.refuseDone):
		return 0, register.ErrConflict
	case b.draw(b.twice):
		again, err := b.Register.Put(ctx, key, append(value, '!'), got)
		if err == nil && b.draw(2) {
			return again, nil
		}
	}
	return got, nil
}

func (b *broken) Delete(ctx context.Context, key string, revision uint64) error {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.draw(b.loseRemovals) {
		return nil
	}
	return b.Register.Delete(ctx, key, revision)
}
