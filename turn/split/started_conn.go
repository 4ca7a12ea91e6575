package split

import (
	"net"
)

// startedConn is a connection whose first bytes have been read already.
type startedConn struct {
	net.Conn
	first []byte
}

func (c *startedConn) Read(p []byte) (int, error) {
	if len(c.first) == 0 {
		return c.Conn.Read(p)
	}
	n := copy(p, c.first)
	c.first = c.first[n:]
	return n, nil
}

// NetConn returns the connection underneath, as tls.Conn does.
func (c *startedConn) NetConn() net.Conn { return c.Conn }
