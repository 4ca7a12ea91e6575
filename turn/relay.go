package turn

import (
	"encoding/binary"
	"errors"
	"fmt"
	"math/rand/v2"
	"net"
	"net/netip"
	"sync"
	"sync/atomic"
)

// Peers is what the relay needs from the media plane: a way in that is not a socket.
type Peers interface {
	// Attach makes a remote peer of the SFU that lives in memory and whose address is addr. What is
	// written to the returned connection arrives at the SFU as coming from addr, whatever
	// destination is given; what the SFU sends to addr is read from it. Writing must not block. It
	// fails when addr is taken.
	Attach(addr netip.AddrPort) (net.PacketConn, error)
}

// Relayed ports are names, not sockets. They are taken below the ephemeral ranges of every common
// system (from 32768 on), so that a relayed address cannot be the address of a browser that runs on
// this very machine.
const (
	firstRelayPort = 10000
	lastRelayPort  = 32767
	relayPorts     = lastRelayPort - firstRelayPort + 1
)

var (
	errForbiddenPeer = errors.New(
		"turn: only the SFU's own media addresses may be reached through this relay")
	errReservation = errors.New(
		"turn: no port can be asked for (EVEN-PORT and RESERVATION-TOKEN are not served)")
	errNoRelayTCP = errors.New("turn: TCP to the peer (RFC 6062) is not served")
	errPortsTaken = errors.New("turn: every relayed address tried is taken")
)

// relay makes relayed addresses and knows which peers they may reach. It is a pion
// turn.RelayAddressGenerator.
type relay struct {
	address netip.Addr
	peers   Peers
	media   map[netip.AddrPort]*net.UDPAddr // every peer that may be reached
	hosts   map[netip.Addr]bool             // their addresses, without port

	refused                 atomic.Uint64 // packets to forbidden peers
	packetsIn, bytesIn      atomic.Uint64 // from clients to the SFU
	packetsOut, bytesOut    atomic.Uint64 // from the SFU to clients
	permissionsRefusedCount atomic.Uint64
}

func newRelay(address netip.Addr, media []netip.AddrPort, peers Peers) *relay {
	r := &relay{
		address: address,
		peers:   peers,
		media:   map[netip.AddrPort]*net.UDPAddr{},
		hosts:   map[netip.Addr]bool{},
	}
	for _, m := range media {
		m = netip.AddrPortFrom(m.Addr().Unmap(), m.Port())
		r.media[m] = net.UDPAddrFromAddrPort(m)
		r.hosts[m.Addr()] = true
	}
	return r
}

// permit answers whether a client may ask for a permission towards a peer's address (RFC 8656 §9).
// The protocol has no port there: the port is compared when a packet is relayed.
func (r *relay) permit(_ net.Addr, peer net.IP) bool {
	addr, ok := netip.AddrFromSlice(peer)
	if ok && r.hosts[addr.Unmap()] {
		return true
	}
	r.permissionsRefusedCount.Add(1)
	return false
}

// Validate implements the generator; New has checked everything.
func (r *relay) Validate() error { return nil }

// AllocatePacketConn makes a relayed address with nothing behind it but the SFU.
func (r *relay) AllocatePacketConn(_ string, port int) (net.PacketConn, net.Addr, error) {
	if port != 0 {
		return nil, nil, errReservation
	}
	const attempts = 16
	var last error
	for range attempts {
		addr := netip.AddrPortFrom(r.address, uint16(firstRelayPort+rand.IntN(relayPorts)))
		conn, err := r.peers.Attach(addr)
		if err != nil {
			last = err
			continue
		}
		local := net.UDPAddrFromAddrPort(addr)
		return &relayConn{PacketConn: conn, relay: r, local: local}, local, nil
	}
	return nil, nil, fmt.Errorf("%w: %w", errPortsTaken, last)
}

// AllocateConn is never used by browsers.
func (r *relay) AllocateConn(
	string,
	int,
) (net.Conn, net.Addr, error) {
	return nil, nil, errNoRelayTCP
}

