package peers

import (
	"container/list"
	"errors"
	"net"
	"os"
	"sync"

	"draille/signaling/peers/identity"
)

const (
	// maxStrangers is how many connections may be on their way to show who they are. A node takes a
	// round trip for it.
	maxStrangers = 128
	// maxCalls is how many connections one node may have here: those that it opens, twice over
	// while it is restarted.
	maxCalls = 2 * maxLinks
)

// callers counts the connections of a listener. Where too many have not shown who they are, the
// oldest of them makes room: a node has shown it long before.
type callers struct {
	net.Listener

	mu        sync.Mutex
	strangers *list.List // of *caller, the oldest first
	nodes     map[string]int
}

// caller is one connection.
type caller struct {
	net.Conn
	callers *callers

	// These belong to callers.mu.
	element *list.Element // in strangers; nil: a node's, or gone
	node    string        // empty: not known
	gone    bool
}

func newCallers(l net.Listener) *callers {
	return &callers{Listener: l, strangers: list.New(), nodes: map[string]int{}}
}

// Accept implements net.Listener.
func (c *callers) Accept() (net.Conn, error) {
	conn, err := c.Listener.Accept()
	if err != nil {
		return nil, err
	}
	one := &caller{Conn: conn, callers: c}
	c.mu.Lock()
	var victim *caller
	if c.strangers.Len() >= maxStrangers {
		victim = c.strangers.Front().Value.(*caller)
		c.forget(victim)
	}
	one.element = c.strangers.PushBack(one)
	c.mu.Unlock()
	if victim != nil {
		victim.Conn.Close()
	}
	return one, nil
}

// known notes who a connection belongs to. One that is too many is closed.
func (c *callers) known(conn net.Conn, peer identity.Peer) {
	one, ok := conn.(*caller)
	if !ok {
		return
	}
	c.mu.Lock()
	tooMany := c.nodes[peer.Node] >= maxCalls
	if one.element != nil && !tooMany {
		c.strangers.Remove(one.element)
		one.element, one.node = nil, peer.Node
		c.nodes[peer.Node]++
	}
	c.mu.Unlock()
	if tooMany {
		one.Close()
	}
}

// forget takes a connection off the count. c.mu is held.
func (c *callers) forget(one *caller) {
	if one.gone {
		return
	}
	one.gone = true
	if one.element != nil {
		c.strangers.Remove(one.element)
		one.element = nil
	}
	if one.node != "" {
		if c.nodes[one.node]--; c.nodes[one.node] == 0 {
			delete(c.nodes, one.node)
		}
	}
}

// Write implements net.Conn. A connection that has not taken everything until the deadline is
// closed: to TLS it is of no use any more, which waits 5 s all the same for it to take a goodbye.
func (c *caller) Write(b []byte) (int, error) {
	n, err := c.Conn.Write(b)
	if errors.Is(err, os.ErrDeadlineExceeded) {
		c.Conn.Close()
	}
	return n, err
}

// Close implements net.Conn.
func (c *caller) Close() error {
	c.callers.mu.Lock()
	c.callers.forget(c)
	c.callers.mu.Unlock()
	return c.Conn.Close()
}
