package fhir

import (
	"errors"
	"time"

	"draille/signaling/practice"
	"draille/signaling/practice/agenda"
	"draille/signaling/practice/interop/fhir/fhirjson"
	"draille/signaling/practice/store"
)

// wanted is what a resource says of an appointment.
type wanted struct {
	system, value string // of the hospital's identifier; empty: none
	status        practice.AppointmentStatus
	start         time.Time
	local         string // the start as the agenda wants it
	later         bool
	minutes       int
	patient       practice.Patient // without an id: not said
	place         string
	people        []string
	codes         []string // of services and kinds
}

const maxIdentifier = 120 // characters

// statuses are those of FHIR, and what they mean here. Who has arrived is seen here, not told.
var statuses = map[string]practice.AppointmentStatus{
	"booked": practice.StatusBooked, "arrived": practice.StatusBooked,
	"checked-in": practice.StatusBooked, "fulfilled": practice.StatusFulfilled,
	"cancelled": practice.StatusCancelled, "entered-in-error": practice.StatusCancelled,
	"noshow": practice.StatusNoShow,
}

// times reads start and end, as instants.
func (w *wanted) times(said fhirjson.Element, zone *time.Location) error {
	const expected = "a time with its offset, as in 2026-12-01T09:00:00+01:00"
	from, until := said.Child("start"), said.Child("end")
	start, err := time.Parse(time.RFC3339, from.Text())
	if err != nil {
		return from.Wrong(expected)
	}
	w.start = start.Truncate(time.Minute)
	w.local = agenda.Local(w.start, zone)
	_, err = agenda.Resolve(w.local, zone, false)
	var twice *agenda.TwoSuchTimesError
	w.later = errors.As(err, &twice) && twice.Second.Equal(w.start)
	if !until.Present() {
		var whole bool
		lasts := said.Child("minutesDuration")
		if w.minutes, whole = lasts.Number(); !whole {
			return until.Wrong(expected + ", or minutesDuration")
		}
		return nil
	}
	end, err := time.Parse(time.RFC3339, until.Text())
	if err != nil || !end.After(w.start) {
		return until.Wrong(expected + ", after start")
	}
	w.minutes = int(end.Sub(w.start) / time.Minute)
	return nil
}

// placesOf are the places with an id or a code, of any establishment.
func placesOf(tx *store.Tx, name string) ([]practice.Place, error) {
	return store.Find[practice.Place](
		tx.Across("a patient may be at a place of another establishment"),
		"WHERE (code = $1 OR id = $1) AND $1 <> '' AND closed = $2 ORDER BY id", name, false)
}
