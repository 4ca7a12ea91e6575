package udp

import (
	"errors"
	"fmt"
	"maps"
	"net"
	"net/netip"
	"sync"
	"sync/atomic"
	"time"
)

const (
	// bufferBytes is asked of the kernel for each direction. A keyframe to 50 receivers leaves in
	// one burst of about 2 MB; the kernel grants what net.core.rmem_max and wmem_max allow.
	bufferBytes = 4 << 20
	// queueLength is how many datagrams may wait for a reader, about 100 ms of a busy server.
	queueLength = 4096
	// peerQueueLength is how many datagrams may wait for the reader of one virtual peer.
	peerQueueLength = 512
)

// Socket is one UDP port shared by the media plane and the relay.
type Socket struct {
	kernel    *kernel
	media     *Conn
	turn      *relayConn
	sources   sources
	batches   sync.Pool
	done      chan struct{}
	ended     sync.WaitGroup
	once      sync.Once
	malformed atomic.Uint64

	mu    sync.Mutex                              // of changes of peers; no other is under it
	peers atomic.Pointer[map[netip.AddrPort]*far] // copy-on-write: read for every outgoing packet
}

// Listen opens the UDP port, for example ":3478" (all addresses of both families) or "127.0.0.1:0".
func Listen(address string) (*Socket, error) {
	kernel, err := openKernel(address)
	if err != nil {
		return nil, err
	}
	s := &Socket{kernel: kernel, done: make(chan struct{})}
	s.peers.Store(&map[netip.AddrPort]*far{})
	s.batches.New = func() any { return newBatch(s) }
	s.media = &Conn{socket: s}
	s.turn = &relayConn{socket: s, queue: newQueue(queueLength)}
	s.ended.Go(s.pump)
	return s, nil
}

// Media returns the side that carries ICE checks, DTLS, RTP and RTCP. It reaches virtual peers too.
func (s *Socket) Media() *Conn { return s.media }

// TURN returns the side that carries STUN requests without ICE credentials, TURN messages and
// channel data.
func (s *Socket) TURN() net.PacketConn { return s.turn }

// LocalAddr returns the address that the port is bound to.
func (s *Socket) LocalAddr() netip.AddrPort {
	return canonical(s.kernel.conn.LocalAddr().(*net.UDPAddr).AddrPort())
}

// Dropped returns how many datagrams were thrown away: for nobody, or for a reader that does not
// keep up.
func (s *Socket) Dropped() (malformed, overflow uint64) {
	return s.malformed.Load(), s.turn.queue.dropped.Load()
}

