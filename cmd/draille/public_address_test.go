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
	"go.uber.org/zap/zapcore"
	"go.uber.org/zap/zaptest/observer"
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

func TestAChangedPublicAddressIsToldOnce(t *testing.T) {
	before := []netip.Addr{netip.MustParseAddr("203.0.113.9")}
	after := []netip.Addr{netip.MustParseAddr("203.0.113.10")}
	core, logs := observer.New(zap.InfoLevel)
	w := publicWatch{told: before, latest: before, logger: zap.New(core)}
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
	heard("is again the one", before, nil)
	heard("has changed", after, nil)
}

func TestThePublicAddressIsAskedForAgain(t *testing.T) {
	last := atomic.Int32{}
	last.Store(9)
	asked := stunServer(t, func() net.IP { return net.IPv4(203, 0, 113, byte(last.Load())) })
	configured := []PublicAddress{asked}
	told, err := resolvePublic(context.Background(), configured)
	require.NoError(t, err)
	changed := make(chan struct{})
	logger := zap.NewNop().WithOptions(zap.WrapCore(func(zapcore.Core) zapcore.Core {
		core, _ := observer.New(zap.ErrorLevel)
		return core
	}), zap.Hooks(func(zapcore.Entry) error { close(changed); return nil }))
	done, ended := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(ended)
		watchPublic(done, time.Millisecond, configured, told, logger)
	}()
	last.Store(10)
	<-changed
	close(done)
	<-ended
}
