package hl7

import (
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"draille/signaling/practice"
	"draille/signaling/practice/agenda"
	"draille/signaling/practice/interop/interoptest"
	"draille/signaling/practice/store"
)

// meeting is SIU for an appointment; empty parts are left out.
func meeting(event, id, start string, more ...string) message {
	timing := ""
	if start != "" {
		timing = "^^^" + start
	}
	return message{event: "SIU^" + event, pid: somebody("7"), contact: "^PRN^CP^^^^^^^^^0612345678",
		extra: append([]string{"SCH||" + id + "^DPI^1.2.3^ISO|||||||||" + timing,
			"AIS|1||TLC", "AIL|1||PSY"}, more...)}
}

func (w *ward) later() string { // a second after the message before
	w.Now = w.Now.Add(time.Second)
	return w.Now.In(paris).Format("20060102150405")
}

var paris = func() *time.Location {
	zone, err := agenda.Zone("Europe/Paris")
	if err != nil {
		panic(err)
	}
	return zone
}()

func (w *ward) siu(m message, code string) practice.Received {
	w.t.Helper()
	m.at = w.later()
	return w.is(m, code)
}

func (w *ward) guests(id string) []practice.Participant {
	w.t.Helper()
	var list []practice.Participant
	require.NoError(w.t, w.Store.Read(w.t.Context(), func(tx *store.Tx) (err error) {
		list, err = agenda.Participants(tx, w.appointment(id))
		return err
	}))
	return list
}

func TestAnAppointmentLives(t *testing.T) {
	w := newWard(t)
	made := w.siu(meeting("S12", "R-7", "202612011000",
		"AIP|1||810000023084^BONNET^CLAIRE^^^^^^ASIP&1.2.250.1.71.4.2.1&ISO"), "AA")
	require.Equal(t, practice.OutcomeAppointmentMade, made.Outcome)
	require.Empty(t, made.Remarks)
	a := w.appointment(made.Appointment)
	require.Equal(t, "E1PSY", a.Service)
	require.Equal(t, "2026-12-01T10:00", a.LocalStart)
	require.Equal(t, practice.InstantOf(interoptest.Morning.Add(2*time.Hour)), a.StartsAt)
	require.Equal(t, a.StartsAt.Add(30*time.Minute), a.EndsAt)
	require.Equal(t, "1.2.3", a.SourceSystem)
	require.Equal(t, "R-7", a.SourceValue)
	guests := w.guests(a.ID)
	require.Len(t, guests, 2)
	require.Equal(t, practice.ChannelSMS, guests[0].Channel)
	require.Equal(t, "P1", guests[1].Person)
	require.Equal(t, "host", guests[1].CallRole)

	require.Equal(t, practice.OutcomeUnchanged,
		w.siu(meeting("S14", "R-7", "202612011000"), "AA").Outcome)
	moved := w.siu(meeting("S13", "R-7", "202612011130+0100", "AIS|2||X"), "AA")
	require.Equal(t, practice.OutcomeAppointmentMoved, moved.Outcome)
	require.Equal(t, "2026-12-01T11:30", w.appointment(a.ID).LocalStart)
	require.Len(t, w.guests(a.ID), 2)

	changed := w.siu(meeting("S14", "R-7", "202612011130", "AIL|2||SALLEE2"), "AA")
	require.Equal(t, practice.OutcomeAppointmentChanged, changed.Outcome)
	require.Equal(t, "LE2", w.appointment(a.ID).Place)
	require.Equal(t, "E2", w.appointment(a.ID).HostEstablishment)

	require.Equal(t, practice.OutcomeAppointmentCancelled,
		w.siu(meeting("S15", "R-7", ""), "AA").Outcome)
	require.Equal(t, practice.StatusCancelled, w.appointment(a.ID).Status)
	require.Equal(t, practice.OutcomeUnchanged, w.siu(meeting("S17", "R-7", ""), "AA").Outcome)
	again := w.siu(meeting("S14", "R-7", "202612011200"), "AE")
	require.Equal(t, "SCH-2", again.Field)
	require.Contains(t, again.Problem, "give the new one a new identifier")
	w.Quiet()
}

func TestAppointmentsOutOfOrder(t *testing.T) {
	w := newWard(t)
	first, second := w.later(), w.later()
	m := meeting("S15", "R-1", "")
	m.at = second
	require.Equal(t, practice.OutcomeUnknown, w.is(m, "AA").Outcome)
	m = meeting("S12", "R-1", "202612011000")
	m.at = first
	require.Equal(t, practice.OutcomeOlder, w.is(m, "AA").Outcome)
	require.Zero(t, w.Count("SELECT COUNT(*) FROM appointments"))
	// Moved before it was made.
	require.Equal(t, practice.OutcomeAppointmentMade,
		w.siu(meeting("S13", "R-2", "202612011500"), "AA").Outcome)
	m = meeting("S12", "R-2", "202612011000")
	m.at = first
	require.Equal(t, practice.OutcomeOlder, w.is(m, "AA").Outcome)
	require.Equal(t, 1, w.Count("SELECT COUNT(*) FROM appointments WHERE local_start = $1",
		"2026-12-01T15:00"))
}

