package rules

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"draille/signaling/protocol"
)

// arrival of an invitation with so many seats, on a device.
func (h *house) arrival(invitation string, role protocol.Role, seats int, device string) Arrival {
	h.serial++
	return Arrival{
		Connection: Connection(h.serial), Invitation: invitation, Role: role,
		Name: "name of " + invitation, Device: device, Expires: h.now.Add(time.Hour), Seats: seats,
		NewParticipant: fmt.Sprintf("p%d", h.serial), NewResume: fmt.Sprintf("r%d", h.serial),
	}
}

func TestSeatsOfAnInvitation(t *testing.T) {
	h, host := start(t)
	one := h.arrive(h.arrival("roux", protocol.RoleGuest, 2, "tablet"))
	two := h.arrive(h.arrival("roux", protocol.RoleGuest, 2, "phone"))
	h.send(one, protocol.Enter{Name: "Mme Roux"})
	h.send(two, protocol.Enter{Name: "son fils"})
	require.Equal(t, []string{two.id}, host.waiting[0].SameLink)
	require.Equal(t, "name of roux", host.waiting[1].InvitedAs)
	third := h.arrive(h.arrival("roux", protocol.RoleGuest, 2, "laptop"))
	require.Equal(t, protocol.ByeElsewhere, third.bye)

	// Nobody who is there gives way to a link for several; somebody who is away does, if asked.
	asking := h.arrival("roux", protocol.RoleGuest, 2, "laptop")
	asking.TakeOver = true
	require.Equal(t, protocol.ByeElsewhere, h.arrive(asking).bye)
	h.send(host, protocol.Admit{Participant: one.id})
	h.cut(one)
	require.Equal(t, protocol.ByeElsewhere,
		h.arrive(h.arrival("roux", protocol.RoleGuest, 2, "laptop")).bye)
	asking = h.arrival("roux", protocol.RoleGuest, 2, "laptop")
	asking.TakeOver = true
	fourth := h.arrive(asking)
	require.Equal(t, protocol.PlaceLobby, fourth.place, "and is not in the room for that")
	require.NotContains(t, host.people, one.id)
}

func TestAPersonalLinkGoesOnOnAnotherDevice(t *testing.T) {
	h := newHouse(t, DefaultConfig())
	desk := h.arrive(h.arrival("vidal", protocol.RoleHost, 1, "desk"))
	h.send(desk, protocol.Enter{Name: "Dr Vidal"})
	require.Equal(t, protocol.ByeElsewhere,
		h.arrive(h.arrival("vidal", protocol.RoleHost, 1, "phone")).bye)
	require.True(t, desk.open())
	again := h.arrival("vidal", protocol.RoleHost, 1, "phone")
	again.TakeOver = true
	phone := h.arrive(again)
	require.Equal(t, protocol.ByeReplaced, desk.bye)
	h.send(phone, protocol.Enter{Name: "Dr Vidal"})
	require.Equal(t, protocol.PlaceRoom, phone.place)
	require.Equal(t, "Dr Vidal", phone.people[phone.id].Name, "no (2)")
}

// Somebody whose page was closed in the lobby does not keep the seat of the invitation.
func TestASeatInTheLobbyIsFreedByWhoeverComes(t *testing.T) {
	h := newHouse(t, DefaultConfig())
	first := h.arrive(h.arrival("roux", protocol.RoleGuest, 1, "tablet"))
	h.cut(first)
	require.True(t, h.arrive(h.arrival("roux", protocol.RoleGuest, 1, "phone")).open())
}

