package main

import (
	"context"
	"errors"
	"net"
	"net/netip"
	"sync/atomic"
	"testing"
	"time"

	"github.com/pion/stun/v3"
	"github.com/stretchr/testify/require"
	"go.uber.org/zap"
	"go.uber.org/zap/zaptest/observer"

	"draille/signaling/quota"
)

// stunServer answers each question but the first, between what is no answer, with the address of
// the moment.
func stunServer(t *testing.T, address func() net.IP) PublicAddress {
	t.Helper()
	server, err := net.ListenPacket("udp4", "127.0.0.1:0")
	require.NoError(t, err)
	t.Cleanup(func() { server.Close() })
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
				&stun.XORMappedAddress{IP: address(), Port: 7})
			for _, message := range [][]byte{{1, 2, 3}, stranger.Raw, answer.Raw} {
				_, _ = server.WriteTo(message, from)
			}
		}
	}()
	asked, err := parsePublicAddress("stun:" + server.LocalAddr().String())
	require.NoError(t, err)
	return asked
}

func TestThePublicAddressIsAskedFor(t *testing.T) {
	given := PublicAddress{Addr: netip.MustParseAddr("2001:db8::1")}
	asked := stunServer(t, func() net.IP { return net.IPv4(203, 0, 113, 9) })
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

func TestAChangedPublicAddressIsAdoptedOnce(t *testing.T) {
	before := []netip.Addr{netip.MustParseAddr("203.0.113.9")}
	after := []netip.Addr{netip.MustParseAddr("203.0.113.10")}
	core, logs := observer.New(zap.InfoLevel)
	var adopted [][]netip.Addr
	w := publicWatch{told: before, logger: zap.New(core),
		adopt: func(now []netip.Addr) { adopted = append(adopted, now) }}
	heard := func(want string, now []netip.Addr, err error) {
		t.Helper()
		w.hears(now, err)
		var got string
		for _, entry := range logs.TakeAll() {
			got += entry.Message
		}
		if want == "" {
			require.Empty(t, got)
		}
		require.Contains(t, got, want)
	}
	heard("", before, nil)
	heard("has changed", after, nil)
	heard("", after, nil)
	heard("cannot be asked for", nil, errors.New("silent"))
	heard("", nil, errors.New("silent"))
	heard("", after, nil)
	heard("has changed", before, nil)
	require.Equal(t, [][]netip.Addr{after, before}, adopted)
}

func TestThePublicAddressIsAskedForAgain(t *testing.T) {
	last := atomic.Int32{}
	last.Store(9)
	asked := stunServer(t, func() net.IP { return net.IPv4(203, 0, 113, byte(last.Load())) })
	configured := []PublicAddress{asked}
	told, err := resolvePublic(context.Background(), configured)
	require.NoError(t, err)
	adopted := make(chan []netip.Addr)
	done, ended := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(ended)
		watchPublic(done, time.Millisecond, configured, publicWatch{told: told,
			adopt: func(now []netip.Addr) { adopted <- now }, logger: zap.NewNop()})
	}()
	last.Store(10)
	require.Equal(t, []netip.Addr{netip.MustParseAddr("203.0.113.10")}, <-adopted)
	close(done)
	<-ended
}

func TestANewPublicAddressIsHandedOut(t *testing.T) {
	config := testConfig(t)
	config.PublicAddress = []PublicAddress{{Addr: netip.MustParseAddr("203.0.113.9")}}
	r := start(t, config)
	credentials, _ := r.handedOut.Credentials(quota.Payer{Participant: "p"}, "", time.Now())
	require.Contains(t, credentials[0].URLs[0], "turn:203.0.113.9:")
	r.adopt([]netip.Addr{netip.MustParseAddr("203.0.113.10")})
	credentials, _ = r.handedOut.Credentials(quota.Payer{Participant: "p"}, "", time.Now())
	require.Contains(t, credentials[0].URLs[0], "turn:203.0.113.10:")
	require.Contains(t, credentials[0].URLs[1], "turn:203.0.113.10:")
	require.NotContains(t, credentials[0].URLs, "203.0.113.9")
}
