// Package peers is how the nodes of a cluster reach each other: a door carries a person's websocket
// to the node on which their room lives; nodes ask each other to take rooms, and hand them over.
//
// Client is the side that calls, Server the side that is called; a node has both. Between two nodes
// there are a few connections, HTTP/2 over TLS with certificates on both sides (package identity):
// each websocket and each request is a stream of one of them (package wire).
//
// A stream's window is small, and a connection carries no more streams than their windows fit into
// its own: whoever does not read holds up nobody else.
package peers

import (
	"context"
	"crypto/tls"
	"net"
	"net/http"
	"time"

	"go.uber.org/zap"

	"draille/signaling/peers/identity"
	"draille/signaling/peers/wire"
)

const (
	// streamWindow is how much of one stream waits unread. A message of the protocol has at most
	// 64 KiB and mostly 1.
	streamWindow = 32 << 10
	// maxStreams is how many streams one connection carries. All their windows together are the
	// connection's, so that no slow reader takes what others need; and a client that has not heard
	// the bound yet assumes 100.
	maxStreams = 96
	// maxLinks is how many connections there are to one node: 6,144 streams.
	maxLinks = 64
	// A node that sends nothing for pingAfter is asked for a sign of life, and given pingTimeout
	// for it: a dead one is known within 2 s.
	pingAfter   = 700 * time.Millisecond
	pingTimeout = 1200 * time.Millisecond
	// dialTimeout bounds the handshakes of TCP and TLS with a node, and its first answer.
	dialTimeout = 2 * time.Second
	// idleTimeout is after how long without any stream a connection is closed.
	idleTimeout = 5 * time.Minute
	// openTimeout bounds how long a node takes to accept a websocket: it may have to find out where
	// the room lives.
	openTimeout = 3 * time.Second
	// requestTimeout bounds a request whose caller gave no other bound.
	requestTimeout = 2 * time.Second
	// stallTimeout is how long a hand-over may go on without any progress.
	stallTimeout = time.Second
)

// Config is what Client and Server need. Identity is required.
type Config struct {
	Identity *identity.Identity
	Version  string       // of this program
	Formats  wire.Formats // wire.Current
	Log      *zap.Logger
	Now      func() time.Time
	// Condition tells how this node is; nil: nobody is told.
	Condition func() wire.Condition
	// Dial makes a TCP connection; nil: from any address of this machine.
	Dial func(ctx context.Context, network, address string) (net.Conn, error)
}

func (c *Config) setDefaults() {
	if c.Formats == (wire.Formats{}) {
		c.Formats = wire.Current
	}
	if c.Log == nil {
		c.Log = zap.NewNop()
	}
	if c.Now == nil {
		c.Now = time.Now
	}
	if c.Dial == nil {
		c.Dial = (&net.Dialer{}).DialContext
	}
}

// http2 is how both sides speak HTTP/2. A connection that takes no byte for as long as a ping may
// take is dead, too: whoever sends and does not read is never pinged (see also golang/go#48810).
func http2() *http.HTTP2Config {
	return &http.HTTP2Config{
		MaxConcurrentStreams:          maxStreams,
		MaxReceiveBufferPerConnection: maxStreams * streamWindow,
		MaxReceiveBufferPerStream:     streamWindow,
		MaxReadFrameSize:              16 << 10, // a stream that is written to holds as much
		MaxDecoderHeaderTableSize:     4 << 10,
		MaxEncoderHeaderTableSize:     4 << 10,
		SendPingTimeout:               pingAfter,
		PingTimeout:                   pingTimeout,
		WriteByteTimeout:              pingTimeout,
	}
}

// onlyHTTP2 lets no other protocol in.
func onlyHTTP2() *http.Protocols {
	p := new(http.Protocols)
	p.SetHTTP2(true)
	return p
}

// The paths and headers of requests.
const (
	helloPath    = "/hello"
	askPath      = "/ask"
	answerPath   = "/answer"
	handOverPath = "/hand-over"
	volatilePath = "/volatile"
	remindPath   = "/remind"
	pipePath     = "/pipe"
	clockHeader  = "Draille-Clock" // of who asks, Unix milliseconds
)

// pathOf is where a message is sent.
func pathOf(told wire.Told) string {
	switch told.(type) {
	case *wire.Ask:
		return askPath
	case *wire.Answer:
		return answerPath
	case *wire.HandOver:
		return handOverPath
	case *wire.Volatile:
		return volatilePath
	default:
		return remindPath
	}
}

// toldAt returns what comes at a path; nil: nothing.
func toldAt(path string) wire.Told {
	switch path {
	case askPath:
		return new(wire.Ask)
	case answerPath:
		return new(wire.Answer)
	case handOverPath:
		return new(wire.HandOver)
	case volatilePath:
		return new(wire.Volatile)
	case remindPath:
		return new(wire.Reminder)
	}
	return nil
}

// Target is a node as the register tells it.
type Target struct {
	Node    string
	Address string // host:port on which it listens for nodes
	// Instance is the process that is meant; empty: whichever answers.
	Instance string
}

// dialTLS makes one connection to a node, with the handshake done.
func (c *Config) dialTLS(ctx context.Context, target Target) (net.Conn, error) {
	ctx, cancel := context.WithTimeout(ctx, dialTimeout)
	defer cancel()
	raw, err := c.Dial(ctx, "tcp", target.Address)
	if err != nil {
		return nil, identity.Explain(err, target.Node, target.Address)
	}
	conn := tls.Client(raw, c.Identity.Client(target.Node, target.Address))
	if err := conn.HandshakeContext(ctx); err != nil {
		raw.Close()
		return nil, identity.Explain(err, target.Node, target.Address)
	}
	return conn, nil
}