func TestRemovalLeavesNobodyOfTheSameInvitationInside(t *testing.T) {
	h, host := start(t)
	one := h.arrive(h.arrival("roux", protocol.RoleGuest, 3, "tablet"))
	two := h.arrive(h.arrival("roux", protocol.RoleGuest, 3, "phone"))
	three := h.arrive(h.arrival("roux", protocol.RoleGuest, 3, "laptop"))
	for _, c := range []*client{one, two, three} {
		h.send(c, protocol.Enter{Name: "Roux"})
	}
	h.send(host, protocol.Admit{Participant: one.id})
	h.send(host, protocol.Admit{Participant: two.id})
	h.send(host, protocol.Remove{Participant: one.id})
	require.Equal(t, protocol.ByeRemoved, one.bye)
	require.Equal(t, protocol.ByeRemoved, two.bye)
	require.Len(t, host.waiting, 1)
	require.True(t, host.waiting[0].RemovedOnce)
	require.True(t, h.room.Urgent())
	require.False(t, h.room.Urgent())
}

func TestAHostDoesNotSendAwayTheirOwnInvitation(t *testing.T) {
	h := newHouse(t, DefaultConfig())
	one := h.arrive(h.arrival("team", protocol.RoleHost, 2, "desk"))
	two := h.arrive(h.arrival("team", protocol.RoleHost, 2, "copy"))
	h.send(one, protocol.Enter{Name: "Dr Vidal"})
	h.send(two, protocol.Enter{Name: "Dr Bonnet"})
	for _, m := range []protocol.ClientMessage{
		protocol.Remove{Participant: one.id}, protocol.Block{Participant: one.id},
		protocol.Remove{Participant: two.id},
	} {
		h.send(two, m)
		require.Equal(t, protocol.ErrorForbidden, last[protocol.Error](t, two).Code)
	}
	require.True(t, one.open() && two.open())

	replaced := h.arrival("team again", protocol.RoleHost, 1, "thief")
	replaced.Family = "team"
	three := h.arrive(replaced)
	h.send(three, protocol.Enter{Name: "Dr Bonnet"})
	h.send(three, protocol.Remove{Participant: one.id})
	require.Equal(t, protocol.ErrorForbidden, last[protocol.Error](t, three).Code)
	other := h.enters("roche", protocol.RoleHost)
	h.send(other, protocol.Remove{Participant: one.id})
	require.Equal(t, protocol.ByeRemoved, three.bye)
	one = h.arrive(h.arrival("team", protocol.RoleHost, 2, "desk"))
	h.send(one, protocol.Enter{Name: "Dr Vidal"})
	h.send(other, protocol.Admit{Participant: one.id})
	replaced.Connection, replaced.NewParticipant = 1000, "p1000"
	three = h.arrive(replaced)
	h.send(three, protocol.Enter{Name: "Dr Bonnet"})
	h.send(one, protocol.Admit{Participant: three.id})
	require.Equal(t, protocol.ErrorForbidden, last[protocol.Error](t, one).Code)
}

func TestBlock(t *testing.T) {
	h, host := start(t)
	guest, other := h.admitted(host, "roux"), h.enters("autre", protocol.RoleGuest)
	h.send(guest, protocol.Block{Participant: other.id})
	require.Equal(t, protocol.ErrorForbidden, last[protocol.Error](t, guest).Code)
	h.send(host, protocol.Block{Participant: other.id})
	require.Equal(t, protocol.ByeBlocked, other.bye, "also in the waiting room")
	h.send(host, protocol.Block{Participant: guest.id})
	require.Equal(t, protocol.ByeBlocked, guest.bye)
	require.Equal(t, protocol.ByeBlocked, h.join("roux", protocol.RoleGuest, "another", "").bye)
	require.Equal(t, protocol.ByeBlocked,
		h.join("roux", protocol.RoleGuest, "device-of-roux", guest.resume).bye)

	state := h.room.State(h.now)
	require.Contains(t, state.Blocked, "roux")
	restarted := newHouse(t, DefaultConfig())
	restarted.room.Restore(h.now, state)
	require.Equal(t, protocol.ByeBlocked, restarted.join("roux", protocol.RoleGuest, "d", "").bye)
}

