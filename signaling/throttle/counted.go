package throttle

import (
	"net"
	"sync"
)

// counted is a connection that tells when it is closed.
type counted struct {
	net.Conn
	once  sync.Once
	leave func()
}

// NetConn returns the connection beneath, for whoever sets options of its socket.
func (c *counted) NetConn() net.Conn { return c.Conn }

// Close implements net.Conn.
func (c *counted) Close() error {
	c.once.Do(c.leave)
	return c.Conn.Close()
}
