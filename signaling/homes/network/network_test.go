package network

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"net"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/gorilla/websocket"
	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"

	"draille/signaling"
	"draille/signaling/homes/cluster"
	"draille/signaling/homes/register/memory"
	"draille/signaling/peers"
	"draille/signaling/peers/identity"
	"draille/signaling/protocol"
	"draille/signaling/tenure"
	"draille/signaling/token"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// patience is how long a test waits for what comes within seconds.
const patience = 30 * time.Second

// Nothing is lost on the way of what the nodes say of rooms.
func TestMessagesAreTheSameAtTheOtherEnd(t *testing.T) {
	for _, m := range []cluster.Message{
		{Room: "r", Ask: true},
		{Room: "r", Answer: &tenure.Answer{Room: "r", Verdict: tenure.Taken, Epoch: 7, Offer: 6}},
		{Room: "r", Answer: &tenure.Answer{Room: "r", Verdict: tenure.Elsewhere}},
		{Room: "r", Answer: &tenure.Answer{Room: "r", Verdict: tenure.Declined}},
		{Room: "r", Gift: &tenure.Gift{Epoch: 3, Revision: 9, State: json.RawMessage(`{}`)}},
		{Room: "r", Gift: &tenure.Gift{Epoch: 3, Revision: 9, Follows: true}},
		{Room: "r", Volatile: &cluster.Volatile{Epoch: 4, State: json.RawMessage(`{}`),
			Content: json.RawMessage(`{"format":1}`)}},
		{Room: "r", Reminder: json.RawMessage(`{"removed":{}}`)},
	} {
		require.Equal(t, m, messageOf(toldOf(m)))
	}
	require.Nil(t, toldOf(cluster.Message{Room: "r"}))
	require.Zero(t, messageOf(nil))
}

var secret = bytes.Repeat([]byte("s"), 32)

// node is one server of a cluster, with all that it needs but media.
type node struct {
	t       *testing.T
	id      string
	client  *peers.Client
	cluster *cluster.Cluster
	server  *signaling.Server
	peers   *peers.Server
	web     *httptest.Server
	served  chan error
	stopped bool
}

func start(t *testing.T, id string, register *memory.Register) *node {
	t.Helper()
	who, err := identity.New(identity.Config{Secret: secret, Node: id, Instance: "of-" + id})
	require.NoError(t, err)
	config := peers.Config{Identity: who}
	n := &node{t: t, id: id, served: make(chan error, 1)}
	n.client, err = peers.NewClient(config)
	require.NoError(t, err)
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	settings := tenure.DefaultConfig()
	settings.ID, settings.Peer, settings.Secret = id, listener.Addr().String(), who.Check()
	n.cluster, err = cluster.Start(cluster.Config{Node: settings, Register: register,
		Network: New(n.client), Load: func() float64 { return 0.1 }})
	require.NoError(t, err)
	tokens, err := token.NewSigner(secret, "draille.example")
	require.NoError(t, err)
	n.server, err = signaling.New(signaling.Config{Media: silence{}, Tokens: tokens,
		Homes: n.cluster, Carrier: n.client})
	require.NoError(t, err)
	n.peers, err = peers.NewServer(config, Owner{n.cluster, n.server})
	require.NoError(t, err)
	go func() { n.served <- n.peers.Serve(listener) }()
	n.web = httptest.NewServer(n.server)
	t.Cleanup(n.stop)
	return n
}

// stop ends a node as a process ends that is killed: nobody is told by the cluster.
func (n *node) stop() {
	if n.stopped {
		return
	}
	n.stopped = true
	n.cluster.Close()
	n.client.Close()
	ended, cancel := context.WithCancel(context.Background())
	cancel()
	_ = n.peers.Shutdown(ended) // at once: what goes on is cut
	require.NoError(n.t, <-n.served)
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	require.NoError(n.t, n.server.Shutdown(ctx))
	n.web.Close()
}

// page is a browser's websocket.
type page struct {
	t       *testing.T
	ws      *websocket.Conn
	welcome protocol.Welcome
}

// join joins at a node, and again for as long as it is told to come back.
func (n *node) join(name, resume string) *page {
	n.t.Helper()
	tokens, err := token.NewSigner(secret, "draille.example")
	require.NoError(n.t, err)
	signed, err := tokens.Sign(token.Invitation{Room: "cozes", Kind: protocol.KindTelestaff,
		Role: protocol.RoleHost, Name: name, ID: name, NotBefore: time.Now().Add(-time.Hour),
		Expires: time.Now().Add(time.Hour)})
	require.NoError(n.t, err)
	dialer := websocket.Dialer{Subprotocols: []string{protocol.Subprotocol},
		EnableCompression: true}
	until := time.Now().Add(patience)
	for {
		ws, response, err := dialer.Dial("ws"+strings.TrimPrefix(n.web.URL, "http"), nil)
		require.NoError(n.t, err)
		response.Body.Close()
		p := &page{t: n.t, ws: ws}
		p.send(protocol.Join{Token: signed, Device: "device-" + name, Resume: resume})
		switch message := p.next().(type) {
		case protocol.Welcome:
			p.welcome = message
			n.t.Cleanup(func() { ws.Close() })
			return p
		case protocol.Bye:
			require.True(n.t, message.Retry, "%+v", message)
		}
		ws.Close()
		require.True(n.t, time.Now().Before(until), "nobody serves the room")
	}
}

