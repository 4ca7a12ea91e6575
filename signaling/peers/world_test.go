package peers

import (
	"context"
	"crypto/sha256"
	"errors"
	"net"
	"net/http"
	"net/netip"
	"testing"
	"time"

	"github.com/gorilla/websocket"
	"github.com/stretchr/testify/require"
	"go.uber.org/zap/zaptest/observer"

	"go.uber.org/zap"

	"draille/signaling/peers/identity"
	"draille/signaling/peers/wire"
)

// world is some nodes in a network in memory, and pages at their doors. All of it plays in virtual
// time.
type world struct {
	t     *testing.T
	net   *network
	nodes map[string]*node
}

// node is one node: what calls and what is called, and a door for pages.
type node struct {
	w      *world
	id     string
	who    *identity.Identity
	client *Client
	server *Server
	owner  *owner
	log    *observer.ObservedLogs
	target Target
}

// owner is what a node does for others, as a test says.
type owner struct {
	told  func(from string, told wire.Told) error
	admit func(ctx context.Context, from string, opening wire.Opening) error
	serve func(opening wire.Opening, conn *Conn)
}

func (o *owner) Told(from string, told wire.Told) error { return o.told(from, told) }

func (o *owner) Admit(ctx context.Context, from string, opening wire.Opening) error {
	if o.admit == nil {
		return nil
	}
	return o.admit(ctx, from, opening)
}

func (o *owner) Serve(opening wire.Opening, conn *Conn) { o.serve(opening, conn) }

// setup is how a node differs from the others.
type setup struct {
	secret   string
	instance string
	ahead    time.Duration    // of its clock
	signs    func() time.Time // the time that its certificates begin at; nil: its clock's
	formats  wire.Formats
	as       string // its node id; empty: as it is called
}

// start begins a world, in a bubble of virtual time.
func start(t *testing.T) *world {
	w := &world{t: t, net: newNetwork(), nodes: map[string]*node{}}
	t.Cleanup(w.end)
	return w
}

// end stops every node. Whatever still runs then fails the test: the bubble ends with it.
func (w *world) end() {
	for _, n := range w.nodes {
		n.client.Close()
	}
	for _, n := range w.nodes {
		n.stop()
	}
}

func (n *node) stop() {
	ctx, cancel := context.WithTimeout(context.Background(), time.Second)
	defer cancel()
	_ = n.server.Shutdown(ctx) // what goes on is cut
}

// node starts one.
func (w *world) node(called string, s setup) *node {
	w.t.Helper()
	if s.secret == "" {
		s.secret = "the secret of the cluster"
	}
	if s.instance == "" {
		s.instance = "process-of-" + called
	}
	if s.as == "" {
		s.as = called
	}
	now := func() time.Time { return time.Now().Add(s.ahead) }
	if s.signs == nil {
		s.signs = now
	}
	digest := sha256.Sum256([]byte(s.secret))
	who, err := identity.New(identity.Config{Secret: digest[:], Node: s.as,
		Instance: s.instance, Now: s.signs})
	require.NoError(w.t, err)
	core, log := observer.New(zap.InfoLevel)
	n := &node{w: w, id: s.as, who: who, log: log, owner: &owner{},
		target: Target{Node: s.as, Address: called}}
	config := Config{Identity: who, Version: "test", Formats: s.formats, Log: zap.New(core),
		Now: now, Dial: w.net.dial}
	n.client, err = NewClient(config)
	require.NoError(w.t, err)
	n.server, err = NewServer(config, n.owner)
	require.NoError(w.t, err)
	listener := w.net.listen(called)
	go func() { _ = n.server.Serve(listener) }()
	w.nodes[called] = n
	return n
}

var person = netip.MustParseAddr("2001:db8::7")

func opening() wire.Opening {
	return wire.Opening{Room: "cozes", Address: person, Origin: "https://draille.example",
		Host: "draille.example", Subprotocol: "draille.v1"}
}

// carried is how the carrying of a page's websocket has ended.
type carried struct {
	outcome Outcome
	err     error
	trusted int
}

// page opens a websocket at a node, which carries it to another after its first message.
func (n *node) page(to Target) (*websocket.Conn, <-chan carried) {
	n.w.t.Helper()
	ended := make(chan carried, 1)
	here, there := n.w.net.pair("page")
	door := &http.Server{Handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		upgrader := websocket.Upgrader{EnableCompression: true}
		ws, err := upgrader.Upgrade(w, r, nil)
		if err != nil {
			ended <- carried{err: err}
			return
		}
		ended <- n.carry(ws, to)
	})}
	single := &once{conn: there, closed: make(chan struct{})}
	go func() { _ = door.Serve(single) }()
	n.w.t.Cleanup(func() { door.Close() })
	dialer := websocket.Dialer{EnableCompression: true,
		NetDialContext: func(context.Context, string, string) (net.Conn, error) {
			return here, nil
		}}
	ws, response, err := dialer.Dial("ws://door/", nil)
	require.NoError(n.w.t, err)
	response.Body.Close()
	require.NoError(n.w.t, ws.WriteMessage(websocket.TextMessage, []byte("join")))
	return ws, ended
}

func (n *node) carry(ws *websocket.Conn, to Target) (c carried) {
	defer ws.Close()
	_, first, err := ws.ReadMessage()
	if err != nil {
		return carried{err: err}
	}
	stream, err := n.client.Open(context.Background(), to, opening(), first)
	if err != nil {
		return carried{err: err}
	}
	c.outcome, c.err = stream.Pipe(ws, func() { c.trusted++ })
	return c
}

// once is a listener with one connection.
type once struct {
	conn   net.Conn
	closed chan struct{}
}

func (o *once) Accept() (net.Conn, error) {
	if conn := o.conn; conn != nil {
		o.conn = nil
		return conn, nil
	}
	<-o.closed
	return nil, net.ErrClosed
}

func (o *once) Close() error {
	select {
	case <-o.closed:
	default:
		close(o.closed)
	}
	return nil
}

func (o *once) Addr() net.Addr { return addr("door") }

// echo serves a websocket by sending back what comes.
func echo(_ wire.Opening, conn *Conn) {
	conn.HearControls(func(data string) error {
		return conn.WriteControl(websocket.PongMessage, []byte(data), soon())
	}, func(string) error { return nil })
	for {
		data, text, err := conn.ReadMessage()
		write := conn.WriteText
		if !text {
			write = conn.WriteBinary
		}
		if err != nil || write(data, soon()) != nil {
			return
		}
	}
}

func soon() time.Time { return time.Now().Add(10 * time.Second) }

// read expects a message.
func read(t *testing.T, ws *websocket.Conn) string {
	t.Helper()
	_, data, err := ws.ReadMessage()
	require.NoError(t, err)
	return string(data)
}

// closeOfPage reads until the websocket is closed.
func closeOfPage(ws *websocket.Conn) (*websocket.CloseError, error) {
	for {
		_, _, err := ws.ReadMessage()
		var closing *websocket.CloseError
		if errors.As(err, &closing) {
			return closing, nil
		}
		if err != nil {
			return nil, err
		}
	}
}
