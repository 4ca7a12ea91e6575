package userspace

import (
	"context"
	"net"
	"strings"

	"github.com/pion/transport/v4"
)

type shapedNet struct {
	transport.Net
	link *Link
}

func (n *shapedNet) ListenPacket(network, address string) (net.PacketConn, error) {
	conn, err := n.Net.ListenPacket(network, address)
	if err != nil || !isUDP(network) {
		return conn, err
	}
	return n.link.Wrap(conn), nil
}

func (n *shapedNet) ListenUDP(network string, local *net.UDPAddr) (transport.UDPConn, error) {
	conn, err := n.Net.ListenUDP(network, local)
	if err != nil {
		return nil, err
	}
	return n.link.Wrap(conn), nil
}

func (n *shapedNet) DialUDP(network string, local, remote *net.UDPAddr) (transport.UDPConn, error) {
	conn, err := n.Net.DialUDP(network, local, remote)
	if err != nil {
		return nil, err
	}
	return n.link.Wrap(conn), nil
}

func (n *shapedNet) Dial(network, address string) (net.Conn, error) {
	conn, err := n.Net.Dial(network, address)
	if err != nil {
		return nil, err
	}
	return n.wrapDialled(conn), nil
}

// wrapDialled puts a dialled UDP socket behind the link and leaves the others alone.
func (n *shapedNet) wrapDialled(conn net.Conn) net.Conn {
	if udp, ok := conn.(net.PacketConn); ok && isUDP(conn.LocalAddr().Network()) {
		return n.link.Wrap(udp)
	}
	return conn
}

func (n *shapedNet) CreateDialer(d *net.Dialer) transport.Dialer {
	return shapedDialer{n.Net.CreateDialer(d), n}
}

func (n *shapedNet) CreateListenConfig(c *net.ListenConfig) transport.ListenConfig {
	return shapedListenConfig{n.Net.CreateListenConfig(c), n}
}

type shapedDialer struct {
	transport.Dialer
	net *shapedNet
}

func (d shapedDialer) Dial(network, address string) (net.Conn, error) {
	conn, err := d.Dialer.Dial(network, address)
	if err != nil {
		return nil, err
	}
	return d.net.wrapDialled(conn), nil
}

type shapedListenConfig struct {
	transport.ListenConfig
	net *shapedNet
}

func (c shapedListenConfig) ListenPacket(ctx context.Context, network,
	address string) (net.PacketConn, error) {
	conn, err := c.ListenConfig.ListenPacket(ctx, network, address)
	if err != nil || !isUDP(network) {
		return conn, err
	}
	return c.net.link.Wrap(conn), nil
}

func isUDP(network string) bool { return strings.HasPrefix(network, "udp") }
