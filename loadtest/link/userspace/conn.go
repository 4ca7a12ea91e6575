package userspace

import (
	"errors"
	"fmt"
	"net"
	"net/netip"
	"os"
	"sync"
	"time"

	"github.com/pion/transport/v4"
	"github.com/pion/transport/v4/deadline"
)

// maxWaiting is how many packets wait for a reader before further ones are dropped, as a
// kernel's receive buffer would.
const maxWaiting = 4096

// maxErrors is how many errors in a row a socket may give before it counts as broken.
const maxErrors = 16

// Conn is a UDP socket behind a link. It is a net.PacketConn, a transport.UDPConn and an
// ice.AddrPortReaderWriter. Writes never block: like a real link, it drops without telling.
type Conn struct {
	base net.PacketConn
	link *Link
	peer netip.Addr // of a connected socket

	mu      sync.Mutex
	waiting []*packet
	broken  error // set once the socket has ended

	ready    chan struct{} // one token while packets wait
	closed   chan struct{}
	once     sync.Once
	done     chan struct{} // the reading goroutine has ended
	readable *deadline.Deadline
}

var _ transport.UDPConn = (*Conn)(nil)

// addrPortConn is what *net.UDPConn offers to avoid allocations.
type addrPortConn interface {
	ReadFromUDPAddrPort(b []byte) (int, netip.AddrPort, error)
	WriteToUDPAddrPort(b []byte, addr netip.AddrPort) (int, error)
}

// read puts what the socket receives on the way down.
func (c *Conn) read() {
	defer close(c.done)
	buf := make([]byte, 64<<10)
	failures := 0
	for {
		n, from, err := c.readBase(buf)
		if err == nil {
			failures = 0
			at, arrives := c.link.down.send(c.link.scheduler.now(), ipSize(n, from.Addr()))
			if arrives {
				p := newPacket(c, false, buf[:n], from)
				p.at = at
				c.link.scheduler.add(p)
			}
			continue
		}
		failures++
		if errors.Is(err, net.ErrClosed) || failures == maxErrors {
			c.mu.Lock()
			c.broken = err
			c.mu.Unlock()
			c.notify()
			return
		}
		p := newPacket(c, false, nil, netip.AddrPort{})
		p.err = err
		c.receive(p)
	}
}

func (c *Conn) readBase(buf []byte) (int, netip.AddrPort, error) {
	if fast, ok := c.base.(addrPortConn); ok {
		n, from, err := fast.ReadFromUDPAddrPort(buf)
		return n, netip.AddrPortFrom(from.Addr().Unmap(), from.Port()), err
	}
	n, addr, err := c.base.ReadFrom(buf)
	if err != nil {
		return n, netip.AddrPort{}, err
	}
	from, err := addrPort(addr)
	return n, from, err
}

// receive queues a packet that has come down for the reader.
func (c *Conn) receive(p *packet) {
	c.mu.Lock()
	if c.broken != nil || len(c.waiting) == maxWaiting {
		c.mu.Unlock()
		p.free()
		return
	}
	c.waiting = append(c.waiting, p)
	c.mu.Unlock()
	c.notify()
}

func (c *Conn) notify() {
	select {
	case c.ready <- struct{}{}:
	default:
	}
}

// next waits for a packet.
func (c *Conn) next() (*packet, error) {
	for {
		select {
		case <-c.closed:
			return nil, net.ErrClosed
		case <-c.readable.Done():
			return nil, os.ErrDeadlineExceeded
		default:
		}
		c.mu.Lock()
		if len(c.waiting) > 0 {
			p := c.waiting[0]
			c.waiting = c.waiting[1:]
			more := len(c.waiting) > 0
			c.mu.Unlock()
			if more {
				c.notify()
			}
			if p.err != nil {
				defer p.free()
				return nil, p.err
			}
			return p, nil
		}
		broken := c.broken
		c.mu.Unlock()
		if broken != nil {
			c.notify() // for the next reader
			return nil, broken
		}
		select {
		case <-c.ready:
		case <-c.closed:
		case <-c.readable.Done():
		}
	}
}

// ReadFromAddrPort reads one datagram.
func (c *Conn) ReadFromAddrPort(b []byte) (int, netip.AddrPort, error) {
	p, err := c.next()
	if err != nil {
		return 0, netip.AddrPort{}, c.opError("read", err)
	}
	defer p.free()
	return copy(b, p.data), p.peer, nil
}

// ReadFromUDP reads one datagram.
func (c *Conn) ReadFromUDP(b []byte) (int, *net.UDPAddr, error) {
	n, from, err := c.ReadFromAddrPort(b)
	if err != nil {
		return 0, nil, err
	}
	return n, net.UDPAddrFromAddrPort(from), nil
}

// ReadFrom reads one datagram.
func (c *Conn) ReadFrom(b []byte) (int, net.Addr, error) {
	n, from, err := c.ReadFromUDP(b)
	if err != nil {
		return 0, nil, err // a nil interface, not a nil *net.UDPAddr in one
	}
	return n, from, nil
}

