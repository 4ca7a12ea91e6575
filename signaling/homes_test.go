package signaling

import (
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"draille/signaling/homes"
	"draille/signaling/protocol"
	"draille/signaling/rules"
)

// fakeHomes answers when a test says so.
type fakeHomes struct {
	mu    sync.Mutex
	asked map[string][]func(homes.Home)
	news  chan string
}

func newFakeHomes() *fakeHomes {
	return &fakeHomes{asked: map[string][]func(homes.Home){}, news: make(chan string, 16)}
}

func (f *fakeHomes) Find(room string, found func(homes.Home)) (homes.Home, bool) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.asked[room] = append(f.asked[room], found)
	f.news <- room
	return homes.Home{}, false
}

func (f *fakeHomes) Unreached(string, homes.Home) {}

// answer answers all who have asked, and returns how many did.
func (f *fakeHomes) answer(room string, home homes.Home) int {
	f.mu.Lock()
	all := f.asked[room]
	delete(f.asked, room)
	f.mu.Unlock()
	for _, found := range all {
		found(home)
	}
	return len(all)
}

// fakeTenure may decide unless a test says otherwise.
type fakeTenure struct {
	mu        sync.Mutex
	undecided bool
	recalled  rules.State
	handed    rules.Volatile
	on        chan *fakeTenure // the next server's
	kept      rules.State
	listener  homes.Listener
	released  int
	lost      chan struct{}
}

func newFakeTenure() *fakeTenure {
	return &fakeTenure{lost: make(chan struct{}, 16), on: make(chan *fakeTenure, 1)}
}

func (f *fakeTenure) Handed() rules.Volatile { return f.handed }
func (f *fakeTenure) HandOn(state rules.State, volatile rules.Volatile) {
	next := newFakeTenure()
	next.recalled, next.handed = state, volatile
	f.on <- next
}

func (f *fakeTenure) Recalled() (rules.State, time.Time) { return f.recalled, time.Now() }

func (f *fakeTenure) Keep(state rules.State) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.kept = state
}

func (f *fakeTenure) KeepNow(state rules.State, saved func()) {
	f.Keep(state)
	saved()
}

func (f *fakeTenure) MayDecide() bool {
	f.mu.Lock()
	defer f.mu.Unlock()
	return !f.undecided
}

func (f *fakeTenure) decide(may bool) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.undecided = !may
}

func (f *fakeTenure) Listen(listener homes.Listener) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.listener = listener
}

func (f *fakeTenure) SeatLost() { f.lost <- struct{}{} }

func (f *fakeTenure) Release(rules.State) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.released++
}

func (f *fakeTenure) read() (kept rules.State, released int) {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.kept, f.released
}

// heard returns when the server has read what the client has sent.
func (c *client) heard() {
	c.t.Helper()
	c.send(protocol.Ping{N: 1})
	expect[protocol.Pong](c)
}

// housed opens a house with a room in it that lives there: a host and a guest are in it.
func housed(t *testing.T, adjust ...func(*Config)) (h *house, f *fakeHomes, tenure *fakeTenure,
	host, guest *client) {
	f, tenure = newFakeHomes(), newFakeTenure()
	h = open(t, func(c *Config) {
		c.Homes = f
		for _, change := range adjust {
			change(c)
		}
	})
	host = h.join(protocol.Join{Token: link(t, "host", protocol.RoleHost, nil), Device: "h"})
	host.send(protocol.Enter{Name: "host"})
	require.Equal(t, "cozes", <-f.news)
	require.Equal(t, 1, f.answer("cozes", homes.Home{Tenure: tenure}))
	host.welcome = expect[protocol.Welcome](host)
	expect[protocol.Admitted](host)
	host.known(func() bool { return len(host.people) == 1 })
	return h, f, tenure, host, h.admitted(host, "roux")
}

func TestArrivalsWaitInTheirOrderUntilTheRoomIsFound(t *testing.T) {
	f := newFakeHomes()
	h := open(t, func(c *Config) {
		c.Homes = f
		c.Rules = rules.DefaultConfig()
		c.Rules.MaxWaiting = 2
	})
	var all []*client
	for _, name := range []string{"roux", "blanc", "faure"} {
		c := h.join(protocol.Join{Token: link(t, name, protocol.RoleGuest, nil), Device: name})
		c.send(protocol.Enter{Name: name})
		c.heard() // whoever waits is answered
		all = append(all, c)
	}
	require.Equal(t, 1, f.answer("cozes", homes.Home{Tenure: newFakeTenure()}))
	for _, c := range all[:2] {
		require.Equal(t, protocol.PlaceLobby, expect[protocol.Welcome](c).Place)
		expect[protocol.Waiting](c)
	}
	all[2].byeFor(protocol.ByeFull)
}

