package rules

import (
	"cmp"
	"crypto/sha256"
	"encoding/base64"
	"maps"
	"time"

	"draille/signaling/protocol"
)

// keptAfter is how long after an invitation's end its removal or withdrawal is remembered: an
// appointment may be moved to another day, and the invitations of its family that take the place of
// this one end later. It is as far ahead as appointments are made.
const keptAfter = 400 * 24 * time.Hour

// memory stands in the place of what is known of somebody from before a restart, until they are
// back.
type memory struct{ device, resume, name string }

func digest(secret string) string {
	sum := sha256.Sum256([]byte("draille seat v1 " + secret))
	return base64.RawURLEncoding.EncodeToString(sum[:16])
}

// nameDigest stands for the name of a participant. Nobody finds the name from it who has not got
// the device's id, which is random.
func nameDigest(device, name string) string { return digest("name " + device + " " + name) }

// State returns what must be remembered. After the end of the room these are the removals alone:
// the same link must not open the next room unmarked.
func (r *Room) State(now time.Time) State {
	state := State{Kind: r.info.Kind, Removed: unexpired(now, r.removed),
		Blocked: unexpired(now, r.blocked)}
	if r.over {
		return state
	}
	state.Locked, state.Locks = r.locked, r.locks
	for _, p := range r.people {
		if p.place == protocol.PlaceLobby {
			continue
		}
		seat := SeatState{
			Participant: p.id,
			Invitation:  p.invitation,
			Family:      p.family,
			Expires:     p.expires,
			Role:        p.role,
			Place:       p.place,
			Since:       p.since,
			RemovedOnce: p.removedOnce,
			Mode:        p.mode,
		}
		if p.remembered != nil {
			seat.Device, seat.Resume = p.remembered.device, p.remembered.resume
			seat.Name = p.remembered.name
		} else {
			seat.Device, seat.Resume = digest(p.device), digest(p.resume)
			seat.Name = nameDigest(p.device, p.name)
		}
		state.Seats = append(state.Seats, seat)
	}
	return state
}

// Changed reports whether State has changed since it was asked last.
func (r *Room) Changed() bool {
	changed := r.unsaved
	r.unsaved = false
	return changed
}

// Restore fills an empty room with what was remembered. The places are held for Config.Hold from
// lostAt on, as those of people who lost their websocket then, but nobody sees whoever is not back
// yet: their name is not known.
func (r *Room) Restore(lostAt time.Time, state State) {
	r.locked, r.locks = state.Locked, state.Locks
	maps.Copy(r.removed, state.Removed)
	maps.Copy(r.blocked, state.Blocked)
	for _, seat := range state.Seats {
		r.people = append(r.people, &participant{
			id:          seat.Participant,
			invitation:  seat.Invitation,
			family:      cmp.Or(seat.Family, seat.Invitation),
			expires:     seat.Expires,
			role:        seat.Role,
			place:       seat.Place,
			since:       seat.Since,
			lostAt:      lostAt,
			removedOnce: seat.RemovedOnce,
			mode:        seat.Mode,
			remembered:  &memory{device: seat.Device, resume: seat.Resume, name: seat.Name},
		})
	}
}

// comeBack gives a participant from before a restart their seat again: everything is new but the
// seat itself.
func (r *Room) comeBack(p *participant, a Arrival) {
	was, handed := p.remembered, p.isCalled()
	p.remembered = nil
	p.connection, p.device, p.resume = a.Connection, a.Device, a.NewResume
	p.invitedAs, p.seats = a.Name, a.Seats
	// The page alone still knows the name. One that is another is no name that anybody admitted.
	known := was.name != "" && was.name == nameDigest(a.Device, a.Known)
	switch {
	case handed: // the server of before has told it
	case known:
		p.name = a.Known
	default:
		p.name = a.Name
		r.giveName(p, a.Name)
	}
	if !handed {
		p.from = r.lines + 1
	}
	r.unsaved = true
	r.do(Seat{p.id}, Attach{p.id, p.connection})
	if p.mode == protocol.ModeVoice {
		r.do(SetPictures{p.id, false})
	}
	r.send(p, r.welcomeTo(p, false, handed))
	switch p.place {
	case protocol.PlaceRoom:
		r.open(p)
	case protocol.PlaceWaiting:
		r.staff = true
	}
	r.tellMissed(p)
}
