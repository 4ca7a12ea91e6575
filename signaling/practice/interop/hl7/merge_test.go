package hl7

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"draille/signaling/practice"
	"draille/signaling/practice/agenda"
	"draille/signaling/practice/store"
)

// visit is an appointment of a patient, made by SIU.
func (w *ward) visit(ipp, id string) practice.Appointment {
	w.t.Helper()
	row := w.is(message{event: "SIU^S12", pid: somebody(ipp), contact: "0612345678",
		extra: []string{"SCH||" + id + "^DPI|||||||30|MIN|^^^20261201100000", "AIS|1||TLC",
			"AIL|1||PSY"}}, "AA")
	require.Equal(w.t, practice.OutcomeAppointmentMade, row.Outcome)
	return w.appointment(row.Appointment)
}

func TestAMergeMovesEverythingAndIsUndone(t *testing.T) {
	w := newWard(t)
	for _, ipp := range []string{"1", "2"} {
		w.is(message{event: "ADT^A28", pid: somebody(ipp), contact: "0612345678"}, "AA")
	}
	own, moved := w.visit("1", "R-1"), w.visit("2", "R-2")
	w.Write(func(tx *store.Tx) error {
		require.NoError(t, store.Insert(tx, practice.Consent{ID: "K", Establishment: "E1",
			Appointment: moved.ID, Patient: moved.Patient}, nil))
		// The call goes on: somebody is in it.
		_, err := tx.Exec("UPDATE appointments SET began_at = 5 WHERE establishment = 'E1' "+
			"AND id = $1", moved.ID)
		return err
	})
	changes, stop := w.Store.Watch()
	defer stop()
	row := w.is(message{event: "ADT^A40", pid: somebody("1"), prior: "2^^^CHU-X^PI"}, "AA")
	require.Equal(t, practice.OutcomePatientMerged, row.Outcome)
	survivor, prior := w.patient("1"), w.patient("2")
	require.Equal(t, survivor.ID, prior.MergedInto)
	after := w.appointment(moved.ID)
	require.Equal(t, survivor.ID, after.Patient)
	require.Equal(t, moved.Room, after.Room)
	require.Equal(t, practice.StatusBooked, after.Status)
	require.EqualValues(t, 5, after.BeganAt)
	require.Equal(t, 1, w.Count("SELECT COUNT(*) FROM consents WHERE patient = $1", survivor.ID))
	require.Equal(t, 2, w.Count("SELECT COUNT(*) FROM links WHERE revoked_at = 0"))
	told := map[string]bool{}
	for _, change := range <-changes {
		told[change.ID] = true
	}
	require.True(t, told[moved.ID] && told[own.ID], "whoever shows them reads again")

	// What comes of the number that is gone: older, later, and an appointment made meanwhile.
	require.Equal(t, practice.OutcomeOlder, w.is(message{event: "ADT^A08", pid: somebody("2"),
		at: "20261201075900"}, "AA").Outcome)
	require.Contains(t, w.is(message{event: "ADT^A08", pid: somebody("2"),
		at: "20261201080100"}, "AE").Problem, "undo the merge and replay")
	require.Equal(t, practice.OutcomeUnchanged, w.is(message{event: "ADT^A40", pid: somebody("1"),
		prior: "2^^^CHU-X^PI"}, "AA").Outcome)
	late := w.is(message{event: "SIU^S12", pid: somebody("2"), at: "20261201075900",
		extra: []string{"SCH||R-3^DPI|||||||30|MIN|^^^20261201110000", "AIS|1||TLC",
			"AIL|1||PSY"}}, "AA")
	require.Equal(t, survivor.ID, late.Patient)

	merge := get[practice.Merge](w, "WHERE undone_at = 0")
	w.Write(func(tx *store.Tx) error {
		_, err := w.Agenda.UndoMerge(tx, merge, "P1")
		return err
	})
	require.Empty(t, w.patient("2").MergedInto)
	require.Equal(t, prior.ID, w.appointment(moved.ID).Patient)
	require.Equal(t, survivor.ID, w.appointment(own.ID).Patient)
	require.Equal(t, survivor.ID, w.appointment(late.Appointment).Patient)
	require.Equal(t, 1, w.Count("SELECT COUNT(*) FROM consents WHERE patient = $1", prior.ID))
	require.ErrorIs(t, w.Store.Write(t.Context(), func(tx *store.Tx) error {
		_, err := w.Agenda.UndoMerge(tx, get[practice.Merge](w, "WHERE id = $1", merge.ID), "P1")
		return err
	}), agenda.ErrUndone)
	w.is(message{event: "ADT^A08", pid: somebody("2"), at: "20261201080200"}, "AA")
	w.Quiet()
}

