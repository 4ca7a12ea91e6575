package jetstream

import (
	"errors"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"
	"go.uber.org/zap"
	"go.uber.org/zap/zaptest/observer"
)

func TestWhatTheServerSaysAgainIsSaidOnceAMinute(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		core, seen := observer.New(zap.InfoLevel)
		l := newLogger(zap.New(core), time.Now)
		for range 120 {
			l.Errorf("Error trying to connect to route (attempt %v): %v", 1, "refused")
			l.Warnf("disk %d is slow", 1)
			l.Errorf("disk %d is full", 1)
			time.Sleep(time.Second)
		}
		require.Len(t, seen.TakeAll(), 4)
	})
}

func TestAKeeperThatGoesIsSaidOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		core, seen := observer.New(zap.InfoLevel)
		n := newNeighbours(zap.New(core), "n1", []string{"n1", "n2", "n3"})
		began := time.Now()
		go n.watch(t.Context(), func() []string {
			switch at := time.Since(began); {
			case at < 20*time.Second:
				return []string{"n2", "n2"} // two connections to one
			case at < 40*time.Second:
				return nil
			}
			return []string{"n2", "n3"}
		})
		said := func(after time.Duration) (all []string) {
			time.Sleep(after)
			for _, entry := range seen.TakeAll() {
				all = append(all, entry.ContextMap()["keeper"].(string)+" "+entry.Message[:20])
			}
			return all
		}
		require.Empty(t, said(9500*time.Millisecond), "it may start yet")
		require.Equal(t, []string{"n3 a keeper of the regi"}, said(10*time.Second))
		require.Equal(t, []string{"n2 this keeper of the r"}, said(20*time.Second))
		require.Equal(t, []string{"n2 a keeper of the regi", "n3 a keeper of the regi"},
			said(20*time.Second))
	})
}

// What a stranger says to a keeper is told in words.
func TestAProcessThatRefusesAKeeperIsSaid(t *testing.T) {
	core, seen := observer.New(zap.InfoLevel)
	l := newLogger(zap.New(core), time.Now)
	for range 2 {
		l.Errorf("%s - cid:%d - TLS handshake error: %v", "192.0.2.9:1234", 7,
			errors.New("remote error: tls: bad certificate"))
	}
	require.Equal(t, 1, seen.Len())
	said := seen.All()[0].Message
	require.Contains(t, said, "expected one with the same secret and a clock less than a minute")
	require.Contains(t, said, "192.0.2.9:1234")
}
