package desk

import (
	"net/http"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"draille/signaling/practice"
	"draille/signaling/practice/people"
	"draille/signaling/practice/store"
)

// signedInAgain is another browser of a person.
func (h *house) signedInAgain(person practice.Person) *browser {
	h.t.Helper()
	var token string
	h.write(func(tx *store.Tx) (err error) {
		token, err = h.people.Sessions.Open(tx,
			people.NewSession{Person: person.ID, Method: practice.MethodPasskey})
		return err
	})
	b := h.browser()
	b.client.Jar.SetCookies(h.desk.config.Public,
		[]*http.Cookie{{Name: sessionCookie, Value: token, Path: "/"}})
	return b
}

// TestALookIsNotedOnceAnHour has pages read again and again: the first look is in the ledger, so
// is the first of somebody else, of the same person elsewhere, and of whatever is new.
func TestALookIsNotedOnceAnHour(t *testing.T) {
	t.Parallel()
	w := newWard(t)
	a := w.counted(1, func(a *practice.Appointment) { a.Patient = w.patient.ID })[0]
	r := practice.Report{ID: practice.NewID(), Document: practice.NewID(), Number: 1,
		Establishment: a.Establishment, Appointment: a.ID, State: practice.ReportSigned,
		SignedBy: w.doctor.ID, SignedAt: 5, Version: 1, ForgottenAt: 7}
	w.write(func(tx *store.Tx) error { return store.Insert(tx, r, nil) })
	colleague, _ := w.somebody(
		practice.Grant{Role: practice.RoleClinician, Establishment: w.hospital.ID,
			Service: w.service.ID})
	elsewhere := w.signedInAgain(w.doctor)
	day := "?establishment=" + w.hospital.ID
	paths := map[string]string{
		"appointment.view": "/api/appointments/" + a.ID,
		"patient.view":     "/api/patients/" + w.patient.ID + day,
		"report.view":      "/api/appointments/" + a.ID + "/report",
		"day.view":         "/api/day" + day,
	}
	looks := func(b *browser, times int) {
		for range times {
			for _, path := range paths {
				b.ask("GET", path, nil).is(200)
			}
		}
	}
	noted := func(times int) {
		t.Helper()
		for action := range paths {
			require.Len(t, w.entries(action), times, action)
		}
	}
	looks(w.clinician, 3)
	noted(1)
	for action := range paths {
		entry := w.entries(action)[0]
		require.Equal(t, w.doctor.ID, entry.Actor, action)
		require.Equal(t, w.hospital.ID, entry.Establishment, action)
		if action != "day.view" {
			require.Equal(t, w.patient.ID, entry.Patient, action)
		}
	}
	looks(colleague, 2)
	noted(2)
	looks(elsewhere, 2)
	noted(3)
	w.wait(noteEvery - time.Second)
	looks(w.clinician, 1)
	noted(3)
	w.wait(time.Second)
	looks(w.clinician, 2)
	noted(4)

	// A version that was not there at the last look, and a clock that is put back.
	w.clinician.ask("POST", "/api/reports/"+r.ID+"/correct", nil).is(200)
	w.clinician.ask("GET", paths["report.view"], nil).is(200)
	require.Len(t, w.entries("report.view"), 5)
	w.wait(-time.Minute)
	w.clinician.ask("GET", paths["appointment.view"], nil).is(200)
	require.Len(t, w.entries("appointment.view"), 5)
}

// TestALookThatIsRefusedIsNoLook has somebody without the right before somebody with it.
func TestALookThatIsRefusedIsNoLook(t *testing.T) {
	t.Parallel()
	w := newWard(t)
	a := w.counted(1)[0]
	w.other.ask("GET", "/api/appointments/"+a.ID, nil).refused(CodeNotFound)
	require.Empty(t, w.entries("appointment.view"))
	w.clinician.ask("GET", "/api/appointments/"+a.ID, nil).is(200)
	require.Len(t, w.entries("appointment.view"), 1)
}