func TestMergesOfMergesAreUndoneInReverse(t *testing.T) {
	w := newWard(t)
	for _, ipp := range []string{"1", "2", "3"} {
		w.is(message{event: "ADT^A28", pid: somebody(ipp)}, "AA")
	}
	visit := w.visit("1", "R-1")
	w.is(message{event: "ADT^A40", pid: somebody("2"), prior: "1^^^CHU-X^PI"}, "AA")
	w.is(message{event: "ADT^A40", pid: somebody("3"), prior: "2^^^CHU-X^PI",
		at: "20261201080001"}, "AA")
	last := w.patient("3").ID
	require.Equal(t, last, w.patient("1").MergedInto)
	require.Equal(t, last, w.appointment(visit.ID).Patient)
	first := get[practice.Merge](w, "WHERE prior_ipp = '1'")
	second := get[practice.Merge](w, "WHERE prior_ipp = '2'")
	undo := func(m practice.Merge) error {
		return w.Store.Write(t.Context(), func(tx *store.Tx) error {
			_, err := w.Agenda.UndoMerge(tx, m, "P1")
			return err
		})
	}
	require.ErrorIs(t, undo(first), agenda.ErrMergedAlready)
	require.NoError(t, undo(second))
	require.Equal(t, w.patient("2").ID, w.appointment(visit.ID).Patient)
	require.NoError(t, undo(first))
	require.Equal(t, w.patient("1").ID, w.appointment(visit.ID).Patient)
}

func TestAMergeOfSomebodyUnknown(t *testing.T) {
	w := newWard(t)
	w.is(message{event: "ADT^A28", pid: somebody("9")}, "AA")
	row := w.is(message{event: "ADT^A40", pid: somebody("1"), prior: "2^^^CHU-X^PI"}, "AA")
	require.Equal(t, practice.OutcomePatientMerged, row.Outcome)
	require.Empty(t, w.patient("9").MergedInto)
	require.Equal(t, 2, w.Count("SELECT COUNT(*) FROM patients"))
	// Their record was made before, and is told afterwards.
	require.Equal(t, practice.OutcomeOlder, w.is(message{event: "ADT^A28", pid: somebody("2"),
		at: "20261201070000"}, "AA").Outcome)
	require.Equal(t, 2, w.Count("SELECT COUNT(*) FROM patients"))
	require.Equal(t, "MRG-1.1", w.is(message{event: "ADT^A40", pid: somebody("1"),
		prior: "1^^^CHU-X^PI"}, "AE").Field)
}

func TestAPatientGetsAnotherNumber(t *testing.T) {
	w := newWard(t)
	w.is(message{event: "ADT^A28", pid: somebody("1")}, "AA")
	w.is(message{event: "ADT^A28", pid: somebody("5")}, "AA")
	before := w.patient("1")
	w.Now = w.Now.Add(time.Minute)
	row := w.is(message{event: "ADT^A47", pid: somebody("2"), prior: "1^^^CHU-X^PI",
		at: "20261201080100"}, "AA")
	require.Equal(t, practice.OutcomePatientRenumbered, row.Outcome)
	require.Equal(t, before.ID, w.patient("2").ID)
	require.Equal(t, practice.OutcomeOlder, w.is(message{event: "ADT^A08", pid: somebody("1"),
		at: "20261201080030"}, "AA").Outcome)
	require.Equal(t, 2, w.Count("SELECT COUNT(*) FROM patients"))
	require.Contains(t, w.is(message{event: "ADT^A47", pid: somebody("5"), prior: "2^^^CHU-X^PI",
		at: "20261201080200"}, "AE").Problem, "send A40")
}

// Whoever adds a table with a patient in it says whether a merge moves its rows.
func TestAMergeKnowsEveryTable(t *testing.T) {
	w := newWard(t)
	known := map[string]bool{"appointments": true, "consents": true, "identity_checks": true,
		"opinions": true, "audit": true, "received": true} // the last two tell what was, and stay
	found := 0
	look := func(statement string) error {
		return w.Store.Read(t.Context(), func(tx *store.Tx) error {
			return tx.Query(func(scan func(...any) error) error {
				var table string
				err := scan(&table)
				require.True(t, known[table], "agenda.patientTables says nothing of %s", table)
				found++
				return err
			}, statement)
		})
	}
	if look(`SELECT m.name FROM sqlite_master m, pragma_table_info(m.name) c
		WHERE m.type = 'table' AND c.name = 'patient'`) != nil {
		require.NoError(t, look(`SELECT table_name FROM information_schema.columns
			WHERE column_name = 'patient' AND table_schema = 'public'`))
	}
	require.Equal(t, len(known), found)
}
