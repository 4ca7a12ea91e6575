package sfu

import (
	"sync"

	"github.com/pion/rtcp"
	pionsrtp "github.com/pion/srtp/v3"

	"draille/sfu/udp"
)

// maxControlBytes bounds an outgoing RTCP packet.
const maxControlBytes = 1200

// control sends the RTCP of one transport.
type control struct {
	env  *env
	path *path
	ssrc uint32 // the server's own

	// mu is held together with no other lock that is taken after it. It may be taken under any
	// other lock of the package.
	mu       sync.Mutex
	gathers  bool // what is written waits for flush
	gathered []rtcp.Packet
	context  *pionsrtp.Context // nil: no keys yet
	header   rtcp.Header       // reused
}

// protect makes RTCP leave protected from now on.
func (c *control) protect(context *pionsrtp.Context) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.context = context
}

// write sends RTCP once the transport is connected; before that there is nobody to read it.
func (c *control) write(packets ...rtcp.Packet) {
	if !c.path.connected.Load() {
		return
	}
	c.mu.Lock()
	if c.gathers {
		c.gathered = append(c.gathered, packets...)
		c.mu.Unlock()
		return
	}
	c.mu.Unlock()
	out := c.env.socket.Batch()
	c.send(out, packets)
	c.env.socket.Release(out)
}

// gather holds RTCP back until flush, so that it leaves in one packet.
func (c *control) gather() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.gathers = true
}

// flush sends what was held back.
func (c *control) flush(out *udp.Batch) {
	c.mu.Lock()
	c.gathers = false
	packets := c.gathered
	c.mu.Unlock()
	for len(packets) > 0 {
		n, bytes := 1, packets[0].MarshalSize()
		for n < len(packets) && bytes+packets[n].MarshalSize() <= maxControlBytes {
			bytes += packets[n].MarshalSize()
			n++
		}
		c.send(out, packets[:n])
		packets = packets[n:]
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if !c.gathers {
		clear(c.gathered)
		c.gathered = c.gathered[:0]
	}
}

// send adds one compound RTCP packet to what leaves.
func (c *control) send(out *udp.Batch, packets []rtcp.Packet) {
	c.mu.Lock()
	defer c.mu.Unlock()
	to := c.path.destination.Load()
	if to == nil || c.context == nil {
		return
	}
	raw, err := rtcp.Marshal(packets)
	if err == nil {
		var protected []byte
		protected, err = c.context.EncryptRTCP(out.Buffer(), raw, &c.header)
		if err == nil && len(protected) <= len(out.Buffer()) {
			out.Send(len(protected), to)
			return
		}
	}
	c.env.counters.drop(dropWrite)
}
