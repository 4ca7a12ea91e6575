package udp

import (
	"bytes"
	"net"
	"net/netip"
	"os"
	"testing"
	"time"

	"github.com/pion/stun/v3"
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
		"empty":                   {nil, Unknown},
		"ICE check":               {binding(t, stun.BindingRequest, stun.NewSoftware("x"), stun.NewUsername("abcd:efgh")), Media},
		"ICE answer":              {binding(t, stun.BindingSuccess), Media},
		"ICE error":               {binding(t, stun.BindingError), Media},
		"ICE keep-alive":          {binding(t, stun.NewType(stun.MethodBinding, stun.ClassIndication)), Media},
		"STUN question":           {binding(t, stun.BindingRequest), TURN},
		"STUN question with name": {binding(t, stun.BindingRequest, stun.NewUsername("someone")), TURN},
		"damaged USERNAME":        {append(truncated[:20:20], 0, 6, 0, 200, 'a', ':'), TURN},
		"allocate":                {binding(t, allocate, stun.NewUsername("1700000000:participant")), TURN},
		"refresh":                 {binding(t, stun.NewType(stun.MethodRefresh, stun.ClassRequest)), TURN},
		"send indication":         {binding(t, stun.NewType(stun.MethodSend, stun.ClassIndication)), TURN},
		"permission":              {binding(t, stun.NewType(stun.MethodCreatePermission, stun.ClassRequest)), TURN},
		"channel bind":            {binding(t, stun.NewType(stun.MethodChannelBind, stun.ClassRequest)), TURN},
		"short STUN":              {[]byte{0, 1, 0, 0}, Unknown},
		"STUN without cookie":     {make([]byte, 20), Unknown},
		"channel data":            {[]byte{0x40, 0, 0, 1, 9}, TURN},
		"DTLS":                    {[]byte{22, 254, 253}, Media},
		"RTP":                     {[]byte{0x80, 111}, Media},
		"RTCP":                    {[]byte{0x81, 200}, Media},
		"ZRTP":                    {[]byte{16}, Unknown},
		"HTTP/3 and others":       {[]byte{0xC3}, Unknown},
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
		// The parser overlooks the two bits before the type, which are zero in STUN and set in RTP (RFC 7983).
		if message.Decode() != nil || message.Type != stun.BindingRequest || datagram[0] > 3 {
			return
		}
		// Where a full STUN parser agrees that it is a binding request, so must the verdict on its first USERNAME.
		username, err := message.Get(stun.AttrUsername)
		if err == nil && bytes.IndexByte(username, ':') >= 0 {
			require.Equal(t, Media, kind)
		} else {
			require.Equal(t, TURN, kind)
		}
	})
}

func listen(t *testing.T) (*Socket, *net.UDPConn) {
	t.Helper()
	s, err := Listen("127.0.0.1:0")
	require.NoError(t, err)
	client, err := net.DialUDP("udp", nil, net.UDPAddrFromAddrPort(s.LocalAddr()))
	require.NoError(t, err)
	t.Cleanup(func() { _ = client.Close(); _ = s.Close() })
	require.NoError(t, client.SetDeadline(time.Now().Add(5*time.Second)))
	require.NoError(t, s.Media().SetDeadline(time.Now().Add(5*time.Second)))
	require.NoError(t, s.TURN().SetDeadline(time.Now().Add(5*time.Second)))
	return s, client
}

func TestSortsAndAnswers(t *testing.T) {
	s, client := listen(t)
	buffer := make([]byte, 1500)
	for _, c := range []struct {
		side net.PacketConn
		data []byte
	}{{s.Media(), []byte{0x80, 1, 2}}, {s.TURN(), []byte{0x40, 0, 0, 0}}, {s.Media(), []byte{22, 5}}} {
		_, err := client.Write(c.data)
		require.NoError(t, err)
		n, from, err := c.side.ReadFrom(buffer)
		require.NoError(t, err)
		require.Equal(t, c.data, buffer[:n])
		require.Equal(t, client.LocalAddr().String(), from.String())
		_, err = c.side.WriteTo([]byte("answer"), from)
		require.NoError(t, err)
		n, err = client.Read(buffer)
		require.NoError(t, err)
		require.Equal(t, "answer", string(buffer[:n]))
	}
	_, err := s.Media().WriteTo(nil, &net.TCPAddr{})
	require.ErrorContains(t, err, "*net.TCPAddr")
	require.Equal(t, s.LocalAddr().String(), s.Media().LocalAddr().String())
}

