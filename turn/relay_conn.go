package turn

import (
	"fmt"
	"net"
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
