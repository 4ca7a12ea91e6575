package people_test

import (
	"context"
	"net"
	"net/http"
	"testing"
	"time"

	"github.com/golang-jwt/jwt/v5"
	"github.com/stretchr/testify/require"

	"draille/signaling/practice"
	"draille/signaling/practice/people"
)

// silence is an address that accepts connections and never answers.
type silence struct {
	net.Listener
	come chan net.Conn
}

func newSilence(t *testing.T) *silence {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	s := &silence{listener, make(chan net.Conn, 10)}
	go func() {
		defer close(s.come)
		for {
			connection, err := listener.Accept()
			if err != nil {
				return
			}
			s.come <- connection
		}
	}()
	t.Cleanup(func() {
		listener.Close()
		for connection := range s.come {
			connection.Close()
		}
	})
	return s
}

// soon fails the test if f takes as long as a provider may.
func soon(t *testing.T, what string, f func()) {
	t.Helper()
	done := make(chan struct{})
	go func() {
		defer close(done)
		f()
	}()
	select {
	case <-done:
	case <-time.After(5 * time.Second):
		t.Fatalf("expected %s at once, got nothing for 5 s", what)
	}
}

// TestAProviderThatHangsKeepsNobodyWaiting has the page of sign-in, with its emergency way in,
// there all the time, and asks the provider once for all who want to go there.
func TestAProviderThatHangsKeepsNobodyWaiting(t *testing.T) {
	t.Parallel()
	hanging := newSilence(t)
	o := newOffice(t, func(_ *realm, config *people.ProviderConfig) {
		config.Discovery = "http://" + hanging.Addr().String()
		config.EndSessionURL = "https://provider.example/end"
		config.Client = &http.Client{}
	})
	begun, tried := make(chan error, 3), make(chan practice.Trial, 1)
	begin := func() {
		_, _, err := o.Providers.Begin(t.Context(), "kc", "/")
		begun <- err
	}
	go begin()
	connection := <-hanging.come
	go begin()
	go begin()
	soon(t, "the ways in", func() { o.Providers.Ways() })
	soon(t, "the way out", func() { require.NotEmpty(t, o.Providers.EndSession("kc")) })
	left, leave := context.WithCancel(t.Context())
	leave()
	_, _, err := o.Providers.Begin(left, "kc", "/")
	require.ErrorIs(t, err, people.ErrAway)
	require.False(t, o.Providers.Ways()[0].Away, "whoever has left tells nothing of it")
	connection.Close()
	for range 3 {
		require.ErrorIs(t, <-begun, people.ErrAway)
	}
	require.True(t, o.Providers.Ways()[0].Away)
	require.Empty(t, o.Providers.EndSession("kc"))

	// For a while nobody waits for it, then one asks again. An administrator's try asks at once.
	soon(t, "a refusal", begin)
	require.ErrorIs(t, <-begun, people.ErrAway)
	require.Empty(t, hanging.come, "it was asked once for all of them")
	go func() { tried <- o.Providers.Try(t.Context(), "kc") }()
	(<-hanging.come).Close()
	require.Equal(t, practice.ReasonAway, (<-tried).Reason)
	o.now = o.now.Add(10 * time.Second)
	go begin()
	(<-hanging.come).Close()
	require.ErrorIs(t, <-begun, people.ErrAway)
}

// TestALogoutTokenOfAnotherAsksNothing has tokens that anybody can write: the provider does not
// hear of them.
func TestALogoutTokenOfAnotherAsksNothing(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	for _, signed := range []string{"", "no token", o.realm.pushed(o.now,
		func(claims jwt.MapClaims) { claims["iss"] = "https://another.example" })} {
		_, err := o.Providers.Logout(t.Context(), "kc", signed)
		require.ErrorIs(t, err, people.ErrUntrusted)
	}
	require.Empty(t, o.realm.asked)
}

// wasAway is an office whose provider is away, as has just been found out.
func wasAway(t *testing.T) *office {
	o := newOffice(t)
	o.realm.away.Store(true)
	_, _, err := o.Providers.Begin(t.Context(), "kc", "/")
	require.ErrorIs(t, err, people.ErrAway)
	return o
}

// TestALogoutDoesNotWaitForAProviderThatIsBack has a provider send a logout token, once, a moment
// after it did not answer: it is plainly there.
func TestALogoutDoesNotWaitForAProviderThatIsBack(t *testing.T) {
	t.Parallel()
	o := wasAway(t)
	o.realm.away.Store(false)
	_, err := o.Providers.Logout(t.Context(), "kc", o.realm.pushed(o.now, nil))
	require.NoError(t, err)
}

// TestLogoutsReadAProviderThatIsAwayOnceASecond has anybody bring tokens that look like the
// provider's, while it is away.
func TestLogoutsReadAProviderThatIsAwayOnceASecond(t *testing.T) {
	t.Parallel()
	o := wasAway(t)
	ended, since := make(chan error, 20), time.Now()
	for range cap(ended) {
		go func() {
			_, err := o.Providers.Logout(t.Context(), "kc", o.realm.pushed(o.now, nil))
			ended <- err
		}()
	}
	for range cap(ended) {
		require.ErrorIs(t, <-ended, people.ErrAway)
	}
	// The first time, for all who come within a second, and for whoever was not as fast.
	most := 2 + int(time.Since(since)/time.Second)
	require.LessOrEqual(t, o.realm.asked[usualDiscovery], most)
}
