package signaling

import (
	"context"
	"sync/atomic"
	"testing"

	"github.com/gorilla/websocket"
	"github.com/stretchr/testify/require"

	"draille/signaling/homes"
	"draille/signaling/peers"
	"draille/signaling/peers/wire"
	"draille/signaling/protocol"
)

// elsewhere is the homes of a server where no room lives.
type elsewhere homes.Home

func (e elsewhere) Find(string, uint64, func(homes.Home)) (homes.Home, bool) {
	return homes.Home(e), true
}

// doors carry websockets by another node's client; those refused first are not taken.
type doors struct {
	client  *peers.Client
	refused atomic.Int64
	trusted chan string
}

func (d *doors) Carry(ctx context.Context, to homes.Home, page Page) bool {
	if d.refused.Add(-1) >= 0 {
		return false
	}
	stream, err := d.client.Open(ctx, peers.Target{Node: to.Node, Address: to.Peer},
		wire.Opening{Room: page.Room, Address: page.Address}, page.First)
	if err != nil {
		return false
	}
	page.Taken()
	defer context.AfterFunc(ctx, stream.Close)()
	_, _ = stream.Pipe(page.Websocket, func() { // tests look at what the page sees
		page.Trusted()
		d.trusted <- page.Room
	})
	return true
}

// twoHouses opens the house where all rooms live, and a door to it.
func twoHouses(t *testing.T) (owner, front *house, through *doors) {
	owner = open(t, nil)
	there := openDoor(t, owner)
	through = &doors{client: there.client, trusted: make(chan string, 16)}
	front = open(t, func(c *Config) {
		c.Doors = through
		c.Homes = elsewhere{Node: "owner", Peer: there.target.Address, Epoch: 1}
	})
	return owner, front, through
}

func TestAPageIsCarriedToTheServerOfItsRoom(t *testing.T) {
	owner, front, through := twoHouses(t)
	host := owner.enters("host", protocol.RoleHost)
	guest := front.join(protocol.Join{Token: link(t, "roux", protocol.RoleGuest, nil),
		Device: "r"})
	guest.send(protocol.Enter{Name: "roux"}) // behind the join
	guest.welcome = expect[protocol.Welcome](guest)
	expect[protocol.Waiting](guest)
	require.Equal(t, "cozes", <-through.trusted)
	host.known(func() bool { return len(host.waiting) == 1 })
	host.send(protocol.Admit{Participant: guest.welcome.Participant,
		Beside: []string{host.welcome.Participant}})
	expect[protocol.Admitted](guest)
	host.send(protocol.Say{Text: "bonjour"})
	require.Equal(t, "bonjour", expect[protocol.Chat](guest).Line.Text)
	require.Zero(t, front.server.Stats().Rooms)
	require.Equal(t, 1, owner.server.Stats().Rooms)

	host.send(protocol.Remove{Participant: guest.welcome.Participant})
	guest.byeFor(protocol.ByeRemoved)
	require.Eventually(t, func() bool { return front.server.Stats().Connections == 0 }, patience,
		patience/1000)
}

func TestWhatAnInvalidTokenOpensIsToldAtTheDoor(t *testing.T) {
	_, front, _ := twoHouses(t)
	front.join(protocol.Join{Token: "forged"}).byeFor(protocol.ByeInvalid)
}

func TestAnOwnerThatDoesNotTakeAWebsocketIsLookedUpAgain(t *testing.T) {
	f, through := newFakeHomes(), &doors{}
	through.refused.Store(1)
	h := open(t, func(c *Config) { c.Homes, c.Doors = f, through })
	c := h.join(protocol.Join{Token: link(t, "roux", protocol.RoleGuest, nil), Device: "r"})
	<-f.news
	require.Zero(t, f.unreachable)
	f.answer("cozes", homes.Home{Node: "b", Peer: "b:1", Epoch: 7})
	<-f.news
	require.Equal(t, uint64(7), f.unreachable)
	f.answer("cozes", homes.Home{Tenure: newFakeTenure()})
	expect[protocol.Welcome](c)
	c.heard()
}

func TestAnOwnerThatNeverTakesAWebsocket(t *testing.T) {
	through := &doors{}
	through.refused.Store(1 << 40)
	h := open(t, func(c *Config) {
		c.Homes, c.Doors = elsewhere{Node: "b", Peer: "b:1", Epoch: 7}, through
		c.CarryTimeout = 1
	})
	c := h.join(protocol.Join{Token: link(t, "roux", protocol.RoleGuest, nil), Device: "r"})
	require.True(t, c.byeFor(protocol.ByeMoved).Retry)
}

func TestADoorThatClosesSendsItsPagesToAnother(t *testing.T) {
	owner, front, _ := twoHouses(t)
	host := front.enters("host", protocol.RoleHost)
	require.NoError(t, front.server.Shutdown(t.Context()))
	var err error
	for err == nil {
		_, _, err = host.ws.ReadMessage()
	}
	require.True(t, websocket.IsCloseError(err, websocket.CloseServiceRestart), "%v", err)
	host.ws.Close()

	back := owner.welcomed(protocol.Join{Token: link(t, "host", protocol.RoleHost, nil),
		Device: "device-host", Resume: host.welcome.Resume})
	require.True(t, back.welcome.Resumed)
}

func TestWhoeverIsSoughtForIsToldOfTheShutdown(t *testing.T) {
	f := newFakeHomes()
	h := open(t, func(c *Config) { c.Homes, c.Doors = f, &doors{} })
	c := h.join(protocol.Join{Token: link(t, "roux", protocol.RoleGuest, nil), Device: "r"})
	<-f.news
	done := make(chan error, 1)
	go func() { done <- h.server.Shutdown(t.Context()) }()
	c.byeFor(protocol.ByeShutdown)
	require.NoError(t, <-done)
	f.answer("cozes", homes.Home{Away: "the register does not answer"})
}
