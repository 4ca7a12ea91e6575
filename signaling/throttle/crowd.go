package throttle

import (
	"net"
	"net/netip"
	"sync"
	"sync/atomic"
)

// Crowd is a listener that closes at once what is too much: connections beyond so many of one
// address, and beyond so many in all. It never makes those who may come wait for those who may not.
type Crowd struct {
	net.Listener
	perAddress, total int
	exempt            []netip.Prefix // reverse proxies, behind which many stand

	refused atomic.Uint64

	mu   sync.Mutex
	from map[netip.Addr]int
	all  int
}

// NewCrowd bounds the connections that a listener hands out.
func NewCrowd(listener net.Listener, perAddress, total int, exempt []netip.Prefix) *Crowd {
	return &Crowd{
		Listener:   listener,
		perAddress: perAddress,
		total:      total,
		exempt:     exempt,
		from:       map[netip.Addr]int{},
	}
}

// Accept implements net.Listener.
func (c *Crowd) Accept() (net.Conn, error) {
	for {
		connection, err := c.Listener.Accept()
		if err != nil {
			return nil, err
		}
		address := addressOf(connection)
		if c.enter(address) {
			return &counted{Conn: connection, leave: func() { c.leave(address) }}, nil
		}
		c.refused.Add(1)
		connection.Close()
	}
}

// Refused counts the connections that were too many, since the start; Open those of now.
func (c *Crowd) Refused() uint64 { return c.refused.Load() }

// Open counts the connections of now.
func (c *Crowd) Open() int {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.all
}

func addressOf(connection net.Conn) netip.Addr {
	if tcp, ok := connection.RemoteAddr().(*net.TCPAddr); ok {
		return tcp.AddrPort().Addr().Unmap()
	}
	return netip.Addr{}
}

func (c *Crowd) enter(address netip.Addr) bool {
	k := key(address)
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.all >= c.total || c.from[k] >= c.perAddress && !Contains(c.exempt, address) {
		return false
	}
	c.all++
	c.from[k]++
	return true
}

func (c *Crowd) leave(address netip.Addr) {
	k := key(address)
	c.mu.Lock()
	defer c.mu.Unlock()
	c.all--
	if c.from[k]--; c.from[k] == 0 {
		delete(c.from, k)
	}
}
