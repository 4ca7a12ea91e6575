package soak

import (
	"net"
	"sync/atomic"

	"github.com/pion/transport/v4"
)

// Line is a network that can be taken away and given back: while it is down, datagrams vanish in
// both directions.
type Line struct{ down atomic.Bool }

// Wrap puts the line before a network.
func (l *Line) Wrap(base transport.Net) transport.Net {
	return &wrapped{Net: base, line: l}
}

// Set takes the network away or gives it back.
func (l *Line) Set(up bool) { l.down.Store(!up) }

type wrapped struct {
	transport.Net
	line *Line
}

// ListenUDP implements transport.Net.
func (w *wrapped) ListenUDP(network string, address *net.UDPAddr) (transport.UDPConn, error) {
	conn, err := w.Net.ListenUDP(network, address)
	if err != nil {
		return nil, err
	}
	return &lineConn{UDPConn: conn, line: w.line}, nil
}

type lineConn struct {
	transport.UDPConn
	line *Line
}

// ReadFrom implements net.PacketConn.
func (c *lineConn) ReadFrom(buffer []byte) (int, net.Addr, error) {
	for {
		n, from, err := c.UDPConn.ReadFrom(buffer)
		if err != nil || !c.line.down.Load() {
			return n, from, err
		}
	}
}

// WriteTo implements net.PacketConn.
func (c *lineConn) WriteTo(datagram []byte, to net.Addr) (int, error) {
	if c.line.down.Load() {
		return len(datagram), nil
	}
	return c.UDPConn.WriteTo(datagram, to)
}
