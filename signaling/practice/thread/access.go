package thread

import (
	"errors"
	"slices"

	"draille/signaling/practice"
	"draille/signaling/practice/agenda"
	"draille/signaling/practice/rights"
	"draille/signaling/practice/store"
)

// Access is what somebody may do with a thread.
type Access struct {
	Read, Write bool
	Manage      bool // its members and its name; delete messages without reading them
}

// AccessOf says what somebody may do with a thread now.
func AccessOf(tx *store.Tx, t practice.Thread, by By) (Access, error) {
	a := Access{Manage: rights.May(by.Grants, practice.ActionThreadManage, t.Establishment, "")}
	if t.Closed {
		return a, nil
	}
	var err error
	switch t.Kind {
	case practice.ThreadTelestaff:
		a.Read, err = seesMeeting(tx, t, by)
		a.Write = a.Read
	case practice.ThreadTeam:
		// Whoever has no right here any more is in no team of the house.
		if rights.May(by.Grants, practice.ActionAppointmentAttend, t.Establishment, "") {
			a.Read, err = isMember(tx, t, by.Person)
		}
		a.Write = a.Read
	case practice.ThreadSector:
		a.Write = rights.May(by.Grants, practice.ActionThreadBroadcast, t.Establishment, "")
		if a.Read = a.Write; !a.Read {
			var written Audience
			written, err = AudienceOf(tx, t)
			a.Read = written.Has(by.Person, by.Grants)
		}
	}
	return a, err
}

// seesMeeting reports whether somebody takes part in the meeting that comes, or the last one, and
// may still be asked to it, or has the right to see it.
func seesMeeting(tx *store.Tx, t practice.Thread, by By) (bool, error) {
	meeting, err := MeetingOf(tx, t, practice.InstantOf(by.At))
	if errors.Is(err, store.ErrNotFound) {
		return false, nil
	}
	if err != nil {
		return false, err
	}
	if rights.May(by.Grants, practice.ActionAppointmentView, meeting.Establishment,
		meeting.Service) {
		return true, nil
	}
	if !agenda.MayAttend(by.Grants, meeting) {
		return false, nil
	}
	guests, err := agenda.Participants(tx, meeting)
	return slices.ContainsFunc(guests, func(p practice.Participant) bool {
		return p.Person != "" && p.Person == by.Person
	}), err
}

// ofThread are the meetings of a thread.
const ofThread = `WHERE establishment = $1 AND status <> 'cancelled' AND (id = $2 OR series IN
	(SELECT id FROM series WHERE establishment = $1 AND thread = $3 AND thread <> ''))`

// MeetingOf is the meeting that comes next, or goes on; if there is none, the last one.
func MeetingOf(tx *store.Tx, t practice.Thread, now practice.Instant) (practice.Appointment,
	error) {
	next, err := store.Get[practice.Appointment](tx,
		ofThread+" AND ends_at >= $4 ORDER BY starts_at LIMIT 1", t.Establishment, t.Subject, t.ID,
		int64(now))
	if !errors.Is(err, store.ErrNotFound) {
		return next, err
	}
	return store.Get[practice.Appointment](tx, ofThread+" ORDER BY starts_at DESC LIMIT 1",
		t.Establishment, t.Subject, t.ID)
}

func isMember(tx *store.Tx, t practice.Thread, person string) (bool, error) {
	_, err := store.Get[practice.ThreadMember](tx, `WHERE establishment = $1 AND thread = $2
		AND kind = 'person' AND member = $3`, t.Establishment, t.ID, person)
	if errors.Is(err, store.ErrNotFound) {
		return false, nil
	}
	return err == nil, err
}

// optional is a row that need not be there.
func optional[T any](tx *store.Tx, clause string, arguments ...any) (T, error) {
	row, err := store.Get[T](tx, clause, arguments...)
	if errors.Is(err, store.ErrNotFound) {
		err = nil
	}
	return row, err
}

// Members are those of a team, or the parts of a sector.
func Members(tx *store.Tx, t practice.Thread) ([]practice.ThreadMember, error) {
	return store.Find[practice.ThreadMember](tx,
		"WHERE establishment = $1 AND thread = $2 ORDER BY kind, member", t.Establishment, t.ID)
}
