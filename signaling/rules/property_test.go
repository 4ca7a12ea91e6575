package rules

import (
	"fmt"
	"maps"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"draille/signaling/protocol"
)

// cause is the event in progress: who did what. The properties judge every effect by it.
type cause struct {
	message protocol.ClientMessage
	sender  *client
	place   protocol.Place // of the sender, before
	tick    bool
	join    *Arrival
}

func (c cause) by(roles ...protocol.Role) bool {
	return c.sender != nil && c.place == protocol.PlaceRoom &&
		slices.Contains(roles, c.sender.arrival.Role)
}

// choosesFor tells whether the event is a choice of mode that the sender may make for a
// participant.
func (c cause) choosesFor(participant string) bool {
	mode, ok := c.message.(protocol.Mode)
	return ok &&
		(c.sender.id == participant &&
			(mode.Participant == "" || mode.Participant == participant) ||
			c.by(protocol.RoleHost) && mode.Participant == participant)
}

// world drives a room at random and remembers, on its own, what must be true.
type world struct {
	*house
	removed map[string]bool      // invitations put out
	refused map[string]bool      // invitations of which a bearer was refused
	lost    map[string]time.Time // participant → when their websocket was cut
	owner   map[string]*client   // participant → client that speaks for them
	actions []string             // that happen
	expires map[string]time.Time // participant → end of their invitation
	alone   time.Time            // since when guests are in the room without staff; zero: not so
}

var links = []struct {
	name string
	role protocol.Role
}{
	{
		"host",
		protocol.RoleHost,
	},
	{"host2", protocol.RoleHost},
	{"clinician", protocol.RoleClinician},
	{
		"a",
		protocol.RoleGuest,
	},
	{"b", protocol.RoleGuest},
	{"c", protocol.RoleGuest},
	{"d", protocol.RoleGuest},
}

func TestNoSequenceBreaksTheRules(t *testing.T) {
	config := DefaultConfig()
	config.MaxRoom, config.MaxWaiting, config.HostReserve, config.ChatHistory = 5, 4, 1, 3
	rapid.Check(t, func(rt *rapid.T) {
		w := &world{
			house:   newHouse(rt, config),
			actions: actions,
			expires: map[string]time.Time{},
			removed: map[string]bool{},
			refused: map[string]bool{},
			lost:    map[string]time.Time{},
			owner:   map[string]*client{},
		}
		for range rapid.IntRange(1, 150).Draw(rt, "length") {
			if w.over != nil {
				w.house = newHouse(rt, config)
				clear(w.removed)
				clear(w.refused)
				clear(w.lost)
				clear(w.owner)
				w.alone = time.Time{}
			}
			w.step(rt, config)
			w.aloneness(rt, config)
		}
	})
}

// actions are weighted by repetition, so that rooms live long enough for something to happen in
// them.
var actions = []string{
	"arrive",
	"arrive",
	"arrive",
	"join",
	"enter",
	"admit",
	"admit",
	"admit",
	"remove",
	"remove",
	"mute",
	"mode",
	"media",
	"message",
	"message",
	"message",
	"message",
	"leave",
	"cut",
	"cut",
	"pass",
	"end?",
}

func (w *world) step(rt *rapid.T, config Config) {
	open := w.open()
	action := rapid.SampledFrom(w.actions).Draw(rt, "action")
	if len(open) == 0 {
		action = "arrive"
	}
	w.now = w.now.Add(time.Duration(rapid.IntRange(0, 3000).Draw(rt, "ms")) * time.Millisecond)
	switch action {
	case "arrive":
		if c := w.randomJoin(rt); c.open() {
			w.says(c, protocol.Enter{Name: "n"})
		}
	case "join":
		w.randomJoin(rt)
	case "cut":
		c := rapid.SampledFrom(open).Draw(rt, "who")
		w.lost[c.id] = w.now
		delete(w.owner, c.id)
		w.cut(c)
		w.judge(cause{})
	case "pass":
		seconds := rapid.SampledFrom([]int{1, 10, 30, 70, 130, 601}).Draw(rt, "s")
		w.pass(time.Duration(seconds) * time.Second)
		w.judge(cause{tick: true})
	default:
		w.says(rapid.SampledFrom(open).Draw(rt, "who"), w.randomMessage(rt, action))
	}
	w.invariants(rt, config)
}

