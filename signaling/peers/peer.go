package peers

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"slices"
	"sync"
	"time"

	"draille/signaling/peers/wire"
)

// peer is one node as others call it, with the connections to it. Lock: mu is taken alone.
type peer struct {
	config *Config
	target Target
	life   context.Context // of the client

	mu      sync.Mutex
	links   []*link
	dialing *dialing // nil: nobody dials
	used    time.Time
}

// link is one connection to a node.
type link struct {
	conn  *http.ClientConn
	hello wire.Hello // as the node said it when the connection began
}

// dialing is one attempt, which all wait for who need a connection.
type dialing struct {
	done chan struct{}
	err  error
}

// acquire returns a connection with a place for one stream reserved on it.
func (p *peer) acquire(ctx context.Context) (*link, error) {
	for {
		p.mu.Lock()
		p.used = p.config.Now()
		p.links = slices.DeleteFunc(p.links, func(l *link) bool { return l.conn.Err() != nil })
		for _, l := range p.links {
			if l.conn.Reserve() == nil {
				p.mu.Unlock()
				return l, nil
			}
		}
		if len(p.links) >= maxLinks {
			p.mu.Unlock()
			return nil, &Refused{p.target.Node, wire.Busy, fmt.Sprintf("%d connections carry "+
				"%d streams each to it, and more are not opened; try again later",
				maxLinks, maxStreams)}
		}
		one := p.dialing
		if one == nil {
			one = &dialing{done: make(chan struct{})}
			p.dialing = one
			go p.dial(one)
		}
		p.mu.Unlock()
		select {
		case <-one.done:
			if one.err != nil {
				return nil, one.err
			}
		case <-ctx.Done():
			return nil, context.Cause(ctx)
		}
	}
}

// dial makes one connection more. It is not given up when the first who wanted it is gone.
func (p *peer) dial(one *dialing) {
	ctx, cancel := context.WithTimeout(p.life, dialTimeout)
	defer cancel()
	made, err := p.connect(ctx)
	p.mu.Lock()
	defer p.mu.Unlock()
	switch {
	case err != nil:
		one.err = err
	case p.life.Err() != nil:
		made.conn.Close()
		one.err = errClosed
	default:
		p.links = append(p.links, made)
	}
	p.dialing = nil
	close(one.done)
}

var errClosed = errors.New("this node stops: nothing more is sent to others")

// handshake makes a connection to whoever proves to be the node.
func (p *peer) handshake(ctx context.Context) (*http.ClientConn, error) {
	var failure error // of the handshake, as package identity tells it
	transport := &http.Transport{
		Protocols: onlyHTTP2(), HTTP2: http2(), DisableCompression: true,
		IdleConnTimeout: idleTimeout,
		DialTLSContext: func(ctx context.Context, _, _ string) (net.Conn, error) {
			conn, err := p.config.dialTLS(ctx, p.target)
			if err != nil {
				failure = err
				return nil, err
			}
			return conn, nil
		},
	}
	conn, err := transport.NewClientConn(ctx, "https", "node:1")
	if err != nil && failure != nil {
		err = failure
	}
	return conn, err
}

// connect makes a connection and hears who is there.
func (p *peer) connect(ctx context.Context) (*link, error) {
	conn, err := p.handshake(ctx)
	if err != nil {
		return nil, err
	}
	hello, theirs, err := greet(ctx, p.config, conn, p.target)
	if err == nil {
		err = p.config.Identity.Judge(theirs.peer, theirs.clock, p.config.Now())
	}
	if err == nil && hello.Problem != "" {
		err = &Refused{p.target.Node, wire.Failed, hello.Problem}
	}
	if err == nil && p.target.Instance != "" && hello.Instance != p.target.Instance {
		err = fmt.Errorf("expected process %q of node %q, got %q: the node was restarted; "+
			"look the room up again", p.target.Instance, p.target.Node, hello.Instance)
	}
	if err != nil {
		conn.Close()
		return nil, err
	}
	return &link{conn, hello}, nil
}

// wait returns when nobody dials any more.
func (p *peer) wait() {
	p.mu.Lock()
	one := p.dialing
	p.mu.Unlock()
	if one != nil {
		<-one.done
	}
}

// close ends all connections.
func (p *peer) close() {
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, l := range p.links {
		l.conn.Close()
	}
	p.links = nil
}

// idle reports whether nobody has asked for the node for a while, and no connection to it is left.
func (p *peer) idle(now time.Time) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	open := slices.ContainsFunc(p.links, func(l *link) bool { return l.conn.Err() == nil })
	return !open && p.dialing == nil && now.Sub(p.used) > idleTimeout
}
