package agenda

import (
	"draille/signaling/practice"
	"draille/signaling/practice/store"
)

// Subject is who or what cannot be in two appointments at a time.
type Subject string

// Subjects.
const (
	SubjectPerson  Subject = "person"
	SubjectPlace   Subject = "place"
	SubjectPatient Subject = "patient"
)

// Conflict is another appointment at the same time.
type Conflict struct {
	With        Subject
	ID          string // of the person, place or patient
	Appointment practice.Appointment
}

// longest is how long an appointment may be, so that those which overlap a time are one range of an
// index on their starts.
const longest = 8 * 60 // minutes

// overlapping is the end of a condition on appointments; its arguments follow those before it.
const overlapping = ` AND appointments.starts_at > $2 AND appointments.starts_at < $3 AND
	appointments.ends_at > $4
	AND appointments.status = 'booked' AND appointments.id <> $5 ORDER BY
		appointments.starts_at, appointments.id`

// conflicts returns the appointments that overlap one, of the same people, place or patient.
func conflicts(tx *store.Tx, a practice.Appointment, people []string) ([]Conflict, error) {
	var found []Conflict
	wide := tx.Across("somebody may be expected in another establishment at the same time")
	look := func(with Subject, id, clause string) error {
		if id == "" {
			return nil
		}
		others, err := store.Find[practice.Appointment](wide, clause+overlapping, id,
			int64(a.StartsAt)-longest*60_000, int64(a.EndsAt), int64(a.StartsAt), a.ID)
		for _, other := range others {
			found = append(found, Conflict{With: with, ID: id, Appointment: other})
		}
		return err
	}
	for _, person := range people {
		if err := look(SubjectPerson, person, `JOIN participants ON participants.appointment =
			appointments.id
			WHERE participants.person = $1 AND participants.starts_at =
				appointments.starts_at`); err != nil {
			return nil, err
		}
	}
	if err := look(SubjectPlace, a.Place, "WHERE appointments.place = $1"); err != nil {
		return nil, err
	}
	err := look(SubjectPatient, a.Patient, "WHERE appointments.patient = $1")
	return found, err
}
