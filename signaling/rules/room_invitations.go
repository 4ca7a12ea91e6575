package rules

import (
	"slices"
	"time"

	"draille/signaling/protocol"
)

// bearers are those who use an invitation, wherever they are.
func (r *Room) bearers(invitation string) []*participant {
	var all []*participant
	for _, p := range r.people {
		if p.invitation == invitation {
			all = append(all, p)
		}
	}
	return all
}

// relatives are those who use an invitation of a family.
func (r *Room) relatives(family string) []*participant {
	var all []*participant
	for _, p := range r.people {
		if p.family == family {
			all = append(all, p)
		}
	}
	return all
}

// makeSeat reports whether the invitation of a new arrival has a seat left, and frees one if it
// may: that of somebody who is away in the lobby, and when the person asks to go on here that of
// somebody who is away, or the only one. Whoever takes a seat over begins in the lobby: it is no
// way around the waiting room.
func (r *Room) makeSeat(a Arrival) bool {
	others := r.bearers(a.Invitation)
	if len(others) < max(a.Seats, 1) {
		return true
	}
	given := slices.IndexFunc(others, func(p *participant) bool {
		return p.connection == 0 && p.place == protocol.PlaceLobby
	})
	if given < 0 && a.TakeOver {
		given = slices.IndexFunc(others, func(p *participant) bool { return p.connection == 0 })
	}
	if given < 0 && a.TakeOver && len(others) == 1 {
		given = 0
	}
	if given < 0 || len(others) > max(a.Seats, 1) {
		return false
	}
	r.close(others[given].connection, protocol.ByeReplaced)
	r.drop(others[given])
	return true
}

// Whoever was refused asks again after this time at the earliest, doubled for each time.
const (
	refusedFor    = 30 * time.Second
	refusedAtMost = 8 * time.Minute
)

// refusals is how often the bearers of a family of invitations were refused, and until when they
// may not ask again.
type refusals struct {
	count int
	until time.Time
}

// notAgain keeps the bearers of a family of invitations from asking again at once: staff would have
// to refuse them for ever.
func (r *Room) notAgain(now time.Time, family string) {
	before := r.refused[family].count
	wait := min(refusedFor<<min(before, 10), refusedAtMost)
	r.refused[family] = refusals{count: before + 1, until: now.Add(wait)}
}

// putOut ends the stay of some.
func (r *Room) putOut(out []*participant, reason protocol.ByeReason) {
	for _, p := range out {
		r.close(p.connection, reason)
		r.drop(p)
	}
}

// remove takes all who use the invitation of a participant, or one that replaces it, out of the
// room: a removal that left another one inside would be undone by them. Those who wait go on
// waiting, marked.
func (r *Room) remove(p *participant, id string) *protocol.Error {
	target, problem := r.other(p, id)
	if problem != nil {
		return problem
	}
	if target.place != protocol.PlaceRoom {
		return notThere(protocol.PlaceRoom)
	}
	r.removeFamily(target.family, target.expires)
	return nil
}

func (r *Room) removeFamily(family string, expires time.Time) {
	r.removed[family] = expires
	r.unsaved, r.urgent = true, true
	for _, one := range r.relatives(family) {
		switch one.place {
		case protocol.PlaceRoom:
			r.close(one.connection, protocol.ByeRemoved)
			r.drop(one)
		case protocol.PlaceWaiting:
			one.removedOnce = true
			r.staff = true
		}
	}
}

// block withdraws the invitation of a participant, and those that replace it, for as long as it is
// valid.
func (r *Room) block(p *participant, id string) *protocol.Error {
	target, problem := r.other(p, id)
	if problem != nil {
		return problem
	}
	if target.place == protocol.PlaceLobby {
		return notThere(protocol.PlaceWaiting)
	}
	r.blockFamily(target.family, target.expires)
	return nil
}

func (r *Room) blockFamily(family string, expires time.Time) {
	r.blocked[family] = expires
	r.unsaved, r.urgent = true, true
	r.putOut(r.relatives(family), protocol.ByeBlocked)
}

// other finds the participant whom a host sends away: not a bearer of the host's own invitation,
// who could do the same to them.
func (r *Room) other(p *participant, id string) (*participant, *protocol.Error) {
	if problem := needHost(p); problem != nil {
		return nil, problem
	}
	target := r.byID(id)
	if target == nil {
		return nil, notThere(protocol.PlaceRoom)
	}
	if target.family == p.family {
		return nil, refusal(protocol.ErrorForbidden, "expected a participant with another "+
			"invitation, got one with the sender's own; send \"leave\" or \"end\"")
	}
	return target, nil
}

// Revoke puts out all who use an invitation that the operator has withdrawn, or one of a family.
func (r *Room) Revoke(now time.Time, withdrawn string) []Effect {
	out := r.bearers(withdrawn)
	if len(out) == 0 {
		out = r.relatives(withdrawn)
	}
	if len(out) == 0 {
		return nil
	}
	r.urgent = true
	r.putOut(out, protocol.ByeRevoked)
	return r.settle(now)
}

// Urgent reports whether what has changed since State was asked last must not be lost: it is
// written down before anybody hears of it.
func (r *Room) Urgent() bool {
	urgent := r.urgent
	r.urgent = false
	return urgent
}

// isBlocked reports whether a host has withdrawn a family of invitations.
func (r *Room) isBlocked(family string) bool {
	_, blocked := r.blocked[family]
	return blocked
}

// Invitations lists those that are in use, and their families.
func (r *Room) Invitations() []string {
	var all []string
	for _, p := range r.people {
		all = append(all, p.invitation, p.family)
	}
	slices.Sort(all)
	return slices.Compact(all)
}

// unexpired are the removals and withdrawals of invitations that have not expired.
func unexpired(now time.Time, families map[string]time.Time) map[string]time.Time {
	kept := map[string]time.Time{}
	for family, expires := range families {
		if now.Before(expires.Add(keptAfter)) {
			kept[family] = expires
		}
	}
	return kept
}