func TestWhatIsATeleconsultation(t *testing.T) {
	w := newWard(t)
	onTheSpot := meeting("S12", "R-1", "202612011000")
	onTheSpot.extra[1] = "AIS|1||CONS"
	require.Equal(t, practice.OutcomeOtherKind, w.siu(onTheSpot, "AA").Outcome)
	made := w.siu(meeting("S12", "R-2", "202612011000"), "AA")
	onTheSpot = meeting("S14", "R-2", "202612011000")
	onTheSpot.extra[1] = "AIS|1||CONS"
	require.Equal(t, practice.OutcomeAppointmentCancelled, w.siu(onTheSpot, "AA").Outcome)
	require.Equal(t, practice.StatusCancelled, w.appointment(made.Appointment).Status)
}

func TestWhatAnAppointmentLacks(t *testing.T) {
	w := newWard(t)
	noService := meeting("S12", "R-1", "202612011000")
	noService.extra[2] = "AIL|1||NUIT"
	row := w.siu(noService, "AE")
	require.Equal(t, "AIS-3", row.Field)
	require.Contains(t, row.Problem,
		"the code of a service here (DER, PSY), here, in AIL-3 or in PV1-3, got TLC, NUIT")
	require.Equal(t, "SCH-11.4", w.siu(meeting("S12", "R-1", ""), "AE").Field)
	require.Equal(t, "SCH-11.4", w.siu(meeting("S12", "R-1", "202613011000"), "AE").Field)
	require.Equal(t, "SCH-2", w.siu(meeting("S12", "", "202612011000"), "AE").Field)
	require.Equal(t, practice.OutcomeOver,
		w.siu(meeting("S12", "R-1", "202611301000"), "AA").Outcome)
	late := w.siu(meeting("S12", "R-1", "202612011000",
		"AIP|1||INTERNE7^BONNET^CLAIRE", "AIP|2||10000099999^X"), "AA")
	require.Equal(t, remarkPractitioner, late.Remarks)
	other := meeting("S14", "R-1", "202612011000")
	other.pid = somebody("8")
	w.is(message{event: "ADT^A28", pid: somebody("8")}, "AA")
	require.Contains(t, w.siu(other, "AE").Problem, "the patient of the appointment")
	w.Quiet()
}

func TestNoShow(t *testing.T) {
	w := newWard(t)
	made := w.siu(meeting("S12", "R-1", "202612011000"), "AA")
	require.Equal(t, "MSH-9.2", w.siu(meeting("S26", "R-1", ""), "AE").Field)
	w.Now = interoptest.Morning.Add(3 * time.Hour)
	require.Equal(t, practice.OutcomeAppointmentNoShow,
		w.siu(meeting("S26", "R-1", ""), "AA").Outcome)
	require.Equal(t, practice.StatusNoShow, w.appointment(made.Appointment).Status)
	require.Equal(t, practice.OutcomeUnchanged, w.siu(meeting("S26", "R-1", ""), "AA").Outcome)
	require.Equal(t, practice.OutcomeUnknown, w.siu(meeting("S26", "R-9", ""), "AA").Outcome)
	met := w.siu(meeting("S12", "R-2", "202612011100"), "AA")
	w.Write(func(tx *store.Tx) error {
		_, err := tx.Exec("UPDATE appointments SET began_at = 5 WHERE establishment = 'E1' "+
			"AND id = $1", met.Appointment)
		return err
	})
	require.Equal(t, practice.OutcomeDecided, w.siu(meeting("S26", "R-2", ""), "AA").Outcome)
	require.Equal(t, practice.OutcomeDecided, w.siu(meeting("S15", "R-2", ""), "AA").Outcome)
	require.Equal(t, practice.OutcomeDecided,
		w.siu(meeting("S13", "R-2", "202612011200"), "AA").Outcome)
	require.Equal(t, practice.StatusBooked, w.appointment(met.Appointment).Status)
	w.Write(func(tx *store.Tx) error { // a person says that they spoke, though not here
		_, err := tx.Exec("UPDATE appointments SET began_at = 0, status = 'fulfilled', "+
			"outcome_by = 'P1' WHERE establishment = 'E1' AND id = $1", met.Appointment)
		return err
	})
	require.Equal(t, practice.OutcomeDecided, w.siu(meeting("S15", "R-2", ""), "AA").Outcome)
	require.Equal(t, practice.OutcomeDecided,
		w.siu(meeting("S13", "R-2", "202612011300"), "AA").Outcome)
	require.Equal(t, practice.StatusFulfilled, w.appointment(met.Appointment).Status)
}

