package turn

import (
	"net"
	"net/netip"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// otherServer is the media socket of a server that serves the same name.
func otherServer(t *testing.T) (net.PacketConn, netip.AddrPort) {
	t.Helper()
	socket, err := net.ListenPacket("udp4", "127.0.0.1:0")
	require.NoError(t, err)
	t.Cleanup(func() { socket.Close() })
	require.NoError(t, socket.SetReadDeadline(time.Now().Add(patience)))
	return socket, socket.LocalAddr().(*net.UDPAddr).AddrPort()
}

// exchange lets the client say something to another server, which answers.
func exchange(t *testing.T, client, other net.PacketConn) (outlet net.Addr) {
	t.Helper()
	_, err := client.WriteTo([]byte("voice"), other.LocalAddr())
	require.NoError(t, err)
	buffer := make([]byte, relayMTU)
	n, outlet, err := other.ReadFrom(buffer)
	require.NoError(t, err)
	require.Equal(t, "voice", string(buffer[:n]))
	_, err = other.WriteTo([]byte("a face"), outlet)
	require.NoError(t, err)
	n, from, err := client.ReadFrom(buffer)
	require.NoError(t, err)
	require.Equal(t, "a face", string(buffer[:n]))
	require.Equal(t, other.LocalAddr().String(), from.String())
	return outlet
}

func TestMediaOfOtherServersAreReached(t *testing.T) {
	for _, transport := range []string{"udp", "tcp", "tls"} {
		t.Run(transport, func(t *testing.T) {
			b := start(t, nil)
			other, address := otherServer(t)
			b.SetElsewhere([]netip.AddrPort{address}, nil)
			client := b.allocate(t, transport)
			require.Zero(t, b.Stats().Outlets, "nobody speaks to another server")
			outlet := exchange(t, client, other)
			require.Equal(t, 1, b.Stats().Outlets)
			require.Equal(t, client.LocalAddr().(*net.UDPAddr).Port, outlet.(*net.UDPAddr).Port,
				"where the client says that it is")

			// Whoever else speaks to that socket speaks to nobody.
			stranger, err := net.Dial("udp4", outlet.(*net.UDPAddr).AddrPort().String())
			require.NoError(t, err)
			defer stranger.Close()
			_, err = stranger.Write([]byte("noise"))
			require.NoError(t, err)
			require.Equal(t, outlet, exchange(t, client, other), "one socket for all")

			// The media of this server are reached through the same allocation, in memory.
			_, err = client.WriteTo([]byte("in memory"), net.UDPAddrFromAddrPort(mediaOne))
			require.NoError(t, err)
			buffer := make([]byte, relayMTU)
			n, from, err := client.ReadFrom(buffer)
			require.NoError(t, err)
			require.Equal(t, "in memory", string(buffer[:n]))
			require.Equal(t, mediaOne.String(), from.String())

			require.NoError(t, client.Close())
			require.Eventually(t, func() bool { return b.Stats().Outlets == 0 }, patience,
				time.Millisecond)
		})
	}
}

// A relay must not lead anywhere but to the media of servers of the same name.
func TestOtherServersAreReachedAtTheirMediaAlone(t *testing.T) {
	b := start(t, nil)
	other, address := otherServer(t)
	neighbour, _ := otherServer(t) // another port of the same machine
	b.SetElsewhere([]netip.AddrPort{address}, nil)
	client := b.allocate(t, "tls")
	_, err := client.WriteTo([]byte("voice"), neighbour.LocalAddr())
	require.NoError(t, err)
	exchange(t, client, other)
	require.EqualValues(t, 1, b.Stats().PacketsRefused)
	_, err = client.WriteTo([]byte("voice"), &net.UDPAddr{IP: net.IPv4(127, 0, 0, 2), Port: 9})
	require.Error(t, err, "no permission towards another machine")
	require.EqualValues(t, 1, b.Stats().PermissionsRefused)
}

// A server that was declared dead may be cut off from the others alone: who speaks to it goes on,
// nobody begins to. Once it is forgotten it is somebody else's address.
func TestAServerThatWasDeclaredDead(t *testing.T) {
	b := start(t, nil)
	other, address := otherServer(t)
	b.SetElsewhere([]netip.AddrPort{address}, nil)
	before := b.allocate(t, "tls")
	exchange(t, before, other)
	b.SetElsewhere(nil, []netip.AddrPort{address})
	exchange(t, before, other)
	after := b.allocate(t, "tls")
	_, err := after.WriteTo([]byte("voice"), other.LocalAddr())
	require.NoError(t, err)
	require.Eventually(t, func() bool { return b.Stats().PacketsRefused == 1 }, patience,
		time.Millisecond)
	b.SetElsewhere(nil, nil)
	_, err = before.WriteTo([]byte("voice"), other.LocalAddr())
	require.NoError(t, err)
	require.Eventually(t, func() bool { return b.Stats().PacketsRefused == 2 }, patience,
		time.Millisecond)
}

func TestAClientSpeaksToAHandfulOfServers(t *testing.T) {
	b := start(t, nil)
	var many []netip.AddrPort
	for port := range uint16(maxSpoken + 1) {
		many = append(many, netip.AddrPortFrom(netip.MustParseAddr("127.0.0.1"), 40000+port))
	}
	b.SetElsewhere(many, nil)
	client := b.allocate(t, "tls")
	for _, one := range many {
		_, err := client.WriteTo([]byte("voice"), net.UDPAddrFromAddrPort(one))
		require.NoError(t, err)
	}
	require.Eventually(t, func() bool { return b.Stats().Unopened == 1 }, patience,
		time.Millisecond)
	require.EqualValues(t, maxSpoken, b.Stats().PacketsIn)
}
