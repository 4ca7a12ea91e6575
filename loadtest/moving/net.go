package moving

import (
	"context"
	"errors"
	"net"
	"net/netip"

	"github.com/pion/transport/v4"

	"draille/sfu/udp"
)

// errNoNetwork is what opens a socket to the real network.
var errNoNetwork = errors.New("moving: expected a UDP socket of a participant, in memory")

// memoryNet is the network of one participant: one interface, whose UDP sockets are virtual peers
// of the server's socket.
type memoryNet struct {
	transport.Net
	server *udp.Socket
	own    netip.Addr
	ports  uint16 // given out so far
}

const firstPort = 40_000

func (n *memoryNet) Interfaces() ([]*transport.Interface, error) {
	one := transport.NewInterface(net.Interface{Index: 1, MTU: 1500, Name: "memory0",
		Flags: net.FlagUp | net.FlagMulticast | net.FlagRunning})
	one.AddAddress(&net.IPNet{IP: n.own.AsSlice(), Mask: net.CIDRMask(24, 32)})
	return []*transport.Interface{one}, nil
}

func (n *memoryNet) ListenPacket(string, string) (net.PacketConn, error) { return n.attach() }

func (n *memoryNet) ListenUDP(string, *net.UDPAddr) (transport.UDPConn, error) {
	conn, err := n.attach()
	if err != nil {
		return nil, err
	}
	return memoryConn{conn}, nil
}

func (n *memoryNet) attach() (net.PacketConn, error) {
	n.ports++
	return n.server.Attach(netip.AddrPortFrom(n.own, firstPort+n.ports))
}

func (n *memoryNet) Dial(string, string) (net.Conn, error) { return nil, errNoNetwork }

func (n *memoryNet) DialUDP(string, *net.UDPAddr, *net.UDPAddr) (transport.UDPConn, error) {
	return nil, errNoNetwork
}

// memoryConn is a virtual peer as far as a link needs it: ReadFrom and WriteTo.
type memoryConn struct{ net.PacketConn }

var _ transport.UDPConn = memoryConn{}

func (memoryConn) RemoteAddr() net.Addr     { return nil }
func (memoryConn) SetReadBuffer(int) error  { return nil }
func (memoryConn) SetWriteBuffer(int) error { return nil }

func (memoryConn) Read([]byte) (int, error)  { return 0, errNoNetwork }
func (memoryConn) Write([]byte) (int, error) { return 0, errNoNetwork }

func (memoryConn) ReadFromUDP([]byte) (int, *net.UDPAddr, error) { return 0, nil, errNoNetwork }

func (memoryConn) WriteToUDP([]byte, *net.UDPAddr) (int, error) { return 0, errNoNetwork }

func (memoryConn) ReadMsgUDP([]byte, []byte) (n, oobn, flags int, addr *net.UDPAddr, err error) {
	return 0, 0, 0, nil, errNoNetwork
}

func (memoryConn) WriteMsgUDP([]byte, []byte, *net.UDPAddr) (n, oobn int, err error) {
	return 0, 0, errNoNetwork
}

// pipes is a listener to which the same process connects.
type pipes struct {
	waiting chan net.Conn
	closed  chan struct{}
}

func newPipes() *pipes {
	return &pipes{waiting: make(chan net.Conn), closed: make(chan struct{})}
}

// dial connects.
func (p *pipes) dial(ctx context.Context, _, _ string) (net.Conn, error) {
	here, there := net.Pipe()
	select {
	case p.waiting <- there:
		return here, nil
	case <-p.closed:
		return nil, net.ErrClosed
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}

func (p *pipes) Accept() (net.Conn, error) {
	select {
	case conn := <-p.waiting:
		return conn, nil
	case <-p.closed:
		return nil, net.ErrClosed
	}
}

func (p *pipes) Close() error {
	close(p.closed)
	return nil
}

func (p *pipes) Addr() net.Addr { return &net.TCPAddr{IP: net.IPv4(127, 0, 0, 1), Port: 80} }