// An invitation that replaces a lost one is the same person's: neither a block, nor a removal, nor
// a refusal is undone by it.
func TestAReplacedInvitationUndoesNothing(t *testing.T) {
	replaced := func(h *house, role protocol.Role, device string) *client {
		a := h.arrival("roux again", role, 2, device)
		a.Family = "roux"
		return h.arrive(a)
	}
	h, host := start(t)
	inside := replaced(h, protocol.RoleGuest, "tablet")
	h.send(inside, protocol.Enter{Name: "Roux"})
	h.send(host, protocol.Admit{Participant: inside.id})
	guest := h.admitted(host, "roux")
	h.send(host, protocol.Remove{Participant: guest.id})
	require.Equal(t, protocol.ByeRemoved, inside.bye)
	inside = replaced(h, protocol.RoleGuest, "tablet")
	h.send(inside, protocol.Enter{Name: "Roux"})
	require.True(t, host.waiting[0].RemovedOnce)
	h.send(host, protocol.Refuse{Participant: inside.id})
	require.Equal(t, protocol.ByeRefused, replaced(h, protocol.RoleGuest, "phone").bye)
	h.pass(refusedFor)
	inside = replaced(h, protocol.RoleGuest, "tablet")
	h.send(inside, protocol.Enter{Name: "Roux"})
	h.send(host, protocol.Block{Participant: inside.id})
	require.Equal(t, protocol.ByeBlocked, inside.bye)
	require.Equal(t, protocol.ByeBlocked, h.join("roux", protocol.RoleGuest, "d", "").bye)

	restarted := newHouse(t, DefaultConfig())
	restarted.room.Restore(h.now, h.room.State(h.now))
	require.Equal(t, protocol.ByeBlocked, replaced(restarted, protocol.RoleGuest, "e").bye)
}

// A family outlives a restart with the seat that is held.
func TestAFamilyOutlivesARestart(t *testing.T) {
	h, _ := start(t)
	a := h.arrival("roux again", protocol.RoleGuest, 2, "tablet")
	a.Family = "roux"
	h.send(h.arrive(a), protocol.Enter{Name: "Roux"})
	after := newHouse(t, DefaultConfig())
	after.room.Restore(h.now, h.room.State(h.now))
	require.Equal(t, []string{"host", "roux", "roux again"}, after.room.Invitations())
	after.apply(after.room.Revoke(h.now, "roux"))
	require.Equal(t, []string{"host"}, after.room.Invitations())
}

// Whoever is refused does not knock again at once, and staff see that they were.
func TestRefusedGuestsWaitBeforeTheyAskAgain(t *testing.T) {
	h, host := start(t)
	for n, wait := range []time.Duration{30 * time.Second, time.Minute, 2 * time.Minute} {
		guest := h.enters("roux", protocol.RoleGuest)
		require.Equal(t, n, host.waiting[0].Refused)
		h.send(host, protocol.Refuse{Participant: guest.id})
		require.Equal(t, protocol.ByeRefused, guest.bye)
		h.pass(wait - time.Second)
		require.Equal(t, protocol.ByeRefused, h.join("roux", protocol.RoleGuest, "d", "").bye)
		require.Empty(t, host.waiting)
		require.True(t, h.join("another", protocol.RoleGuest, fmt.Sprint(n), "").open())
		h.pass(time.Second)
	}
}

// Whoever is in the lobby already, on another device, does not knock at once either.
func TestARefusalIsForAllDevicesOfTheInvitation(t *testing.T) {
	h, host := start(t)
	second := h.join("roux", protocol.RoleGuest, "second", "")
	first := h.enters("roux", protocol.RoleGuest)
	h.send(host, protocol.Refuse{Participant: first.id})
	h.send(second, protocol.Enter{Name: "Roux"})
	require.Equal(t, protocol.ByeRefused, second.bye)
	require.Empty(t, host.waiting)
}