// aloneness keeps, on its own, since when guests have been without staff, and checks what follows.
func (w *world) aloneness(rt *rapid.T, config Config) {
	inside, staff := w.room.inRoom(), false
	for _, p := range inside {
		w.expires[p.id] = p.expires
		staff = staff || p.role != protocol.RoleGuest
	}
	switch {
	case staff || len(inside) == 0:
		w.alone = time.Time{}
		return
	case w.alone.IsZero():
		w.alone = w.now
	}
	require.False(rt, w.aloneFor(config.UnattendedCall), "a call without staff never ends")
	for _, p := range inside {
		require.True(rt, !w.aloneFor(config.UnattendedMedia) || w.live[p.id] == protocol.Live{},
			"media without staff never stop")
		if c := w.owner[p.id]; c != nil && p.connection != 0 {
			require.NotEmpty(rt, of[protocol.Unattended](c), "nobody told %s", p.id)
		}
		require.False(rt, w.aloneFor(config.UnattendedMedia) && !w.now.Before(p.expires),
			"a call without staff outlives the invitation")
	}
	next, ok := w.room.Next()
	require.True(rt, ok)
	require.False(rt, next.After(w.alone.Add(config.UnattendedCall)))
}

// aloneFor reports whether guests have been without staff for that long.
func (w *world) aloneFor(d time.Duration) bool {
	return !w.alone.IsZero() && w.now.Sub(w.alone) >= d
}

func (w *world) says(sender *client, message protocol.ClientMessage) {
	c := cause{sender: sender, place: sender.place, message: message}
	if m, ok := message.(protocol.Refuse); ok && c.by(protocol.RoleHost, protocol.RoleClinician) {
		if place, ok := w.room.Place(m.Participant); ok && place == protocol.PlaceWaiting {
			w.refused[w.invitationOf(m.Participant)] = true
		}
	}
	w.send(sender, message)
	w.judge(c)
}

func (w *world) open() []*client {
	var open []*client
	for _, connection := range slices.Sorted(maps.Keys(w.clients)) {
		if c := w.clients[connection]; c.open() {
			open = append(open, c)
		}
	}
	return open
}

func (w *world) randomJoin(rt *rapid.T) *client {
	link := rapid.SampledFrom(links).Draw(rt, "link")
	resume := ""
	if len(w.clients) > 0 && rapid.Bool().Draw(rt, "resumes") {
		before := w.clients[rapid.SampledFrom(slices.Sorted(maps.Keys(w.clients))).Draw(rt,
			"before")]
		resume = before.resume
		for _, l := range links {
			if l.name == before.arrival.Invitation {
				link = l
			}
		}
	}
	c := w.join(link.name, link.role,
		rapid.SampledFrom([]string{"tablet", "desk"}).Draw(rt, "device"), resume)
	w.judge(cause{join: &c.arrival})
	if c.open() {
		w.owner[c.id] = c
		delete(w.lost, c.id)
	}
	return c
}

// idsIn returns those who are in a place, and now and then somebody who is not.
func (w *world) idsIn(rt *rapid.T, place protocol.Place) string {
	ids := []string{"nobody"}
	for _, p := range w.room.people {
		if p.place == place || len(ids)%3 == 0 {
			ids = append(ids, p.id)
		}
	}
	return rapid.SampledFrom(ids).Draw(rt, "participant")
}

