package turn

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"net"
	"net/netip"
	"slices"
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
	peers Peers
	reach atomic.Pointer[reach]

	refused                 atomic.Uint64 // packets to forbidden peers
	packetsIn, bytesIn      atomic.Uint64 // from clients to the SFU
	packetsOut, bytesOut    atomic.Uint64 // from the SFU to clients
	permissionsRefusedCount atomic.Uint64
}

// reach is where relayed addresses are, and which peers they may reach.
type reach struct {
	address netip.Addr
	media   map[netip.AddrPort]*net.UDPAddr // every peer that may be reached
	hosts   map[netip.Addr]bool             // their addresses, without port
	latest  []netip.AddrPort                // of media: those of now
}

func newRelay(address netip.Addr, media []netip.AddrPort, peers Peers) *relay {
	r := &relay{peers: peers}
	r.setReach(address, media)
	return r
}

// setReach changes both. The peers of before may still be reached: clients that know no others yet
// use them.
func (r *relay) setReach(address netip.Addr, media []netip.AddrPort) {
	now := &reach{
		address: address,
		media:   map[netip.AddrPort]*net.UDPAddr{},
		hosts:   map[netip.Addr]bool{},
		latest:  media,
	}
	all := media
	if before := r.reach.Load(); before != nil {
		all = slices.Concat(media, before.latest)
	}
	for _, m := range all {
		m = netip.AddrPortFrom(m.Addr().Unmap(), m.Port())
		now.media[m] = net.UDPAddrFromAddrPort(m)
		now.hosts[m.Addr()] = true
	}
	r.reach.Store(now)
}

// permit answers whether a client may ask for a permission towards a peer's address (RFC 8656 §9).
// The protocol has no port there: the port is compared when a packet is relayed.
func (r *relay) permit(_ net.Addr, peer net.IP) bool {
	addr, ok := netip.AddrFromSlice(peer)
	if ok && r.reach.Load().hosts[addr.Unmap()] {
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
	address := r.reach.Load().address
	var last error
	for range attempts {
		addr := netip.AddrPortFrom(address, uint16(firstRelayPort+rand.IntN(relayPorts)))
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

// allowed returns the media address that a destination names, or nil if it names anything else.
func (r *relay) allowed(to net.Addr) *net.UDPAddr {
	udp, ok := to.(*net.UDPAddr)
	if !ok {
		return nil
	}
	peer := udp.AddrPort()
	return r.reach.Load().media[netip.AddrPortFrom(peer.Addr().Unmap(), peer.Port())]
}

const (
	notBinding bindingClass = iota
	bindingRequest
	bindingResponse
	bindingOther
)
