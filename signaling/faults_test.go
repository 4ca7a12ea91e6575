package signaling

import (
	"errors"
	"net"
	"os"
	"testing"

	"github.com/stretchr/testify/require"
	"go.uber.org/zap"
	"go.uber.org/zap/zapcore"
	"go.uber.org/zap/zaptest/observer"

	"draille/signaling/protocol"
)

// A fault while a message of somebody is carried out, or in their media plane, ends their stay; the
// call of the others goes on.
func TestAFaultEndsOneStay(t *testing.T) {
	for name, message := range map[string]protocol.ClientMessage{
		"room": protocol.Media{Camera: true, Screen: true},
		"seat": protocol.Offer{Connection: "c", SDP: "panic"},
	} {
		t.Run(name, func(t *testing.T) {
			core, lines := observer.New(zapcore.ErrorLevel)
			h := open(t, func(c *Config) { c.Log = zap.New(core) })
			host := h.enters("host", protocol.RoleHost)
			guest := h.admitted(host, "roux")
			guest.send(message)
			guest.byeFor(protocol.ByeProtocol)
			host.known(func() bool { return len(host.people) == 1 })
			host.send(protocol.Say{Text: "still here"})
			require.Equal(t, "still here", expect[protocol.Chat](host).Line.Text)
			require.Positive(t, h.server.Stats().Faults)
			require.Contains(t, lines.All()[0].ContextMap()["stack"], "recordedSeat")
		})
	}
}

// No address of a client gets into the log by an error of the network.
func TestErrorsAreLoggedWithoutAddresses(t *testing.T) {
	address := &net.TCPAddr{IP: net.IPv4(192, 0, 2, 1), Port: 5}
	err := withoutAddress(&net.OpError{Op: "read", Net: "tcp", Source: address, Addr: address,
		Err: os.ErrDeadlineExceeded})
	require.NotContains(t, err.Error(), "192.0.2.1")
	require.ErrorIs(t, err, os.ErrDeadlineExceeded)
	other := errors.New("another")
	require.Equal(t, other, withoutAddress(other))
}
