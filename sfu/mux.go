package sfu

import (
	"bytes"
	"io"
	"net"
	"net/netip"
	"os"
	"sync"
	"sync/atomic"
	"time"

	"github.com/pion/stun/v3"

	"draille/sfu/udp"
)

// mux brings what arrives at the socket to its transport. It is Pion's ICE mux with one difference: media goes straight to the
// transport, in the goroutine that read it, while Pion is given what it needs to make and keep the connection (ICE checks,
// DTLS, data channels). Pion's own way passes five goroutines and three copies.
//
// Pion names each connection by its ICE user name fragment. Which addresses belong to it is learnt when Pion answers
// them, which it does only when they know the password.
type mux struct {
	socket     *udp.Conn
	candidates []net.Addr

	mu        sync.RWMutex
	closed    bool
	routes    map[routeKey]*route
	addresses map[netip.AddrPort]*route
}

// routeKey names the route of a connection: there is one for each family, as Pion's agents expect.
type routeKey struct {
	fragment string
	ipv6     bool
}

func newMux(socket *udp.Conn, addresses []netip.AddrPort) *mux {
	m := &mux{socket: socket, routes: map[routeKey]*route{}, addresses: map[netip.AddrPort]*route{}}
	for _, address := range addresses {
		m.candidates = append(m.candidates, net.UDPAddrFromAddrPort(address))
	}
	socket.Handle(m.receive)
	return m
}

// GetListenAddresses returns the candidates.
func (m *mux) GetListenAddresses() []net.Addr { return m.candidates }

// GetConn returns the packets of one connection that Pion must see. Every call is closed once.
func (m *mux) GetConn(fragment string, address net.Addr) (net.PacketConn, error) {
	local, ok := address.(*net.UDPAddr)
	key := routeKey{fragment, ok && local.IP.To4() == nil}
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.closed {
		return nil, io.ErrClosedPipe
	}
	r := m.routes[key]
	if r == nil {
		r = newRoute(m, key)
		m.routes[key] = r
	}
	r.holders++
	return &routeConn{route: r}, nil
}

// RemoveConnByUfrag forgets a connection.
func (m *mux) RemoveConnByUfrag(fragment string) {
	for _, ipv6 := range []bool{false, true} {
		m.mu.Lock()
		r := m.routes[routeKey{fragment, ipv6}]
		m.mu.Unlock()
		if r != nil {
			m.remove(r)
		}
	}
}

func (m *mux) remove(r *route) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.routes[r.key] == r {
		delete(m.routes, r.key)
	}
	for address, other := range m.addresses {
		if other == r {
			delete(m.addresses, address)
		}
	}
	r.close()
}

// attach lets a transport take the media of a connection. It returns false when Pion has none of that name.
func (m *mux) attach(fragment string, t mediaReceiver) bool {
	m.mu.RLock()
	defer m.mu.RUnlock()
	found := false
	for _, ipv6 := range []bool{false, true} {
		if r := m.routes[routeKey{fragment, ipv6}]; r != nil {
			r.media.Store(&t)
			found = true
		}
	}
	return found
}

// Close closes all connections, and the media side of the socket.
func (m *mux) Close() error {
	m.mu.Lock()
	m.closed = true
	routes := m.routes
	m.routes, m.addresses = map[routeKey]*route{}, map[netip.AddrPort]*route{}
	m.mu.Unlock()
	for _, r := range routes {
		r.close()
	}
	return m.socket.Close()
}

