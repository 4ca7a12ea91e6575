package connect

import (
	"net/netip"
	"reflect"
	"testing"

	"github.com/pion/stun/v4"
	"github.com/stretchr/testify/require"

	"draille/sfu/udp"
)

// The first check after each start of ICE chooses the path for the time being; those after it leave
// the choice to the browser.
func TestTheFirstCheckOpensAPath(t *testing.T) {
	check := func(username string) *stun.Message {
		return stun.MustBuild(stun.BindingRequest, stun.TransactionID, stun.NewUsername(username))
	}
	first := firstCheck()
	require.True(t, first(check("server1:browser1"), nil, nil, nil))
	require.False(t, first(check("server1:browser1"), nil, nil, nil))
	require.True(t, first(check("server2:browser2"), nil, nil, nil), "ICE was restarted")
	require.False(
		t, first(stun.MustBuild(stun.BindingRequest, stun.TransactionID), nil, nil, nil),
		"nobody's",
	)
	require.True(t, firstCheck()(check("server2:browser2"), nil, nil, nil), "another connection")
}

// Pion waits a second before it repeats a handshake unless it is told otherwise, and does not tell
// what it was told: so the test reads the field where Pion keeps it.
func TestHandshakesAreRepeatedSoon(t *testing.T) {
	socket, err := udp.Listen("127.0.0.1:0")
	require.NoError(t, err)
	defer func() { require.NoError(t, socket.Close()) }()
	c, err := New(Config{Socket: socket.Media(), Addresses: []netip.AddrPort{socket.LocalAddr()}})
	require.NoError(t, err)
	defer func() { require.NoError(t, c.Close()) }()
	told := reflect.ValueOf(c.settings).FieldByName("dtls").FieldByName("retransmissionInterval")
	require.True(t, told.IsValid(), "Pion keeps it elsewhere now")
	require.EqualValues(t, handshakeRepeat, told.Int())
}
