package quota

import (
	"container/list"
	"net"
)

// connection is one that is counted until it is closed.
type connection struct {
	net.Conn
	connections *Connections
	origin      *origin
	began       uint64
	reserved    bool // admitted out of the reserve: never makes room for others

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

// NetConn returns the connection beneath, for whoever sets options of its socket.
func (c *connection) NetConn() net.Conn { return c.Conn }

// Close implements net.Conn.
func (c *connection) Close() error {
	c.connections.mu.Lock()
	c.connections.forget(c)
	c.connections.mu.Unlock()
	return c.Conn.Close()
}
