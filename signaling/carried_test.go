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

	"draille/signaling/homes"
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
	reach(t, d.client, d.target)
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

// reach waits until a connection stands. Whoever opens one has two seconds for it, in which a
// machine that does other things, too, may not get to the handshake; a page would come again.
func reach(t *testing.T, client *peers.Client, target peers.Target) {
	t.Helper()
	require.Eventually(t, func() bool {
		_, err := client.Format(t.Context(), target)
		return err == nil
	}, patience, time.Millisecond)
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

// fixedHome says of every room that it lives in one place.
type fixedHome homes.Home

func (f fixedHome) Find(string, func(homes.Home)) (homes.Home, bool) {
	return homes.Home(f), true
}

func (f fixedHome) Unreached(string, homes.Home) {}

// elsewhere is a house whose rooms live in another.
type elsewhere struct {
	*house        // where the rooms live
	front  *house // where pages open their websockets
	home   fixedHome
	client *peers.Client
	served *peers.Server
	// account of the front
	account *quota.Account
}

func openElsewhere(t *testing.T, change func(*Config)) *elsewhere {
	t.Helper()
	e := &elsewhere{house: open(t, change), account: quota.New(quota.DefaultConfig(), nil)}
	served, err := peers.NewServer(nodeConfig(t, "owner"), owner{e.server})
	require.NoError(t, err)
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	done := make(chan error, 1)
	go func() { done <- served.Serve(listener) }()
	e.served = served
	e.client, err = peers.NewClient(nodeConfig(t, "front"))
	require.NoError(t, err)
	t.Cleanup(func() {
		e.client.Close()
		ctx, cancel := context.WithTimeout(context.Background(), patience)
		defer cancel()
		require.NoError(t, served.Shutdown(ctx))
		require.NoError(t, <-done)
	})
	e.home = fixedHome{Node: "owner", Peer: listener.Addr().String()}
	reach(t, e.client, peers.Target{Node: e.home.Node, Address: e.home.Peer})
	e.front = open(t, func(c *Config) {
		c.Homes = e.home
		c.Carrier = e.client
		c.Quota = e.account
	})
	return e
}

func TestARoomOnAnotherServerIsReached(t *testing.T) {
	e := openElsewhere(t, shortHold)
	host := e.front.enters("host", protocol.RoleHost)
	guest := e.front.admitted(host, "roux")
	direct := e.admitted(host, "blanc") // who came to the owner itself is in the same room
	guest.send(protocol.Say{Text: "bonjour"})
	require.Equal(t, "bonjour", expect[protocol.Chat](host).Line.Text)
	require.Equal(t, "bonjour", expect[protocol.Chat](direct).Line.Text)
	require.Zero(t, e.front.server.Stats().Rooms)
	require.Equal(t, 1, e.server.Stats().Rooms)
	payer, seated := e.account.Seated("carried 1")
	require.True(t, seated, "the front knows whose connections come to it")
	require.True(t, payer.Address.IsLoopback())
	guest.ws.Close()
	host.known(func() bool { return len(host.people) == 2 })
	host.send(protocol.End{})
	host.byeFor(protocol.ByeEnded)
	require.Eventually(t, func() bool { return e.front.server.Stats().Connections == 0 }, patience,
		time.Millisecond)
	_, seated = e.account.Seated("carried 1")
	require.False(t, seated)
}

// An offer behind the join arrives, though the page sent it before it was known where its room is.
func TestWhatFollowsTheJoinIsCarried(t *testing.T) {
	e := openElsewhere(t, nil)
	c := e.front.dial()
	c.send(protocol.Join{Token: link(t, "roux", protocol.RoleGuest, nil), Device: "tablet"})
	c.send(protocol.Offer{Connection: "c1", SDP: "v=0"})
	c.send(protocol.Enter{Name: "roux"})
	expect[protocol.Welcome](c)
	require.Equal(t, "c1", expect[protocol.Answer](c).Connection)
	require.NoError(t, c.ws.WriteControl(websocket.PingMessage, []byte("x"),
		time.Now().Add(patience)))
	c.send(protocol.Ping{N: 7})
	require.Equal(t, 7, expect[protocol.Pong](c).N)
}

func TestARoomThatIsNotReachedIsSoughtAgain(t *testing.T) {
	e := openElsewhere(t, nil)
	e.client.Close()
	c := e.front.join(protocol.Join{Token: link(t, "roux", protocol.RoleGuest, nil)})
	require.True(t, c.byeFor(protocol.ByeMoved).Retry)
}

// Whatever server ends, pages that were carried come back.
func TestCarriedPagesComeBackAfterAServerStops(t *testing.T) {
	for name, stop := range map[string]func(*elsewhere) error{
		"the page's": func(e *elsewhere) error {
			return e.front.server.Shutdown(context.Background())
		},
		"the other": func(e *elsewhere) error {
			ctx, cancel := context.WithCancel(context.Background())
			cancel() // at once
			_ = e.served.Shutdown(ctx)
			return nil
		},
	} {
		t.Run(name, func(t *testing.T) {
			e := openElsewhere(t, nil)
			c := e.front.welcomed(protocol.Join{Token: link(t, "roux", protocol.RoleGuest, nil)})
			done := make(chan error, 1)
			go func() { done <- stop(e) }()
			var err error
			for err == nil {
				_, _, err = c.ws.ReadMessage()
			}
			require.True(t, websocket.IsCloseError(err, websocket.CloseServiceRestart), "%v", err)
			require.NoError(t, <-done)
		})
	}
}

// A page that goes while its room is reached leaves nothing behind.
func TestAPageThatGoesWhileItsRoomIsReached(t *testing.T) {
	e := openElsewhere(t, nil)
	for range 20 {
		c := e.front.join(protocol.Join{Token: link(t, "roux", protocol.RoleGuest, nil)})
		c.ws.Close()
	}
	require.Eventually(t, func() bool { return e.front.server.Stats().Connections == 0 }, patience,
		time.Millisecond)
	require.Zero(t, e.front.server.Stats().Rooms)
}

func TestWhatIsTooMuchBeforeTheRoomIsKnownIsNotCarried(t *testing.T) {
	f := newFakeHomes()
	e := openElsewhere(t, nil)
	h := open(t, func(c *Config) {
		c.Homes, c.Carrier = f, e.client
	})
	c := h.join(protocol.Join{Token: link(t, "roux", protocol.RoleGuest, nil)})
	for range maxAhead/(60<<10) + 1 {
		c.send(protocol.Offer{Connection: "c1", SDP: strings.Repeat("v", 60<<10)})
	}
	c.heard()
	f.answer("cozes", homes.Home(e.home))
	require.True(t, c.byeFor(protocol.ByeMoved).Retry)
	require.Zero(t, e.server.Stats().Connections)
}
