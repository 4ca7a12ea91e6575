package userspace_test

import (
	"context"
	"errors"
	"net"
	"net/netip"
	"os"
	"testing"
	"time"

	"github.com/pion/ice/v4"
	"github.com/pion/transport/v4/stdnet"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"

	"draille/loadtest/link"
	"draille/loadtest/link/userspace"
)

const ms = time.Millisecond

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

var (
	_ ice.AddrPortReaderWriter = (*userspace.Conn)(nil)
	_ net.Conn                 = (*userspace.Conn)(nil)
)

func both(c link.Config) link.Profile { return link.Profile{Name: "test", Up: c, Down: c} }

func thin(rate link.Bitrate, delay, queue time.Duration) link.Profile {
	return both(link.Config{Conditions: link.Conditions{Rate: rate, Delay: delay}, Queue: queue})
}

func newLink(t testing.TB, p link.Profile) *userspace.Link {
	t.Helper()
	s := userspace.NewScheduler()
	t.Cleanup(s.Close)
	l, err := userspace.NewLink(s, p, 1)
	require.NoError(t, err)
	return l
}

func listen(t testing.TB) *net.UDPConn {
	t.Helper()
	conn, err := net.ListenUDP("udp4", &net.UDPAddr{IP: net.IPv4(127, 0, 0, 1)})
	require.NoError(t, err)
	t.Cleanup(func() { _ = conn.Close() })
	require.NoError(t, conn.SetReadDeadline(time.Now().Add(20*time.Second)))
	return conn
}

func wrapped(t testing.TB, l *userspace.Link, base net.PacketConn) *userspace.Conn {
	t.Helper()
	conn := l.Wrap(base)
	t.Cleanup(func() { _ = conn.Close() })
	require.NoError(t, conn.SetDeadline(time.Now().Add(20*time.Second)))
	return conn
}

// echo answers every datagram until the socket is closed.
func echo(t testing.TB) *net.UDPAddr {
	conn := listen(t)
	done := make(chan struct{})
	t.Cleanup(func() { _ = conn.Close(); <-done })
	go func() {
		defer close(done)
		buf := make([]byte, 2000)
		for {
			n, from, err := conn.ReadFromUDPAddrPort(buf)
			if err != nil {
				return
			}
			if _, err := conn.WriteToUDPAddrPort(buf[:n], from); err != nil {
				return
			}
		}
	}()
	return conn.LocalAddr().(*net.UDPAddr)
}

func TestRoundTripTakesBothDelays(t *testing.T) {
	conn := wrapped(t, newLink(t, thin(link.Mbps, 20*ms, 300*ms)), listen(t))
	server := echo(t)
	for range 5 {
		start := time.Now()
		_, err := conn.WriteTo(make([]byte, 972), server) // 1,000 B at 1 Mbit/s: 8 ms each way
		require.NoError(t, err)
		buf := make([]byte, 2000)
		n, from, err := conn.ReadFrom(buf)
		require.NoError(t, err)
		assert.Equal(t, 972, n)
		assert.Equal(t, server.String(), from.String())
		assert.GreaterOrEqual(t, time.Since(start), 56*ms)
	}
}

// How late the link is by itself: ms of the round trip that its delays and its rate do not explain.
// Virtual time judges what it decides (loadtest/link); this is what the machine adds.
func BenchmarkRoundTrip(b *testing.B) {
	conn := wrapped(b, newLink(b, thin(link.Mbps, 20*ms, 300*ms)), listen(b))
	server := echo(b)
	buf := make([]byte, 2000)
	for b.Loop() {
		_, err := conn.WriteTo(make([]byte, 972), server)
		require.NoError(b, err)
		_, _, err = conn.ReadFrom(buf)
		require.NoError(b, err)
	}
	b.ReportMetric(float64(b.Elapsed())/float64(b.N)/float64(ms)-56, "ms-late/op")
}

