package rules

import (
	"crypto/sha256"
	"encoding/base64"
	"time"

	"draille/signaling/protocol"
)

// State is what a room must remember over a restart of the server, and nothing else: no name, no
// line of chat, no note. Whoever reads it learns neither a resume token nor a device: only their
// digests are in it.
type State struct {
	Kind   protocol.Kind `json:"kind"`
	Locked bool          `json:"locked,omitempty"`
	// Of the waiting room and the room, in the order of arrival.
	Seats []SeatState `json:"seats,omitempty"`
	// Invitations of which a bearer was removed, and when they expire.
	Removed map[string]time.Time `json:"removed,omitempty"`
}

// SeatState is one place that is held.
type SeatState struct {
	Participant string         `json:"participant"`
	Invitation  string         `json:"invitation"`
	Expires     time.Time      `json:"expires"` // of the invitation
	Device      string         `json:"device"`  // digest
	Resume      string         `json:"resume"`  // digest
	Role        protocol.Role  `json:"role"`
	Place       protocol.Place `json:"place"`
	Since       time.Time      `json:"since"`
	RemovedOnce bool           `json:"removedOnce,omitempty"`
	// Mode is kept because pictures may cost somebody's money: they must not begin because the
	// server was restarted.
	Mode protocol.CallMode `json:"mode,omitempty"`
}

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

// resumes reports whether an arrival brings the resume token of p.
func (p *participant) resumes(a Arrival) bool {
	switch {
	case a.Resume == "" || p.invitation != a.Invitation:
		return false
	case p.remembered != nil:
		return p.remembered.resume == digest(a.Resume)
	}
	return p.resume == a.Resume
}

// sameDevice reports whether an arrival comes with the link of p on the device of p.
func (p *participant) sameDevice(a Arrival) bool {
	switch {
	case p.invitation != a.Invitation:
		return false
	case p.remembered != nil:
		return p.remembered.device == digest(a.Device)
	}
	return p.device == a.Device
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
