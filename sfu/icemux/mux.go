// Package icemux brings what arrives at one socket to its connection: media straight to the
// transport, the rest (ICE, DTLS) to Pion.
package icemux

import (
	"bytes"
	"io"
	"net"
	"net/netip"
	"sync"
	"time"

	"github.com/pion/stun/v4"

	"draille/sfu/udp"
)

// Mux brings what arrives at the socket to its transport. It is Pion's ICE mux with one difference:
// media goes straight to the transport, in the goroutine that read it, while Pion is given what it
// needs to make and keep the connection (ICE checks, DTLS, data channels). Pion's own way passes
// five goroutines and three copies.
//
// Pion names each connection by its ICE user name fragment. Which addresses belong to it is learnt
// when Pion answers them, which it does only when they know the password.
type Mux struct {
	socket *udp.Conn

	mu         sync.RWMutex // no other is taken under it
	closed     bool
	candidates []net.Addr // that every answer names
	routes     map[routeKey]*route
	addresses  addresses
}

// routeKey names the route of a connection: there is one for each family, as Pion's agents expect.
type routeKey struct {
	fragment string
	ipv6     bool
}

// New makes the mux of a socket. candidates are the addresses that every answer names.
func New(socket *udp.Conn, candidates []netip.AddrPort) *Mux {
	m := &Mux{socket: socket, routes: map[routeKey]*route{}, addresses: addresses{}}
	m.SetCandidates(candidates)
	socket.Handle(m.receive)
	return m
}

// SetCandidates changes what answers name from now on.
func (m *Mux) SetCandidates(candidates []netip.AddrPort) {
	named := make([]net.Addr, 0, len(candidates))
	for _, address := range candidates {
		named = append(named, net.UDPAddrFromAddrPort(address))
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	m.candidates = named
}

// GetListenAddresses returns the candidates.
func (m *Mux) GetListenAddresses() []net.Addr {
	m.mu.RLock()
	defer m.mu.RUnlock()
	return m.candidates
}

// GetConn returns the packets of one connection that Pion must see. Every call is closed once.
func (m *Mux) GetConn(fragment string, address net.Addr) (net.PacketConn, error) {
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
func (m *Mux) RemoveConnByUfrag(fragment string) {
	for _, ipv6 := range []bool{false, true} {
		m.mu.Lock()
		r := m.routes[routeKey{fragment, ipv6}]
		m.mu.Unlock()
		if r != nil {
			m.remove(r)
		}
	}
}

func (m *Mux) remove(r *route) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.routes[r.key] == r {
		delete(m.routes, r.key)
	}
	for from, known := range m.addresses {
		if known.route == r {
			m.addresses.forget(from)
		}
	}
	r.close()
}

// Attach lets a transport take the media of a connection. It returns false when Pion has none of
// that name.
func (m *Mux) Attach(fragment string, t Receiver) bool {
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
func (m *Mux) Close() error {
	m.mu.Lock()
	m.closed = true
	routes := m.routes
	m.routes, m.addresses = map[routeKey]*route{}, addresses{}
	m.mu.Unlock()
	for _, r := range routes {
		r.close()
	}
	return m.socket.Close()
}

// learn makes an address a connection's own; false: it may not become that.
func (m *Mux) learn(now time.Time, from netip.AddrPort, r *route) bool {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.routes[r.key] == r && m.addresses.claim(now, from, r)
}

// Foreign reports whether an address belongs to the connection of another receiver.
func (m *Mux) Foreign(from netip.AddrPort, t Receiver) bool {
	m.mu.RLock()
	defer m.mu.RUnlock()
	known := m.addresses[from]
	return known != nil && known.route.receiver() != t
}

// Heard tells that something authentic has come from an address to the connection of a receiver:
// the address stays its own, and Pion learns that it is alive.
func (m *Mux) Heard(now time.Time, from netip.AddrPort, t Receiver) {
	m.mu.RLock()
	known := m.addresses[from]
	m.mu.RUnlock()
	if known != nil && known.route.receiver() == t {
		known.heard.Store(now.UnixNano())
		known.route.queue(alive, from)
	}
}

// receive is the socket's handler.
func (m *Mux) receive(
	data []byte, from netip.AddrPort, local netip.Addr, at time.Time, out *udp.Batch,
) {
	if isMedia(data) {
		m.mu.RLock()
		known := m.addresses[from]
		m.mu.RUnlock()
		if known == nil {
			return
		}
		if t := known.route.receiver(); t != nil {
			t.ReceiveMedia(data, from, local, at, out)
		}
		return
	}
	r := m.find(data, from, at)
	if r == nil {
		return
	}
	if t := r.receiver(); t != nil && len(data) > 0 && data[0] == handshakeRecord {
		t.ReceiveDTLS(data, from)
	}
	r.queue(data, from)
}

// handshakeRecord is the content type of a DTLS record of a handshake (RFC 6347 section 4.1).
const handshakeRecord = 22

// isMedia tells SRTP and SRTCP from ICE and DTLS (RFC 7983).
func isMedia(data []byte) bool { return len(data) > 0 && data[0]>>6 == 2 }

// isDTLS tells DTLS from the others (RFC 7983).
func isDTLS(data []byte) bool { return len(data) > 0 && data[0] >= 20 && data[0] <= 63 }

// find returns the connection that a datagram is for. A check names its connection, which matters
// when a new one comes from the address of an old one. One from an address that the connection may
// not have is dropped: Pion would take it for a path.
func (m *Mux) find(data []byte, from netip.AddrPort, now time.Time) *route {
	fragment, isCheck := checkedFragment(data)
	m.mu.RLock()
	defer m.mu.RUnlock()
	if isCheck {
		r := m.routes[routeKey{fragment, from.Addr().Is6()}]
		if r == nil || !m.addresses.mayClaim(now, from, r) {
			return nil
		}
		return r
	}
	if known := m.addresses[from]; known != nil {
		return known.route
	}
	return nil
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

// Receiver takes the media of a connection.
type Receiver interface {
	ReceiveMedia(data []byte, from netip.AddrPort, local netip.Addr, at time.Time, out *udp.Batch)
	// ReceiveDTLS hears of what comes in of a DTLS handshake.
	ReceiveDTLS(datagram []byte, from netip.AddrPort)
	// SentDTLS hears of what has left of a DTLS handshake.
	SentDTLS(datagram []byte)
	// DivertMedia hears of media that Pion would send. It never leaves: there must not be two who
	// number packets.
	DivertMedia(data []byte)
}