// However slow the machine is: the queue takes what it holds, nothing leaves sooner than the rate
// allows, and every packet is delivered or counted as lost.
func TestRateAndQueue(t *testing.T) {
	l := newLink(t, thin(4*link.Mbps, 5*ms, 300*ms))
	server := listen(t)
	conn := wrapped(t, l, listen(t))
	type span struct {
		packets int
		last    time.Time
	}
	result := make(chan span)
	go func() { // reads all the while: the kernel's buffer is small
		var got span
		buf := make([]byte, 2000)
		for {
			n, _, err := server.ReadFromUDP(buf)
			if err != nil || n == 1 {
				result <- got
				return
			}
			got.last = time.Now()
			got.packets++
		}
	}()
	const offered = 300 // of 1,000 B: 600 ms at 4 Mbit/s, half of which finds no room
	to := server.LocalAddr().(*net.UDPAddr)
	start := time.Now()
	for range offered {
		_, err := conn.WriteToUDP(make([]byte, 972), to)
		require.NoError(t, err)
	}
	took := time.Since(start)
	up := l.Counters().Up
	assert.Equal(t, offered, up.Packets)
	assert.Equal(t, offered*1000, up.Bytes)
	assert.GreaterOrEqual(t, up.DeliveredPackets, 150, "300 ms at 4 Mbit/s")
	assert.LessOrEqual(t, up.DeliveredPackets, 150+int(took/(2*ms))+1, "and what left meanwhile")
	assert.Equal(t, offered, up.DeliveredPackets+up.QueueFull+up.Lost)
	assert.Equal(t, up.DeliveredPackets*1000, up.DeliveredBytes)

	// The end is told by a packet that comes last, once the queue has room for it.
	require.Eventually(t, func() bool {
		_, err := conn.WriteToUDP([]byte{0}, to)
		return err == nil && l.Counters().Up.DeliveredPackets > up.DeliveredPackets
	}, 10*time.Second, 5*ms)
	got := <-result
	assert.Equal(t, up.DeliveredPackets, got.packets)
	sinceFirst := got.last.Sub(start)
	assert.GreaterOrEqual(t, sinceFirst, time.Duration(got.packets)*2*ms+5*ms)
}

func TestLossIsCounted(t *testing.T) {
	l := newLink(t, both(link.Config{Conditions: link.Conditions{Loss: 1}}))
	conn := wrapped(t, l, listen(t))
	_, err := conn.WriteToAddrPort([]byte("gone"), netip.MustParseAddrPort("[2001:db8::1]:9"))
	require.NoError(t, err, "a sender does not learn of a loss")
	assert.Equal(t, userspace.Way{Packets: 1, Bytes: 4 + 48, Lost: 1}, l.Counters().Up)
	assert.Zero(t, l.Counters().Down)
}

func TestOrderIsKept(t *testing.T) {
	conn := wrapped(t, newLink(t, both(link.Config{Conditions: link.Conditions{Delay: 3 * ms}})),
		listen(t))
	server := listen(t)
	for i := range 200 {
		_, err := conn.WriteToAddrPort([]byte{byte(i)},
			server.LocalAddr().(*net.UDPAddr).AddrPort())
		require.NoError(t, err)
	}
	buf := make([]byte, 10)
	for i := range 200 {
		_, err := server.Read(buf)
		require.NoError(t, err)
		require.Equal(t, byte(i), buf[0])
	}
}

func TestRestartAppliesToTheSchedule(t *testing.T) {
	c := link.Config{Schedule: []link.Step{{At: 100 * ms, Conditions: link.Conditions{Loss: 1}}}}
	l := newLink(t, both(c))
	conn := wrapped(t, l, listen(t))
	server := echo(t)
	buf := make([]byte, 10)
	arrived := func() bool {
		_, err := conn.WriteTo([]byte("hello"), server)
		require.NoError(t, err)
		require.NoError(t, conn.SetReadDeadline(time.Now().Add(10*ms)))
		_, _, err = conn.ReadFrom(buf)
		return err == nil
	}
	require.Eventually(t, func() bool { arrived(); return l.Counters().Up.Lost > 0 },
		10*time.Second, 5*ms,
		"everything is lost in the end")
	// A busy machine may miss the 100 ms in which nothing is lost; there are more.
	require.Eventually(t, func() bool { l.Restart(); return arrived() }, 10*time.Second, 5*ms,
		"and nothing at the beginning")
}

