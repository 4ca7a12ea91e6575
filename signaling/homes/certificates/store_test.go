package certificates

import (
	"bytes"
	"context"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"
	"go.uber.org/zap"
	"golang.org/x/crypto/acme/autocert"

	"draille/signaling/homes/register"
	"draille/signaling/homes/register/memory"
)

func TestMain(m *testing.M) {
	goleak.VerifyTestMain(m, // which pebble never ends
		goleak.IgnoreTopFunction("github.com/letsencrypt/pebble/v2/va.VAImpl.processTasks"))
}

// folder is a copy on a disk.
type folder struct {
	mu    sync.Mutex
	files map[string][]byte
}

func (f *folder) Get(_ context.Context, name string) ([]byte, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if data, ok := f.files[name]; ok {
		return data, nil
	}
	return nil, autocert.ErrCacheMiss
}

func (f *folder) Put(_ context.Context, name string, data []byte) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.files[name] = data
	return nil
}

func (f *folder) Delete(_ context.Context, name string) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	delete(f.files, name)
	return nil
}

const name = "visio.example.org"

func server(t *testing.T, r register.Register, own, secret string) (*Store, *folder) {
	disk := &folder{files: map[string][]byte{}}
	s, err := New(r, []byte(secret), own, disk, zap.NewNop())
	require.NoError(t, err)
	go s.Run(t.Context())
	return s, disk
}

// Of servers that want a certificate at once one asks for it, and all have it.
func TestOneServerAsksForAll(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := memory.New()
		a, disk := server(t, r, "a", "secret")
		b, _ := server(t, r, "b", "secret")
		_, err := a.Get(t.Context(), name)
		require.ErrorIs(t, err, autocert.ErrCacheMiss)
		_, err = a.Get(t.Context(), name)
		require.ErrorIs(t, err, autocert.ErrCacheMiss, "it is the one that asks")
		got := make(chan []byte, 1)
		go func() {
			data, err := b.Get(t.Context(), name)
			assert.NoError(t, err)
			got <- data
		}()
		time.Sleep(30 * time.Second)
		require.Empty(t, got)
		require.NoError(t, a.Put(t.Context(), name, []byte("certificate and key")))
		require.Equal(t, "certificate and key", string(<-got))
		require.Equal(t, "certificate and key", string(disk.files[name]))
		require.NoError(t, b.Put(t.Context(), name, []byte("renewed")))
		time.Sleep(time.Second)
		data, err := a.Get(t.Context(), name)
		require.NoError(t, err)
		require.Equal(t, "renewed", string(data))
		require.NoError(t, a.Delete(t.Context(), name))
		time.Sleep(time.Second)
		_, err = b.Get(t.Context(), name)
		require.ErrorIs(t, err, autocert.ErrCacheMiss, "the lock was given up")
	})
}

// What the authority asks may come to any server.
func TestAnswersAreForAllAtOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := memory.New()
		a, _ := server(t, r, "a", "secret")
		b, _ := server(t, r, "b", "secret")
		for _, of := range []string{name + "+token", "x+http-01", "acme_account+key"} {
			_, err := a.Get(t.Context(), of)
			require.ErrorIs(t, err, autocert.ErrCacheMiss)
			_, err = b.Get(t.Context(), of)
			require.ErrorIs(t, err, autocert.ErrCacheMiss)
			require.NoError(t, a.Put(t.Context(), of, []byte(of)))
			time.Sleep(10 * time.Millisecond)
			data, err := b.Get(t.Context(), of)
			require.NoError(t, err)
			require.Equal(t, of, string(data))
		}
	})
}

// behind is a register whose watches are late.
type behind struct {
	register.Register
	by time.Duration
}

func (b behind) Watch(ctx context.Context, prefix string) (<-chan register.Change, error) {
	changes, err := b.Register.Watch(ctx, prefix)
	late := make(chan register.Change)
	go func() {
		defer close(late)
		for change := range changes {
			time.Sleep(b.by)
			late <- change
		}
	}()
	return late, err
}

// The authority asks a server whose watch has not shown yet what another one has just written.
func TestAnAnswerIsWaitedForThatIsOnItsWay(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := memory.New()
		a, _ := server(t, r, "a", "secret")
		b, _ := server(t, behind{r, 5 * time.Second}, "b", "secret")
		time.Sleep(10 * time.Second)
		require.NoError(t, a.Put(t.Context(), name+"+token", []byte("answer")))
		data, err := b.Get(t.Context(), name+"+token")
		require.NoError(t, err)
		require.Equal(t, "answer", string(data))
	})
}

