package sfu

import (
	"net/netip"
	"slices"
	"testing"

	"github.com/stretchr/testify/require"
	"go.uber.org/zap"
	"go.uber.org/zap/zapcore"
	"go.uber.org/zap/zaptest/observer"
)

// A link that loses a fifth loses whole flights of a handshake, too: the server repeats them by
// itself. That it does so soon is shown by TestHandshakesAreRepeatedSoon of package connect.
func TestALostHandshakeIsRepeated(t *testing.T) {
	s := newServer(t)
	c := s.join("nurse")
	c.dial("first", usual)
	lost := 0
	loses := func(datagram []byte) bool {
		const handshake = 22 // content type of a DTLS record (RFC 6347 section 4.1)
		if lost == 3 || datagram[0] != handshake {
			return false
		}
		lost++
		return true
	}
	s.wire.loseOut.Store(&loses)
	c.negotiate(nil)
	c.awaitConnected()
	s.wire.loseOut.Store(nil)
	require.Equal(t, 3, lost)
}

// falseServerHello is one that somebody makes up who can send datagrams from the browser's address.
func falseServerHello(random byte) []byte {
	datagram := make([]byte, 13+12+2+32)
	datagram[0], datagram[13] = handshakeRecord, 2
	datagram[len(datagram)-1] = random
	return datagram
}

// TestFalseServerHellosEndAHandshake lets more of them come than are remembered, before the true
// one: no keys can be found, which is told once, and the page may begin anew.
func TestFalseServerHellosEndAHandshake(t *testing.T) {
	t.Parallel()
	core, logs := observer.New(zapcore.ErrorLevel)
	s := newServer(t, func(c *Config) { c.Logger = zap.New(core) })
	notYet := func(data []byte) bool { return data[0] == handshakeRecord }
	s.wire.loseIn.Store(&notYet)
	c := s.join("a")
	c.dial("first", usual)
	c.negotiate(nil)
	attacked := c.participant.transport.Load()
	for random := range byte(20) {
		attacked.ReceiveDTLS(falseServerHello(random), netip.AddrPort{})
	}
	s.wire.loseIn.Store(nil)
	eventually(t, "the transport is dropped", func() bool {
		return slices.Contains(c.transportStates(), TransportFailed)
	})
	<-attacked.done
	require.Len(t, logs.FilterMessage("media cannot be protected").All(), 1)
	c.hangUp()
	c.dial("second", usual)
	c.negotiate(nil)
	c.awaitConnected()
	eventually(t, "another is protected", c.participant.transport.Load().protected.Load)
}
