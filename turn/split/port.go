// Package split lets one TCP port speak several protocols. TLS tells HTTPS and websockets from TURN
// over TLS on port 443, the only one that many hospitals let out; Plain tells TURN from ICE over
// TCP on the media port. Each protocol gets a net.Listener of its own and knows nothing of the
// other.
//
// The client speaks first in every one of these protocols, so that waiting for its first bytes
// delays nobody. Whoever does not finish a TLS handshake and say a first word in time is cut off.
// How many connections there may be is for the listener beneath to say.
package split

import (
	"errors"
	"net"
	"sync"
	"time"

	"go.uber.org/zap"
)

const (
	// greetingTimeout is how long a connection may take for its handshake and its first bytes: a
	// satellite needs three round trips of 600 ms, and a lost packet is sent again after seconds.
	greetingTimeout = 10 * time.Second
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
	open     int                   // branches that are open
	greeting map[net.Conn]struct{} // whose protocol is not known yet
}

func newPort(listener net.Listener, branches int, log *zap.Logger, sort sorter) []net.Listener {
	p := &port{
		listener: listener,
		sort:     sort,
		log:      log,
		done:     make(chan struct{}),
		open:     branches,
		greeting: map[net.Conn]struct{}{},
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
			if p.enter(conn) {
				p.running.Go(func() { p.greet(conn) })
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
func (p *port) greet(conn net.Conn) {
	defer p.survive(conn)
	_ = conn.SetDeadline(
		time.Now().Add(greetingTimeout),
	) // fails only when it is closed, which the next read tells
	sorted, branch, err := p.sort(conn)
	p.leave(conn)
	if err == nil {
		err = conn.SetDeadline(time.Time{})
	}
	if err != nil {
		conn.Close()
		return
	}
	p.branches[branch].give(sorted)
}

// survive keeps a fault of the program from ending the calls of everybody: it is deferred where a
// stranger's bytes are read, takes a panic, and ends that connection alone.
func (p *port) survive(conn net.Conn) {
	if fault := recover(); fault != nil {
		p.log.Error("a fault of the program: a connection is closed, the calls go on",
			zap.Any("fault", fault), zap.Stack("stack"))
		p.leave(conn)
		conn.Close()
	}
}

// enter notes that a connection is being greeted, unless the port is closed.
func (p *port) enter(conn net.Conn) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	select {
	case <-p.done:
		return false
	default:
	}
	p.greeting[conn] = struct{}{}
	return true
}

func (p *port) leave(conn net.Conn) {
	p.mu.Lock()
	defer p.mu.Unlock()
	delete(p.greeting, conn)
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
		for conn := range p.greeting {
			conn.Close()
		}
		p.mu.Unlock()
		p.running.Wait()
	})
	return p.closed
}
