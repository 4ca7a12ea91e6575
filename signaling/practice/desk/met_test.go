package desk

import (
	"testing"

	"github.com/stretchr/testify/require"

	"draille/signaling/practice"
	"draille/signaling/practice/store"
)

// meets lets a session begin, and end if ended is not 0.
func (w *ward) meets(id string, status practice.AppointmentStatus, ended practice.Instant) {
	w.t.Helper()
	w.write(func(tx *store.Tx) error {
		_, err := tx.Exec(`UPDATE appointments SET arrived_at = starts_at, began_at = starts_at,
			ended_at = $1, status = $2 WHERE establishment = $3 AND id = $4`, int64(ended),
			string(status), w.hospital.ID, id)
		return err
	})
}

func (w *ward) stored(id string) (a practice.Appointment) {
	w.t.Helper()
	require.NoError(w.t, w.store.Read(w.t.Context(), func(tx *store.Tx) (err error) {
		a, err = store.Get[practice.Appointment](tx, "WHERE establishment = $1 AND id = $2",
			w.hospital.ID, id)
		return err
	}))
	return a
}

// TestASessionThatTookPlaceStays tries to move and to cancel during a call, after it, and after
// somebody has said that it took place elsewhere.
func TestASessionThatTookPlaceStays(t *testing.T) {
	t.Parallel()
	w := newWard(t)
	made := w.appointment().Row.Appointment
	path := "/api/appointments/" + made.ID
	stays := func() {
		t.Helper()
		before := w.stored(made.ID)
		for _, move := range []Move{{LocalStart: "2026-12-02T14:00"}, {Minutes: 45}} {
			w.secretary.ask("PUT", path, move, before.Version).refused(CodeMet)
		}
		w.secretary.ask("POST", path+"/cancel", Cancel{Tell: true}, before.Version).refused(CodeMet)
		require.Equal(t, before, w.stored(made.ID))
	}
	w.meets(made.ID, practice.StatusBooked, 0)
	stays()
	w.secretary.ask("PUT", path, Move{Place: &w.place.ID}, made.Version).is(200, &AppointmentView{})
	require.Equal(t, w.place.ID, w.stored(made.ID).Place, "the rest may change")

	w.meets(made.ID, practice.StatusFulfilled, made.EndsAt)
	stays()
	r := practice.Report{ID: practice.NewID(), Document: practice.NewID(), Number: 1,
		Establishment: w.hospital.ID, Appointment: made.ID, State: practice.ReportDraft, Version: 1}
	w.write(func(tx *store.Tx) error { return store.Insert(tx, r, nil) })
	w.clinician.ask("POST", "/api/reports/"+r.ID+"/sign", ReportText{Motive: "Suivi"}, 1).is(200)

	w.write(func(tx *store.Tx) error {
		_, err := tx.Exec(`UPDATE appointments SET arrived_at = 0, began_at = 0, ended_at = 0,
			outcome_by = $1 WHERE establishment = $2 AND id = $3`, w.doctor.ID, w.hospital.ID,
			made.ID)
		return err
	})
	stays()
}

// TestASeriesLeavesOutTheMeetingThatGoesOn changes one and all that follow, while a later one goes
// on.
func TestASeriesLeavesOutTheMeetingThatGoesOn(t *testing.T) {
	t.Parallel()
	w := newWard(t)
	w.appointment(func(n *NewAppointment) {
		n.Kind, n.Patient, n.Title, n.Rule = practice.KindTelestaff, "", "Staff",
			"FREQ=WEEKLY;BYDAY=TU;COUNT=4"
		n.Participants = n.Participants[:1]
	})
	var all []practice.Appointment
	require.NoError(t, w.store.Read(t.Context(), func(tx *store.Tx) (err error) {
		all, err = store.Find[practice.Appointment](tx,
			"WHERE establishment = $1 ORDER BY starts_at", w.hospital.ID)
		return err
	}))
	require.Len(t, all, 4)
	goesOn := all[2]
	w.meets(goesOn.ID, practice.StatusBooked, 0)
	second := "/api/appointments/" + all[1].ID
	var moved AppointmentView
	w.secretary.ask("PUT", second, Move{LocalStart: "2026-12-08T15:00", Reach: ReachFollowing},
		all[1].Version).is(200, &moved)
	at := func(i int) (practice.AppointmentStatus, string) {
		a := w.stored(all[i].ID)
		return a.Status, a.LocalStart
	}
	is := func(i int, status practice.AppointmentStatus, local string) {
		t.Helper()
		gotStatus, gotLocal := at(i)
		require.Equal(t, []any{status, local}, []any{gotStatus, gotLocal})
	}
	is(1, practice.StatusBooked, "2026-12-08T15:00")
	is(2, practice.StatusBooked, "2026-12-15T14:00")
	is(3, practice.StatusBooked, "2026-12-22T15:00")
	require.Equal(t, goesOn.StartsAt, w.stored(goesOn.ID).BeganAt)
	w.secretary.ask("POST", second+"/cancel", Cancel{Reach: ReachFollowing},
		moved.Row.Appointment.Version).is(200, &moved)
	is(1, practice.StatusCancelled, "2026-12-08T15:00")
	is(2, practice.StatusBooked, "2026-12-15T14:00")
	is(3, practice.StatusCancelled, "2026-12-22T15:00")

	first := w.stored(all[0].ID)
	w.secretary.ask("POST", "/api/appointments/"+first.ID+"/cancel",
		Cancel{Reach: ReachFollowing}, first.Version).is(200, &moved)
	require.Equal(t, practice.StatusBooked, w.stored(goesOn.ID).Status,
		"it is one of the first's series")
}