// After a restart a removal still holds: nobody but a host lets them in.
func TestARemovalOutlivesARestart(t *testing.T) {
	h, host := start(t)
	guest := h.admitted(host, "roux")
	h.send(host, protocol.Remove{Participant: guest.id})
	after := newHouse(t, DefaultConfig())
	after.room.Restore(h.now, h.room.State(h.now))
	clinician := after.enters("ide", protocol.RoleClinician)
	back := after.enters("roux", protocol.RoleGuest)
	require.True(t, clinician.waiting[0].RemovedOnce)
	after.send(clinician, protocol.Admit{Participant: back.id})
	require.Equal(t, protocol.ErrorForbidden, last[protocol.Error](t, clinician).Code)
}

func TestRevoked(t *testing.T) {
	h, host := start(t)
	guest := h.admitted(host, "roux")
	require.Nil(t, h.room.Revoke(h.now, "nobody"))
	require.Contains(t, h.room.Invitations(), "roux")
	h.apply(h.room.Revoke(h.now, "roux"))
	require.Equal(t, protocol.ByeRevoked, guest.bye)
	require.True(t, host.open())
}

// Over any sequence of joins, reloads, losses, removals and restarts: no invitation has more seats
// than it is for; whoever was removed, or uses the same invitation or one that replaces it, is in
// the room only if a host with another invitation let them in after that; and of an invitation that
// was blocked, or replaces it, there is nobody.
func TestInvitationsHold(t *testing.T) {
	type link struct {
		id     string
		role   protocol.Role
		seats  int
		family string
	}
	links := []link{{"vidal", protocol.RoleHost, 1, ""}, {"bonnet", protocol.RoleHost, 2, ""},
		{"ide", protocol.RoleClinician, 1, ""}, {"roux", protocol.RoleGuest, 2, ""},
		{"seul", protocol.RoleGuest, 1, ""}, {"roux again", protocol.RoleGuest, 2, "roux"},
		{"roux once more", protocol.RoleGuest, 2, "roux"},
		{"bonnet again", protocol.RoleHost, 1, "bonnet"}}
	rapid.Check(t, func(rt *rapid.T) {
		h := newHouse(rt, DefaultConfig())
		out, blocked := map[string]bool{}, map[string]bool{}
		readmitted := map[string]string{} // participant → family
		family := func(invitation string) string {
			l := links[slices.IndexFunc(links, func(l link) bool { return l.id == invitation })]
			return cmp.Or(l.family, l.id)
		}
		familyOf := func(id string) string {
			if p := h.room.byID(id); p != nil {
				return family(p.invitation)
			}
			return ""
		}
		var clients []*client
		// pick draws one of the clients that are fit for it, if there are any, else any.
		pick := func(label string, fit func(c *client) bool) *client {
			fitting := slices.DeleteFunc(
				slices.Clone(clients),
				func(c *client) bool { return !fit(c) },
			)
			if len(fitting) == 0 {
				fitting = clients
			}
			return fitting[rapid.IntRange(0, len(fitting)-1).Draw(rt, label)]
		}
		in := func(place protocol.Place, roles ...protocol.Role) func(c *client) bool {
			return func(c *client) bool {
				return c.open() && c.place == place &&
					(len(roles) == 0 || slices.Contains(roles, c.arrival.Role))
			}
		}
		staff := in(protocol.PlaceRoom, protocol.RoleHost, protocol.RoleClinician)
		hosts := in(protocol.PlaceRoom, protocol.RoleHost)
		if rapid.Bool().Draw(rt, "begins with a removal") {
			// Where a removal can be undone: by one of two bearers whom another host lets in again.
			enters := 2 + rapid.IntRange(0, 1).Draw(rt, "second bearer enters")
			for i, device := range []string{"d0", "d1", "d2"} {
				l := links[min(i, 1)]
				c := h.arrive(h.arrival(l.id, l.role, l.seats, device))
				if i < enters {
					h.send(c, protocol.Enter{Name: "x"})
				}
				clients = append(clients, c)
			}
			h.send(clients[0], protocol.Remove{Participant: clients[1].id})
			out["bonnet"] = true
			clients = clients[:1]
			for _, device := range []string{"d1", "d2"} {
				c := h.arrive(h.arrival("bonnet", protocol.RoleHost, 2, device))
				if c.place == protocol.PlaceLobby {
					h.send(c, protocol.Enter{Name: "x"})
				}
				clients = append(clients, c)
			}
		}
		for range rapid.IntRange(5, 80).Draw(rt, "events") {
			if h.over != nil { // the next room: what must be remembered is
				state := h.room.State(h.now)
				h.over, h.room = nil, New("cozes", protocol.KindConsultation, DefaultConfig())
				h.room.Restore(h.now, state)
			}
			action := rapid.IntRange(0, 13).Draw(rt, "action")
			if len(clients) == 0 {
				action = 0
			}
			switch action {
			case 0, 1, 2:
				l := links[rapid.IntRange(0, len(links)-1).Draw(rt, "link")]
				a := h.arrival(l.id, l.role, l.seats,
					fmt.Sprint("d", rapid.IntRange(0, 3).Draw(rt, "device")))
				a.Family = l.family
				a.TakeOver = rapid.Bool().Draw(rt, "takeOver")
				if len(clients) > 0 && rapid.Bool().Draw(rt, "resumes") {
					a.Resume = pick("before", func(c *client) bool { return c.cut }).resume
				}
				clients = append(clients, h.arrive(a))
			case 3, 4, 5:
				if c := pick("enters", in(protocol.PlaceLobby)); c.open() {
					h.send(c, protocol.Enter{Name: "x"})
				}
			case 6:
				if c := pick("lost", (*client).open); c.open() {
					h.cut(c)
				}
			case 7:
				h.pass(time.Duration(rapid.IntRange(1, 70).Draw(rt, "s")) * time.Second)
			case 8, 12, 13:
				by, whom := pick("staff", staff), pick("admitted", in(protocol.PlaceWaiting))
				before := h.room.byID(whom.id)
				wasWaiting := before != nil && before.place == protocol.PlaceWaiting
				who := familyOf(whom.id)
				if by.open() {
					h.send(by, protocol.Admit{Participant: whom.id})
					if p := h.room.byID(whom.id); wasWaiting && p != nil &&
						p.place == protocol.PlaceRoom &&
						by.arrival.Role == protocol.RoleHost &&
						family(by.arrival.Invitation) != who {
						readmitted[whom.id] = who
					}
				}
			case 9, 10:
				by, whom := pick("host", hosts), pick("removed", in(protocol.PlaceRoom))
				who := familyOf(whom.id)
				before := h.room.byID(whom.id)
				if !by.open() || before == nil {
					continue
				}
				if action == 9 {
					h.send(by, protocol.Remove{Participant: whom.id})
				} else {
					h.send(by, protocol.Block{Participant: whom.id})
				}
				if h.room.byID(whom.id) == nil && by.arrival.Role == protocol.RoleHost &&
					family(by.arrival.Invitation) != who {
					out[who] = true
					blocked[who] = blocked[who] || action == 10
					maps.DeleteFunc(
						readmitted,
						func(_, family string) bool { return family == who },
					)
				}
			case 11:
				state := h.room.State(h.now)
				h.room = New("cozes", protocol.KindConsultation, DefaultConfig())
				h.room.Restore(h.now, state)
				for _, c := range clients {
					c.cut = true
				}
				clear(h.seated)
				clear(h.gates)
			}
			for _, l := range links {
				if n := len(h.room.bearers(l.id)); n > l.seats {
					rt.Fatalf("%d use %s, which is for %d", n, l.id, l.seats)
				}
			}
			for _, p := range h.room.people {
				if blocked[family(p.invitation)] {
					rt.Fatalf("%s uses %s, which is blocked", p.id, p.invitation)
				}
				if p.place == protocol.PlaceRoom && out[family(p.invitation)] &&
					readmitted[p.id] == "" {
					rt.Fatalf("%s of %s is inside after a removal", p.id, p.invitation)
				}
			}
		}
	})
}