func (w *world) randomMessage(rt *rapid.T, action string) protocol.ClientMessage {
	flag := rapid.Bool().Draw(rt, "flag")
	source := rapid.SampledFrom(
		[]protocol.Source{protocol.SourceMicrophone, protocol.SourceCamera, protocol.SourceScreen},
	).Draw(rt, "source")
	switch action {
	case "enter":
		return protocol.Enter{Name: rapid.StringMatching("[a-z]{1,5}").Draw(rt, "name")}
	case "admit":
		admit := protocol.Admit{Participant: w.idsIn(rt, protocol.PlaceWaiting)}
		if flag { // the person was asked
			for _, p := range w.room.inRoom() {
				admit.Beside = append(admit.Beside, p.id)
			}
		}
		return admit
	case "remove":
		return protocol.Remove{Participant: w.idsIn(rt, protocol.PlaceRoom)}
	case "mute":
		return protocol.Mute{Participant: w.idsIn(rt, protocol.PlaceRoom), Source: source}
	case "mode":
		mode := rapid.SampledFrom(
			[]protocol.CallMode{protocol.ModeAutomatic, protocol.ModeSaver, protocol.ModeVoice},
		).Draw(rt, "mode")
		return protocol.Mode{
			Participant: rapid.SampledFrom([]string{"", w.idsIn(rt, protocol.PlaceRoom)}).Draw(rt,
				"whose"),
			Mode: mode,
		}
	case "media":
		return protocol.Media{Microphone: flag, Camera: true}
	case "leave":
		return protocol.Leave{}
	case "end?":
		if rapid.IntRange(0, 9).Draw(rt, "ends") == 0 {
			return protocol.End{}
		}
	}
	return rapid.SampledFrom([]protocol.ClientMessage{
		protocol.Say{
			Text: "x",
		},
		protocol.Hand{Raised: flag},
		protocol.Hand{Participant: w.idsIn(rt, protocol.PlaceRoom)},
		protocol.Refuse{
			Participant: w.idsIn(rt, protocol.PlaceWaiting),
		},
		protocol.Note{Text: string(source)},
		protocol.Lock{Locked: flag},
		protocol.Typing{Keep: 1, Text: "x"},
		protocol.Spotlight{Participant: w.idsIn(rt, protocol.PlaceRoom)},
		protocol.Handover{Participant: w.idsIn(rt, protocol.PlaceRoom)},
		protocol.Invite{Role: rapid.SampledFrom([]protocol.Role{protocol.RoleGuest,
			protocol.RoleClinician}).Draw(rt, "role")},
		protocol.PhotoAsk{Participant: w.idsIn(rt, protocol.PlaceRoom)},
		aPhoto,
		protocol.PhotoShow{Photo: rapid.IntRange(1, 3).Draw(rt, "photo"), Shown: flag},
		protocol.PhotoLook{Photo: rapid.IntRange(1, 3).Draw(rt, "photo")},
		protocol.PhotoMark{Photo: rapid.IntRange(1, 3).Draw(rt, "photo"),
			Kind: protocol.MarkRuler, Points: []int{1, 2, 3, rapid.IntRange(0, 400).Draw(rt, "y")}},
		protocol.PhotoUnmark{Photo: rapid.IntRange(1, 3).Draw(rt, "photo"), All: flag},
		protocol.PhotoPoint{Photo: rapid.IntRange(1, 3).Draw(rt, "photo"), X: 1, Y: 1},
	}).Draw(rt, "message")
}

// judge checks that each effect has a cause that allows it, and learns from removals.
func (w *world) judge(c cause) {
	host, staff := protocol.RoleHost, []protocol.Role{protocol.RoleHost, protocol.RoleClinician}
	for _, e := range w.last {
		switch e := e.(type) {
		case Gate:
			w.judgeGate(e, c)
		case SetLive:
			mute, muted := c.message.(protocol.Mute)
			_, own := c.message.(protocol.Media)
			require.True(
				w.t,
				muted && c.by(host) && mute.Participant == e.Participant || own &&
					c.sender.id == e.Participant ||
					c.choosesFor(e.Participant) ||
					!e.Live.Microphone && w.comesBesideSameLink(e.Participant, c) ||
					e.Live == protocol.Live{} && w.aloneFor(w.room.config.UnattendedMedia),
				"%#v because of %#v",
				e,
				c.message,
			)
		case Invite:
			require.True(w.t, c.by(host) || c.by(staff...) && e.Role == protocol.RoleGuest,
				"%#v because of %#v", e, c)
		case SetPictures:
			require.True(w.t, c.choosesFor(e.Participant), "%#v because of %#v", e, c.message)
		case Close:
			closed := w.clients[e.To]
			switch e.Bye.Reason {
			case protocol.ByeRemoved:
				m, _ := c.message.(protocol.Remove)
				require.True(w.t, c.by(host) &&
					w.invitationOf(m.Participant) == closed.arrival.Invitation &&
					c.sender.arrival.Invitation != closed.arrival.Invitation)
			case protocol.ByeRefused:
				_, enters := c.message.(protocol.Enter)
				require.True(w.t, w.refused[closed.arrival.Invitation])
				require.True(w.t,
					c.by(staff...) && c.message == protocol.Refuse{Participant: closed.id} ||
						c.join != nil && c.join.Connection == e.To || enters && c.sender == closed)
			case protocol.ByeEnded:
				require.True(w.t, c.by(host) && c.message == protocol.End{} ||
					w.aloneFor(w.room.config.UnattendedCall))
			case protocol.ByeExpired:
				require.True(w.t, w.aloneFor(w.room.config.UnattendedMedia) &&
					!w.now.Before(w.expires[closed.id]))
			case protocol.ByeLeft:
				require.True(w.t, c.message == protocol.Leave{} && closed == c.sender)
			case protocol.ByeReplaced:
				require.True(w.t, c.join != nil && c.join.Invitation == closed.arrival.Invitation)
			case protocol.ByeLocked, protocol.ByeFull:
				require.True(w.t, c.join != nil && c.join.Connection == e.To || closed == c.sender)
			default:
				require.Fail(w.t, "unexpected goodbye", "%#v", e)
			}
			delete(w.owner, closed.id)
		case Send:
			w.judgeSend(e, c)
		}
	}
	if m, ok := c.message.(protocol.Remove); ok && c.by(host) && m.Participant != c.sender.id {
		for _, target := range w.clients {
			if target.id == m.Participant && !w.seated[target.id] {
				w.removed[target.arrival.Invitation] = true
			}
		}
	}
}