func TestDeadlineAndClose(t *testing.T) {
	l := newLink(t, both(link.Config{}))
	conn := wrapped(t, l, listen(t))
	buf := make([]byte, 10)

	require.NoError(t, conn.SetReadDeadline(time.Now()))
	_, _, err := conn.ReadFrom(buf)
	require.ErrorIs(t, err, os.ErrDeadlineExceeded)
	var timeout net.Error
	require.True(t, errors.As(err, &timeout) && timeout.Timeout())
	require.NoError(t, conn.SetReadDeadline(time.Time{}))
	require.NoError(t, conn.SetWriteDeadline(time.Now()), "writes never block")

	failed := make(chan error)
	go func() { _, _, err := conn.ReadFromAddrPort(buf); failed <- err }()
	require.NoError(t, conn.Close())
	require.ErrorIs(t, <-failed, net.ErrClosed)
	require.ErrorIs(t, conn.Close(), net.ErrClosed)
	_, err = conn.WriteTo([]byte("x"), conn.LocalAddr())
	require.ErrorIs(t, err, net.ErrClosed)
}

func TestSocketThatEndsEndsItsReader(t *testing.T) {
	base := listen(t)
	conn := wrapped(t, newLink(t, both(link.Config{})), base)
	require.NoError(t, base.Close())
	for range 2 {
		_, err := conn.Read(make([]byte, 10))
		require.ErrorIs(t, err, net.ErrClosed)
	}
}

func TestConnectedSocket(t *testing.T) {
	server := echo(t)
	base, err := net.DialUDP("udp4", nil, server)
	require.NoError(t, err)
	conn := wrapped(t, newLink(t, both(link.Config{Conditions: link.Conditions{Delay: ms}})), base)
	assert.Equal(t, server.String(), conn.RemoteAddr().String())
	_, err = conn.Write([]byte("hello"))
	require.NoError(t, err)
	buf := make([]byte, 10)
	n, err := conn.Read(buf)
	require.NoError(t, err)
	assert.Equal(t, "hello", string(buf[:n]))

	_, _, err = conn.WriteMsgUDP([]byte("again"), nil, nil)
	require.NoError(t, err)
	n, _, _, from, err := conn.ReadMsgUDP(buf, nil)
	require.NoError(t, err)
	assert.Equal(t, "again", string(buf[:n]))
	assert.Equal(t, server.String(), from.String())
	require.NoError(t, conn.SetReadBuffer(100_000))
	require.NoError(t, conn.SetWriteBuffer(100_000))
}

func TestRefusedConnectionIsToldAndSurvived(t *testing.T) {
	gone := listen(t)
	address := gone.LocalAddr().(*net.UDPAddr)
	require.NoError(t, gone.Close())
	base, err := net.DialUDP("udp4", nil, address)
	require.NoError(t, err)
	conn := wrapped(t, newLink(t, both(link.Config{})), base)
	_, err = conn.Write([]byte("anybody?"))
	require.NoError(t, err)
	_, err = conn.Read(make([]byte, 10))
	require.ErrorContains(t, err, "refused")
	_, err = conn.Write([]byte("still there"))
	require.NoError(t, err)
}

func TestWhatCannotBeSent(t *testing.T) {
	conn := wrapped(t, newLink(t, both(link.Config{})), listen(t))
	_, err := conn.Write([]byte("x"))
	assert.ErrorContains(t, err, "not connected")
	_, err = conn.WriteToAddrPort([]byte("x"), netip.AddrPort{})
	assert.ErrorContains(t, err, "no destination")
	_, err = conn.WriteTo([]byte("x"), &net.UnixAddr{Name: "/nowhere"})
	assert.ErrorContains(t, err, "expected an IP address and a port")
	_, _, err = conn.WriteMsgUDP([]byte("x"), []byte("y"), nil)
	assert.ErrorContains(t, err, "out-of-band")
	_, _, err = conn.WriteMsgUDP([]byte("x"), nil, conn.LocalAddr().(*net.UDPAddr))
	assert.NoError(t, err)

	s := userspace.NewScheduler()
	defer s.Close()
	_, err = userspace.NewLink(s,
		link.Profile{Up: link.Config{Conditions: link.Conditions{Loss: 2}}}, 1)
	assert.ErrorContains(t, err, "loss 2")
}

// plain hides everything but the net.PacketConn of a socket.
type plain struct{ net.PacketConn }

