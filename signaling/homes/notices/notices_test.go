package notices

import (
	"context"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"
	"go.uber.org/zap"

	"draille/signaling/homes/register"
	"draille/signaling/homes/register/memory"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// server hears notices.
type server struct {
	*Board
	mu    sync.Mutex
	heard map[string]time.Time
}

func start(ctx context.Context, r register.Register) *server {
	s := &server{heard: map[string]time.Time{}}
	s.Board = New(r, "withdrawn", zap.NewNop())
	go s.Run(ctx, func(n Notice) {
		s.mu.Lock()
		defer s.mu.Unlock()
		s.heard[n.ID] = n.Until
	})
	return s
}

func (s *server) has(id string) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	_, ok := s.heard[id]
	return ok
}

// away answers nothing until it is back.
type away struct {
	register.Register
	back chan struct{}
}

func (a *away) Put(ctx context.Context, key string, value []byte, revision uint64) (uint64,
	error) {
	select {
	case <-a.back:
		return a.Register.Put(ctx, key, value, revision)
	case <-ctx.Done():
		return 0, register.ErrUnknown
	}
}

func TestAllServersAreTold(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := memory.New()
		a, b := start(t.Context(), r), start(t.Context(), r)
		require.NoError(t, a.Post(Notice{"one", time.Now().Add(time.Hour)}))
		require.NoError(t, b.Post(Notice{"one", time.Now().Add(time.Hour)}), "it is known")
		require.Error(t, a.Post(Notice{"no key", time.Now().Add(time.Hour)}))
		time.Sleep(time.Second)
		require.True(t, a.has("one") && b.has("one"))
		late := start(t.Context(), r)
		time.Sleep(time.Second)
		require.True(t, late.has("one"))
	})
}

func TestANoticeWaitsForTheRegister(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := &away{memory.New(), make(chan struct{})}
		a, b := start(t.Context(), r), start(t.Context(), r.Register)
		require.NoError(t, a.Post(Notice{"one", time.Now().Add(time.Hour)}))
		require.NoError(t, a.Post(Notice{"short", time.Now().Add(10 * time.Second)}))
		time.Sleep(time.Minute)
		require.False(t, b.has("one"))
		close(r.back)
		time.Sleep(5 * time.Second)
		require.True(t, b.has("one"))
		require.False(t, b.has("short"), "it is over")
	})
}

// What is over does not stand in the register for ever.
func TestWhatIsOverIsTakenAway(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := memory.New()
		a, b := start(t.Context(), r), start(t.Context(), r)
		require.NoError(t, a.Post(Notice{"one", time.Now().Add(time.Minute)}))
		time.Sleep(time.Second)
		require.True(t, b.has("one"))
		time.Sleep(3 * time.Minute)
		changes, err := r.Watch(t.Context(), "")
		require.NoError(t, err)
		require.Equal(t, register.Live, (<-changes).Kind)
		require.NoError(t, b.Post(Notice{"one", time.Now().Add(time.Minute)}), "another one")
		time.Sleep(2 * time.Second)
		require.Equal(t, register.Set, (<-changes).Kind)
	})
}
