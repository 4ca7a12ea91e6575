package agenda

import (
	"time"

	"draille/signaling/practice"
)

// Presence is who is in a room now. The last one of a room has nobody in it.
type Presence struct {
	Room   string
	Guests []Guest
	Ended  bool // a host has ended the call for everybody
}

// Guest is somebody in a room or in front of it.
type Guest struct {
	ID      string // of the invitation
	Host    bool   // may let others in: host or clinician
	Waiting bool   // has asked to come in, and nobody has let them
}

// Progress returns the appointment as it is after what a room tells: when the first guest came to
// wait, when they were met, when it ended. An outcome that a person has said stays.
func Progress(a practice.Appointment, p Presence, now time.Time) practice.Appointment {
	at := practice.InstantOf(now)
	met, waiting := meeting(a.Kind, p)
	switch {
	case met:
		if a.BeganAt == 0 {
			a.BeganAt = at
		}
		if a.ArrivedAt == 0 {
			a.ArrivedAt = at
		}
		a.EndedAt = 0
		a = found(a, practice.StatusBooked)
	case waiting:
		if a.ArrivedAt == 0 {
			a.ArrivedAt = at
		}
		if a.BeganAt == 0 {
			a = found(a, practice.StatusBooked)
		}
	case a.BeganAt == 0:
		a.ArrivedAt = 0 // they have gone, and nobody has met them
	}
	if a.BeganAt != 0 && a.EndedAt == 0 && !met && (p.Ended || len(p.Guests) == 0) {
		a.EndedAt = at
		a = found(a, practice.StatusFulfilled)
	}
	return a
}

// meeting reports whether those in a room meet, and whether somebody waits to be met. A
// consultation is met when a guest and a host are inside, a staff meeting when two are.
func meeting(kind practice.AppointmentKind, p Presence) (met, waiting bool) {
	hosts, guests := 0, 0
	for _, g := range p.Guests {
		switch {
		case g.Waiting:
			waiting = true
		case g.Host:
			hosts++
		default:
			guests++
		}
	}
	if kind == practice.KindTelestaff {
		return hosts+guests >= 2, waiting || hosts+guests == 1
	}
	return hosts > 0 && hosts+guests >= 2, waiting || hosts == 0 && guests > 0
}

// found sets what the server finds out, unless a person has said otherwise or called it off.
func found(a practice.Appointment, status practice.AppointmentStatus) practice.Appointment {
	if a.OutcomeBy == "" && a.Status != practice.StatusCancelled {
		a.Status = status
	}
	return a
}

// Missed returns the appointment as it is when its end has passed and nobody is in its room: a
// no-show, or over though no room told so, as after a crash.
func Missed(a practice.Appointment, now time.Time) practice.Appointment {
	if a.Status != practice.StatusBooked || practice.InstantOf(now) < a.EndsAt {
		return a
	}
	if a.BeganAt == 0 {
		a.ArrivedAt = 0
		return found(a, practice.StatusNoShow)
	}
	if a.EndedAt == 0 {
		a.EndedAt = practice.InstantOf(now)
	}
	return found(a, practice.StatusFulfilled)
}