func TestWhoeverGoesWhileTheRoomIsSoughtHoldsNoPlaceForEver(t *testing.T) {
	f, tenure := newFakeHomes(), newFakeTenure()
	h := open(t, func(c *Config) {
		shortHold(c)
		c.Homes = f
	})
	c := h.join(protocol.Join{Token: link(t, "roux", protocol.RoleGuest, nil)})
	c.heard()
	c.ws.Close()
	require.Eventually(t, func() bool { return h.server.Stats().Connections == 0 }, patience,
		time.Millisecond)
	f.answer("cozes", homes.Home{Tenure: tenure})
	h.until(func() bool { return len(h.media.rooms) == 1 && h.media.rooms[0].closed })
	require.Eventually(t, func() bool { _, n := tenure.read(); return n == 1 }, patience,
		time.Millisecond)
}

func TestARoomThatLivesElsewhere(t *testing.T) {
	for name, home := range map[string]homes.Home{
		"on another server": {Node: "b"},
		"nobody knows":      {Away: "the register does not answer"},
	} {
		t.Run(name, func(t *testing.T) {
			f := newFakeHomes()
			h := open(t, func(c *Config) { c.Homes = f })
			for range 2 { // whoever comes again asks again
				c := h.join(protocol.Join{Token: link(t, "roux", protocol.RoleGuest, nil)})
				<-f.news
				require.Equal(t, 1, f.answer("cozes", home))
				bye := c.byeFor(protocol.ByeMoved)
				require.True(t, bye.Retry)
				require.Contains(t, bye.Message, home.Away)
			}
			require.Zero(t, h.server.Stats().Rooms)
		})
	}
}

func TestAnExpiredInvitationOpensNoRoomThatWasFound(t *testing.T) {
	f, tenure := newFakeHomes(), newFakeTenure()
	now := time.Now().Add(2 * time.Hour)
	h := open(t, func(c *Config) {
		c.Homes = f
		c.Now = func() time.Time { return now }
	})
	c := h.join(protocol.Join{Token: link(t, "roux", protocol.RoleGuest, nil), Resume: "r"})
	<-f.news
	f.answer("cozes", homes.Home{Tenure: tenure})
	c.byeFor(protocol.ByeExpired)
	_, released := tenure.read()
	require.Equal(t, 1, released)
}

func TestNothingIsDecidedWhereItMayNotBe(t *testing.T) {
	h, _, tenure, host, guest := housed(t)
	waits := h.enters("blanc", protocol.RoleGuest)
	host.known(func() bool { return len(host.waiting) == 1 })
	lobby := h.welcomed(protocol.Join{Token: link(t, "faure", protocol.RoleClinician, nil),
		Device: "f"})
	tenure.decide(false)

	for _, message := range []protocol.ClientMessage{
		protocol.Admit{Participant: waits.welcome.Participant,
			Beside: []string{guest.welcome.Participant}},
		protocol.Refuse{Participant: waits.welcome.Participant},
		protocol.Remove{Participant: guest.welcome.Participant},
		protocol.Block{Participant: guest.welcome.Participant},
		protocol.Lock{Locked: true},
		protocol.Handover{Participant: guest.welcome.Participant},
		protocol.End{},
	} {
		host.send(message)
		refused := expect[protocol.Error](host)
		require.Equal(t, protocol.ErrorServer, refused.Code)
		require.Equal(t, protocol.TypeOf(message), refused.Of)
		require.Contains(t, refused.Message, "try again in a moment")
	}
	lobby.send(protocol.Enter{Name: "faure"})
	require.True(t, lobby.byeFor(protocol.ByeMoved).Retry)
	stranger := h.join(protocol.Join{Token: link(t, "petit", protocol.RoleGuest, nil),
		Device: "p"})
	require.True(t, stranger.byeFor(protocol.ByeMoved).Retry)

	guest.ws.Close()
	<-tenure.lost
	back := h.welcomed(protocol.Join{Token: link(t, "roux", protocol.RoleGuest, nil),
		Device: "device-roux", Resume: guest.welcome.Resume})
	require.True(t, back.welcome.Resumed)
	expect[protocol.Admitted](back)
	host.send(protocol.Say{Text: "the call goes on"})
	require.Equal(t, "the call goes on", expect[protocol.Chat](back).Line.Text)

	tenure.decide(true)
	host.send(protocol.Admit{Participant: waits.welcome.Participant,
		Beside: []string{guest.welcome.Participant}})
	expect[protocol.Admitted](waits)
}

