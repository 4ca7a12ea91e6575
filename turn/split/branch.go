package split

import (
	"net"
	"sync"
)

// branch is the listener of one protocol.
type branch struct {
	port  *port
	ready chan net.Conn
	done  chan struct{}
	once  sync.Once
}

func (b *branch) give(conn net.Conn) {
	select {
	case b.ready <- conn:
	case <-b.done:
		conn.Close()
	}
}

// Accept waits for the next connection that speaks the branch's protocol.
func (b *branch) Accept() (net.Conn, error) {
	select {
	case conn := <-b.ready:
		return conn, nil
	case <-b.done:
		return nil, net.ErrClosed
	}
}

// Close ends the branch; the port is closed with the last one.
func (b *branch) Close() error {
	var err error
	b.once.Do(func() {
		close(b.done)
		err = b.port.closeBranch()
	})
	return err
}

func (b *branch) Addr() net.Addr { return b.port.listener.Addr() }
