package sink

import (
	"context"
	"net"
	"net/netip"
	"os"
	"os/exec"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"

	"draille/loadtest/link/tun"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func open(t *testing.T) *Sink {
	if err := tun.Supported(); err != nil {
		t.Skip(err)
	}
	if _, err := exec.LookPath("nft"); err != nil {
		t.Skip("nft is not installed, which make forwarding SINK=1 asks for: ", err)
	}
	s, err := Open()
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, s.Close()) })
	return s
}

// Of what a server sends, media are counted, and few of them arrive from Drop on; the rest does.
func TestMediaAreCountedAndDropped(t *testing.T) {
	s := open(t)
	client, err := s.ListenUDP()
	require.NoError(t, err)
	defer client.Close()
	var server *net.UDPConn
	require.NoError(t, s.server.Do(func() error {
		server, err = net.DialUDP("udp4",
			net.UDPAddrFromAddrPort(netip.AddrPortFrom(s.ServerAddress(), 0)),
			client.LocalAddr().(*net.UDPAddr))
		return err
	}))
	defer server.Close()
	const media = 500
	send := func(first, second byte) {
		_, err := server.Write(append([]byte{first, second}, make([]byte, 40)...))
		require.NoError(t, err)
	}
	others := [][2]byte{{0, 1}, {22, 254}, {0x80, 200}, {0x81, 206}} // STUN, DTLS, RTCP
	buffer := make([]byte, 1500)
	send(0x90, 0x80|96)
	send(0x90, 0x80|96)
	for range 2 {
		_, err := client.Read(buffer)
		require.NoError(t, err)
	}
	require.NoError(t, s.Drop(t.Context()))
	for range media {
		send(0x90, 0x80|96)
	}
	for _, other := range others {
		send(other[0], other[1])
	}
	arrived := map[[2]byte]int{}
	for len(arrived) < len(others)+1 { // the kernel may reorder what two processors sent
		_, err := client.Read(buffer)
		require.NoError(t, err)
		arrived[[2]byte(buffer)]++
	}
	for _, other := range others {
		require.Equal(t, 1, arrived[other])
	}
	require.Less(t, arrived[[2]byte{0x90, 0x80 | 96}], media)
	for counted := uint64(0); counted < media+2; {
		counted, err = s.Media(t.Context())
		require.NoError(t, err)
		require.LessOrEqual(t, counted, uint64(media+2))
	}
}

// What runs in the server's namespace is reached there, and nowhere else.
func TestServerIsReachedOverItsOwnLoopback(t *testing.T) {
	s := open(t)
	var listener net.Listener
	require.NoError(t, s.server.Do(func() (err error) {
		listener, err = net.Listen("tcp", "127.0.0.1:0")
		return err
	}))
	defer listener.Close()
	conn, err := s.DialContext(t.Context(), "tcp", listener.Addr().String())
	require.NoError(t, err)
	require.NoError(t, conn.Close())
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
	defer cancel()
	_, err = (&net.Dialer{}).DialContext(ctx, "tcp", listener.Addr().String())
	require.Error(t, err)

	command := exec.Command("ip", "-br", "address", "show", device)
	command.Env = append(os.Environ(), "LC_ALL=C")
	out, err := s.Inside(command).Output()
	require.NoError(t, err)
	require.Contains(t, string(out), s.ServerAddress().String())
}

func TestWithoutNftTheSentenceSaysWhatToInstall(t *testing.T) {
	t.Setenv("PATH", t.TempDir())
	_, err := Open()
	require.ErrorContains(t, err, "apt-get install nftables")
}