// A server that asks renews its lock: who dies is waited for for as long as the register may take
// to elect, and not for as long as an authority may take.
func TestAServerThatDiesWhileItAsksIsNotWaitedForForLong(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		shared := memory.New()
		ctx, dies := context.WithCancel(t.Context())
		a, _ := server(t, mortal{shared, ctx}, "a", "secret")
		b, _ := server(t, shared, "b", "secret")
		_, err := a.Get(t.Context(), name)
		require.ErrorIs(t, err, autocert.ErrCacheMiss)
		time.Sleep(silentFor / 2)
		dies()
		began := time.Now()
		_, err = b.Get(t.Context(), name)
		require.ErrorIs(t, err, autocert.ErrCacheMiss)
		require.GreaterOrEqual(t, time.Since(began), silentFor-renewEvery)
		require.Less(t, time.Since(began), 14*time.Second, "the manual says 12")
	})
}

// A server that lives and gets nothing lets another one try.
func TestAServerThatGetsNoCertificateGivesItsLockUp(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := memory.New()
		a, _ := server(t, r, "a", "secret")
		b, _ := server(t, r, "b", "secret")
		_, err := a.Get(t.Context(), name)
		require.ErrorIs(t, err, autocert.ErrCacheMiss)
		began := time.Now()
		_, err = b.Get(t.Context(), name)
		require.ErrorIs(t, err, autocert.ErrCacheMiss)
		require.GreaterOrEqual(t, time.Since(began), lockFor)
		require.Less(t, time.Since(began), lockFor+2*renewEvery, "it is given up, not over")
		time.Sleep(2 * silentFor)
		e, _, _ := a.look(keyOf(lockKind, name))
		require.Equal(t, "b", e.owner(), "and not taken back")
	})
}

// elects is a register that stores nothing while it elects; its watches stay.
type elects struct {
	register.Register
	busy *atomic.Bool
}

func (e elects) Put(ctx context.Context, key string, value []byte, at uint64) (uint64, error) {
	if e.busy.Load() {
		<-ctx.Done()
		return 0, register.ErrUnknown
	}
	return e.Register.Put(ctx, key, value, at)
}

// The register elects for as long as it may, and whoever asks for the certificate lives.
func TestALockOutlivesAnElection(t *testing.T) {
	for phase := range 10 {
		synctest.Test(t, func(t *testing.T) {
			r := elects{memory.New(), new(atomic.Bool)}
			a, _ := server(t, r, "a", "secret")
			b, _ := server(t, r, "b", "secret")
			_, err := a.Get(t.Context(), name)
			require.ErrorIs(t, err, autocert.ErrCacheMiss)
			got := make(chan []byte, 1)
			go func() {
				data, err := b.Get(t.Context(), name)
				assert.NoError(t, err)
				got <- data
			}()
			time.Sleep(2*renewEvery + time.Duration(phase)*renewEvery/10)
			r.busy.Store(true)
			time.Sleep(election)
			r.busy.Store(false)
			time.Sleep(2 * silentFor)
			require.Empty(t, got)
			require.NoError(t, a.Put(t.Context(), name, []byte("certificate and key")))
			require.Equal(t, "certificate and key", string(<-got))
		})
	}
}

// Whoever reads the register, and has not the secret, has no key.
func TestCertificatesAreSealed(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := memory.New()
		a, _ := server(t, r, "a", "secret")
		require.NoError(t, a.Put(t.Context(), name, []byte("certificate and key")))
		changes, err := r.Watch(t.Context(), "")
		require.NoError(t, err)
		change := <-changes
		require.Equal(t, register.Set, change.Kind)
		require.False(t, bytes.Contains(change.Value, []byte("certificate and key")))
		other, _ := server(t, r, "b", "another secret")
		time.Sleep(time.Second)
		_, err = other.Get(t.Context(), name)
		require.Error(t, err)
	})
}

// away is a register that does not answer.
type away struct{ register.Register }

func (away) Watch(ctx context.Context, _ string) (<-chan register.Change, error) {
	<-ctx.Done()
	return nil, ctx.Err()
}

// A server that starts while the register is away serves with what it had.
func TestTheCopyOnTheDiskIsUsedWithoutTheRegister(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		a, disk := server(t, away{}, "a", "secret")
		disk.files[name] = []byte("of before")
		began := time.Now()
		data, err := a.Get(t.Context(), name)
		require.NoError(t, err)
		require.Equal(t, "of before", string(data))
		require.Less(t, time.Since(began), localAfter+2*lookEvery)
	})
}

// mute never says what became of a write.
type mute struct{ register.Register }

func (mute) Put(context.Context, string, []byte, uint64) (uint64, error) {
	return 0, register.ErrUnknown
}

// Autocert deletes and writes answers in goroutines of its own, whose context never ends.
func TestNothingIsTriedAgainAfterTheEnd(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		disk := &folder{files: map[string][]byte{}}
		s, err := New(mute{memory.New()}, []byte("secret"), "a", disk, zap.NewNop())
		require.NoError(t, err)
		ctx, cancel := context.WithCancel(t.Context())
		go s.Run(ctx)
		put := make(chan error)
		go func() { put <- s.Put(context.Background(), "x+token", []byte("x")) }()
		synctest.Wait()
		cancel()
		ended := time.Now()
		require.ErrorIs(t, <-put, context.Canceled)
		require.Less(t, time.Since(ended), lookEvery)
	})
}