// learn makes an address a connection's own.
func (m *mux) learn(address netip.AddrPort, r *route) {
	m.mu.RLock()
	known := m.addresses[address] == r
	m.mu.RUnlock()
	if known {
		return
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.routes[r.key] == r {
		m.addresses[address] = r
	}
}

// receive is the socket's handler.
func (m *mux) receive(data []byte, from netip.AddrPort, local netip.Addr, at time.Time, out *udp.Batch) {
	if isMedia(data) {
		m.mu.RLock()
		r := m.addresses[from]
		m.mu.RUnlock()
		if r != nil {
			r.receive(data, from, local, at, out)
		}
		return
	}
	r := m.find(data, from)
	if r == nil {
		return
	}
	if t := r.media.Load(); t != nil && len(data) > 0 && data[0] == recordHandshake {
		(*t).handshakes(data)
	}
	r.queue(data, from)
}

// isMedia tells SRTP and SRTCP from ICE and DTLS (RFC 7983).
func isMedia(data []byte) bool { return len(data) > 0 && data[0]>>6 == 2 }

// isDTLS tells DTLS from the others (RFC 7983).
func isDTLS(data []byte) bool { return len(data) > 0 && data[0] >= 20 && data[0] <= 63 }

// find returns the connection that a datagram is for. A check names its connection, which matters when a new one comes from
// the address of an old one.
func (m *mux) find(data []byte, from netip.AddrPort) *route {
	if fragment, ok := checkedFragment(data); ok {
		m.mu.RLock()
		defer m.mu.RUnlock()
		return m.routes[routeKey{fragment, from.Addr().Is6()}]
	}
	m.mu.RLock()
	defer m.mu.RUnlock()
	return m.addresses[from]
}

// checkedFragment returns our fragment in the user name of an ICE check (RFC 8445 section 7.2.2).
func checkedFragment(data []byte) (string, bool) {
	if !stun.IsMessage(data) {
		return "", false
	}
	message := stun.Message{Raw: append([]byte(nil), data...)}
	if message.Decode() != nil || message.Type != stun.BindingRequest {
		return "", false
	}
	name, err := message.Get(stun.AttrUsername)
	if err != nil {
		return "", false
	}
	fragment, _, ok := bytes.Cut(name, []byte{':'})
	return string(fragment), ok
}

// mediaReceiver takes the media of a connection.
type mediaReceiver interface {
	receiveMedia(data []byte, from netip.AddrPort, local netip.Addr, at time.Time, out *udp.Batch)
	// handshakes hears of what comes in of a DTLS handshake.
	handshakes(datagram []byte)
	// handshook hears of what has left of a DTLS handshake.
	handshook(datagram []byte)
	// pionSends hears of media that Pion would send. It never leaves: there must not be two who number packets.
	pionSends(data []byte)
}

const (
	// waitingDatagrams is how many datagrams may wait for Pion.
	waitingDatagrams = 64
	// maxDatagram is the longest of them, in bytes.
	maxDatagram = 2048
	// aliveInterval is how often Pion learns that media comes in.
	aliveInterval = 500 * time.Millisecond
)

// alive is a datagram that Pion takes for a sign of life and throws away: no protocol begins with this byte (RFC 7983).
var alive = []byte{0xff}

// route is one connection as the mux knows it.
type route struct {
	mux     *mux
	key     routeKey
	holders int // guarded by mux.mu
	media   atomic.Pointer[mediaReceiver]
	told    atomic.Int64 // when Pion was last told that media comes in

	waiting chan *waitingDatagram
	done    chan struct{}
	once    sync.Once
}

type waitingDatagram struct {
	from   netip.AddrPort
	length int
	data   [maxDatagram]byte
}

var waitingDatagramPool = sync.Pool{New: func() any { return new(waitingDatagram) }}

func newRoute(m *mux, key routeKey) *route {
	return &route{mux: m, key: key, waiting: make(chan *waitingDatagram, waitingDatagrams), done: make(chan struct{})}
}

func (r *route) close() { r.once.Do(func() { close(r.done) }) }

func (r *route) receive(data []byte, from netip.AddrPort, local netip.Addr, at time.Time, out *udp.Batch) {
	t := r.media.Load()
	if t == nil {
		return
	}
	if now := at.UnixNano(); now-r.told.Load() > int64(aliveInterval) {
		r.told.Store(now)
		r.queue(alive, from)
	}
	(*t).receiveMedia(data, from, local, at, out)
}

// queue gives Pion a copy of a datagram.
func (r *route) queue(data []byte, from netip.AddrPort) {
	if len(data) > maxDatagram {
		return
	}
	d := waitingDatagramPool.Get().(*waitingDatagram)
	d.from, d.length = from, copy(d.data[:], data)
	select {
	case <-r.done:
		waitingDatagramPool.Put(d)
	case r.waiting <- d:
	default: // like a full socket
		waitingDatagramPool.Put(d)
	}
}

// routeConn is one candidate's hold on a route.
type routeConn struct {
	route *route
	once  sync.Once
}

// ReadFromAddrPort implements ice.AddrPortReaderWriter.
func (c *routeConn) ReadFromAddrPort(buffer []byte) (int, netip.AddrPort, error) {
	select {
	case d := <-c.route.waiting:
		n, from := copy(buffer, d.data[:d.length]), d.from
		waitingDatagramPool.Put(d)
		return n, from, nil
	case <-c.route.done:
		return 0, netip.AddrPort{}, io.EOF
	}
}

// WriteToAddrPort implements ice.AddrPortReaderWriter.
func (c *routeConn) WriteToAddrPort(data []byte, to netip.AddrPort) (int, error) {
	r := c.route
	select {
	case <-r.done:
		return 0, io.ErrClosedPipe
	default:
	}
	to = netip.AddrPortFrom(to.Addr().Unmap(), to.Port())
	r.mux.learn(to, r)
	if isMedia(data) {
		if t := r.media.Load(); t != nil {
			(*t).pionSends(data)
		}
		return len(data), nil
	}
	n, err := r.mux.socket.WriteToAddrPort(data, to)
	if t := r.media.Load(); t != nil && isDTLS(data) {
		(*t).handshook(data)
	}
	return n, err
}

func (c *routeConn) ReadFrom(buffer []byte) (int, net.Addr, error) {
	n, from, err := c.ReadFromAddrPort(buffer)
	if err != nil {
		return 0, nil, err
	}
	return n, net.UDPAddrFromAddrPort(from), nil
}

func (c *routeConn) WriteTo(data []byte, to net.Addr) (int, error) {
	address, ok := to.(*net.UDPAddr)
	if !ok {
		return 0, os.ErrInvalid
	}
	return c.WriteToAddrPort(data, address.AddrPort())
}

// Close lets go of the route, which ends with its last holder.
func (c *routeConn) Close() error {
	c.once.Do(func() {
		m := c.route.mux
		m.mu.Lock()
		c.route.holders--
		last := c.route.holders == 0
		m.mu.Unlock()
		if last {
			m.remove(c.route)
		}
	})
	return nil
}

func (c *routeConn) LocalAddr() net.Addr {
	return net.UDPAddrFromAddrPort(c.route.mux.socket.LocalAddr())
}

func (c *routeConn) SetDeadline(time.Time) error      { return nil }
func (c *routeConn) SetReadDeadline(time.Time) error  { return nil }
func (c *routeConn) SetWriteDeadline(time.Time) error { return nil }
