package signaling

import (
	"context"
	"slices"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"draille/signaling/homes"
	"draille/signaling/protocol"
	"draille/signaling/rules"
	"draille/signaling/token"
)

// alone is the home of a server that recalls what is in a memory.
func alone(c *Config, memory homes.Memory) *homes.Alone {
	return homes.NewAlone(homes.Config{Memory: memory, Now: c.Now})
}

// before fills a room: a host and a guest in it, one who waits, one who was put out.
func before(h *house) (host, guest, waits, out *client) {
	host = h.enters("host", protocol.RoleHost)
	guest = h.admitted(host, "roux")
	out = h.admitted(host, "faure")
	host.send(protocol.Remove{Participant: out.welcome.Participant})
	out.byeFor(protocol.ByeRemoved)
	waits = h.enters("blanc", protocol.RoleGuest)
	host.known(func() bool { return len(host.waiting) == 1 })
	return host, guest, waits, out
}

// back is the page of before, after the restart.
func (h *house) back(c *client, name string, role protocol.Role) *client {
	return h.welcomed(
		protocol.Join{
			Token:  link(h.t, name, role, nil),
			Device: "device-" + name,
			Resume: c.welcome.Resume,
			Name:   name,
		},
	)
}

func TestRestart(t *testing.T) {
	for name, end := range map[string]func(*testing.T, *house){
		"killed": func(*testing.T, *house) {},
		"stopped": func(t *testing.T, h *house) {
			ctx, cancel := context.WithTimeout(context.Background(), patience)
			defer cancel()
			require.NoError(t, h.server.Shutdown(ctx))
		},
	} {
		t.Run(name, func(t *testing.T) {
			memory := &notebook{rooms: map[string]rules.State{}}
			h := open(t, func(c *Config) { c.Homes = alone(c, memory) })
			host, guest, waits, _ := before(h)
			h.settled("cozes")
			kept := memory.read()
			for _, c := range []*client{host, guest, waits} {
				go drain(c)
			}
			end(t, h)
			require.Equal(t, kept, memory.read(), "the goodbye forgets nothing")

			after := open(t, func(c *Config) { c.Homes = alone(c, &notebook{rooms: kept}) })
			waitsBack := after.back(waits, "blanc", protocol.RoleGuest)
			require.Equal(t, protocol.PlaceWaiting, waitsBack.welcome.Place)
			expect[protocol.Waiting](waitsBack)
			guestBack := after.back(guest, "roux", protocol.RoleGuest)
			require.Equal(t, protocol.PlaceRoom, guestBack.welcome.Place)
			require.False(t, guestBack.welcome.Resumed)
			expect[protocol.Admitted](guestBack)
			after.seatOf(guestBack, func(s *recordedSeat) bool { return s.admitted })
			hostBack := after.back(host, "host", protocol.RoleHost)
			require.Equal(t, protocol.RoleHost, hostBack.welcome.Role)
			hostBack.known(
				func() bool { return len(hostBack.people) == 2 && len(hostBack.waiting) == 1 })
			require.Equal(t, "roux", hostBack.people[guest.welcome.Participant].Name)

			outBack := after.enters("faure", protocol.RoleGuest)
			hostBack.known(func() bool { return len(hostBack.waiting) == 2 })
			require.True(t, hostBack.waiting[1].RemovedOnce)
			after.seatOf(outBack, func(s *recordedSeat) bool { return !s.admitted })
		})
	}
}

func drain(c *client) {
	for {
		if _, _, err := c.ws.ReadMessage(); err != nil {
			return
		}
	}
}

func TestExpiredInvitationResumesAfterARestart(t *testing.T) {
	memory := &notebook{rooms: map[string]rules.State{}}
	now := time.Now()
	h := open(t, func(c *Config) { c.Homes = alone(c, memory) })
	host := h.enters("host", protocol.RoleHost)
	h.settled("cozes")
	after := open(t, func(c *Config) {
		c.Now = func() time.Time { return now }
		c.Homes = alone(c, &notebook{rooms: memory.read()})
	})
	ended := func(i *token.Invitation) { i.Expires = now.Add(-10 * time.Minute) }
	join := protocol.Join{
		Token:  link(t, "host", protocol.RoleHost, ended),
		Device: "device-host",
		Resume: host.welcome.Resume,
	}
	require.Equal(t, protocol.PlaceRoom, after.welcomed(join).welcome.Place)
	join.Resume = "another"
	join.Device = "another"
	after.join(join).byeFor(protocol.ByeExpired)
}