// Read reads one datagram.
func (c *Conn) Read(b []byte) (int, error) {
	n, _, err := c.ReadFromAddrPort(b)
	return n, err
}

// ReadMsgUDP reads one datagram. It has no out-of-band data to give.
func (c *Conn) ReadMsgUDP(b, _ []byte) (n, oobn, flags int, addr *net.UDPAddr, err error) {
	n, addr, err = c.ReadFromUDP(b)
	return n, 0, 0, addr, err
}

// WriteToAddrPort sends one datagram.
func (c *Conn) WriteToAddrPort(b []byte, to netip.AddrPort) (int, error) {
	if !to.IsValid() {
		return 0, c.opError("write", errors.New("no destination"))
	}
	return c.write(b, to, to.Addr())
}

// WriteToUDP sends one datagram.
func (c *Conn) WriteToUDP(b []byte, addr *net.UDPAddr) (int, error) {
	return c.WriteToAddrPort(b, addr.AddrPort())
}

// WriteTo sends one datagram.
func (c *Conn) WriteTo(b []byte, addr net.Addr) (int, error) {
	to, err := addrPort(addr)
	if err != nil {
		return 0, c.opError("write",
			fmt.Errorf("destination %q: expected an IP address and a port: %w", addr, err))
	}
	return c.WriteToAddrPort(b, to)
}

// Write sends one datagram to the peer of a connected socket.
func (c *Conn) Write(b []byte) (int, error) {
	if !c.peer.IsValid() {
		return 0, c.opError("write", errors.New("the socket is not connected: use WriteTo"))
	}
	return c.write(b, netip.AddrPort{}, c.peer)
}

// WriteMsgUDP sends one datagram. Out-of-band data is refused, since the packet leaves later.
func (c *Conn) WriteMsgUDP(b, oob []byte, addr *net.UDPAddr) (n, oobn int, err error) {
	if len(oob) > 0 {
		return 0, 0,
			c.opError("write",
				errors.New("out-of-band data is not supported behind an emulated link"))
	}
	if addr == nil {
		n, err = c.Write(b)
	} else {
		n, err = c.WriteToUDP(b, addr)
	}
	return n, 0, err
}

func (c *Conn) write(b []byte, to netip.AddrPort, far netip.Addr) (int, error) {
	select {
	case <-c.closed:
		return 0, c.opError("write", net.ErrClosed)
	default:
	}
	at, arrives := c.link.up.send(c.link.scheduler.now(), ipSize(len(b), far))
	if arrives {
		p := newPacket(c, true, b, to)
		p.at = at
		c.link.scheduler.add(p)
	}
	return len(b), nil
}

// transmit gives a packet that has come up to the socket. An error has nobody left to be told to:
// the writer has been told that the packet left, and on a real network it would be lost silently
// too.
func (c *Conn) transmit(p *packet) {
	if !p.peer.IsValid() {
		if w, ok := c.base.(net.Conn); ok {
			_, _ = w.Write(p.data)
		}
		return
	}
	if fast, ok := c.base.(addrPortConn); ok {
		_, _ = fast.WriteToUDPAddrPort(p.data, p.peer)
		return
	}
	_, _ = c.base.WriteTo(p.data, net.UDPAddrFromAddrPort(p.peer))
}

// Close closes the socket. What is on its way up still counts as sent but is gone.
func (c *Conn) Close() error {
	err := net.ErrClosed
	c.once.Do(func() {
		close(c.closed)
		err = c.base.Close()
		<-c.done
	})
	return err
}

// LocalAddr of the socket.
func (c *Conn) LocalAddr() net.Addr { return c.base.LocalAddr() }

// RemoteAddr of a connected socket, or nil.
func (c *Conn) RemoteAddr() net.Addr {
	if r, ok := c.base.(interface{ RemoteAddr() net.Addr }); ok {
		return r.RemoteAddr()
	}
	return nil
}

// SetDeadline limits reads; writes do not block.
func (c *Conn) SetDeadline(t time.Time) error { return c.SetReadDeadline(t) }

// SetReadDeadline limits reads.
func (c *Conn) SetReadDeadline(t time.Time) error {
	c.readable.Set(t)
	return nil
}

// SetWriteDeadline does nothing: writes do not block.
func (c *Conn) SetWriteDeadline(time.Time) error { return nil }

// SetReadBuffer sets the kernel's buffer of the socket.
func (c *Conn) SetReadBuffer(bytes int) error {
	if b, ok := c.base.(interface{ SetReadBuffer(int) error }); ok {
		return b.SetReadBuffer(bytes)
	}
	return c.opError("set", errors.ErrUnsupported)
}

// SetWriteBuffer sets the kernel's buffer of the socket.
func (c *Conn) SetWriteBuffer(bytes int) error {
	if b, ok := c.base.(interface{ SetWriteBuffer(int) error }); ok {
		return b.SetWriteBuffer(bytes)
	}
	return c.opError("set", errors.ErrUnsupported)
}

func (c *Conn) opError(op string, err error) error {
	var already *net.OpError
	if errors.As(err, &already) {
		return err
	}
	return &net.OpError{Op: op, Net: "udp", Source: c.LocalAddr(), Err: err}
}
