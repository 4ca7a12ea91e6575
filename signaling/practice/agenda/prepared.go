package agenda

import (
	"time"
	"unicode/utf8"

	"draille/signaling/practice"
	"draille/signaling/practice/store"
)

// prepared is a draft that was checked: an appointment and its participants, without times that a
// series gives.
type prepared struct {
	appointment  practice.Appointment
	participants []practice.Participant
	zone         *time.Location
}

// kind checks what a consultation and a telestaff differ in.
func (p *prepared) kind(tx *store.Tx, d Draft) error {
	if utf8.RuneCountInString(p.appointment.Title) > maxTitle {
		return Wrong("title", "expected at most %d characters, got more", maxTitle)
	}
	switch d.Kind {
	case practice.KindConsultation:
		if d.Rule != "" {
			return Wrong(
				"rule",
				"expected none for a consultation: each has a patient and a consent of its own",
			)
		}
		if p.appointment.Title != "" {
			return Wrong("title", "expected none for a consultation")
		}
		patient, err := store.Get[practice.Patient](
			tx,
			"WHERE establishment = $1 AND id = $2",
			d.Establishment,
			d.Patient,
		)
		if err != nil {
			return missing(err, "patient", d.Patient)
		}
		if patient.MergedInto != "" {
			p.appointment.Patient = patient.MergedInto
		}
		return nil
	case practice.KindTelestaff:
		if d.Patient != "" {
			return Wrong("patient", "expected none for a telestaff")
		}
		return nil
	}
	return Wrong("kind", "expected consultation or telestaff, got %q", d.Kind)
}

// at sets the time.
func (p *prepared) at(start time.Time, local string, minutes int) {
	p.appointment.LocalStart = local
	p.appointment.StartsAt = practice.InstantOf(start)
	p.appointment.EndsAt = p.appointment.StartsAt.Add(time.Duration(minutes) * time.Minute)
}

// free returns a ConflictError unless nobody is elsewhere at the time, or that does not matter.
func (p *prepared) free(tx *store.Tx, anyway bool) error {
	if anyway {
		return nil
	}
	found, err := conflicts(tx, p.appointment, people(p.participants))
	if err == nil && len(found) > 0 {
		return &ConflictError{Conflicts: found}
	}
	return err
}

// instance is one appointment of a series, with participants of its own.
func (p prepared) instance(series practice.Series, o occurrence) prepared {
	one := p
	one.appointment.ID, one.appointment.Room = practice.NewID(), newRoom()
	one.appointment.Series, one.appointment.Occurrence = series.ID, o.local
	one.at(o.start, o.local, series.Minutes)
	one.participants = make([]practice.Participant, len(p.participants))
	for i, participant := range p.participants {
		participant.ID, participant.Appointment = practice.NewID(), one.appointment.ID
		one.participants[i] = participant
	}
	return one
}
