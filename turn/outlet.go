package turn

import (
	"errors"
	"fmt"
	"net"
	"net/netip"
	"sync"
	"sync/atomic"
)

// outlet is a relayed address's way to the media of other servers: a UDP socket of its own, opened
// when the client first speaks to one of them. Whatever comes from anywhere else is thrown away.
type outlet struct {
	relay   *relay
	relayed netip.AddrPort
	inbox   Inbox // nil: other servers are not reached

	mu     sync.Mutex // taken alone
	conn   *net.UDPConn
	closed bool
	spoken atomic.Pointer[map[netip.AddrPort]bool] // copy-on-write: looked at for every packet
	ended  sync.WaitGroup
}

var errNoOutlet = errors.New("turn: other servers cannot be reached through this relay")

// maxSpoken bounds to how many media addresses one client speaks: a server has a handful, and a
// client that has moved spoke to two.
const maxSpoken = 32

// spokenTo reports whether the client has spoken to a media address of another server.
func (o *outlet) spokenTo(peer netip.AddrPort) bool {
	spoken := o.spoken.Load()
	return spoken != nil && (*spoken)[peer]
}

// write sends a packet of the client to the media address of another server.
func (o *outlet) write(p []byte, to netip.AddrPort) (int, error) {
	conn, err := o.open(to)
	if err != nil {
		o.relay.unopened.Add(1)
		return 0, err
	}
	o.relay.packetsIn.Add(1)
	o.relay.bytesIn.Add(uint64(len(p)))
	return conn.WriteToUDPAddrPort(p, to)
}

// open returns the socket, and notes that the client speaks to an address.
func (o *outlet) open(to netip.AddrPort) (*net.UDPConn, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	switch {
	case o.closed:
		return nil, net.ErrClosed
	case o.inbox == nil:
		return nil, errNoOutlet
	case o.conn == nil:
		conn, err := listenAt(o.relayed)
		if err != nil {
			return nil, fmt.Errorf("turn: no socket towards another server: %w", err)
		}
		o.conn = conn
		o.relay.outlets.Add(1)
		o.ended.Go(func() { o.receive(conn) })
	}
	if o.spokenTo(to) {
		return o.conn, nil
	}
	now := map[netip.AddrPort]bool{to: true}
	if spoken := o.spoken.Load(); spoken != nil {
		if len(*spoken) >= maxSpoken {
			return nil, fmt.Errorf("%w: expected at most %d addresses for a client", errNoOutlet,
				maxSpoken)
		}
		for peer := range *spoken {
			now[peer] = true
		}
	}
	o.spoken.Store(&now)
	return o.conn, nil
}

// listenAt opens a socket at the relayed address, so that the other server sees the client where it
// says that it is: else browsers take the way for another one, that is not relayed. Behind a
// translation of addresses, or if something has the port, the packets go all the same.
func listenAt(relayed netip.AddrPort) (conn *net.UDPConn, err error) {
	port := int(relayed.Port())
	for _, at := range []*net.UDPAddr{net.UDPAddrFromAddrPort(relayed), {Port: port}, nil} {
		if conn, err = net.ListenUDP("udp", at); err == nil {
			return conn, nil
		}
	}
	return nil, err
}

// receive gives the client what comes from where it speaks to, until the socket is closed.
func (o *outlet) receive(conn *net.UDPConn) {
	buffer := make([]byte, relayMTU)
	for {
		n, from, err := conn.ReadFromUDPAddrPort(buffer)
		if errors.Is(err, net.ErrClosed) {
			return
		}
		from = netip.AddrPortFrom(from.Addr().Unmap(), from.Port())
		// Other errors are of a packet that was sent before: nobody is there.
		if err == nil && o.spokenTo(from) {
			o.inbox.Deliver(buffer[:n], from)
		}
	}
}

// relayMTU is the longest packet that is relayed, in bytes: an Ethernet frame, as pion/turn has it.
const relayMTU = 1600

func (o *outlet) close() {
	o.mu.Lock()
	conn := o.conn
	if conn != nil && !o.closed {
		o.relay.outlets.Add(-1)
		conn.Close()
	}
	o.closed = true
	o.mu.Unlock()
	o.ended.Wait()
}
