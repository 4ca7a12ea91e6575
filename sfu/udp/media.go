package udp

import (
	"fmt"
	"net"
	"net/netip"
	"sync/atomic"
	"time"
)

// Handler takes one datagram of the media plane. data is valid until it returns, and may be
// overwritten. local is the address of this machine to which it came, invalid where there is only
// one. What the handler puts into out leaves once everything that came together has been handled.
//
// It runs in the goroutine that reads the port or, for virtual peers, in that of who writes: it
// must not wait.
type Handler func(data []byte, from netip.AddrPort, local netip.Addr, at time.Time, out *Batch)

// Conn is the side of the socket that carries ICE checks, DTLS, RTP and RTCP. It reaches virtual
// peers too.
type Conn struct {
	socket  *Socket
	handler atomic.Pointer[Handler] // nil: not yet, or not any more
	closed  atomic.Bool
}

// Handle sets who takes what comes in. What came before is lost.
func (c *Conn) Handle(h Handler) {
	if !c.closed.Load() {
		c.handler.Store(&h)
	}
}

func (c *Conn) deliver(
	data []byte, from netip.AddrPort, local netip.Addr, at time.Time, out *Batch,
) {
	if h := c.handler.Load(); h != nil {
		(*h)(data, from, local, at, out)
	}
}

// Batch returns an empty batch. Give it back with Release.
func (c *Conn) Batch() *Batch { return c.socket.batches.Get().(*Batch) }

// Release sends what is in the batch, which must not be used afterwards.
func (c *Conn) Release(b *Batch) {
	b.Flush()
	c.socket.batches.Put(b)
}

// Destination prepares sending to an address, from a local one if that is valid.
func (c *Conn) Destination(to netip.AddrPort, local netip.Addr) *Destination {
	to = canonical(to)
	d := &Destination{address: to, source: local.Unmap(), virtual: (*c.socket.peers.Load())[to]}
	if !local.IsValid() && c.socket.kernel.everywhere {
		d.source = c.socket.sources.of(to)
	}
	d.kernel.prepare(c.socket.kernel, d)
	return d
}

// WriteToAddrPort sends one datagram at once.
func (c *Conn) WriteToAddrPort(data []byte, to netip.AddrPort) (int, error) {
	if c.closed.Load() {
		return 0, net.ErrClosed
	}
	to = canonical(to)
	if peers := *c.socket.peers.Load(); len(peers) > 0 {
		if end := peers[to]; end != nil {
			end.queue.pushCopy(data, c.socket.LocalAddr())
			return len(data), nil
		}
	}
	return c.socket.write(data, to)
}

// WriteTo is WriteToAddrPort for a *net.UDPAddr.
func (c *Conn) WriteTo(data []byte, to net.Addr) (int, error) {
	address, ok := to.(*net.UDPAddr)
	if !ok {
		return 0, fmt.Errorf("udp: expected a *net.UDPAddr to write to, got %T", to)
	}
	return c.WriteToAddrPort(data, address.AddrPort())
}

// LocalAddr returns the address that the port is bound to.
func (c *Conn) LocalAddr() netip.AddrPort { return c.socket.LocalAddr() }

// Close closes this side only; the port stays open until the Socket is closed. When it returns, a
// handler that runs may still be running.
func (c *Conn) Close() error {
	c.closed.Store(true)
	c.handler.Store(nil)
	return nil
}