func TestAnyPacketConnWillDo(t *testing.T) {
	conn := wrapped(t, newLink(t, both(link.Config{})), plain{listen(t)})
	server := echo(t)
	assert.Nil(t, conn.RemoteAddr())
	_, err := conn.WriteTo([]byte("hello"), server)
	require.NoError(t, err)
	buf := make([]byte, 10)
	n, from, err := conn.ReadFrom(buf)
	require.NoError(t, err)
	assert.Equal(t, "hello", string(buf[:n]))
	assert.Equal(t, server.String(), from.String())
	assert.ErrorIs(t, conn.SetReadBuffer(1), errors.ErrUnsupported)
	assert.ErrorIs(t, conn.SetWriteBuffer(1), errors.ErrUnsupported)
}

func TestNetPutsDatagramsBehindTheLinkAndNothingElse(t *testing.T) {
	base, err := stdnet.NewNet()
	require.NoError(t, err)
	n := newLink(t, both(link.Config{})).Net(base)
	server := echo(t)

	opened := map[string]func() (any, error){
		"ListenPacket": func() (any, error) { return n.ListenPacket("udp4", "127.0.0.1:0") },
		"ListenUDP": func() (any, error) {
			return n.ListenUDP("udp4", &net.UDPAddr{IP: net.IPv4(127, 0, 0, 1)})
		},
		"DialUDP": func() (any, error) { return n.DialUDP("udp4", nil, server) },
		"Dial":    func() (any, error) { return n.Dial("udp4", server.String()) },
		"Dialer": func() (any, error) {
			return n.CreateDialer(&net.Dialer{}).Dial("udp4", server.String())
		},
		"ListenConfig": func() (any, error) {
			return n.CreateListenConfig(&net.ListenConfig{}).ListenPacket(context.Background(),
				"udp4", "127.0.0.1:0")
		},
	}
	for name, open := range opened {
		conn, err := open()
		require.NoError(t, err, name)
		require.IsType(t, (*userspace.Conn)(nil), conn, name)
		require.NoError(t, conn.(*userspace.Conn).Close())
	}

	listener, err := n.ListenTCP("tcp4", &net.TCPAddr{IP: net.IPv4(127, 0, 0, 1)})
	require.NoError(t, err)
	tcp, err := n.Dial("tcp4", listener.Addr().String())
	require.NoError(t, err)
	assert.NotEqual(t, "*userspace.Conn", tcp)
	_, isShaped := tcp.(*userspace.Conn)
	assert.False(t, isShaped)
	require.NoError(t, tcp.Close())
	require.NoError(t, listener.Close())

	for _, open := range []func() error{
		func() error { _, err := n.ListenPacket("udp4", "no address"); return err },
		func() error { _, err := n.ListenUDP("tcp", nil); return err },
		func() error { _, err := n.DialUDP("tcp", nil, server); return err },
		func() error { _, err := n.Dial("udp4", "no address"); return err },
		func() error {
			_, err := n.CreateDialer(&net.Dialer{}).Dial("udp4", "no address")
			return err
		},
	} {
		assert.Error(t, open())
	}
}

func TestManySocketsShareOneSchedulerAndOneLink(t *testing.T) {
	l := newLink(t, both(link.Config{Conditions: link.Conditions{Delay: 2 * ms}}))
	server := echo(t)
	const sockets, each = 8, 50
	errs := make(chan error, sockets)
	for range sockets {
		conn := wrapped(t, l, listen(t))
		go func() {
			buf := make([]byte, 100)
			for range each {
				if _, err := conn.WriteTo([]byte("ping"), server); err != nil {
					errs <- err
					return
				}
				if _, _, err := conn.ReadFrom(buf); err != nil {
					errs <- err
					return
				}
			}
			errs <- nil
		}()
	}
	for range sockets {
		require.NoError(t, <-errs)
	}
	assert.Equal(t, sockets*each, l.Counters().Up.DeliveredPackets)
	assert.Equal(t, sockets*each, l.Counters().Down.DeliveredPackets)
}

func BenchmarkUp(b *testing.B) {
	l := newLink(b, both(link.Config{}))
	conn := wrapped(b, l, listen(b))
	to := listen(b).LocalAddr().(*net.UDPAddr).AddrPort()
	payload := make([]byte, 1000)
	b.ReportAllocs()
	for b.Loop() {
		if _, err := conn.WriteToAddrPort(payload, to); err != nil {
			b.Fatal(err)
		}
	}
}
