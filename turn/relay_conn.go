package turn

import (
	"fmt"
	"net"
	"net/netip"
	"sync/atomic"
)

// relayConn is one relayed address. Towards the SFU it is one remote peer; towards the client it
// must look like a socket that talks to each of the SFU's media addresses on its own, because the
// client checks several of them at once and expects each answer from where it asked.
type relayConn struct {
	net.PacketConn
	relay  *relay
	local  *net.UDPAddr
	active atomic.Pointer[net.UDPAddr] // media address that the client last used
	checks checkMemory
	outlet outlet
}

func (c *relayConn) LocalAddr() net.Addr { return c.local }

// WriteTo takes one packet of the client to the SFU, or to that of another server.
func (c *relayConn) WriteTo(p []byte, to net.Addr) (int, error) {
	named := addrPortOf(to)
	reach := c.relay.reach.Load()
	peer := reach.media[named]
	if peer == nil {
		if there := reach.elsewhere(named, c.outlet.spokenTo(named)); there != nil {
			return c.outlet.write(p, named)
		}
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
		n, source, err := c.PacketConn.ReadFrom(p)
		if err != nil {
			return 0, nil, err
		}
		if c.outlet.spokenTo(addrPortOf(source)) {
			c.relay.packetsOut.Add(1)
			c.relay.bytesOut.Add(uint64(n))
			return n, source, nil
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

// Close ends the relayed address.
func (c *relayConn) Close() error {
	c.outlet.close()
	return c.PacketConn.Close()
}

// addrPortOf is invalid for what is no UDP address.
func addrPortOf(address net.Addr) netip.AddrPort {
	udp, ok := address.(*net.UDPAddr)
	if !ok {
		return netip.AddrPort{}
	}
	at := udp.AddrPort()
	return netip.AddrPortFrom(at.Addr().Unmap(), at.Port())
}