func TestTimestamps(t *testing.T) {
	for text, expected := range map[string]string{
		"20261201":            "2026-11-30T23:00:00Z",
		"202612010900":        "2026-12-01T08:00:00Z",
		"20261201090007":      "2026-12-01T08:00:07Z",
		"20261201090007.25":   "2026-12-01T08:00:07.25Z",
		"20261201090000+0000": "2026-12-01T09:00:00Z",
		"20260701090000-0330": "2026-07-01T12:30:00Z",
		"202610250230":        "2026-10-25T00:30:00Z", // shown twice: the first
		"202603290230":        "",                     // skipped
		"2026120109000":       "", "hier": "", "": "", "20261301": "",
		"20261201090000.":      "2026-12-01T08:00:00Z",
		"20261201090007.12345": "", "202612010900.5": "",
	} {
		at, ok := timestamp(text, paris)
		if expected == "" {
			require.False(t, ok, text)
			continue
		}
		require.True(t, ok, text)
		require.Equal(t, expected, at.UTC().Format(time.RFC3339Nano), text)
	}
}

func TestDurations(t *testing.T) {
	for _, c := range []struct {
		text, unit string
		minutes    int
		ok         bool
	}{{"30", "", 30, true}, {"45", "MIN", 45, true}, {"1", "H", 60, true}, {"0.5", "h", 30, true},
		{"1800", "S", 30, true}, {"30", "JOURS", 0, false}, {"-5", "MIN", 0, false},
		{"NaN", "MIN", 0, false}, {"1e300", "H", 0, false}} {
		minutes, ok := minutesOf(c.text, c.unit)
		require.Equal(t, c.ok, ok, c.text)
		require.Equal(t, c.minutes, minutes, c.text)
	}
}

// A number that was forgotten since the ADT came reaches the patient if the appointment has it.
func TestAnAppointmentSaysHowThePatientIsReached(t *testing.T) {
	w := newWard(t)
	known := w.is(message{event: "ADT^A28", pid: somebody("7"), at: w.later()}, "AA")
	made := w.siu(meeting("S12", "R-1", "202612011000"), "AA")
	require.Equal(t, known.Patient, made.Patient)
	guests := w.guests(made.Appointment)
	require.Len(t, guests, 1)
	require.Equal(t, practice.ChannelSMS, guests[0].Channel)
	require.Equal(t, "+33612345678", guests[0].Phone)
}

// Whoever books for a patient of whom neither number nor address is known any more hears that
// nobody is invited, each time that the same message is answered.
func TestWhoBooksHearsThatThePatientIsNotInvited(t *testing.T) {
	w := newWard(t)
	ways := func(ipp string) {
		w.Write(func(tx *store.Tx) error {
			_, err := tx.Exec("UPDATE patients SET phone = '', email = '' "+
				"WHERE establishment = 'E1' AND ipp = $1 AND ipp <> ''", ipp)
			return err
		})
	}
	for _, ipp := range []string{"1", "2"} {
		w.is(message{event: "ADT^A28", pid: somebody(ipp), contact: "0612345678"}, "AA")
	}
	ways("1")
	booked := func(ipp, id, contact string) string {
		m := meeting("S12", id, "202612011000")
		m.pid, m.contact, m.at = somebody(ipp), contact, w.later()
		return m.text()
	}
	warned := func(raw string) {
		t.Helper()
		answer := w.sent(raw)
		require.Equal(t, "AA", answer.First("MSA").Field(1).Text())
		told := answer.First("ERR")
		require.Equal(t, "W", told.Field(4).Text())
		require.Equal(t, "PID", told.Field(2).Component(1).Text())
		require.Equal(t, "13", told.Field(2).Component(3).Text())
		require.Contains(t, told.Field(8).Text(), "sent no invitation")
		require.Equal(t, answer.Bytes(), w.sent(raw).Bytes())
		require.Equal(t, remarkUninvited,
			w.row(answer.First("MSH").Field(10).Text()).Remarks)
	}
	unwarned := func(raw string) {
		t.Helper()
		answer := w.sent(raw)
		require.Equal(t, "AA", answer.First("MSA").Field(1).Text())
		require.False(t, answer.Has("ERR"), "%s", answer.Bytes())
	}
	warned(booked("1", "R-1", ""))
	unwarned(strings.Replace(booked("1", "R-0", ""), "|2.5", "|2.3", 1)) // it knows no severity
	unwarned(booked("1", "R-2", "^PRN^CP^^^^^^^^^0612345678"))
	atPlace := meeting("S12", "R-3", "202612011000", "AIL|2||SALLEE2")
	atPlace.pid, atPlace.contact, atPlace.at = somebody("1"), "", w.later()
	unwarned(atPlace.text())
	// A number that was merged into another since, in a message of before.
	before := w.later()
	merge := message{event: "ADT^A40", pid: somebody("1"), prior: "2^^^CHU-X^PI", at: w.later()}
	w.is(merge, "AA")
	ways("1")
	for id, contact := range map[string]string{"R-4": "", "R-5": "^PRN^CP^^^^^^^^^0612345678"} {
		m := meeting("S12", id, "202612011000")
		m.pid, m.contact, m.at = somebody("2"), contact, before
		if contact == "" {
			warned(m.text())
		} else {
			unwarned(m.text())
		}
	}
	w.Quiet()
}