// relayConn is one relayed address. Towards the SFU it is one remote peer; towards the client it
// must look like a socket that talks to each of the SFU's media addresses on its own, because the
// client checks several of them at once and expects each answer from where it asked.
type relayConn struct {
	net.PacketConn
	relay  *relay
	local  *net.UDPAddr
	active atomic.Pointer[net.UDPAddr] // media address that the client last used
	checks checkMemory
}

func (c *relayConn) LocalAddr() net.Addr { return c.local }

// WriteTo takes one packet of the client to the SFU.
func (c *relayConn) WriteTo(p []byte, to net.Addr) (int, error) {
	peer := c.relay.allowed(to)
	if peer == nil {
		c.relay.refused.Add(1)
		return 0, fmt.Errorf("%w: %s is not one", errForbiddenPeer, to)
	}
	if class, id := bindingMessage(p); class == bindingRequest {
		c.checks.remember(id, peer)
		c.active.CompareAndSwap(nil, peer)
	} else if class == notBinding {
		c.active.Store(peer)
	}
	c.relay.packetsIn.Add(1)
	c.relay.bytesIn.Add(uint64(len(p)))
	return c.PacketConn.WriteTo(p, peer)
}

// ReadFrom gives one packet of the SFU for the client, and the media address that it comes from.
func (c *relayConn) ReadFrom(p []byte) (int, net.Addr, error) {
	for {
		n, _, err := c.PacketConn.ReadFrom(p)
		if err != nil {
			return 0, nil, err
		}
		from := c.active.Load()
		if class, id := bindingMessage(p[:n]); class == bindingResponse {
			if asked := c.checks.recall(id); asked != nil {
				from = asked
			}
		}
		if from == nil {
			continue // the SFU speaks first only to those whom it has heard
		}
		c.relay.packetsOut.Add(1)
		c.relay.bytesOut.Add(uint64(n))
		return n, from, nil
	}
}

// allowed returns the media address that a destination names, or nil if it names anything else.
func (r *relay) allowed(to net.Addr) *net.UDPAddr {
	udp, ok := to.(*net.UDPAddr)
	if !ok {
		return nil
	}
	peer := udp.AddrPort()
	return r.media[netip.AddrPortFrom(peer.Addr().Unmap(), peer.Port())]
}

// checkMemory remembers which media address each of the last connectivity checks went to.
type checkMemory struct {
	mu   sync.Mutex
	next int
	ring [64]struct {
		id   transactionID
		peer *net.UDPAddr
	}
}

func (m *checkMemory) remember(id transactionID, peer *net.UDPAddr) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.ring[m.next].id, m.ring[m.next].peer = id, peer
	m.next = (m.next + 1) % len(m.ring)
}

func (m *checkMemory) recall(id transactionID) *net.UDPAddr {
	m.mu.Lock()
	defer m.mu.Unlock()
	for i := range m.ring {
		if m.ring[i].peer != nil && m.ring[i].id == id {
			return m.ring[i].peer
		}
	}
	return nil
}

type transactionID [12]byte

type bindingClass int

const (
	notBinding bindingClass = iota
	bindingRequest
	bindingResponse
	bindingOther
)

// bindingMessage reads the first 20 bytes of a packet: is it a STUN Binding message (RFC 8489 §5),
// and which?
func bindingMessage(p []byte) (bindingClass, transactionID) {
	const headerSize, magicCookie = 20, 0x2112A442
	if len(p) < headerSize || binary.BigEndian.Uint32(p[4:]) != magicCookie {
		return notBinding, transactionID{}
	}
	id := transactionID(p[8:headerSize])
	switch binary.BigEndian.Uint16(p) {
	case 0x0001:
		return bindingRequest, id
	case 0x0101, 0x0111:
		return bindingResponse, id
	case 0x0011:
		return bindingOther, id
	default:
		return notBinding, transactionID{}
	}
}
