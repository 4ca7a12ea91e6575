package sfu

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// A link that loses a fifth loses whole flights of a handshake, too: nobody waits seconds for that.
func TestALostHandshakeIsRepeatedSoon(t *testing.T) {
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
	began := time.Now()
	c.negotiate(nil)
	c.awaitConnected()
	s.wire.loseOut.Store(nil)
	require.Equal(t, 3, lost)
	require.Less(
		t, time.Since(began), 5*time.Second,
		"1.4 s and what a busy machine takes; with a first wait of 1 s it would be 7 s",
	)
}
