package signaling

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"draille/signaling/protocol"
)

func TestFreshRelayCredentialsReachACallThatGoesOn(t *testing.T) {
	const lifetime = 50 * time.Millisecond
	h := open(t, func(c *Config) { c.Relay = relay{lifetime} })
	host := h.enters("Dr Vidal", protocol.RoleHost)
	given := func(servers []protocol.ICEServer) time.Time {
		require.Equal(t, host.welcome.Participant, servers[0].Username)
		at, err := time.Parse(time.RFC3339Nano, servers[0].Credential)
		require.NoError(t, err)
		return at
	}
	before := given(host.welcome.ICEServers)
	for range 3 { // again and again, not once
		at := given(expect[protocol.ICEServers](host).ICEServers)
		require.False(t, at.Before(before.Add(lifetime/2)), "sooner than half of the lifetime")
		before = at
	}
}

func TestCredentialsAreRenewedBeforeTheyExpire(t *testing.T) {
	now := time.Unix(1_800_000_000, 0)
	s, err := New(Config{Media: newRecorder(), Tokens: tokens, Relay: relay{time.Hour},
		Now: func() time.Time { return now }})
	require.NoError(t, err)
	r := newRoom(s, "cozes", protocol.KindConsultation, newFakeTenure())
	c := newConnection(s, 1, nil)
	r.connections[c.id] = c
	_, ok := r.next()
	require.False(t, ok, "nobody was given anything")
	require.NotEmpty(t, r.credentials(c, "p"))
	next, ok := r.next()
	require.True(t, ok)
	require.Equal(t, now.Add(30*time.Minute), next)
	delete(r.connections, c.id)
	_, ok = r.next()
	require.False(t, ok, "nothing is renewed for who is gone")
}
