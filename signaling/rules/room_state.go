package rules

import (
	"crypto/sha256"
	"encoding/base64"
	"time"

	"draille/signaling/protocol"
)

// expiryMargin is added to an invitation's end before its removal is forgotten: clocks differ, and
// may be stepped.
const expiryMargin = time.Hour

// memory stands in the place of what is known of somebody from before a restart, until they are
// back.
type memory struct{ device, resume string }

func digest(secret string) string {
	sum := sha256.Sum256([]byte("draille seat v1 " + secret))
	return base64.RawURLEncoding.EncodeToString(sum[:16])
}

// State returns what must be remembered. After the end of the room these are the removals alone:
// the same link must not open the next room unmarked.
func (r *Room) State(now time.Time) State {
	state := State{Kind: r.info.Kind, Removed: map[string]time.Time{}}
	for invitation, expires := range r.removed {
		if now.Before(expires.Add(expiryMargin)) {
			state.Removed[invitation] = expires
		}
	}
	if r.over {
		return state
	}
	state.Locked = r.locked
	for _, p := range r.people {
		if p.place == protocol.PlaceLobby {
			continue
		}
		seat := SeatState{
			Participant: p.id,
			Invitation:  p.invitation,
			Expires:     p.expires,
			Role:        p.role,
			Place:       p.place,
			Since:       p.since,
			RemovedOnce: p.removedOnce,
			Mode:        p.mode,
		}
		if p.remembered != nil {
			seat.Device, seat.Resume = p.remembered.device, p.remembered.resume
		} else {
			seat.Device, seat.Resume = digest(p.device), digest(p.resume)
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
	r.locked = state.Locked
	for invitation, expires := range state.Removed {
		r.removed[invitation] = expires
	}
	for _, seat := range state.Seats {
		r.people = append(r.people, &participant{
			id:          seat.Participant,
			invitation:  seat.Invitation,
			expires:     seat.Expires,
			role:        seat.Role,
			place:       seat.Place,
			since:       seat.Since,
			lostAt:      lostAt,
			removedOnce: seat.RemovedOnce,
			mode:        seat.Mode,
			remembered:  &memory{device: seat.Device, resume: seat.Resume},
		})
	}
}

// comeBack gives a participant from before a restart their seat again: everything is new but the
// seat itself.
func (r *Room) comeBack(p *participant, a Arrival) {
	p.remembered = nil
	p.connection, p.device, p.resume = a.Connection, a.Device, a.NewResume
	p.name = a.Known
	if p.name == "" {
		p.name = a.Name
	}
	r.unsaved = true
	r.do(Seat{p.id}, Attach{p.id, p.connection})
	if p.mode == protocol.ModeVoice {
		r.do(SetPictures{p.id, false})
	}
	r.welcome(p, false)
	switch p.place {
	case protocol.PlaceRoom:
		r.open(p)
	case protocol.PlaceWaiting:
		r.staff = true
	}
}
