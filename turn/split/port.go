// Package split lets one TCP port speak several protocols. TLS tells HTTPS and websockets from TURN
// over TLS on port 443, the only one that many hospitals let out; Plain tells TURN from ICE over
// TCP on the media port. Each protocol gets a net.Listener of its own and knows nothing of the
// other.
//
// The client speaks first in every one of these protocols, so that waiting for its first bytes
// delays nobody. Whoever does not finish a TLS handshake and say a first word in time is cut off,
// and only so many may be at it at once.
package split

import (
	"container/list"
	"errors"
	"net"
	"net/netip"
	"sync"
	"time"

	"go.uber.org/zap"
)

const (
	// greetingTimeout is how long a connection may take for its handshake and its first bytes: a
	// satellite needs three round trips of 600 ms, and a lost packet is sent again after seconds.
	greetingTimeout = 10 * time.Second
	// maxGreeting bounds the connections whose protocol is not known yet; the one that has waited
	// longest makes room.
	maxGreeting = 1024
	// maxGreetingFrom bounds them for one address. A hospital comes from one address, but not all
	// of it in one second.
	maxGreetingFrom = 64
	// acceptPause follows a failed accept, as when the process is out of file descriptors.
	acceptPause = 50 * time.Millisecond
)

// sorter finds out what is spoken on a connection that was just opened. It returns the connection
// to go on with, from which nothing seems to have been read, and the number of the branch.
type sorter func(net.Conn) (net.Conn, int, error)

// port owns the real listener and feeds the branches.
type port struct {
	listener net.Listener
	sort     sorter
	branches []*branch
	log      *zap.Logger
	done     chan struct{}
	once     sync.Once
	closed   error
	running  sync.WaitGroup

	mu       sync.Mutex
	open     int        // branches that are open
	greeting *list.List // of net.Conn, the oldest first
	from     map[netip.Addr]int
}

func newPort(listener net.Listener, branches int, log *zap.Logger, sort sorter) []net.Listener {
	p := &port{
		listener: listener,
		sort:     sort,
		log:      log,
		done:     make(chan struct{}),
		open:     branches,
		greeting: list.New(),
		from:     map[netip.Addr]int{},
	}
	all := make([]net.Listener, branches)
	for i := range all {
		b := &branch{port: p, ready: make(chan net.Conn), done: make(chan struct{})}
		p.branches, all[i] = append(p.branches, b), b
	}
	p.running.Go(p.accept)
	return all
}

func (p *port) accept() {
	for {
		conn, err := p.listener.Accept()
		if err == nil {
			if waiting := p.enter(conn); waiting != nil {
				p.running.Go(func() { p.greet(conn, waiting) })
			} else {
				conn.Close()
			}
			continue
		}
		if errors.Is(err, net.ErrClosed) {
			return
		}
		p.log.Warn("accepting a connection failed, trying again", zap.Error(err))
		select {
		case <-p.done:
			return
		case <-time.After(acceptPause):
		}
	}
}

// greet finds out what is spoken and hands the connection over.
func (p *port) greet(conn net.Conn, waiting *list.Element) {
	_ = conn.SetDeadline(
		time.Now().Add(greetingTimeout),
	) // fails only when it is closed, which the next read tells
	sorted, branch, err := p.sort(conn)
	p.leave(waiting)
	if err == nil {
		err = conn.SetDeadline(time.Time{})
	}
	if err != nil {
		conn.Close()
		return
	}
	p.branches[branch].give(sorted)
}

// enter notes that a connection is being greeted, and makes room for it.
func (p *port) enter(conn net.Conn) *list.Element {
	from := addressOf(conn)
	p.mu.Lock()
	defer p.mu.Unlock()
	select {
	case <-p.done:
		return nil
	default:
	}
	switch {
	case p.from[from] >= maxGreetingFrom:
		p.displace(func(c net.Conn) bool { return addressOf(c) == from })
	case p.greeting.Len() >= maxGreeting:
		p.displace(func(net.Conn) bool { return true })
	}
	p.from[from]++
	return p.greeting.PushBack(conn)
}

// displace cuts off the oldest connection that matches; its own goroutine notices. p.mu is held.
func (p *port) displace(matches func(net.Conn) bool) {
	for e := p.greeting.Front(); e != nil; e = e.Next() {
		if conn := e.Value.(net.Conn); matches(conn) {
			p.remove(e)
			conn.Close()
			return
		}
	}
}

func (p *port) leave(e *list.Element) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.remove(e)
}

// remove takes a connection off the list, if it is still on it. p.mu is held.
func (p *port) remove(e *list.Element) {
	if e.Value == nil {
		return
	}
	from := addressOf(e.Value.(net.Conn))
	if p.from[from]--; p.from[from] == 0 {
		delete(p.from, from)
	}
	p.greeting.Remove(e)
	e.Value = nil
}

// closeBranch closes the port itself with its last branch, and waits for its goroutines.
func (p *port) closeBranch() error {
	p.mu.Lock()
	p.open--
	last := p.open == 0
	p.mu.Unlock()
	if !last {
		return nil
	}
	p.once.Do(func() {
		close(p.done)
		p.closed = p.listener.Close()
		p.mu.Lock()
		for e := p.greeting.Front(); e != nil; e = e.Next() {
			e.Value.(net.Conn).Close()
		}
		p.mu.Unlock()
		p.running.Wait()
	})
	return p.closed
}

func addressOf(conn net.Conn) netip.Addr {
	if tcp, ok := conn.RemoteAddr().(*net.TCPAddr); ok {
		return tcp.AddrPort().Addr().Unmap()
	}
	return netip.Addr{}
}
