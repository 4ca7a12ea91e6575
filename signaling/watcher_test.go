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

// linkLog keeps what a watcher is told of links.
type linkLog struct {
	mu    sync.Mutex
	links []Link
	told  int
	news  chan struct{} // of one
}

func (l *linkLog) RoomChanged(string, []rules.Presence) {}

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