// Attach makes address a virtual peer of Media and returns its far end: what is written there,
// whatever destination is named, arrives on Media as from address; what Media writes to address is
// read there. Closing it detaches the peer. It fails when the address is attached already.
func (s *Socket) Attach(address netip.AddrPort) (net.PacketConn, error) {
	address = canonical(address)
	if !address.IsValid() {
		return nil, errors.New(
			"udp: expected a valid address and port for a virtual peer, got none",
		)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	select {
	case <-s.done:
		return nil, net.ErrClosed
	default:
	}
	peers := maps.Clone(*s.peers.Load())
	if _, taken := peers[address]; taken {
		return nil, fmt.Errorf(
			"udp: virtual peer %s is attached already: close it first or choose another port",
			address,
		)
	}
	end := &far{socket: s, address: address, queue: newQueue(peerQueueLength)}
	end.queue.ages = true
	peers[address] = end
	s.peers.Store(&peers)
	return end, nil
}

func (s *Socket) detach(end *far) {
	s.mu.Lock()
	defer s.mu.Unlock()
	peers := maps.Clone(*s.peers.Load())
	if peers[end.address] == end {
		delete(peers, end.address)
		s.peers.Store(&peers)
	}
}

// Close closes the port, both sides and all virtual peers. It waits for a handler that runs.
func (s *Socket) Close() error {
	err := error(nil)
	s.once.Do(func() {
		close(s.done)
		err = errors.Join(s.media.Close(), s.kernel.conn.Close())
		s.ended.Wait()
		s.turn.queue.close()
		for _, end := range *s.peers.Load() {
			end.queue.close()
		}
	})
	return err
}

// pump sorts what the kernel delivers until the socket is closed.
func (s *Socket) pump() {
	r, out := newReader(s.kernel), newBatch(s)
	take := func(data []byte, from netip.AddrPort, local netip.Addr, at time.Time) {
		s.sort(data, from, local, at, out)
	}
	_ = r.receive(take, out.Flush) // the port is closed
}

func (s *Socket) sort(
	data []byte, from netip.AddrPort, local netip.Addr, at time.Time, out *Batch,
) {
	kind := Classify(data)
	if len(data) > maxDatagram {
		kind = Unknown
	}
	if local.IsValid() && kind != Unknown && !isRTP(data) {
		s.sources.remember(from, local)
	}
	switch kind {
	case Media:
		s.media.deliver(data, from, local, at, out)
	case TURN:
		s.turn.queue.pushCopy(data, from)
	default:
		s.malformed.Add(1)
	}
}

// write sends one datagram at once, from the address to which its receiver speaks.
func (s *Socket) write(data []byte, to netip.AddrPort) (int, error) {
	var local netip.Addr
	if s.kernel.everywhere {
		local = s.sources.of(to)
	}
	return s.kernel.write(data, to, local)
}

// canonical writes IPv4 as IPv4 even when it came through a dual-stack socket.
func canonical(address netip.AddrPort) netip.AddrPort {
	return netip.AddrPortFrom(address.Addr().Unmap(), address.Port())
}

// relayConn is the relay's side of the socket.
type relayConn struct {
	socket *Socket
	queue  *queue
}

func (c *relayConn) ReadFrom(buffer []byte) (int, net.Addr, error) {
	n, from, err := c.queue.pop(buffer)
	if err != nil {
		return 0, nil, err
	}
	return n, net.UDPAddrFromAddrPort(from), nil
}

func (c *relayConn) WriteTo(data []byte, to net.Addr) (int, error) {
	udp, ok := to.(*net.UDPAddr)
	if !ok {
		return 0, fmt.Errorf("udp: expected a *net.UDPAddr to write to, got %T", to)
	}
	select {
	case <-c.queue.closed:
		return 0, net.ErrClosed
	default:
	}
	return c.socket.write(data, canonical(udp.AddrPort()))
}

// Close closes this side only; the port stays open until the Socket is closed.
func (c *relayConn) Close() error {
	c.queue.close()
	return nil
}

func (c *relayConn) LocalAddr() net.Addr { return c.socket.kernel.conn.LocalAddr() }

func (c *relayConn) SetDeadline(t time.Time) error     { return c.SetReadDeadline(t) }
func (c *relayConn) SetReadDeadline(t time.Time) error { c.queue.setDeadline(t); return nil }

// SetWriteDeadline does nothing: a write to a UDP socket does not wait, and the socket is shared.
func (c *relayConn) SetWriteDeadline(time.Time) error { return nil }

// far is the far end of a virtual peer.
type far struct {
	socket  *Socket
	address netip.AddrPort
	queue   *queue
}

func (f *far) ReadFrom(buffer []byte) (int, net.Addr, error) {
	n, from, err := f.queue.pop(buffer)
	if err != nil {
		return 0, nil, err
	}
	return n, net.UDPAddrFromAddrPort(from), nil
}

// WriteTo delivers to Media what a media peer may say; TURN messages do not pass through the relay
// again.
func (f *far) WriteTo(data []byte, _ net.Addr) (int, error) {
	select {
	case <-f.queue.closed:
		return 0, net.ErrClosed
	default:
	}
	if len(data) <= maxDatagram && Classify(data) == Media {
		d := datagrams.Get().(*datagram) // handlers overwrite what they are given
		out := f.socket.media.Batch()
		f.socket.media.deliver(
			d.data[:copy(d.data[:], data)], f.address, netip.Addr{}, time.Now(), out,
		)
		f.socket.media.Release(out)
		datagrams.Put(d)
	} else {
		f.socket.malformed.Add(1)
	}
	return len(data), nil
}

// Deliver lets the reader of this end read a datagram that came from elsewhere.
func (f *far) Deliver(data []byte, from netip.AddrPort) { f.queue.pushCopy(data, from) }

func (f *far) Close() error {
	f.socket.detach(f) // its address is free before whoever reads hears of the end
	f.queue.close()
	return nil
}

func (f *far) LocalAddr() net.Addr               { return net.UDPAddrFromAddrPort(f.address) }
func (f *far) SetDeadline(t time.Time) error     { return f.SetReadDeadline(t) }
func (f *far) SetReadDeadline(t time.Time) error { f.queue.setDeadline(t); return nil }
func (f *far) SetWriteDeadline(time.Time) error  { return nil }

// Counters returns a snapshot.
func (s *Socket) Counters() Counters {
	k := s.kernel
	return Counters{
		Calls:     k.calls.Load(),
		Received:  k.received.Load(),
		Sent:      k.sent.Load(),
		Segmented: k.segmented.Load(),
		Refused:   k.refused.Load(),
	}
}
