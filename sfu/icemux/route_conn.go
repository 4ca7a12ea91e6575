package icemux

import (
	"io"
	"net"
	"net/netip"
	"os"
	"sync"
	"time"
)

// routeConn is one candidate's hold on a route.
type routeConn struct {
	route *route
	once  sync.Once
}

// ReadFromAddrPort implements ice.AddrPortReaderWriter.
func (c *routeConn) ReadFromAddrPort(buffer []byte) (int, netip.AddrPort, error) {
	select {
	case d := <-c.route.waiting:
		n, from := copy(buffer, d.data[:d.length]), d.from
		waitingDatagramPool.Put(d)
		return n, from, nil
	case <-c.route.done:
		return 0, netip.AddrPort{}, io.EOF
	}
}

// WriteToAddrPort implements ice.AddrPortReaderWriter.
func (c *routeConn) WriteToAddrPort(data []byte, to netip.AddrPort) (int, error) {
	r := c.route
	select {
	case <-r.done:
		return 0, io.ErrClosedPipe
	default:
	}
	to = netip.AddrPortFrom(to.Addr().Unmap(), to.Port())
	if isMedia(data) {
		if t := r.receiver(); t != nil {
			t.DivertMedia(data)
		}
		return len(data), nil
	}
	if !isDTLS(data) && !r.mux.learn(time.Now(), to, r) {
		return len(data), nil // an answer to a check that must not make this a path
	}
	n, err := r.mux.socket.WriteToAddrPort(data, to)
	if t := r.receiver(); t != nil && isDTLS(data) {
		t.SentDTLS(data)
	}
	return n, err
}

func (c *routeConn) ReadFrom(buffer []byte) (int, net.Addr, error) {
	n, from, err := c.ReadFromAddrPort(buffer)
	if err != nil {
		return 0, nil, err
	}
	return n, net.UDPAddrFromAddrPort(from), nil
}

func (c *routeConn) WriteTo(data []byte, to net.Addr) (int, error) {
	address, ok := to.(*net.UDPAddr)
	if !ok {
		return 0, os.ErrInvalid
	}
	return c.WriteToAddrPort(data, address.AddrPort())
}

// Close lets go of the route, which ends with its last holder.
func (c *routeConn) Close() error {
	c.once.Do(func() {
		m := c.route.mux
		m.mu.Lock()
		c.route.holders--
		last := c.route.holders == 0
		m.mu.Unlock()
		if last {
			m.remove(c.route)
		}
	})
	return nil
}

func (c *routeConn) LocalAddr() net.Addr {
	return net.UDPAddrFromAddrPort(c.route.mux.socket.LocalAddr())
}

func (c *routeConn) SetDeadline(time.Time) error { return nil }

func (c *routeConn) SetReadDeadline(time.Time) error { return nil }

func (c *routeConn) SetWriteDeadline(time.Time) error { return nil }