// TestALookAtADayIsOfEachEstablishment has somebody look at all they may see at once: the auditor
// of the establishment whose patients are named finds it.
func TestALookAtADayIsOfEachEstablishment(t *testing.T) {
	t.Parallel()
	w := newWard(t)
	w.counted(1)
	both, _ := w.somebody(
		practice.Grant{Role: practice.RoleClinician, Establishment: w.hospital.ID,
			Service: w.service.ID},
		practice.Grant{Role: practice.RoleSecretary, Establishment: w.otherHospital()})
	both.ask("GET", "/api/day?date=2026-12-02", nil).is(200)
	require.Empty(t, w.entries("day.view"), "nobody is named")
	for range 2 {
		both.ask("GET", "/api/day", nil).is(200)
	}
	both.ask("GET", "/api/day?establishment="+w.hospital.ID, nil).is(200)
	auditor, _ := w.somebody(practice.Grant{Role: practice.RoleAuditor,
		Establishment: w.hospital.ID})
	var page AuditPage
	auditor.ask("GET", "/api/audit?establishment="+w.hospital.ID, nil).is(200, &page)
	looks := 0
	for _, line := range page.Items {
		if line.Entry.Action == "day.view" {
			looks++
			require.Equal(t, "2026-12-01", line.Entry.Object)
		}
	}
	require.Equal(t, 1, looks)
	require.Len(t, w.entries("day.view"), 1)
}

// TestAListIsNotedOnceADay has browsers of one person show a list all day: each patient in it
// is in the ledger once, whoever comes into it later, too, and again on the next day of the
// establishment, whose midnight is another than that of UTC.
func TestAListIsNotedOnceADay(t *testing.T) {
	t.Parallel()
	w := newWard(t)
	waits := func(patient string) (begin func()) {
		a := w.counted(1, func(a *practice.Appointment) { a.Patient = patient })[0]
		return func() {
			w.write(func(tx *store.Tx) error {
				return store.Insert(tx, practice.Report{ID: practice.NewID(),
					Document: practice.NewID(), Number: 1, Establishment: a.Establishment,
					Appointment: a.ID, State: practice.ReportDraft, Version: 1}, nil)
			})
		}
	}
	var other PatientLine
	w.secretary.ask("POST", "/api/patients", NewPatient{Establishment: w.hospital.ID,
		BirthName: "Petit", BirthGivenName: "Jeanne", Sex: practice.SexFemale,
		BirthDate: "1950-01-02"}).is(201, &other)
	later := waits(other.ID)
	waits(w.patient.ID)()
	looks := func() {
		for range 2 {
			w.signedInAgain(w.doctor).ask("GET", "/api/reports/unsigned", nil).is(200)
		}
	}
	looks() // at 12:00 UTC, 13:00 there
	noted := func(patients ...string) {
		t.Helper()
		found := []string{}
		for _, entry := range w.entries("report.unsigned") {
			require.Equal(t, w.doctor.ID, entry.Actor)
			found = append(found, entry.Patient)
		}
		require.ElementsMatch(t, patients, found)
	}
	noted(w.patient.ID)
	for range 9 {
		w.wait(noteEvery)
		looks()
	}
	noted(w.patient.ID)
	later()
	looks()
	noted(w.patient.ID, other.ID)
	w.wait(2 * noteEvery) // 23:00 UTC, and tomorrow there
	looks()
	noted(w.patient.ID, other.ID, w.patient.ID, other.ID)
}

// TestLooksThatAreOverAreForgottenOnceAMinute has a thousand people look: whoever looks next does
// not go through all that was noted.
func TestLooksThatAreOverAreForgottenOnceAMinute(t *testing.T) {
	t.Parallel()
	d := &Desk{views: map[string]noted{}}
	at := func(after time.Duration) *call { return &call{Desk: d, now: noon.Add(after)} }
	at(0).setNoted([]string{"hour"}, noteEvery)
	at(0).setNoted([]string{"day"}, noteListedEvery)
	at(noteEvery-time.Second).setNoted([]string{"late"}, noteEvery)
	at(noteEvery).setNoted(nil, noteEvery)
	require.Len(t, d.views, 3, "it was swept a second ago")
	at(noteEvery+sweepEvery).setNoted(nil, noteEvery)
	require.Len(t, d.views, 2)
	at(noteListedEvery+2*sweepEvery).setNoted(nil, noteEvery)
	require.Empty(t, d.views)
}
