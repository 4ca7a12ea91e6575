package rules

import (
	"slices"
	"time"

	"draille/signaling/protocol"
)

func (r *Room) do(effects ...Effect) { r.effects = append(r.effects, effects...) }

// send does nothing for somebody who is away: when they come back they are given everything again.
func (r *Room) send(p *participant, message protocol.ServerMessage) {
	if p.connection != 0 {
		r.do(Send{p.connection, message})
	}
}

func (r *Room) close(connection Connection, reason protocol.ByeReason) {
	if connection != 0 {
		r.do(Close{connection, protocol.NewBye(reason)})
	}
}

// move puts p last among those in their new place.
func (r *Room) move(now time.Time, p *participant, place protocol.Place) {
	r.people = append(
		slices.DeleteFunc(r.people, func(other *participant) bool { return other == p }), p)
	p.place = place
	p.since = now
	r.unsaved = true
}

// drop ends the place of p. Whoever calls it has said goodbye.
func (r *Room) drop(p *participant) {
	r.people = slices.DeleteFunc(r.people, func(other *participant) bool { return other == p })
	delete(r.changed, p)
	delete(r.fresh, p)
	r.unsaved = r.unsaved || p.place != protocol.PlaceLobby
	if r.spotlight == p.id {
		r.spotlight, r.common = "", true
	}
	if p.remembered != nil {
		return // nobody has heard of them
	}
	switch p.place {
	case protocol.PlaceRoom:
		r.gone = append(r.gone, p.id)
	case protocol.PlaceWaiting:
		r.staff = true
	}
	r.forgetPhotosOf(p)
	r.do(Unseat{p.id})
}

// dismiss says goodbye to everybody and ends the room.
func (r *Room) dismiss(reason protocol.ByeReason) {
	var away []string
	for _, p := range r.people {
		if p.remembered != nil {
			continue
		}
		if p.connection == 0 && reason == protocol.ByeEnded {
			away = append(away, p.resume)
		}
		r.close(p.connection, reason)
		r.do(Unseat{p.id})
	}
	r.people = nil
	r.over, r.unsaved = true, true
	r.do(Dissolve{Ended: away})
}

// mark notes that those who see p must be told of a change.
func (r *Room) mark(p *participant) {
	switch p.place {
	case protocol.PlaceRoom:
		r.changed[p] = true
	case protocol.PlaceWaiting:
		r.staff = true
	}
}

// settle tells everybody what the event changed, each according to what they may know, and returns
// all effects.
func (r *Room) settle(now time.Time) []Effect {
	if !r.over {
		r.attend(now)
		r.tellRoom()
		r.tellWaiting()
		r.tellUnattended(now)
		if len(r.people) == 0 {
			r.over, r.unsaved = true, true
			r.do(Dissolve{})
		}
	}
	effects := r.effects
	r.effects, r.gone, r.common, r.staff = nil, nil, false, false
	clear(r.changed)
	clear(r.fresh)
	return effects
}

func (r *Room) tellRoom() {
	common := r.common || len(r.gone) > 0 || len(r.changed) > 0
	if !common && !r.staff && len(r.fresh) == 0 {
		return
	}
	for _, p := range r.people {
		switch {
		case p.place != protocol.PlaceRoom:
		case r.fresh[p]:
			r.send(p, r.roster(p, true))
		case common || r.staff && mayAdmit(p):
			r.send(p, r.roster(p, false))
		}
	}
}

// roster returns what p may know: everything, or what changed.
func (r *Room) roster(p *participant, full bool) protocol.Roster {
	staff := mayAdmit(p)
	roster := protocol.Roster{Full: full, Locked: r.locked, Spotlight: r.spotlight}
	if !full {
		roster.Left = slices.Clone(r.gone)
	}
	if staff {
		roster.Note, roster.Delay = r.note, r.delay
	}
	for _, other := range r.people {
		switch {
		case other.remembered != nil: // their name is not known
		case other.place == protocol.PlaceRoom && (full || r.changed[other]):
			roster.Present = append(roster.Present, other.person(staff))
		case other.place == protocol.PlaceWaiting && staff:
			roster.Waiting = append(roster.Waiting, r.waiter(other))
		}
	}
	return roster
}

// waiter returns the entry of somebody who waits, with the others who use the same invitation.
func (r *Room) waiter(p *participant) protocol.Person {
	person := p.person(true)
	person.Refused = r.refused[p.family].count
	for _, other := range r.bearers(p.invitation) {
		if other != p && other.remembered == nil && other.place != protocol.PlaceLobby {
			person.SameLink = append(person.SameLink, other.id)
		}
	}
	return person
}

// tellWaiting keeps those who wait informed of who is there to admit them, of the staff's sentence
// and of a delay.
func (r *Room) tellWaiting() {
	waiting := protocol.Waiting{Host: r.expectedBy(), Note: r.note, Delay: r.delay}
	for _, p := range r.people {
		if p.place == protocol.PlaceWaiting && p.connection != 0 &&
			(p.told == nil || *p.told != waiting) {
			r.send(p, waiting)
			p.told = &waiting
		}
	}
}

// expectedBy names who is there to admit: the first host, else the first clinician.
func (r *Room) expectedBy() string {
	for _, role := range []protocol.Role{protocol.RoleHost, protocol.RoleClinician} {
		if p := r.find(
			func(p *participant) bool { return p.role == role && mayAdmit(p) && p.connection != 0 },
		); p != nil {
			return p.name
		}
	}
	return ""
}
