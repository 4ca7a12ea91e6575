package icemux

import (
	"net"
	"net/netip"
	"testing"
	"time"

	"github.com/pion/ice/v4"
	"github.com/pion/stun/v4"
	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"

	"draille/sfu/udp"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// recorder is a Receiver that tells what came.
type recorder struct{ media, received, sent, diverted chan string }

func newRecorder() *recorder {
	return &recorder{
		media: make(chan string, 8), received: make(chan string, 8),
		sent: make(chan string, 8), diverted: make(chan string, 8),
	}
}

func (r *recorder) ReceiveMedia(
	data []byte, _ netip.AddrPort, _ netip.Addr, _ time.Time, _ *udp.Batch,
) {
	r.media <- string(data)
}
func (r *recorder) ReceiveDTLS(datagram []byte, _ netip.AddrPort) {
	r.received <- string(datagram)
}
func (r *recorder) SentDTLS(datagram []byte) { r.sent <- string(datagram) }
func (r *recorder) DivertMedia(data []byte)  { r.diverted <- string(data) }

// Datagrams by their first byte (RFC 7983).
var (
	handshake = []byte{handshakeRecord, 1, 2, 3}
	media     = []byte{0x80, 96, 0, 1}
)

// peers are a mux and a browser's socket that reaches it.
type peers struct {
	mux     *Mux
	browser net.PacketConn
	server  net.Addr
	address netip.AddrPort // of the browser
}

func newPeers(t *testing.T) *peers {
	socket, err := udp.Listen("127.0.0.1:0")
	require.NoError(t, err)
	p := &peers{
		mux:     New(socket.Media(), []netip.AddrPort{socket.LocalAddr()}),
		address: netip.MustParseAddrPort("198.51.100.7:40000"),
	}
	p.browser, err = socket.Attach(p.address)
	require.NoError(t, err)
	p.server = net.UDPAddrFromAddrPort(socket.LocalAddr())
	t.Cleanup(func() {
		require.NoError(t, p.browser.Close())
		require.NoError(t, p.mux.Close())
		require.NoError(t, socket.Close())
	})
	return p
}

func (p *peers) send(t *testing.T, data []byte) {
	_, err := p.browser.WriteTo(data, p.server)
	require.NoError(t, err)
}

func (p *peers) check(t *testing.T, username string) []byte {
	message := stun.MustBuild(
		stun.BindingRequest, stun.TransactionID, stun.NewUsername(username),
	)
	p.send(t, message.Raw)
	return message.Raw
}

// read returns what Pion is given next.
func read(t *testing.T, c net.PacketConn) ([]byte, netip.AddrPort) {
	buffer := make([]byte, maxDatagram)
	n, from, err := c.(ice.AddrPortReaderWriter).ReadFromAddrPort(buffer)
	require.NoError(t, err)
	return buffer[:n], from
}

func TestMediaGoPastPion(t *testing.T) {
	p := newPeers(t)
	conn, err := p.mux.GetConn("ours", p.server)
	require.NoError(t, err)
	receiver := newRecorder()
	require.True(t, p.mux.Attach("ours", receiver))
	require.False(t, p.mux.Attach("nobody's", receiver))

	p.send(t, media) // of an address that nobody has answered: dropped
	check := p.check(t, "ours:theirs")
	got, from := read(t, conn)
	require.Equal(t, check, got, "a check is Pion's, by the fragment in its user name")
	require.Equal(t, p.address, from)
	require.Empty(t, receiver.media)

	_, err = conn.WriteTo([]byte{0, 1, 2, 3}, net.UDPAddrFromAddrPort(p.address))
	require.NoError(t, err)
	answer := make([]byte, 100)
	n, _, err := p.browser.ReadFrom(answer)
	require.NoError(t, err)
	require.Equal(t, []byte{0, 1, 2, 3}, answer[:n], "Pion's answer leaves")

	p.send(t, media)
	require.Equal(t, string(media), <-receiver.media, "from now on the address is known")
	p.mux.Heard(time.Now(), p.address, receiver)
	got, _ = read(t, conn)
	require.Equal(t, alive, got, "Pion learns that something authentic comes, and not what")

	p.send(t, handshake)
	require.Equal(t, string(handshake), <-receiver.received)
	got, _ = read(t, conn)
	require.Equal(t, handshake, got, "DTLS is both's")

	_, err = conn.WriteTo(handshake, net.UDPAddrFromAddrPort(p.address))
	require.NoError(t, err)
	require.Equal(t, string(handshake), <-receiver.sent)
	_, err = conn.WriteTo(media, net.UDPAddrFromAddrPort(p.address))
	require.NoError(t, err)
	require.Equal(t, string(media), <-receiver.diverted)
	n, _, err = p.browser.ReadFrom(answer)
	require.NoError(t, err)
	require.Equal(t, handshake, answer[:n])
	require.NoError(t, p.browser.SetReadDeadline(time.Now()))
	_, _, err = p.browser.ReadFrom(answer)
	require.Error(t, err, "what Pion calls media never leaves")
	require.NoError(t, conn.Close())
}

// connection is one that Pion has made, with who takes its media.
func (p *peers) connection(t *testing.T, fragment string) (net.PacketConn, *recorder) {
	conn, err := p.mux.GetConn(fragment, p.server)
	require.NoError(t, err)
	receiver := newRecorder()
	require.True(t, p.mux.Attach(fragment, receiver))
	t.Cleanup(func() { _ = conn.Close() })
	return conn, receiver
}

// answers lets Pion answer a check from the browser's address.
func (p *peers) answers(t *testing.T, conn net.PacketConn) {
	_, err := conn.WriteTo([]byte{0}, net.UDPAddrFromAddrPort(p.address))
	require.NoError(t, err)
}

// A new connection from the address of an old one that has ended gets its own checks, and then the
// address.
func TestACheckNamesItsConnection(t *testing.T) {
	p := newPeers(t)
	for _, fragment := range []string{"first", "second"} {
		conn, receiver := p.connection(t, fragment)
		check := p.check(t, fragment+":x")
		got, _ := read(t, conn)
		require.Equal(t, check, got)
		p.answers(t, conn)
		p.send(t, media)
		require.Equal(t, string(media), <-receiver.media)
		p.mux.RemoveConnByUfrag(fragment)
	}
}

// Somebody who has a connection of their own sends checks for it from another's address.
func TestALiveAddressIsNotTaken(t *testing.T) {
	p := newPeers(t)
	victim, receiver := p.connection(t, "victim")
	thief, stolen := p.connection(t, "thief")
	p.check(t, "victim:x")
	read(t, victim)
	p.answers(t, victim)
	p.check(t, "thief:x") // dropped
	p.answers(t, thief)   // as if one had come before the victim's
	p.send(t, media)
	require.Len(t, receiver.media, 1, "media still go to the victim")
	require.True(t, p.mux.Foreign(p.address, stolen))
	require.False(t, p.mux.Foreign(p.address, receiver))
	p.check(t, "victim:x")
	read(t, victim)
	require.Empty(t, p.mux.routes[routeKey{"thief", false}].waiting, "Pion must not see a path")
}

func TestClosedConnections(t *testing.T) {
	p := newPeers(t)
	conn, err := p.mux.GetConn("ours", p.server)
	require.NoError(t, err)
	again, err := p.mux.GetConn("ours", p.server)
	require.NoError(t, err)
	require.NoError(t, again.Close())
	p.check(t, "ours:theirs")
	read(t, conn) // the other holder has closed; this one goes on
	require.NoError(t, conn.Close())
	require.NoError(t, conn.Close(), "twice is once")
	_, _, err = conn.ReadFrom(make([]byte, 10))
	require.Error(t, err)
	_, err = conn.WriteTo([]byte{0}, net.UDPAddrFromAddrPort(p.address))
	require.Error(t, err)

	third, err := p.mux.GetConn("third", p.server)
	require.NoError(t, err)
	p.mux.RemoveConnByUfrag("third")
	_, _, err = third.ReadFrom(make([]byte, 10))
	require.Error(t, err, "Pion has removed it")
	require.NoError(t, p.mux.Close())
	_, err = p.mux.GetConn("late", p.server)
	require.Error(t, err)
}
