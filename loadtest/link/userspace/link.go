package userspace

import (
	"net"
	"net/netip"
	"sync"
	"time"

	"github.com/pion/transport/v4"
	"github.com/pion/transport/v4/deadline"

	"draille/loadtest/link"
)

// Link is the access link of one participant. Its methods may be called concurrently.
type Link struct {
	scheduler *Scheduler
	up, down  way
}

// way is one direction, with its lock and counters.
type way struct {
	mu     sync.Mutex
	link   *link.Direction
	counts Way
}

// Way counts what one direction did. Bytes are those of IP packets.
type Way struct {
	Packets, Bytes                   int // offered
	DeliveredPackets, DeliveredBytes int // arrived, or certain to
	QueueFull, Lost                  int // packets dropped on entry, and lost after the queue
}

// Counters of both directions.
type Counters struct {
	Up, Down Way
}

// NewLink makes a link of the given profile. Its schedule begins now.
func NewLink(s *Scheduler, p link.Profile, seed uint64) (*Link, error) {
	up, down, err := p.New(seed)
	if err != nil {
		return nil, err
	}
	l := &Link{scheduler: s, up: way{link: up}, down: way{link: down}}
	l.Restart()
	return l, nil
}

// Restart begins the link's schedule (or trace) again: call it when the set-up of a test is done.
func (l *Link) Restart() {
	now := l.scheduler.now()
	for _, w := range []*way{&l.up, &l.down} {
		w.mu.Lock()
		w.link.Restart(now)
		w.mu.Unlock()
	}
}

// Counters tells what went through so far.
func (l *Link) Counters() Counters {
	return Counters{Up: l.up.read(), Down: l.down.read()}
}

// Waiting is how long a packet that comes now would wait in the queue of each direction.
func (l *Link) Waiting() (up, down time.Duration) {
	now := l.scheduler.now()
	return l.up.waiting(now), l.down.waiting(now)
}

func (w *way) waiting(now time.Duration) time.Duration {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.link.Waiting(now)
}

func (w *way) read() Way {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.counts
}

// send asks the model for the fate of a packet.
func (w *way) send(now time.Duration, size int) (at time.Duration, arrives bool) {
	w.mu.Lock()
	defer w.mu.Unlock()
	dep := w.link.Send(now, size)
	w.counts.Packets++
	w.counts.Bytes += size
	switch dep.Fate {
	case link.Delivered:
		w.counts.DeliveredPackets++
		w.counts.DeliveredBytes += size
		return dep.At, true
	case link.QueueFull:
		w.counts.QueueFull++
	default:
		w.counts.Lost++
	}
	return 0, false
}

// packet is a datagram on its way.
type packet struct {
	at    time.Duration
	order uint64

	conn *Conn
	up   bool
	peer netip.AddrPort // zero for a connected socket's own peer
	err  error          // of the socket, handed over like a packet
	data []byte
	room [1600]byte
}

var packets = sync.Pool{New: func() any { return new(packet) }}

func newPacket(c *Conn, up bool, data []byte, peer netip.AddrPort) *packet {
	p := packets.Get().(*packet)
	p.conn, p.up, p.peer, p.err = c, up, peer, nil
	p.data = append(p.room[:0], data...)
	return p
}

func (p *packet) free() {
	p.conn, p.data = nil, nil
	packets.Put(p)
}

// arrive hands the packet over at the end of its way.
func (p *packet) arrive() {
	if p.up {
		p.conn.transmit(p)
		p.free()
		return
	}
	p.conn.receive(p)
}

// ipSize is the size of the IP packet around a datagram to or from addr.
func ipSize(payload int, addr netip.Addr) int {
	const ipv4, ipv6, udp = 20, 40, 8
	if addr.Is6() && !addr.Is4In6() {
		return payload + ipv6 + udp
	}
	return payload + ipv4 + udp
}

func addrPort(addr net.Addr) (netip.AddrPort, error) {
	if u, ok := addr.(*net.UDPAddr); ok {
		return u.AddrPort(), nil
	}
	return netip.ParseAddrPort(addr.String())
}

// Wrap puts a socket behind the link. The returned socket owns it; close it in the end.
func (l *Link) Wrap(base net.PacketConn) *Conn {
	c := &Conn{
		base: base, link: l,
		ready: make(chan struct{}, 1), closed: make(chan struct{}), done: make(chan struct{}),
		readable: deadline.New(),
	}
	if remote := c.RemoteAddr(); remote != nil {
		if ap, err := addrPort(remote); err == nil {
			c.peer = ap.Addr()
		}
	}
	go c.read()
	return c
}

// Net puts all UDP sockets that are opened through it behind the link. Everything else is base's.
func (l *Link) Net(base transport.Net) transport.Net {
	return &shapedNet{Net: base, link: l}
}