func TestRemovalOutlivesTheRoom(t *testing.T) {
	memory := &notebook{rooms: map[string]rules.State{}}
	h := open(t, func(c *Config) { c.Homes = alone(c, memory) })
	host := h.enters("host", protocol.RoleHost)
	out := h.enters("bonnet", protocol.RoleClinician)
	host.known(func() bool { return len(host.people) == 2 })
	host.send(protocol.Remove{Participant: out.welcome.Participant})
	out.byeFor(protocol.ByeRemoved)
	host.send(protocol.End{})
	host.byeFor(protocol.ByeEnded)
	h.until(func() bool { return h.media.rooms[0].closed })

	again := h.welcomed(protocol.Join{Token: link(t, "bonnet", protocol.RoleClinician, nil)})
	again.send(protocol.Enter{Name: "bonnet"})
	expect[protocol.Waiting](again)
	require.Contains(t, memory.read()["cozes"].Removed, "inv-bonnet")
}

func TestWhatNobodyCameBackToIsForgotten(t *testing.T) {
	now := time.Now()
	memory := &notebook{rooms: map[string]rules.State{
		"old": {
			Seats:  []rules.SeatState{{Participant: "p", Place: protocol.PlaceRoom}},
			Locked: true,
		},
		"kept": {
			Removed: map[string]time.Time{"inv": now.Add(time.Hour)},
			Seats:   []rules.SeatState{{Participant: "p"}},
		},
	}}
	clock := make(chan time.Time, 1)
	clock <- now
	var home *homes.Alone
	h := open(t, func(c *Config) {
		c.Now = func() time.Time { at := <-clock; clock <- at; return at }
		home = alone(c, memory)
		c.Homes = home
	})
	<-clock
	clock <- now.Add(5 * time.Minute)
	host := h.enters("host", protocol.RoleHost)
	host.send(protocol.Leave{})
	host.byeFor(protocol.ByeLeft)
	h.until(func() bool { return h.media.rooms[0].closed })
	require.NotContains(t, memory.read(), "old")
	require.NotContains(t, memory.read(), "cozes")
	kept, known := home.Find("kept", nil)
	require.True(t, known)
	state, _ := kept.Tenure.Recalled()
	require.Len(t, state.Removed, 1)
	require.Empty(t, state.Seats)
}

// slowMemory says when it was asked to keep something at once, and lets a test say when that is
// done.
type slowMemory struct {
	notebook
	asked chan func()
}

func (m *slowMemory) KeepNow(room string, state rules.State, saved func()) {
	m.Keep(room, state)
	if len(state.Removed) == 0 {
		saved()
		return
	}
	m.asked <- saved
}

// promptMemory knows what it was asked to keep at once.
type promptMemory struct{ notebook }

func (m *promptMemory) Keep(string, rules.State) {}

func (m *promptMemory) KeepNow(room string, state rules.State, saved func()) {
	m.notebook.Keep(room, state)
	saved()
}

// Whoever has just been let in does not wait again after a crash: who is where does not wait for
// the pace of writing, unlike how they take part.
func TestPlacesAreKeptAtOnce(t *testing.T) {
	memory := &promptMemory{notebook{rooms: map[string]rules.State{}}}
	h := open(t, func(c *Config) { c.Homes = alone(c, memory) })
	host := h.enters("host", protocol.RoleHost)
	guest := h.admitted(host, "roux")
	h.until(func() bool {
		return slices.ContainsFunc(memory.read()["cozes"].Seats, func(s rules.SeatState) bool {
			return s.Participant == guest.welcome.Participant && s.Place == protocol.PlaceRoom
		})
	})
}

// Nobody hears of a removal before it is on the disk.
func TestARemovalIsWrittenBeforeItIsTold(t *testing.T) {
	memory := &slowMemory{notebook: notebook{rooms: map[string]rules.State{}},
		asked: make(chan func(), 1)}
	h := open(t, func(c *Config) {
		c.Homes = alone(c, memory)
		c.DiskTimeout = patience // also on a machine that is slow
	})
	host := h.enters("host", protocol.RoleHost)
	guest := h.admitted(host, "roux")
	host.send(protocol.Remove{Participant: guest.welcome.Participant})
	saved := <-memory.asked
	require.Len(t, memory.read()["cozes"].Removed, 1)
	require.Zero(t, h.server.Stats().Goodbyes[protocol.ByeRemoved])
	saved()
	guest.byeFor(protocol.ByeRemoved)
}

// The lock of before a restart is forgotten with its seats.
func TestALockOfLongAgoIsForgotten(t *testing.T) {
	now := time.Now()
	memory := &notebook{rooms: map[string]rules.State{"cozes": {
		Kind: protocol.KindConsultation, Locked: true,
		Seats: []rules.SeatState{{Participant: "P1", Invitation: "i", Role: protocol.RoleHost,
			Place: protocol.PlaceRoom, Expires: now.Add(time.Hour)}},
	}}}
	later := atomic.Int64{}
	h := open(t, func(c *Config) {
		c.Now = func() time.Time { return now.Add(time.Duration(later.Load())) }
		c.Homes = alone(c, memory)
	})
	later.Store(int64(5 * time.Minute))
	h.welcomed(protocol.Join{Token: link(t, "roux", protocol.RoleGuest, nil)})
	h.until(func() bool { return len(memory.read()) == 0 })
}
