package gate

import (
	"context"
	"sync"
	"testing"
	"time"

	"github.com/anishathalye/porcupine"
	"github.com/nats-io/nats.go"
	native "github.com/nats-io/nats.go/jetstream"
	"github.com/stretchr/testify/require"

	"draille/signaling/homes/register/jetstream"
)

// sweep takes away what removed keys leave behind, and sweeper makes one.
type (
	sweep   func(ctx context.Context) error
	sweeper func(r *jetstream.Register, conn *nats.Conn) sweep
)

// While that is swept without pause, and not an hour later, histories of the real engine stay
// linearizable. NATS's own sweep takes all of a key, and with it what was put there meanwhile.
func TestASweepSpoilsNoHistory(t *testing.T) {
	t.Run("ours", func(t *testing.T) {
		ours := func(r *jetstream.Register, _ *nats.Conn) sweep {
			s := jetstream.NewSweeper(r)
			return func(ctx context.Context) error {
				_, err := s.Look(ctx)
				return err
			}
		}
		v, sweeps := playSwept(t, 400, checkWithin, ours)
		require.True(t, v.strict == porcupine.Ok && v.safe(), "%+v", v)
		require.Greater(t, sweeps, 100)
	})
	t.Run("NATS's", func(t *testing.T) {
		theirs := func(_ *jetstream.Register, conn *nats.Conn) sweep {
			js, err := native.New(conn)
			require.NoError(t, err)
			bucket, err := js.KeyValue(t.Context(), "rooms")
			require.NoError(t, err)
			return func(ctx context.Context) error {
				return bucket.PurgeDeletes(ctx, native.DeleteMarkersOlderThan(-1))
			}
		}
		v, _ := playSwept(t, 60, time.Second, theirs)
		require.Equal(t, porcupine.Illegal, v.successes, "lost changes must be told: %+v", v)
	})
}

// playSwept lets five clients act on three keys of one server, all at once, while somebody sweeps,
// and checks the history.
func playSwept(t *testing.T, steps int, within time.Duration, with sweeper) (verdict, int) {
	ctx, stop := context.WithTimeout(t.Context(), 2*time.Minute)
	defer stop()
	server, err := jetstream.Start(jetstream.ServerOptions{Name: "one", Folder: t.TempDir()})
	require.NoError(t, err)
	defer func() { require.NoError(t, server.Stop(context.Background())) }()
	conn, err := server.Connect()
	require.NoError(t, err)
	defer conn.Close()
	r, err := jetstream.Open(ctx, conn, "rooms", 1)
	require.NoError(t, err)
	keys := []string{"k.1", "k.2", "k.3"}
	h := newHistory()
	h.within = within
	w := &workload{history: h, keys: func() []string { return keys },
		timeout: 300 * time.Millisecond}
	var acting, sweeping sync.WaitGroup
	sweeps, once := 0, with(r, conn)
	enough := make(chan struct{})
	sweeping.Go(func() {
		for {
			select {
			case <-enough:
				return
			default:
			}
			if err := once(ctx); err != nil {
				t.Error(err)
				return
			}
			sweeps++
		}
	})
	for i := range 5 {
		c := w.client(i, r, 1)
		changes, err := r.Watch(ctx, "")
		require.NoError(t, err)
		go c.follow(changes)
		acting.Go(func() {
			for range steps {
				c.act(keys[c.random.IntN(len(keys))])
			}
		})
	}
	acting.Wait()
	close(enough)
	sweeping.Wait()
	require.NoError(t, w.client(5, r, 1).settle(ctx))
	return h.check("", true), sweeps
}
