package turn

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"net"
	"net/netip"
	"slices"
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

// Inbox is a peer that was attached, if media of other servers are to reach its reader: what is put
// in is read as coming from that address, in its turn and with the same rules for what is late.
type Inbox interface {
	Deliver(packet []byte, from netip.AddrPort)
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
		"turn: only media addresses of the SFU, or of servers that serve the same name, may be " +
			"reached through this relay")
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
	mu    sync.Mutex // guards changes of reach; taken alone

	outlets                 atomic.Int64  // sockets towards other servers
	unopened                atomic.Uint64 // packets to other servers for which there was no socket
	refused                 atomic.Uint64 // packets to forbidden peers
	packetsIn, bytesIn      atomic.Uint64 // from clients to the SFU
	packetsOut, bytesOut    atomic.Uint64 // from the SFU to clients
	permissionsRefusedCount atomic.Uint64
}

// reach is where relayed addresses are, and which peers they may reach.
type reach struct {
	address netip.Addr
	media   map[netip.AddrPort]*net.UDPAddr // of the SFU of this process
	latest  []netip.AddrPort                // of media: those of now
	others  map[netip.AddrPort]*net.UDPAddr // of other servers
	closing map[netip.AddrPort]*net.UDPAddr // the same: for those who speak to them already
	hosts   map[netip.Addr]bool             // of all of them, without port
}

func newRelay(address netip.Addr, media []netip.AddrPort, peers Peers) *relay {
	r := &relay{peers: peers}
	r.setReach(address, media)
	return r
}

// setReach changes where relayed addresses are, and the media addresses of this process. Those of
// before may still be reached: clients that know no others yet use them.
func (r *relay) setReach(address netip.Addr, media []netip.AddrPort) {
	r.change(func(now *reach) {
		now.media = peersAt(slices.Concat(media, now.latest))
		now.address, now.latest = address, media
	})
}

// setElsewhere changes which media addresses of other servers may be reached, and which of them by
// those alone who speak to them already.
func (r *relay) setElsewhere(open, closing []netip.AddrPort) {
	r.change(func(now *reach) { now.others, now.closing = peersAt(open), peersAt(closing) })
}

func (r *relay) change(what func(*reach)) {
	r.mu.Lock()
	defer r.mu.Unlock()
	now := &reach{}
	if before := r.reach.Load(); before != nil {
		*now = *before
	}
	what(now)
	now.hosts = map[netip.Addr]bool{}
	for _, some := range []map[netip.AddrPort]*net.UDPAddr{now.media, now.others, now.closing} {
		for peer := range some {
			now.hosts[peer.Addr()] = true
		}
	}
	r.reach.Store(now)
}

func peersAt(addresses []netip.AddrPort) map[netip.AddrPort]*net.UDPAddr {
	peers := map[netip.AddrPort]*net.UDPAddr{}
	for _, address := range addresses {
		address = netip.AddrPortFrom(address.Addr().Unmap(), address.Port())
		peers[address] = net.UDPAddrFromAddrPort(address)
	}
	return peers
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
		made := &relayConn{PacketConn: conn, relay: r, local: local}
		made.outlet.relay, made.outlet.relayed = r, addr
		made.outlet.inbox, _ = conn.(Inbox)
		return made, local, nil
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

// elsewhere returns the media address of another server that a destination names, or nil. To those
// that are not for everybody any more leads only what has led there.
func (r *reach) elsewhere(to netip.AddrPort, spoken bool) *net.UDPAddr {
	if peer := r.others[to]; peer != nil || !spoken {
		return peer
	}
	return r.closing[to]
}

const (
	notBinding bindingClass = iota
	bindingRequest
	bindingResponse
	bindingOther
)
