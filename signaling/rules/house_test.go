package rules

import (
	"fmt"
	"maps"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"draille/signaling/protocol"
)

// house is a room with its clients, in virtual time. A client knows only what the effects told it.
type house struct {
	t       require.TestingT
	room    *Room
	now     time.Time
	serial  int
	clients map[Connection]*client
	seated  map[string]bool          // Seat without Unseat
	gates   map[string]bool          // open
	live    map[string]protocol.Live // as enforced
	over    *Dissolve
	last    []Effect // of the last event
}

type client struct {
	connection Connection
	arrival    Arrival
	id, resume string
	place      protocol.Place
	resumed    bool
	inbox      []protocol.ServerMessage
	people     map[string]protocol.Person
	waiting    []protocol.Person
	locked     bool
	note       string
	spotlight  string
	bye        protocol.ByeReason // empty: open
	cut        bool
}

func (c *client) open() bool { return c.bye == "" && !c.cut }

func newHouse(t require.TestingT, config Config) *house {
	return &house{
		t:       t,
		room:    New("cozes", protocol.KindConsultation, config),
		now:     time.UnixMilli(1_800_000_000_000),
		clients: map[Connection]*client{},
		seated:  map[string]bool{},
		gates:   map[string]bool{},
		live:    map[string]protocol.Live{},
	}
}

func (h *house) join(invitation string, role protocol.Role, device, resume string) *client {
	h.serial++
	a := Arrival{
		Connection:     Connection(h.serial),
		Invitation:     invitation,
		Role:           role,
		Name:           "name of " + invitation,
		Device:         device,
		Resume:         resume,
		Expires:        h.now.Add(time.Hour),
		Seats:          protocol.MaxSeats,
		NewParticipant: fmt.Sprintf("p%d", h.serial),
		NewResume:      fmt.Sprintf("r%d", h.serial),
	}
	return h.arrive(a)
}

func (h *house) arrive(a Arrival) *client {
	c := &client{connection: a.Connection, arrival: a, people: map[string]protocol.Person{}}
	h.clients[c.connection] = c
	h.apply(h.room.Join(h.now, a))
	return c
}

func (h *house) send(c *client, m protocol.ClientMessage) {
	h.apply(h.room.Receive(h.now, c.connection, m))
}

func (h *house) cut(c *client) {
	c.cut = true
	h.apply(h.room.Lost(h.now, c.connection))
}

func (h *house) pass(d time.Duration) {
	h.now = h.now.Add(d)
	h.apply(h.room.Tick(h.now))
}

func (h *house) apply(effects []Effect) {
	h.last = effects
	for i, e := range effects {
		require.Nil(h.t, h.over, "nothing follows the end: %#v", e)
		switch e := e.(type) {
		case Send:
			c := h.clients[e.To]
			require.True(h.t, c != nil && c.open(), "sent to a websocket that is gone: %#v", e)
			c.receive(h.t, e.Message)
		case Close:
			c := h.clients[e.To]
			require.True(h.t, c != nil && c.open(), "closed a websocket that is gone: %#v", e)
			c.bye = e.Bye.Reason
		case Seat:
			require.False(h.t, h.seated[e.Participant], "seated twice")
			h.seated[e.Participant] = true
			h.room.SetCSRCs(e.Participant,
				map[protocol.Source]uint32{protocol.SourceCamera: uint32(h.serial)})
		case Attach:
			require.True(h.t, h.seated[e.Participant])
		case Gate:
			require.True(h.t, h.seated[e.Participant])
			h.gates[e.Participant] = true
		case SetLive:
			require.True(h.t, h.seated[e.Participant])
			h.live[e.Participant] = e.Live
		case Unseat:
			require.True(h.t, h.seated[e.Participant])
			delete(h.seated, e.Participant)
			delete(h.gates, e.Participant)
			delete(h.live, e.Participant)
		case Dissolve:
			require.Equal(h.t, len(effects)-1, i)
			h.over = &e
		}
	}
}

func (c *client) receive(t require.TestingT, message protocol.ServerMessage) {
	c.inbox = append(c.inbox, message)
	switch m := message.(type) {
	case protocol.Welcome:
		c.id, c.resume, c.place, c.resumed = m.Participant, m.Resume, m.Place, m.Resumed
	case protocol.Waiting:
		c.place = protocol.PlaceWaiting
	case protocol.Admitted:
		c.place = protocol.PlaceRoom
	case protocol.Roster:
		if m.Full {
			clear(c.people)
		}
		for _, p := range m.Present {
			c.people[p.ID] = p
		}
		for _, id := range m.Left {
			require.Contains(t, c.people, id, "gone without having been there")
			delete(c.people, id)
		}
		c.waiting, c.locked, c.note, c.spotlight = m.Waiting, m.Locked, m.Note, m.Spotlight
		if me, ok := c.people[c.id]; ok { // a host may have handed over
			c.arrival.Role = me.Role
		}
	}
}

// of returns all messages of one type that came.
func of[M protocol.ServerMessage](c *client) []M {
	var found []M
	for _, m := range c.inbox {
		if m, ok := m.(M); ok {
			found = append(found, m)
		}
	}
	return found
}

func last[M protocol.ServerMessage](t testing.TB, c *client) M {
	t.Helper()
	found := of[M](c)
	require.NotEmpty(t, found, "no %T in %#v", *new(M), c.inbox)
	return found[len(found)-1]
}

// enters joins and enters at once.
func (h *house) enters(name string, role protocol.Role) *client {
	c := h.join(name, role, "device-of-"+name, "")
	h.send(c, protocol.Enter{Name: name})
	return c
}

// admitted brings a guest in.
func (h *house) admitted(host *client, name string) *client {
	c := h.enters(name, protocol.RoleGuest)
	h.admit(host, c.id)
	return c
}

// admit lets somebody in beside all who are there.
func (h *house) admit(by *client, id string) {
	h.send(by, protocol.Admit{Participant: id, Beside: slices.Sorted(maps.Keys(by.people))})
}

func (h *house) names(c *client) []string {
	var names []string
	for _, p := range c.people {
		names = append(names, p.Name)
	}
	slices.Sort(names)
	return names
}

func keys[V any](m map[string]V) []string { return slices.Sorted(maps.Keys(m)) }