// comesBesideSameLink reports whether somebody has just come in where others use their link.
func (w *world) comesBesideSameLink(id string, c cause) bool {
	switch c.message.(type) {
	case protocol.Enter, protocol.Admit:
	default:
		return false
	}
	inside := w.room.inRoom()
	return inside[len(inside)-1].id == id &&
		slices.ContainsFunc(inside, func(p *participant) bool {
			return p.id != id && p.invitation == w.invitationOf(id)
		})
}

// invitationOf is the invitation of a participant, also of one who is gone.
func (w *world) invitationOf(id string) string {
	for _, c := range w.clients {
		if c.id == id {
			return c.arrival.Invitation
		}
	}
	return ""
}

// judgeGate is the heart of it: nobody who must wait comes in but by the hand of somebody who may
// admit.
func (w *world) judgeGate(e Gate, c cause) {
	var target *client
	for _, other := range w.clients {
		if other.id == e.Participant {
			target = other
		}
	}
	mustWait := target.arrival.Role == protocol.RoleGuest || w.removed[target.arrival.Invitation]
	switch m := c.message.(type) {
	case protocol.Enter:
		require.True(w.t, c.sender == w.owner[e.Participant] && !mustWait, "%s let themselves in",
			target.arrival.Invitation)
	case protocol.Admit:
		require.Equal(w.t, e.Participant, m.Participant)
		for _, p := range w.room.inRoom() {
			require.True(w.t, target.arrival.Role != protocol.RoleGuest ||
				p.role != protocol.RoleGuest || p.invitation == target.arrival.Invitation ||
				slices.Contains(m.Beside, p.id), "two patients meet and nobody was asked")
		}
		require.True(
			w.t,
			c.by(protocol.RoleHost) ||
				c.by(protocol.RoleClinician) && !w.removed[target.arrival.Invitation],
		)
	default:
		require.Fail(w.t, "gate opened", "by %#v", c)
	}
}

func (w *world) judgeSend(e Send, c cause) {
	to := w.clients[e.To]
	inRoom := to.place == protocol.PlaceRoom
	switch m := e.Message.(type) {
	case protocol.Chat:
		require.True(w.t, inRoom && c.message == protocol.Say{Text: "x"})
	case protocol.Roster:
		require.True(w.t, inRoom)
		require.True(w.t,
			to.arrival.Role != protocol.RoleGuest || len(m.Waiting) == 0 && m.Note == "",
			"a guest saw who waits")
	case protocol.Admitted:
		require.True(w.t, w.gates[to.id])
	case protocol.History:
		require.True(w.t, w.gates[to.id])
		require.LessOrEqual(w.t, len(m.Lines), 3)
	case protocol.PhotoAsked:
		require.True(w.t, inRoom && (c.join != nil ||
			c.by(protocol.RoleHost, protocol.RoleClinician)))
	case protocol.Photos:
		require.True(w.t, inRoom)
		for _, f := range m.Photos {
			require.True(w.t, f.Shown || f.Participant == to.id ||
				to.arrival.Role != protocol.RoleGuest, "a guest saw a photo of another")
		}
	case protocol.PhotoMarks:
		w.seesPhoto(inRoom, to, m.Photo)
		require.LessOrEqual(w.t, len(m.Add), protocol.MaxPhotoMarks)
	case protocol.PhotoPointed:
		w.seesPhoto(inRoom, to, m.Photo)
		require.NotEqual(w.t, c.sender.id, to.id)
	case protocol.Typed:
		require.True(w.t, inRoom && c.sender.id != to.id && c.place == protocol.PlaceRoom)
	case protocol.Muted:
		mute, _ := c.message.(protocol.Mute)
		require.True(w.t, c.join != nil || c.by(protocol.RoleHost) && mute.Participant == to.id)
	}
}

