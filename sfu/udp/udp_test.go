package udp

import (
	"bytes"
	"fmt"
	"net"
	"net/netip"
	"os"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/pion/stun/v4"
	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func binding(t testing.TB, setters ...stun.Setter) []byte {
	t.Helper()
	message, err := stun.Build(append([]stun.Setter{stun.TransactionID}, setters...)...)
	require.NoError(t, err)
	return message.Raw
}

func TestClassify(t *testing.T) {
	allocate := stun.NewType(stun.MethodAllocate, stun.ClassRequest)
	truncated := binding(t, stun.BindingRequest, stun.NewUsername("abcd:efgh"))
	for name, c := range map[string]struct {
		datagram []byte
		kind     Kind
	}{
		"empty": {nil, Unknown},
		"ICE check": {binding(t, stun.BindingRequest, stun.NewSoftware("x"),
			stun.NewUsername("abcd:efgh")), Media},
		"ICE answer": {binding(t, stun.BindingSuccess), Media},
		"ICE error":  {binding(t, stun.BindingError), Media},
		"ICE keep-alive": {
			binding(t, stun.NewType(stun.MethodBinding, stun.ClassIndication)), Media},
		"STUN question": {binding(t, stun.BindingRequest), TURN},
		"STUN question with name": {binding(t, stun.BindingRequest, stun.NewUsername("someone")),
			TURN},
		"damaged USERNAME": {append(truncated[:20:20], 0, 6, 0, 200, 'a', ':'), TURN},
		"allocate": {binding(t, allocate, stun.NewUsername("1700000000:participant")),
			TURN},
		"refresh": {binding(t, stun.NewType(stun.MethodRefresh, stun.ClassRequest)),
			TURN},
		"send indication": {binding(t, stun.NewType(stun.MethodSend, stun.ClassIndication)),
			TURN},
		"permission": {
			binding(t, stun.NewType(stun.MethodCreatePermission, stun.ClassRequest)), TURN},
		"channel bind": {binding(t, stun.NewType(stun.MethodChannelBind, stun.ClassRequest)),
			TURN},
		"short STUN":          {[]byte{0, 1, 0, 0}, Unknown},
		"STUN without cookie": {make([]byte, 20), Unknown},
		"channel data":        {[]byte{0x40, 0, 0, 1, 9}, TURN},
		"DTLS":                {[]byte{22, 254, 253}, Media},
		"RTP":                 {[]byte{0x80, 111}, Media},
		"RTCP":                {[]byte{0x81, 200}, Media},
		"ZRTP":                {[]byte{16}, Unknown},
		"HTTP/3 and others":   {[]byte{0xC3}, Unknown},
	} {
		t.Run(name, func(t *testing.T) { require.Equal(t, c.kind, Classify(c.datagram)) })
	}
}

func FuzzClassify(f *testing.F) {
	f.Add(binding(f, stun.BindingRequest, stun.NewUsername("abcd:efgh")))
	f.Add(binding(f, stun.BindingRequest))
	f.Add([]byte{0x80, 111, 0, 1})
	f.Add([]byte{0x40, 0, 0, 0})
	f.Fuzz(func(t *testing.T, datagram []byte) {
		before := bytes.Clone(datagram)
		kind := Classify(datagram)
		require.Equal(t, kind, Classify(datagram))
		require.Equal(t, before, datagram, "a classifier reads only")
		message := &stun.Message{Raw: bytes.Clone(datagram)}
		// The parser overlooks the two bits before the type, which are zero in STUN and set in RTP
		// (RFC 7983).
		if message.Decode() != nil || message.Type != stun.BindingRequest || datagram[0] > 3 {
			return
		}
		// Where a full STUN parser agrees that it is a binding request, so must the verdict on its
		// first USERNAME.
		username, err := message.Get(stun.AttrUsername)
		if err == nil && bytes.IndexByte(username, ':') >= 0 {
			require.Equal(t, Media, kind)
		} else {
			require.Equal(t, TURN, kind)
		}
	})
}

// arrival is a datagram that Media delivered.
type arrival struct {
	data  string
	from  netip.AddrPort
	local netip.Addr
}

// collect makes Media deliver into a channel.
func collect(s *Socket) <-chan arrival {
	arrivals := make(chan arrival, 100)
	s.Media().
		Handle(func(data []byte, from netip.AddrPort, local netip.Addr, _ time.Time, _ *Batch) {
			arrivals <- arrival{string(data), from, local}
		})
	return arrivals
}

func next(t *testing.T, arrivals <-chan arrival) arrival {
	t.Helper()
	select {
	case a := <-arrivals:
		return a
	case <-time.After(5 * time.Second):
		t.Fatal("nothing was delivered")
		return arrival{}
	}
}

func listen(t *testing.T) (*Socket, *net.UDPConn) {
	t.Helper()
	s, err := Listen("127.0.0.1:0")
	require.NoError(t, err)
	return s, dial(t, s, s.LocalAddr())
}

// dial opens a client's socket.
func dial(t *testing.T, s *Socket, to netip.AddrPort) *net.UDPConn {
	t.Helper()
	client, err := net.DialUDP("udp", nil, net.UDPAddrFromAddrPort(to))
	require.NoError(t, err)
	t.Cleanup(func() { _ = client.Close(); _ = s.Close() })
	require.NoError(t, client.SetDeadline(time.Now().Add(5*time.Second)))
	require.NoError(t, s.TURN().SetDeadline(time.Now().Add(5*time.Second)))
	return client
}

func read(t *testing.T, client net.Conn) string {
	t.Helper()
	buffer := make([]byte, 4096)
	n, err := client.Read(buffer)
	require.NoError(t, err)
	return string(buffer[:n])
}

func TestSortsAndAnswers(t *testing.T) {
	s, client := listen(t)
	arrivals := collect(s)
	for _, data := range []string{"\x80\x01\x02", "\x16\x05"} {
		_, err := client.Write([]byte(data))
		require.NoError(t, err)
		a := next(t, arrivals)
		require.Equal(t, data, a.data)
		require.Equal(t, client.LocalAddr().String(), a.from.String())
		require.False(t, a.local.IsValid(), "there is only one")
		_, err = s.Media().WriteTo([]byte("answer"), net.UDPAddrFromAddrPort(a.from))
		require.NoError(t, err)
		require.Equal(t, "answer", read(t, client))
	}
	_, err := client.Write([]byte{0x40, 0, 0, 0})
	require.NoError(t, err)
	buffer := make([]byte, 1500)
	n, from, err := s.TURN().ReadFrom(buffer)
	require.NoError(t, err)
	require.Equal(t, []byte{0x40, 0, 0, 0}, buffer[:n])
	_, err = s.TURN().WriteTo([]byte("relay"), from)
	require.NoError(t, err)
	require.Equal(t, "relay", read(t, client))
	_, err = s.Media().WriteTo(nil, &net.TCPAddr{})
	require.ErrorContains(t, err, "*net.TCPAddr")
	_, err = s.TURN().WriteTo(nil, &net.TCPAddr{})
	require.ErrorContains(t, err, "*net.TCPAddr")
	require.Equal(t, s.LocalAddr(), s.Media().LocalAddr())
	require.Equal(t, s.LocalAddr().String(), s.TURN().LocalAddr().String())
}

func TestBatchLeavesInFewCalls(t *testing.T) {
	s, _ := listen(t)
	clients := []*net.UDPConn{
		dial(t, s, s.LocalAddr()),
		dial(t, s, s.LocalAddr()),
		dial(t, s, s.LocalAddr()),
	}
	var to []*Destination
	for _, c := range clients {
		to = append(
			to, s.Media().Destination(c.LocalAddr().(*net.UDPAddr).AddrPort(), netip.Addr{}),
		)
	}
	before := s.Counters()
	b := s.Media().Batch()
	var sent [3][]string
	send := func(client, size int) {
		data := fmt.Sprintf(
			"%04d", len(sent[client]),
		) + strings.Repeat(
			string(rune('a'+client)), size,
		)
		sent[client] = append(sent[client], data)
		b.Send(copy(b.Buffer(), data), to[client])
	}
	for _, size := range []int{900, 900, 900, 300, 900, 1000, 1000} {
		for client := range clients {
			send(client, size)
		}
	}
	for range 2 * batchLength {
		send(0, 700)
	}
	s.Media().Release(b)
	for i, c := range clients {
		for _, data := range sent[i] {
			require.Equal(t, data, read(t, c), "in order, uncut")
		}
	}
	after := s.Counters()
	datagrams := uint64(3*7 + 2*batchLength)
	require.Equal(t, datagrams, after.Sent-before.Sent)
	require.Zero(t, after.Refused)
	if runtime.GOOS == "linux" {
		require.LessOrEqual(t, after.Calls-before.Calls, uint64(8))
	}
}

func TestWhatTheSystemRefusesHoldsNothingUp(t *testing.T) {
	s, client := listen(t)
	// no port
	nowhere := s.Media().Destination(netip.MustParseAddrPort("127.0.0.1:0"), netip.Addr{})
	to := s.Media().Destination(client.LocalAddr().(*net.UDPAddr).AddrPort(), netip.Addr{})
	b := s.Media().Batch()
	for _, destination := range []*Destination{nowhere, nowhere, to, nowhere, to} {
		b.Send(copy(b.Buffer(), "data"), destination)
	}
	s.Media().Release(b)
	require.Equal(t, "data", read(t, client))
	require.Equal(t, "data", read(t, client))
	require.EqualValues(t, 3, s.Counters().Refused)
}

func TestAnswersFromWhereItWasAsked(t *testing.T) {
	if runtime.GOOS != "linux" {
		t.Skip("loopback has one address here")
	}
	for _, listening := range []string{"0.0.0.0:0", ":0"} {
		s, err := Listen(listening)
		require.NoError(t, err)
		arrivals := collect(s)
		hosts := []string{"127.0.0.1", "127.0.0.2"}
		if listening == ":0" && s.LocalAddr().Addr().Is6() {
			hosts = append(hosts, "::1")
		}
		for _, host := range hosts {
			asked := netip.AddrPortFrom(netip.MustParseAddr(host), s.LocalAddr().Port())
			client := dial(t, s, asked) // connected: it hears that address alone
			_, err := client.Write([]byte{0x80, 1})
			require.NoError(t, err)
			a := next(t, arrivals)
			require.Equal(t, asked.Addr(), a.local)
			b := s.Media().Batch()
			to := s.Media().Destination(a.from, a.local)
			require.Equal(t, asked.Addr(), to.Source())
			b.Send(copy(b.Buffer(), "one"), to)
			b.Send(copy(b.Buffer(), "two"), to)
			s.Media().Release(b)
			require.Equal(t, "one", read(t, client))
			require.Equal(t, "two", read(t, client))
			_, err = client.Write([]byte{22, 1}) // what is no media is remembered
			require.NoError(t, err)
			a = next(t, arrivals)
			require.Equal(t, asked.Addr(), s.Media().Destination(a.from, netip.Addr{}).Source())
			_, err = s.Media().WriteToAddrPort([]byte("three"), a.from)
			require.NoError(t, err)
			require.Equal(t, "three", read(t, client))
			_, err = client.Write([]byte{0x40, 0, 0, 0})
			require.NoError(t, err)
			_, from, err := s.TURN().ReadFrom(make([]byte, 10))
			require.NoError(t, err)
			_, err = s.TURN().WriteTo([]byte("four"), from)
			require.NoError(t, err)
			require.Equal(t, "four", read(t, client))
		}
		require.NoError(t, s.Close())
	}
}

func TestSourcesAreBounded(t *testing.T) {
	var s sources
	local := netip.MustParseAddr("192.0.2.1")
	at := func(i int) netip.AddrPort {
		return netip.AddrPortFrom(netip.MustParseAddr("198.51.100.1"), uint16(i))
	}
	for i := range 3 * maxSources {
		s.remember(at(i), local)
		require.Equal(t, local, s.of(at(i)))
		require.LessOrEqual(t, len(s.newer)+len(s.older), 2*maxSources)
	}
	require.False(t, s.of(at(1)).IsValid())
}

func TestGathersRunsOfDatagrams(t *testing.T) {
	s, _ := listen(t)
	arrivals := collect(s)
	other, err := Listen("127.0.0.1:0")
	require.NoError(t, err)
	defer other.Close()
	b := other.Media().Batch()
	to := other.Media().Destination(s.LocalAddr(), netip.Addr{})
	var sent []string
	for i := range 20 {
		data := string([]byte{0x80, byte(i)}) + strings.Repeat("x", 500)
		sent = append(sent, data)
		b.Send(copy(b.Buffer(), data), to)
	}
	other.Media().Release(b)
	for _, data := range sent {
		a := next(t, arrivals)
		require.Equal(t, data, a.data)
		require.Equal(t, other.LocalAddr(), a.from)
	}
	require.EqualValues(t, 20, s.Counters().Received)
}

func TestVirtualPeer(t *testing.T) {
	s, _ := listen(t)
	arrivals := collect(s)
	address := netip.MustParseAddrPort("192.0.2.7:40000")
	end, err := s.Attach(address)
	require.NoError(t, err)
	require.NoError(t, end.SetDeadline(time.Now().Add(5*time.Second)))
	require.Equal(t, address.String(), end.LocalAddr().String())
	_, err = s.Attach(address)
	require.ErrorContains(t, err, "attached already")
	_, err = s.Attach(netip.AddrPort{})
	require.ErrorContains(t, err, "valid address")

	_, err = end.WriteTo([]byte{0x40, 0, 0, 0}, nil) // the relay is not reached through itself
	require.NoError(t, err)
	_, err = end.WriteTo([]byte{0x80, 9}, nil)
	require.NoError(t, err)
	a := next(t, arrivals)
	require.Equal(t, "\x80\x09", a.data)
	require.Equal(t, address, a.from)
	malformed, _ := s.Dropped()
	require.EqualValues(t, 1, malformed)

	buffer := make([]byte, 1500)
	mapped := netip.AddrPortFrom(netip.AddrFrom16(address.Addr().As16()), address.Port())
	_, err = s.Media().WriteToAddrPort([]byte("to the peer"), mapped)
	require.NoError(t, err)
	n, from, err := end.ReadFrom(buffer)
	require.NoError(t, err)
	require.Equal(t, "to the peer", string(buffer[:n]))
	require.Equal(t, s.LocalAddr().String(), from.String())
	b := s.Media().Batch()
	b.Send(copy(b.Buffer(), "in a batch"), s.Media().Destination(mapped, netip.Addr{}))
	s.Media().Release(b)
	n, _, err = end.ReadFrom(buffer)
	require.NoError(t, err)
	require.Equal(t, "in a batch", string(buffer[:n]))

	require.NoError(t, end.Close())
	_, _, err = end.ReadFrom(buffer)
	require.ErrorIs(t, err, net.ErrClosed)
	_, err = end.WriteTo([]byte{0x80}, nil)
	require.ErrorIs(t, err, net.ErrClosed)
	again, err := s.Attach(address)
	require.NoError(t, err)
	require.NoError(t, s.Close())
	_, _, err = again.ReadFrom(buffer)
	require.ErrorIs(t, err, net.ErrClosed)
	_, err = s.Attach(address)
	require.ErrorIs(t, err, net.ErrClosed)
}

func TestClosingOneSideLeavesTheOther(t *testing.T) {
	s, client := listen(t)
	arrivals := collect(s)
	require.NoError(t, s.TURN().Close())
	_, _, err := s.TURN().ReadFrom(make([]byte, 10))
	require.ErrorIs(t, err, net.ErrClosed)
	_, err = s.TURN().WriteTo([]byte{1}, client.LocalAddr())
	require.ErrorIs(t, err, net.ErrClosed)
	for _, data := range [][]byte{{0x40, 0, 0, 0}, {0x80}} {
		_, err = client.Write(data)
		require.NoError(t, err)
	}
	require.Equal(t, "\x80", next(t, arrivals).data)
	require.NoError(t, s.Media().Close())
	_, err = s.Media().WriteTo([]byte{1}, client.LocalAddr())
	require.ErrorIs(t, err, net.ErrClosed)
}

func TestDeadlineAndOverflow(t *testing.T) {
	s, client := listen(t)
	require.NoError(t, s.TURN().SetReadDeadline(time.Unix(1, 0)))
	require.NoError(t, s.TURN().SetWriteDeadline(time.Unix(1, 0)))
	_, _, err := s.TURN().ReadFrom(make([]byte, 10))
	require.ErrorIs(t, err, os.ErrDeadlineExceeded)

	q := newQueue(2)
	for range 5 {
		q.pushCopy([]byte{1}, netip.AddrPort{})
	}
	q.pushCopy(make([]byte, maxDatagram+1), netip.AddrPort{})
	require.EqualValues(t, 4, q.dropped.Load())

	arrivals := collect(s)
	_, err = client.Write(append([]byte{0x80}, make([]byte, maxDatagram)...))
	require.NoError(t, err)
	_, err = client.Write([]byte{0x80})
	require.NoError(t, err)
	require.Equal(t, "\x80", next(t, arrivals).data, "what is too long is nobody's")
	malformed, _ := s.Dropped()
	require.EqualValues(t, 1, malformed)
}

func TestListenErrors(t *testing.T) {
	_, err := Listen("no port")
	require.ErrorContains(t, err, "expected an address")
	s, _ := listen(t)
	_, err = Listen(s.LocalAddr().String())
	require.ErrorContains(t, err, "another server")
}

func TestHostAddresses(t *testing.T) {
	addresses, err := HostAddresses(3478)
	require.NoError(t, err)
	require.NotEmpty(t, addresses)
	last := addresses[len(addresses)-1]
	require.True(t, last.Addr().IsLoopback(), "loopback comes last: %v", addresses)
	require.EqualValues(t, 3478, last.Port())
}

func TestSteadyPathDoesNotAllocate(t *testing.T) {
	s, client := listen(t)
	packet := make([]byte, 1100)
	packet[0] = 0x80
	handled := make(chan struct{})
	client2 := dial(t, s, s.LocalAddr())
	there := s.Media().Destination(client2.LocalAddr().(*net.UDPAddr).AddrPort(), netip.Addr{})
	s.Media().Handle(func(data []byte, from netip.AddrPort, _ netip.Addr, _ time.Time, out *Batch) {
		for range 3 {
			out.Send(copy(out.Buffer(), data), there)
		}
		handled <- struct{}{}
	})
	allocations := testing.AllocsPerRun(200, func() {
		if _, err := client.Write(packet); err != nil {
			t.Fatal(err)
		}
		<-handled
	})
	require.LessOrEqual(t, allocations, 0.1)
}
