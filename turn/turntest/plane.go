// Package turntest stands for the media plane in tests of the ways to it.
package turntest

import (
	"bytes"
	"errors"
	"net"
	"net/netip"
	"sync"
)

// Plane sends every packet back to the peer that it came from. Its zero value is ready.
type Plane struct {
	Reply func(packet []byte) // makes the answer of a copy of the packet; nil: the packet itself
	From  net.Addr            // where answers say that they come from

	mu    sync.Mutex
	peers map[netip.AddrPort]*peer
	deny  error
}

// Deny makes Attach fail, or no longer when err is nil.
func (p *Plane) Deny(err error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.deny = err
}

// Attach makes a peer.
func (p *Plane) Attach(addr netip.AddrPort) (net.PacketConn, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.deny != nil {
		return nil, p.deny
	}
	if p.peers[addr] != nil {
		return nil, errors.New("taken")
	}
	if p.peers == nil {
		p.peers = map[netip.AddrPort]*peer{}
	}
	made := &peer{plane: p, addr: addr, queue: make(chan arrival, 64), closed: make(chan struct{})}
	p.peers[addr] = made
	return made, nil
}

// Names lists the addresses of all peers, and how many answers wait for them.
func (p *Plane) Names() (names []netip.AddrPort, waiting int) {
	p.mu.Lock()
	defer p.mu.Unlock()
	for name, peer := range p.peers {
		names = append(names, name)
		waiting += len(peer.queue)
	}
	return names, waiting
}

// arrival is what a peer reads.
type arrival struct {
	packet []byte
	from   net.Addr
}

type peer struct {
	net.PacketConn
	plane  *Plane
	addr   netip.AddrPort
	queue  chan arrival
	once   sync.Once
	closed chan struct{}
}

func (p *peer) WriteTo(packet []byte, _ net.Addr) (int, error) {
	answer := bytes.Clone(packet)
	if p.plane.Reply != nil {
		p.plane.Reply(answer)
	}
	p.queue <- arrival{answer, p.plane.From}
	return len(packet), nil
}

// Deliver lets the peer read a packet that comes from elsewhere.
func (p *peer) Deliver(packet []byte, from netip.AddrPort) {
	p.queue <- arrival{bytes.Clone(packet), net.UDPAddrFromAddrPort(from)}
}

func (p *peer) ReadFrom(buffer []byte) (int, net.Addr, error) {
	select {
	case <-p.closed:
		return 0, nil, net.ErrClosed
	case answer := <-p.queue:
		return copy(buffer, answer.packet), answer.from, nil
	}
}

func (p *peer) Close() error {
	p.once.Do(func() {
		p.plane.mu.Lock()
		delete(p.plane.peers, p.addr) // before whoever reads hears of the end
		p.plane.mu.Unlock()
		close(p.closed)
	})
	return nil
}