// seesPhoto checks that what is told of a photo goes to whoever may see it.
func (w *world) seesPhoto(inRoom bool, to *client, number int) {
	p := w.room.byID(to.id)
	require.True(w.t, inRoom && slices.ContainsFunc(w.room.photos, func(f *photo) bool {
		return f.info.Number == number && f.isFor(p)
	}), "somebody was told of a photo that is not for them")
}

func (w *world) invariants(rt *rapid.T, config Config) {
	if w.over != nil {
		require.Empty(w.t, w.seated)
		require.Empty(w.t, w.open(), "a websocket was left behind")
		return
	}
	w.apply(w.room.Tick(w.now))
	if w.over != nil {
		return
	}

	truth := map[string]protocol.Person{}
	seats := map[string]bool{}
	hosts := 0
	for _, p := range w.room.people {
		require.False(rt, seats[p.id], "two participants with one id")
		seats[p.id] = true
		require.Equal(rt, p.place == protocol.PlaceRoom, w.gates[p.id],
			"the gate is open in the room and nowhere else")
		if at, lost := w.lost[p.id]; lost {
			require.Zero(rt, p.connection)
			require.Less(rt, w.now.Sub(at), config.Hold, "a ghost")
		} else {
			require.NotNil(rt, w.owner[p.id], "nobody speaks for %s", p.id)
			require.Equal(rt, w.owner[p.id].connection, p.connection)
			require.Equal(rt, w.owner[p.id].place, p.place, "the client does not know where it is")
		}
		if p.mode == protocol.ModeVoice {
			require.False(rt, p.live.Camera || p.live.Screen, "a picture goes out by voice alone")
		}
		if p.place == protocol.PlaceRoom {
			truth[p.id] = p.person(true)
			if p.role == protocol.RoleHost {
				hosts++
			}
		}
	}
	if id := w.room.spotlight; id != "" {
		require.Contains(rt, truth, id, "somebody who is not there is in the spotlight")
	}
	require.Equal(rt, keys(seats), keys(w.seated), "media planes and seats differ")
	require.LessOrEqual(rt, len(truth), config.MaxRoom)
	require.LessOrEqual(rt, len(seats)-len(truth), config.MaxWaiting+config.HostReserve)
	require.LessOrEqual(rt, len(truth)-hosts, config.MaxRoom)
	w.clientsKnow(rt, truth)
}

// clientsKnow compares what each client put together from deltas with the truth.
func (w *world) clientsKnow(rt *rapid.T, truth map[string]protocol.Person) {
	spoken := map[string]*client{}
	for _, c := range w.open() {
		require.Nil(rt, spoken[c.id], "two websockets speak for %s", c.id)
		spoken[c.id] = c
		if c.place != protocol.PlaceRoom {
			require.Empty(rt, c.people, "seen from outside")
			continue
		}
		staff := c.arrival.Role != protocol.RoleGuest
		expected := maps.Clone(truth)
		for id, person := range expected {
			person.RemovedOnce = person.RemovedOnce && staff
			expected[id] = person
		}
		require.Equal(rt, expected, c.people, "roster of %s", c.arrival.Invitation)
		require.Equal(rt, w.room.locked, c.locked)
		require.Equal(rt, w.room.spotlight, c.spotlight)
		if staff {
			require.Equal(rt, w.room.note, c.note)
			var waiting []string
			for _, p := range w.room.people {
				if p.place == protocol.PlaceWaiting {
					waiting = append(waiting, fmt.Sprint(w.room.waiter(p)))
				}
			}
			var seen []string
			for _, p := range c.waiting {
				seen = append(seen, fmt.Sprint(p))
			}
			require.Equal(rt, waiting, seen)
		}
	}
}
