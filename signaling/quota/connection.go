package quota

import (
	"container/list"
	"net"
	"sync/atomic"
	"time"

	"golang.org/x/time/rate"
)

// readRate and readBurst bound how many bytes a second are read of one connection, and of all of an
// address that have not shown who they are: small frames cost more work than their sending. No
// uplink of a call is as fast.
const (
	readRate  = 1 << 20
	readBurst = 4 << 20
	// longestPause is the most that one reading waits.
	longestPause = time.Second
)

// connection is one that is counted until it is closed.
type connection struct {
	net.Conn
	connections *Connections
	origin      *origin
	began       uint64
	reserved    bool // admitted out of the reserve: never makes room for others

	reads atomic.Pointer[rate.Limiter] // its own, or its address's

	// Both belong to Connections.mu.
	element *list.Element // in origin.unknown; nil: authenticated, or gone
	gone    bool
}

// Authenticated notes that whoever is at the other end has shown who they are: the connection is
// not closed to make room for others any more.
func (c *connection) Authenticated() {
	c.connections.mu.Lock()
	defer c.connections.mu.Unlock()
	c.connections.known(c)
}

// MarkAuthenticated calls Authenticated on a counted connection, also on one beneath TLS. Of any
// other it does nothing.
func MarkAuthenticated(conn net.Conn) {
	for {
		switch c := conn.(type) {
		case *connection:
			c.Authenticated()
			return
		case interface{ NetConn() net.Conn }:
			conn = c.NetConn()
		default:
			return
		}
	}
}

// Read implements net.Conn. What comes too fast waits in the kernel.
func (c *connection) Read(b []byte) (int, error) {
	n, err := c.Conn.Read(b)
	limiter := c.reads.Load()
	if delay := limiter.ReserveN(c.connections.now(), min(n, readBurst)).
		DelayFrom(c.connections.now()); delay > 0 {
		c.connections.pause(min(delay, longestPause))
	}
	return n, err
}

// NetConn returns the connection beneath, for whoever sets options of its socket.
func (c *connection) NetConn() net.Conn { return c.Conn }

// Close implements net.Conn.
func (c *connection) Close() error {
	c.connections.mu.Lock()
	c.connections.forget(c)
	c.connections.mu.Unlock()
	return c.Conn.Close()
}