func TestARoomThatEndsHereSendsEverybodyToConnectAgain(t *testing.T) {
	h, f, tenure, host, guest := housed(t)
	tenure.listener.Ended()
	require.True(t, host.byeFor(protocol.ByeMoved).Retry)
	require.True(t, guest.byeFor(protocol.ByeMoved).Retry)
	h.until(func() bool { return h.media.rooms[0].closed })
	kept, released := tenure.read()
	require.Zero(t, released, "it is another server's")
	require.Len(t, kept.Seats, 2, "and so is what is remembered of it")

	again := h.join(protocol.Join{Token: link(t, "roux", protocol.RoleGuest, nil),
		Device: "device-roux", Resume: guest.welcome.Resume})
	require.Equal(t, "cozes", <-f.news)
	f.answer("cozes", homes.Home{Node: "b"})
	again.byeFor(protocol.ByeMoved)
}

// Whoever is sent to another server is heard here until they are heard there.
func TestMediaGoOnUntilPagesHaveChangedTheServer(t *testing.T) {
	h, f, tenure, host, guest := housed(t)
	both := []*recordedSeat{h.seatOf(host, isOpen), h.seatOf(guest, isOpen)}
	for _, seat := range both {
		seat.listener.Transport("connected")
	}
	tenure.listener.Ended()
	host.byeFor(protocol.ByeMoved)
	guest.byeFor(protocol.ByeMoved)
	h.join(protocol.Join{Token: link(t, "roux", protocol.RoleGuest, nil), Device: "device-roux"})
	require.Equal(t, "cozes", <-f.news, "the room is not here any more")
	both[0].listener.Transport("failed")
	h.until(func() bool { return isOpen(both[0]) && isOpen(both[1]) && !h.media.rooms[0].closed })
	both[1].listener.Transport("failed")
	h.until(func() bool { return h.media.rooms[0].closed })
}

func TestMediaOfARoomThatIsElsewhereDoNotGoOnForEver(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := &room{server: &Server{config: Config{MoveTimeout: 5 * time.Second}},
			changed: make(chan struct{}, 1), parted: []*seat{{cancel: func() {}}}}
		r.parted[0].reached.Store(true)
		began := time.Now()
		r.linger()
		require.Equal(t, 5*time.Second, time.Since(began))
	})
}

func isOpen(s *recordedSeat) bool { return !s.closed }

func TestEverybodyIsSentToTheDoorsAndTheirPlacesAreHeld(t *testing.T) {
	h, _, tenure, host, guest := housed(t)
	tenure.decide(false)
	tenure.listener.ToDoors()
	require.True(t, host.byeFor(protocol.ByeMoved).Retry)
	require.True(t, guest.byeFor(protocol.ByeMoved).Retry)
	for _, c := range []*client{host, guest} {
		h.seatOf(c, func(s *recordedSeat) bool { return !s.closed })
	}
	back := h.welcomed(protocol.Join{Token: link(t, "roux", protocol.RoleGuest, nil),
		Device: "device-roux", Resume: guest.welcome.Resume})
	require.True(t, back.welcome.Resumed)
	require.Equal(t, protocol.PlaceRoom, back.welcome.Place)
}

func TestWhatAnotherHistoryHoldsIsTakenIn(t *testing.T) {
	_, _, tenure, host, guest := housed(t)
	expires := time.Now().Add(time.Hour)
	tenure.listener.Learned(rules.State{
		Removed: map[string]time.Time{"inv-roux": expires},
		Blocked: map[string]time.Time{"inv-faure": expires},
	})
	guest.byeFor(protocol.ByeRemoved)
	host.known(func() bool { return len(host.people) == 1 })
	kept, _ := tenure.read()
	require.Contains(t, kept.Removed, "inv-roux")
	require.Contains(t, kept.Blocked, "inv-faure")
}
