package rules

import (
	"time"

	"draille/signaling/protocol"
)

// typing shows the others what somebody writes while they write it. Nothing of it is kept: the line
// itself comes by Say.
func (r *Room) typing(p *participant, m protocol.Typing) *protocol.Error {
	if problem := tooLong(m.Text, protocol.MaxChatCharacters); problem != nil {
		return problem
	}
	for _, other := range r.people {
		if other != p && other.place == protocol.PlaceRoom {
			r.send(other, protocol.Typed{Participant: p.id, Keep: m.Keep, Text: m.Text})
		}
	}
	return nil
}

// show puts somebody in the room, or nobody, in the spotlight.
func (r *Room) show(p *participant, id string) *protocol.Error {
	if problem := needHost(p); problem != nil {
		return problem
	}
	if id != "" {
		if _, problem := r.target(id, protocol.PlaceRoom); problem != nil {
			return problem
		}
	}
	r.common = r.common || r.spotlight != id
	r.spotlight = id
	return nil
}

// handOver makes a clinician the host. Whoever hands over goes on as a clinician; their link is
// still a host's, for the day when they open it again.
func (r *Room) handOver(p *participant, id string) *protocol.Error {
	if problem := needHost(p); problem != nil {
		return problem
	}
	target, problem := r.target(id, protocol.PlaceRoom)
	if problem != nil {
		return problem
	}
	if target.role != protocol.RoleClinician {
		return refusal(protocol.ErrorForbidden,
			"expected a clinician to hand over to, got a %s; choose another", target.role)
	}
	target.role, p.role = protocol.RoleHost, protocol.RoleClinician
	r.mark(target)
	r.mark(p)
	r.unsaved = true
	return nil
}

// A link that was asked for during a call opens it for as long as the asker's own, and not for less
// or more than these.
const (
	inviteAtLeast = time.Hour
	inviteAtMost  = 12 * time.Hour
)

// invite asks for a link for somebody who is missing.
func (r *Room) invite(now time.Time, p *participant, m protocol.Invite) *protocol.Error {
	switch {
	case !mayAdmit(p):
		return forbidden("a host or a clinician", p)
	case m.Role != protocol.RoleGuest && p.role != protocol.RoleHost:
		return refusal(protocol.ErrorForbidden,
			"expected a host to invite a %s, got a %s; invite a guest", m.Role, p.role)
	}
	valid := min(max(p.expires.Sub(now), inviteAtLeast), inviteAtMost)
	r.do(Invite{To: p.connection, Role: m.Role, Name: m.Name, Expires: now.Add(valid)})
	return nil
}

// personalSeats is how many devices the link of one person has at most; one for more is a team's,
// whose members are in rooms of their own.
const personalSeats = 2

// besideSameLink switches the microphone of a newcomer off when somebody with the same personal
// invitation is there, and tells both: two devices in one room howl.
func (r *Room) besideSameLink(p *participant) {
	others := r.sameLink(p)
	if len(others) == 0 || p.seats > personalSeats {
		return
	}
	live := p.said
	live.Microphone = false
	r.setLive(p, live)
	r.tellSameLink(p, true)
	for _, other := range others {
		r.tellSameLink(other, false)
	}
}

// tellSameLink says whom somebody shares their invitation with, now or when they are back.
func (r *Room) tellSameLink(p *participant, muted bool) {
	p.untoldLink = muted && p.connection == 0
	var ids []string
	for _, other := range r.sameLink(p) {
		ids = append(ids, other.id)
	}
	if len(ids) > 0 {
		r.send(p, protocol.SameLink{Participants: ids, Muted: muted})
	}
}

// sameLink are the others in the room with the invitation of p.
func (r *Room) sameLink(p *participant) []*participant {
	var others []*participant
	for _, other := range r.bearers(p.invitation) {
		if other != p && other.place == protocol.PlaceRoom && other.remembered == nil {
			others = append(others, other)
		}
	}
	return others
}