func TestVirtualPeer(t *testing.T) {
	s, _ := listen(t)
	address := netip.MustParseAddrPort("192.0.2.7:40000")
	end, err := s.Attach(address)
	require.NoError(t, err)
	require.NoError(t, end.SetDeadline(time.Now().Add(5*time.Second)))
	require.Equal(t, address.String(), end.LocalAddr().String())
	_, err = s.Attach(address)
	require.ErrorContains(t, err, "attached already")
	_, err = s.Attach(netip.AddrPort{})
	require.ErrorContains(t, err, "valid address")

	buffer := make([]byte, 1500)
	_, err = end.WriteTo([]byte{0x40, 0, 0, 0}, nil) // the relay is not reached through itself
	require.NoError(t, err)
	_, err = end.WriteTo([]byte{0x80, 9}, nil)
	require.NoError(t, err)
	n, from, err := s.Media().ReadFrom(buffer)
	require.NoError(t, err)
	require.Equal(t, []byte{0x80, 9}, buffer[:n])
	require.Equal(t, address.String(), from.String())
	malformed, _ := s.Dropped()
	require.EqualValues(t, 1, malformed)

	mapped := netip.AddrPortFrom(netip.AddrFrom16(address.Addr().As16()), address.Port())
	_, err = s.Media().(*conn).WriteToAddrPort([]byte("to the peer"), mapped)
	require.NoError(t, err)
	n, from, err = end.ReadFrom(buffer)
	require.NoError(t, err)
	require.Equal(t, "to the peer", string(buffer[:n]))
	require.Equal(t, s.LocalAddr().String(), from.String())

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
	require.NoError(t, s.TURN().Close())
	_, _, err := s.TURN().ReadFrom(make([]byte, 10))
	require.ErrorIs(t, err, net.ErrClosed)
	_, err = s.TURN().WriteTo([]byte{1}, client.LocalAddr())
	require.ErrorIs(t, err, net.ErrClosed)
	_, err = client.Write([]byte{0x40, 0, 0, 0})
	require.NoError(t, err)
	_, err = client.Write([]byte{0x80})
	require.NoError(t, err)
	n, _, err := s.Media().ReadFrom(make([]byte, 10))
	require.NoError(t, err)
	require.Equal(t, 1, n)
}

func TestDeadlineAndOverflow(t *testing.T) {
	s, _ := listen(t)
	require.NoError(t, s.Media().SetReadDeadline(time.Unix(1, 0)))
	require.NoError(t, s.Media().SetWriteDeadline(time.Unix(1, 0)))
	_, _, err := s.Media().ReadFrom(make([]byte, 10))
	require.ErrorIs(t, err, os.ErrDeadlineExceeded)

	end, err := s.Attach(netip.MustParseAddrPort("192.0.2.7:1"))
	require.NoError(t, err)
	for range queueLength + 3 {
		_, err = end.WriteTo([]byte{0x80}, nil)
		require.NoError(t, err)
	}
	_, err = end.WriteTo(append([]byte{0x80}, make([]byte, maxDatagram)...), nil)
	require.NoError(t, err)
	_, overflow := s.Dropped()
	require.EqualValues(t, 4, overflow)
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
	to := client.LocalAddr().(*net.UDPAddr).AddrPort()
	buffer, packet := make([]byte, 1500), make([]byte, 1100)
	packet[0] = 0x80
	end, err := s.Attach(netip.MustParseAddrPort("192.0.2.7:1"))
	require.NoError(t, err)
	media := s.Media().(*conn)
	allocations := testing.AllocsPerRun(200, func() {
		if _, err := media.WriteToAddrPort(packet, to); err != nil {
			t.Fatal(err)
		}
		if _, err := end.WriteTo(packet, nil); err != nil {
			t.Fatal(err)
		}
		if _, _, err := media.ReadFromAddrPort(buffer); err != nil {
			t.Fatal(err)
		}
	})
	require.LessOrEqual(t, allocations, 0.1)
}
