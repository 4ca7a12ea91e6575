package main

import (
	"net/netip"
	"testing"

	"github.com/stretchr/testify/require"
	"go.uber.org/zap"

	"draille/signaling/quota"
)

func TestAPageIsToldOfItsDoorAndTheNext(t *testing.T) {
	const public = "visio.example"
	doors := []string{"a.example", "b.example:8443", "c.example"}
	for came, want := range map[string][]string{
		"a.example":      {"a.example", "b.example:8443"},
		"b.example:8443": {"b.example:8443", "c.example"},
		"c.example":      {"c.example", "a.example"},
		public:           {public, "a.example"},
		"evil.example":   {public, "a.example"},
		"":               {public, "a.example"},
	} {
		require.Equal(t, want, relayDoors(public, doors, came), came)
	}
	require.Equal(t, []string{public, "b"}, relayDoors(public, []string{public, "b"}, "x"))
	require.Equal(t, []string{public}, relayDoors(public, nil, "x"))
	require.Equal(t, []string{public}, relayDoors(public, []string{public, public}, public))
	require.Equal(t, "turns:a.example:443?transport=tcp", secureRelayURL("a.example"))
	require.Equal(t, "turns:b.example:8443?transport=tcp", secureRelayURL("b.example:8443"))
}

// The seat is at another server, which vouches for it in the credential.
func TestARelayAtAnotherDoorIsPutDownToTheInvitation(t *testing.T) {
	config := Config{TURN: TURNConfig{Allocations: 8000, AllocationsPerCredential: 3}}
	client := netip.MustParseAddr("192.0.2.1")
	hold := func(r relayQuota, user string) (held int) {
		for range 50 {
			if _, ok := r.Hold(user, client); ok {
				held++
			}
		}
		return held
	}
	there := quota.Payer{Participant: "p1", Invitation: "a link's own id", Seats: 1}
	user := relayUser(there)
	require.NotContains(t, user, there.Invitation)
	door := relayQuota{newAccount(config, zap.NewNop()), true}
	require.Equal(t, 3, hold(door, user))
	there.Participant = "p2"
	require.Equal(t, 1, hold(door, relayUser(there)), "half as many again for the invitation")

	strangers := quota.DefaultConfig().Caps[quota.Allocations].Strangers
	for _, user := range []string{"p", "p/1", "p/0/x", "p/1/", "p/x/y", "p/1/x/y"} {
		alone := relayQuota{newAccount(Config{TURN: TURNConfig{Allocations: 8000,
			AllocationsPerCredential: 100}}, zap.NewNop()), true}
		require.Equal(t, strangers, hold(alone, user), user)
	}
	alone := relayQuota{newAccount(Config{TURN: TURNConfig{Allocations: 8000,
		AllocationsPerCredential: 100}}, zap.NewNop()), false}
	require.Equal(t, strangers, hold(alone, user), "one server knows who has a seat")
}

func TestWhereMediaOfOtherServersLead(t *testing.T) {
	parse := netip.MustParseAddrPort
	require.Equal(t, []netip.AddrPort{parse("192.0.2.1:3478"), parse("[2001:db8::1]:3478")},
		reachable([]string{"192.0.2.1:3478", "127.0.0.1:3478", "[2001:db8::1]:3478", "0.0.0.0:1",
			"224.0.0.1:9", "192.0.2.9:0", "nonsense"}))
	require.Equal(t, []netip.AddrPort{parse("127.0.0.1:9")}, reachable([]string{"127.0.0.1:9"}))
}
