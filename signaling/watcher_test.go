package signaling

import (
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"draille/signaling/protocol"
	"draille/signaling/rules"
)

// linkLog keeps what a watcher is told.
type linkLog struct {
	mu      sync.Mutex
	present []rules.Presence
	links   []Link
	told    int
	left    []string      // rooms
	news    chan struct{} // of one
}

func (l *linkLog) RoomChanged(_ string, present []rules.Presence) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.present = present
}

func (l *linkLog) RoomLeft(room string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.left = append(l.left, room)
}

func (l *linkLog) LinksChanged(_ string, links []Link) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.links, l.told = links, l.told+1
	select {
	case l.news <- struct{}{}:
	default:
	}
}

// heardBy waits until the watcher has heard what is awaited.
func (h *house) heardBy(l *linkLog, ready func() bool) {
	h.t.Helper()
	timeout := time.NewTimer(patience)
	defer timeout.Stop()
	for {
		l.mu.Lock()
		done := ready()
		l.mu.Unlock()
		if done {
			return
		}
		select {
		case <-l.news:
		case <-timeout.C:
			require.FailNow(h.t, "the watcher was not told")
		}
	}
}

// of is the link of an invitation, and how often anything was told.
func (l *linkLog) of(invitation string) (Link, int) {
	l.mu.Lock()
	defer l.mu.Unlock()
	i := slices.IndexFunc(l.links, func(link Link) bool { return link.Invitation == invitation })
	if i < 0 {
		return Link{}, l.told
	}
	return l.links[i], l.told
}

func TestAWatcherHearsHowLinksAre(t *testing.T) {
	heard := &linkLog{news: make(chan struct{}, 1)}
	h := open(t, func(c *Config) { c.Watcher = heard })
	host := h.enters("Claire", protocol.RoleHost)
	guest := h.admitted(host, "Ana")
	seat := func(c *client) *recordedSeat {
		return h.seatOf(c, func(s *recordedSeat) bool { return s.admitted })
	}
	now := func() []Link {
		h.settled("cozes")
		heard.mu.Lock()
		defer heard.mu.Unlock()
		return slices.Clone(heard.links)
	}
	require.Len(t, now(), 2)
	theHost, theGuest := now()[0].Invitation, now()[1].Invitation

	slot := protocol.Slot{MID: "1", Participant: guest.welcome.Participant,
		Source: protocol.SourceCamera, Paused: true, Reason: protocol.ReasonUplink}
	seat(host).listener.Slots([]protocol.Slot{slot})
	require.Equal(t, []Link{{Invitation: theHost}, {Invitation: theGuest, Up: CarriesVoice}},
		now(), "the link of whoever is seen carries the voice alone")

	_, told := heard.of(theGuest)
	seat(host).listener.Slots([]protocol.Slot{slot})
	now()
	_, again := heard.of(theGuest)
	require.Equal(t, told, again, "what has not changed is not told")

	still := protocol.Slot{MID: "1", Participant: host.welcome.Participant,
		Source: protocol.SourceCamera, Paused: true, Still: true, Reason: protocol.ReasonDownlink}
	seat(guest).listener.Slots([]protocol.Slot{still})
	seat(host).listener.Slots(nil)
	require.Equal(t, []Link{{Invitation: theHost}, {Invitation: theGuest, Down: CarriesStills}},
		now())
	fine := still
	fine.MID, fine.Paused, fine.Still, fine.Reason = "2", false, false, protocol.ReasonNone
	seat(guest).listener.Slots([]protocol.Slot{still, fine})
	require.Equal(t, []Link{{Invitation: theHost}, {Invitation: theGuest}}, now(),
		"one of several pictures comes")

	seat(guest).listener.Transport("disconnected")
	require.True(t, now()[1].Cut)
	seat(guest).listener.Transport("connecting")
	require.True(t, now()[1].Cut, "a new transport is no link yet")
	seat(guest).listener.Transport("connected")
	require.False(t, now()[1].Cut)

	require.NoError(t, guest.ws.UnderlyingConn().Close())
	h.heardBy(heard, func() bool { return len(heard.links) == 2 && heard.links[1].Away })
	host.send(protocol.End{})
	host.byeFor(protocol.ByeEnded)
	h.heardBy(heard, func() bool { return len(heard.links) == 0 })
}

// A room that goes on elsewhere is not told to be empty: its appointment would be over.
func TestAWatcherHearsThatARoomIsLeftAndNotThatItIsEmpty(t *testing.T) {
	for name, leave := range map[string]func(*house, *fakeTenure){
		"it lives on another server": func(_ *house, tenure *fakeTenure) {
			tenure.listener.Ended()
		},
		"the server stops": func(h *house, _ *fakeTenure) {
			require.NoError(h.t, h.server.Shutdown(h.t.Context()))
		},
	} {
		t.Run(name, func(t *testing.T) {
			heard := &linkLog{news: make(chan struct{}, 1)}
			h, _, tenure, host, guest := housed(t, func(c *Config) { c.Watcher = heard })
			h.settled("cozes")
			leave(h, tenure)
			expect[protocol.Bye](host)
			expect[protocol.Bye](guest)
			h.until(func() bool { return h.media.rooms[0].closed })
			require.Equal(t, []string{"cozes"}, heard.left)
			require.Len(t, heard.present, 2, "they take their seats again")
			require.Len(t, heard.links, 2)
		})
	}
}