func (p *page) send(message any) {
	p.t.Helper()
	data, err := protocol.Marshal(message)
	require.NoError(p.t, err)
	require.NoError(p.t, p.ws.WriteMessage(websocket.TextMessage, data))
}

// next returns a message; nil: the websocket is closed.
func (p *page) next() protocol.ServerMessage {
	p.t.Helper()
	require.NoError(p.t, p.ws.SetReadDeadline(time.Now().Add(patience)))
	_, data, err := p.ws.ReadMessage()
	var closing *websocket.CloseError
	if errors.As(err, &closing) {
		return nil
	}
	require.NoError(p.t, err)
	message, err := protocol.UnmarshalServer(data)
	require.NoError(p.t, err)
	return message
}

// hears reads until somebody has said a line.
func (p *page) hears(line string) {
	p.t.Helper()
	for {
		message := p.next()
		require.NotNil(p.t, message)
		if chat, ok := message.(protocol.Chat); ok && chat.Line.Text == line {
			return
		}
	}
}

func (p *page) enter(name string) {
	p.t.Helper()
	p.send(protocol.Enter{Name: name})
	for {
		message := p.next()
		require.NotNil(p.t, message)
		if _, ok := message.(protocol.Admitted); ok {
			return
		}
	}
}

// A join lands on any node; the room lives on one.
func TestAJoinLandsOnAnyNode(t *testing.T) {
	register := memory.New()
	a, b := start(t, "a", register), start(t, "b", register)
	one := a.join("vidal", "")
	one.enter("vidal")
	two := b.join("roche", "")
	two.enter("roche")
	two.send(protocol.Say{Text: "bonjour"})
	one.hears("bonjour")
	one.send(protocol.Say{Text: "bonsoir"})
	two.hears("bonsoir")
	require.Equal(t, 1, a.server.Stats().Rooms+b.server.Stats().Rooms)
}

// The node of a room dies. The page at the other door is told, comes back, and has its place.
func TestANodeDies(t *testing.T) {
	register := memory.New()
	nodes := []*node{start(t, "a", register), start(t, "b", register)}
	nodes[0].join("vidal", "")
	owner, door := nodes[0], nodes[1]
	if owner.server.Stats().Rooms == 0 {
		owner, door = door, owner
	}
	carried := door.join("roche", "")
	carried.enter("roche")
	require.Zero(t, door.server.Stats().Rooms)
	remembered(t, register, carried.welcome.Participant)
	owner.stop()
	for carried.next() != nil {
		continue
	}
	again := door.join("roche", carried.welcome.Resume)
	require.Equal(t, carried.welcome.Participant, again.welcome.Participant)
	require.Equal(t, 1, door.server.Stats().Rooms)
}

// remembered waits until the register holds somebody's seat: a room is written ten times a second.
func remembered(t *testing.T, register *memory.Register, participant string) {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	changes, err := register.Watch(ctx, tenure.RoomKey("cozes"))
	require.NoError(t, err)
	for change := range changes {
		if bytes.Contains(change.Value, []byte(participant)) {
			return
		}
	}
	require.Fail(t, "the watch broke")
}

// silence is a media plane without media.
type silence struct{}

func (silence) NewRoom(string) signaling.MediaRoom { return silence{} }
func (silence) Join(string, signaling.Listener) (signaling.MediaParticipant, error) {
	return silence{}, nil
}
func (silence) Answer(context.Context, string, string) (string, error) { return "", nil }
func (silence) AddCandidate(string, string, string) error              { return nil }
func (silence) SetAdmitted(bool)                                       {}
func (silence) SetLive(protocol.Live)                                  {}
func (silence) SetSubscriptions([]protocol.Subscription)               {}
func (silence) SetInitialEstimate(int)                                 {}
func (silence) SetTransfers(int, int)                                  {}
func (silence) TransferRates() (int, int)                              { return 0, 0 }
func (silence) TransferArrived(int)                                    {}
func (silence) SetCapture(int)                                         {}
func (silence) CSRCs() map[protocol.Source]uint32                      { return nil }
func (silence) Send([]byte) bool                                       { return false }
func (silence) Close()                                                 {}
