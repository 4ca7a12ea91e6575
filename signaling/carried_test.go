package signaling

import (
	"bytes"
	"context"
	"net"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"strings"
	"testing"
	"time"

	"github.com/gorilla/websocket"
	"github.com/stretchr/testify/require"

	"draille/signaling/peers"
	"draille/signaling/peers/identity"
	"draille/signaling/peers/wire"
	"draille/signaling/protocol"
	"draille/signaling/quota"
)

// person is the address that pages seem to come from at the door.
var person = netip.MustParseAddr("198.51.100.7")

// door is another node, that carries pages' websockets to a house.
type door struct {
	client *peers.Client
	target peers.Target
	web    *httptest.Server
}

// owner serves what is carried to a house as it serves what is opened there.
type owner struct{ server *Server }

func (o owner) Told(string, wire.Told) error { return nil }

func (o owner) Admit(context.Context, string, wire.Opening) error { return nil }

func (o owner) Serve(opening wire.Opening, conn *peers.Conn) {
	o.server.ServeWebsocket(conn, opening.Address)
}

func nodeConfig(t *testing.T, id string) peers.Config {
	t.Helper()
	who, err := identity.New(identity.Config{Secret: bytes.Repeat([]byte("s"), 32), Node: id,
		Instance: "process-of-" + id})
	require.NoError(t, err)
	return peers.Config{Identity: who}
}

// openDoor puts a door in front of a house.
func openDoor(t *testing.T, h *house) *door {
	t.Helper()
	served, err := peers.NewServer(nodeConfig(t, "owner"), owner{h.server})
	require.NoError(t, err)
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	done := make(chan error, 1)
	go func() { done <- served.Serve(listener) }()
	d := &door{target: peers.Target{Node: "owner", Address: listener.Addr().String()}}
	d.client, err = peers.NewClient(nodeConfig(t, "door"))
	require.NoError(t, err)
	d.web = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		d.carry(w, r)
	}))
	t.Cleanup(func() {
		d.client.Close()
		d.web.Close()
		ctx, cancel := context.WithTimeout(context.Background(), patience)
		defer cancel()
		require.NoError(t, served.Shutdown(ctx))
		require.NoError(t, <-done)
	})
	return d
}

func (d *door) carry(w http.ResponseWriter, r *http.Request) {
	upgrader := websocket.Upgrader{Subprotocols: []string{protocol.Subprotocol},
		EnableCompression: true}
	ws, err := upgrader.Upgrade(w, r, nil)
	if err != nil {
		return
	}
	defer ws.Close()
	_, first, err := ws.ReadMessage()
	if err != nil {
		return
	}
	stream, err := d.client.Open(context.Background(), d.target,
		wire.Opening{Room: "cozes", Address: person}, first)
	if err == nil {
		_, _ = stream.Pipe(ws, nil) // tests look at what the page sees
	}
}

// A websocket that another node carries here is served as one that was opened here.
func TestThroughADoor(t *testing.T) {
	for name, test := range map[string]func(*testing.T){
		"consultation":       TestConsultation,
		"media":              TestWhatTheMediaPlaneSays,
		"tokens":             TestTokensThatOpenNothing,
		"removed":            TestFullLockedRemoved,
		"two tabs":           TestTwoTabs,
		"ended while away":   TestEndedWhileAway,
		"bad messages":       TestBadMessages,
		"too fast":           TestTooFast,
		"dead websocket":     TestDeadWebsocketIsNoticed,
		"stuck at shutdown":  TestShutdownDoesNotWaitForEver,
		"cut":                TestTCPCutInTheMiddleOfAFrame,
		"offer behind join":  TestTheOfferTravelsBehindTheJoin,
		"refused join":       TestAnOfferBehindARefusedJoinIsNotAnswered,
		"history":            TestTheHistoryFillsNoQueue,
		"a fault":            TestAFaultEndsOneStay,
		"changes are costly": TestMessagesAreBoundedByTheirKind,
	} {
		t.Run(name, test)
	}
}

// What somebody costs the owner is put down to their own address, not to the door's.
func TestACarriedWebsocketIsPutDownToThePerson(t *testing.T) {
	account := quota.New(quota.DefaultConfig(), nil)
	h := open(t, func(c *Config) { c.Quota = account })
	h.door = openDoor(t, h)
	host := h.enters("host", protocol.RoleHost)
	payer, ok := account.Seated(host.welcome.Participant)
	require.True(t, ok)
	require.Equal(t, person, payer.Address)
}

// The house is closed: who carries a websocket lets the page come back elsewhere.
func TestNoWebsocketIsServedAfterTheShutdown(t *testing.T) {
	h := open(t, nil)
	require.NoError(t, h.server.Shutdown(t.Context()))
	closed := &closing{}
	h.server.ServeWebsocket(closed, person)
	require.True(t, closed.closed)
}

type closing struct {
	Websocket
	closed bool
}

func (c *closing) Close() error {
	c.closed = true
	return nil
}

// throughADoor reports whether a test is one of TestThroughADoor.
func throughADoor(t *testing.T) bool { return strings.HasPrefix(t.Name(), "TestThroughADoor/") }

func TestPingsOfACarriedWebsocketAreBounded(t *testing.T) {
	h := open(t, nil)
	h.door = openDoor(t, h)
	for _, kind := range []int{websocket.PingMessage, websocket.PongMessage} {
		c := h.welcomed(protocol.Join{Token: link(t, "roux", protocol.RoleGuest, nil)})
		for range controlBurst + 5 {
			if c.ws.WriteControl(kind, []byte("x"), time.Now().Add(patience)) != nil {
				break // it has been closed
			}
		}
		c.byeFor(protocol.ByeProtocol)
	}
}
