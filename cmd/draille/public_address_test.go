package main

import (
	"context"
	"net"
	"net/netip"
	"testing"
	"time"

	"github.com/pion/stun/v3"
	"github.com/stretchr/testify/require"
)

func TestThePublicAddressIsAskedFor(t *testing.T) {
	server, err := net.ListenPacket("udp4", "127.0.0.1:0")
	require.NoError(t, err)
	defer server.Close()
	go func() {
		buffer := make([]byte, 1500)
		for asked := 0; ; asked++ {
			n, from, err := server.ReadFrom(buffer)
			if err != nil {
				return
			}
			question := &stun.Message{Raw: buffer[:n]}
			if asked == 0 || question.Decode() != nil {
				continue // lost
			}
			stranger := stun.MustBuild(stun.TransactionID, stun.BindingSuccess,
				&stun.XORMappedAddress{IP: net.IPv4(1, 2, 3, 4), Port: 1})
			answer := stun.MustBuild(question, stun.BindingSuccess,
				&stun.XORMappedAddress{IP: net.IPv4(203, 0, 113, 9), Port: 7})
			for _, message := range [][]byte{{1, 2, 3}, stranger.Raw, answer.Raw} {
				_, _ = server.WriteTo(message, from)
			}
		}
	}()
	given := PublicAddress{Addr: netip.MustParseAddr("2001:db8::1")}
	asked, err := parsePublicAddress("stun:" + server.LocalAddr().String())
	require.NoError(t, err)
	addresses, err := resolvePublic(context.Background(), []PublicAddress{given, asked})
	require.NoError(t, err)
	require.Equal(t, []netip.Addr{given.Addr, netip.MustParseAddr("203.0.113.9")}, addresses)
}

func TestASTUNServerThatIsSilentIsSaid(t *testing.T) {
	silent, err := net.ListenPacket("udp4", "127.0.0.1:0")
	require.NoError(t, err)
	defer silent.Close()
	ctx, cancel := context.WithTimeout(context.Background(), 50*time.Millisecond)
	defer cancel()
	_, err = resolvePublic(ctx, []PublicAddress{{STUN: silent.LocalAddr().String()}})
	require.ErrorContains(t, err,
		"told no address (no answer within 5s): let UDP out to it, or give the address itself")
}
