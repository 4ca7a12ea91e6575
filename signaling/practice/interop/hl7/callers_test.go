package hl7

import (
	"context"
	"net"
	"net/netip"
	"testing"

	"github.com/stretchr/testify/require"

	"draille/signaling/practice/interop/hl7/er7"
	"draille/signaling/practice/interop/hl7/mllp"
)

// TestSilentConnectionsDoNotShutAFeedOff has whoever reaches the address open more connections than
// there may be, before and after a source has sent.
func TestSilentConnectionsDoNotShutAFeedOff(t *testing.T) {
	w := newWard(t)
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	ctx, stop := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	go func() { ended <- w.receiver.Serve(ctx, listener, mllp.Config{MaxConnections: 3}) }()
	silent := func() {
		for range 5 {
			connection, err := net.Dial("tcp", listener.Addr().String())
			require.NoError(t, err)
			defer connection.Close()
		}
	}
	sender := mllp.NewSender(mllp.SenderConfig{Address: listener.Addr().String()})
	defer sender.Close()
	sends := func() {
		answer, err := sender.Send(t.Context(), []byte(message{event: "ADT^A28^ADT_A05",
			pid: somebody("1")}.text()))
		require.NoError(t, err)
		read, err := er7.Parse(answer)
		require.NoError(t, err)
		require.Equal(t, "AA", read.First("MSA").Field(1).Text())
	}
	silent()
	sends()
	silent()
	sends()
	stop()
	require.NoError(t, <-ended)
}

// TestAddressesThatMaySend has sources with networks alone, and one that is known by its
// certificate, wherever it is.
func TestAddressesThatMaySend(t *testing.T) {
	w := newWard(t)
	elsewhere := netip.MustParseAddr("10.9.9.9")
	require.True(t, w.receiver.admits(loopback.Address))
	require.True(t, w.receiver.admits(elsewhere), "it may have the certificate")
	w.receiver.config.Sources = sources()[:2]
	require.True(t, w.receiver.admits(loopback.Address))
	require.False(t, w.receiver.admits(elsewhere))
}
