package fhir

import (
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"draille/signaling/practice"
	"draille/signaling/practice/agenda"
	"draille/signaling/practice/interop/interoptest"
	"draille/signaling/practice/store"
)

// linkIn is the address by which a participant comes in; empty: none is told.
func linkIn(p Participant) string {
	for _, one := range p.Extension {
		for _, part := range one.Extension {
			if part.URL == "address" {
				return part.ValueURL
			}
		}
	}
	return ""
}

func TestABookingSystemMakesARoom(t *testing.T) {
	w := newWard(t)
	patient := w.one.patient(dominique("7"))
	var made Appointment
	w.one.ask("PUT", whereRDV+"R-7", text(meeting("R-7", patient.ID))).is(201, &made)
	require.Equal(t, "2026-12-01T10:00:00+01:00", made.Start)
	require.Equal(t, "2026-12-01T10:30:00+01:00", made.End)
	require.Len(t, made.Participant, 2)
	var link, door string
	for _, one := range made.Participant {
		if one.Actor.Reference != "" {
			link = linkIn(one)
			continue
		}
		door = linkIn(one)
		require.Equal(t, "810000023084", one.Actor.Identifier.Value)
		require.Equal(t, "PPRF", one.Type[0].Coding[0].Code)
	}
	require.Equal(t, w.address+"/", door) // staff sign in
	token, isLink := strings.CutPrefix(link, w.address+"/r/")
	require.True(t, isLink, link)
	w.Now = interoptest.Morning.Add(110 * time.Minute)
	w.Write(func(tx *store.Tx) error {
		opened, err := w.Agenda.Open(tx, token, "a browser", false)
		require.Equal(t, agenda.LinkOpen, opened.State)
		return err
	})
	w.Now = interoptest.Morning
	// The same once more is the same appointment, with the same link.
	var again Appointment
	w.one.ask("PUT", whereRDV+"R-7", text(meeting("R-7", patient.ID))).is(200, &again)
	require.Equal(t, made, again)
	w.one.ask("POST", "Appointment", text(meeting("R-7", patient.ID))).refused(409, "duplicate",
		"Appointment.identifier", "Appointment/"+made.ID)
	w.one.ask("POST", "Appointment", text(meeting("R-7", patient.ID)), "If-None-Exist",
		"identifier=https://ch-x.example/rdv|R-7").is(200, &again)
	require.Equal(t, made, again)
	// Moved, with another practitioner.
	later := meeting("R-7", patient.ID)
	later["start"], later["end"] = "2026-12-01T10:00:00Z", "2026-12-01T10:45:00Z"
	later["participant"].([]any)[1].(map[string]any)["actor"] = map[string]any{
		"identifier": map[string]any{"system": systemRPPS, "value": "10000023092"}}
	w.one.ask("PUT", whereRDV+"R-7", text(later), "If-Match", `W/"1"`).is(200, &again)
	require.Equal(t, "2026-12-01T11:00:00+01:00", again.Start)
	require.Equal(t, 45, again.MinutesDuration)
	require.Equal(t, 1, w.Count("SELECT COUNT(*) FROM participants WHERE person = 'P2'"))
	require.Equal(t, 0, w.Count("SELECT COUNT(*) FROM participants WHERE person = 'P1'"))
	// Called off: nothing opens any more.
	gone := map[string]any{"resourceType": "Appointment", "status": "cancelled",
		"participant": []any{}}
	var after Appointment
	w.one.ask("PUT", whereRDV+"R-7", text(gone)).is(200, &after)
	require.Equal(t, "cancelled", after.Status)
	for _, one := range after.Participant {
		require.Empty(t, linkIn(one))
	}
	w.one.ask("PUT", whereRDV+"R-7", text(gone)).is(200)
	w.one.ask("PUT", whereRDV+"R-7", text(meeting("R-7", patient.ID))).refused(409,
		"business-rule", "Appointment.status", "new identifier")
	w.Quiet()
}

func TestWithoutLeaveNoLinkIsTold(t *testing.T) {
	w := newWard(t)
	patient := w.one.patient(dominique("7"))
	w.one.ask("PUT", whereRDV+"R-7", text(meeting("R-7", patient.ID))).is(201)
	for _, m := range []practice.Machine{
		{Establishment: "E1", Name: "reader", Access: practice.MachineReads, Links: true},
		{Establishment: "E1", Name: "plain", Access: practice.MachineWrites}} {
		var found Bundle
		answer := w.program(m).ask("GET", whereRDV+"R-7", "").is(200, &found)
		require.Equal(t, 1, found.Total)
		require.NotContains(t, string(answer.body), "/r/")
	}
}

func TestAnAppointmentAtAPlaceWithAService(t *testing.T) {
	w := newWard(t)
	patient := w.one.patient(dominique("7"))
	said := meeting("R-1", patient.ID)
	said["serviceType"] = []any{coded("DER")}
	delete(said, "end")
	said["minutesDuration"] = 20
	said["participant"] = append(said["participant"].([]any)[:1],
		map[string]any{"actor": map[string]any{"type": "Location",
			"identifier": map[string]any{"value": "SALLEE2"}}},
		map[string]any{"actor": map[string]any{"type": "Practitioner",
			"identifier": map[string]any{"value": "nobody"}}},
		map[string]any{"actor": map[string]any{"type": "Location",
			"identifier": map[string]any{"value": "nowhere"}}},
		map[string]any{"status": "declined", "actor": map[string]any{"reference": "Patient/0"}})
	var outcome OperationOutcome
	w.one.ask("PUT", whereRDV+"R-1", text(said), "Prefer", "return=OperationOutcome").
		is(201, &outcome)
	require.Equal(t, remarkPractitioner, outcome.Issue[1].Diagnostics)
	require.Equal(t, remarkPlace, outcome.Issue[2].Diagnostics)
	require.Equal(t, 1, w.Count(`SELECT COUNT(*) FROM appointments WHERE service = 'E1DER'
		AND place = 'LE2' AND host_establishment = 'E2'`))
	var found Bundle
	w.one.ask("GET", "Appointment?location=SALLEE2", "").is(200, &found)
	require.Equal(t, 1, found.Total)
	w.one.ask("GET", "Appointment?location=Location/LE2", "").is(200, &found)
	require.Equal(t, 1, found.Total)
	w.one.ask("GET", "Appointment?location:identifier=%7CSALLEE1", "").is(200, &found)
	require.Equal(t, 0, found.Total)
	unserved := w.program(practice.Machine{Establishment: "E1", Name: "no service",
		Access: practice.MachineWrites})
	unserved.ask("POST", "Appointment", text(meeting("R-2", patient.ID))).refused(422, "value",
		"Appointment.serviceType", "DER, PSY")
	unserved.ask("PUT", whereRDV+"R-2", "", "Prefer", "return=minimal").is(400)
}

func TestAnAppointmentThatCannotBe(t *testing.T) {
	w := newWard(t)
	patient := w.one.patient(dominique("7"))
	actor := func(a map[string]any, i int, actor map[string]any) {
		a["participant"].([]any)[i].(map[string]any)["actor"] = actor
	}
	for path, spoil := range map[string]func(map[string]any){
		"Appointment.status": func(a map[string]any) { a["status"] = "waitlist" },
		"Appointment.start":  func(a map[string]any) { a["start"] = "2026-12-01T10:00:00" },
		"Appointment.end":    func(a map[string]any) { a["end"] = "2026-12-01T09:00:00Z" },
		"Appointment.identifier[0].system": func(a map[string]any) {
			a["identifier"] = []any{map[string]any{"value": "1"}}
		},
		"Appointment.participant": func(a map[string]any) { a["participant"] = []any{} },
		"Appointment.participant[0].actor.reference": func(a map[string]any) {
			actor(a, 0, map[string]any{"reference": "Patient/0"})
		},
		"Appointment.participant[0].actor.identifier.value": func(a map[string]any) {
			actor(a, 0, map[string]any{"identifier": map[string]any{"system": authority,
				"value": "404"}})
		},
	} {
		said := meeting("R-1", patient.ID)
		spoil(said)
		var outcome OperationOutcome
		answer := w.one.ask("POST", "Appointment", text(said)).is(422, &outcome)
		require.Equal(t, []string{path}, outcome.Issue[0].Expression, "%s", answer.body)
	}
	over := meeting("R-1", patient.ID)
	over["start"], over["end"] = "2026-11-01T09:00:00Z", "2026-11-01T09:30:00Z"
	w.one.ask("POST", "Appointment", text(over)).refused(422, "business-rule",
		"Appointment.start", "a time to come")
	noShow := meeting("R-2", patient.ID)
	w.one.ask("PUT", whereRDV+"R-2", text(noShow)).is(201)
	noShow["status"] = "noshow"
	w.one.ask("PUT", whereRDV+"R-2", text(noShow)).refused(422, "business-rule",
		"Appointment.status", "does not begin yet")
	w.Now = interoptest.Morning.Add(4 * time.Hour)
	w.one.token = w.one.authorized("").text(200, "access_token")
	w.one.ask("PUT", whereRDV+"R-2", text(noShow)).is(200)
	w.one.ask("PUT", whereRDV+"R-2", text(noShow)).is(200)
	other := w.one.patient(dominique("8"))
	w.one.ask("PUT", whereRDV+"R-2", text(meeting("R-2", other.ID))).refused(422,
		"business-rule", "Appointment.participant.actor", "another one")
	w.Quiet()
}

func TestWhatAPersonOrTheCallHasSaidStays(t *testing.T) {
	w := newWard(t)
	patient := w.one.patient(dominique("7"))
	var made Appointment
	w.one.ask("PUT", whereRDV+"R-1", text(meeting("R-1", patient.ID))).is(201, &made)
	w.one.ask("GET", "Encounter/"+made.ID, "").refused(404, "not-found", "", "another")
	w.met(made.ID, "2026-12-01T09:00:00Z", "2026-12-01T09:20:00Z")
	w.Now = interoptest.Morning.Add(4 * time.Hour)
	w.one.token = w.one.authorized("").text(200, "access_token")
	said := meeting("R-1", patient.ID)
	for _, status := range []string{"cancelled", "noshow"} {
		said["status"] = status
		w.one.ask("PUT", whereRDV+"R-1", text(said)).refused(409, "business-rule",
			"Appointment.status", "expected")
	}
	moved := meeting("R-1", patient.ID)
	moved["end"] = "2026-12-01T10:40:00+01:00"
	w.one.ask("PUT", whereRDV+"R-1", text(moved)).refused(409, "business-rule",
		"Appointment.start", "have met")
	var session Encounter
	w.one.ask("GET", "Encounter/"+made.ID, "").is(200, &session)
	require.Equal(t, "finished", session.Status)
	require.Equal(t, Period{"2026-12-01T10:00:00+01:00", "2026-12-01T10:20:00+01:00"},
		session.Period)
	for where, n := range map[string]int{"appointment=Appointment/" + made.ID: 1,
		"patient=" + patient.ID: 1, "patient=0": 0, "date=2026-12-02": 0} {
		var found Bundle
		w.one.ask("GET", "Encounter?"+where, "").is(200, &found)
		require.Equal(t, n, found.Total, where)
	}
	w.one.ask("GET", "Encounter", "").refused(400, "too-costly", "", "appointment")
	w.one.ask("POST", "Encounter", "{}").refused(405, "not-supported", "", "read or search")
	w.Quiet()
}

// met makes an appointment one where they have met.
func (w *ward) met(id, began, ended string) {
	var at [2]int64
	for i, one := range []string{began, ended} {
		moment, err := time.Parse(time.RFC3339, one)
		require.NoError(w.t, err)
		at[i] = moment.UnixMilli()
	}
	w.Write(func(tx *store.Tx) error {
		_, err := tx.Exec(`UPDATE appointments SET arrived_at = $1, began_at = $1, ended_at = $2,
			status = 'fulfilled' WHERE establishment = 'E1' AND id = $3`, at[0], at[1], id)
		return err
	})
}

func TestAppointmentsAreFoundPageByPage(t *testing.T) {
	w := newWard(t)
	patient := w.one.patient(dominique("7"))
	for i := range 25 {
		said := meeting(fmt.Sprintf("R-%d", i), patient.ID)
		start := interoptest.Morning.Add(time.Duration(10+i/2) * time.Hour) // two at a time
		said["start"], said["end"] = start.Format(time.RFC3339),
			start.Add(time.Hour).Format(time.RFC3339)
		w.one.ask("POST", "Appointment", text(said), "Prefer", "return=minimal").is(201)
	}
	seen := map[string]bool{}
	next := w.address + Base + "/Appointment?patient=" + patient.ID + "&status=booked&_count=7"
	for pages := 0; next != ""; pages++ {
		require.Less(t, pages, 4)
		var found Bundle
		path := strings.TrimPrefix(next, w.address+Base+"/")
		w.one.ask("GET", path, "").is(200, &found)
		require.Equal(t, 25, found.Total)
		next = ""
		for _, entry := range found.Entry {
			require.False(t, seen[entry.FullURL])
			seen[entry.FullURL] = true
		}
		for _, link := range found.Link {
			if link.Relation == "next" {
				next = link.URL
			}
		}
	}
	require.Len(t, seen, 25)
	for where, n := range map[string]int{
		"date=2026-12-01": 12, "date=ge2026-12-02": 13, "date=lt2026-12-02": 12,
		"date=ge2026-12-01&date=lt2026-12-01T19:00:00%2B01:00": 2,
		"date=2026-12-01T18:00:00+01:00":                       2,
		"date=gt2026-12-01T18:00%2B01:00":                      23,
		"date=le2026-12":                                       25, "date=2027": 0,
		"identifier=https://ch-x.example/rdv%7CR-3": 1, "identifier=R-3": 1,
		"date=2026-12-01&status=cancelled,arrived": 0, "date=2026-12-01&status=booked,noshow": 12,
		"date=2026-12-01&status=pending": 0, "date=ap2026": -1, "date=2026-12-01&_after=!": -1,
		"status=booked": -1, "identifier=%7CR-3": -1,
		"patient=" + strings.Repeat("1,", 30): -1,
	} {
		answer := w.one.ask("GET", "Appointment?"+where, "")
		if n < 0 {
			answer.is(400)
			continue
		}
		var found Bundle
		answer.is(200, &found)
		require.Equal(t, n, found.Total, where)
	}
}

func TestOfRacersWithOneVersionOneWins(t *testing.T) {
	w := newWard(t)
	patient := w.one.patient(dominique("7"))
	const racers = 8
	var mu sync.Mutex
	statuses := map[int]int{}
	race := func(header ...string) {
		var all sync.WaitGroup
		for i := range racers {
			all.Go(func() {
				said := meeting("R-1", patient.ID)
				if len(header) > 0 {
					said["end"] = fmt.Sprintf("2026-12-01T10:%d:00+01:00", 31+i)
				}
				request, err := http.NewRequestWithContext(t.Context(), "PUT",
					w.address+Base+"/"+whereRDV+"R-1", strings.NewReader(text(said)))
				if err != nil {
					return
				}
				request.Header.Set("Content-Type", mediaType)
				request.Header.Set("Authorization", "Bearer "+w.one.token)
				for i := 0; i < len(header); i += 2 {
					request.Header.Set(header[i], header[i+1])
				}
				answer, err := w.http.Do(request)
				if err != nil {
					return
				}
				_ = answer.Body.Close()
				mu.Lock()
				statuses[answer.StatusCode]++
				mu.Unlock()
			})
		}
		all.Wait()
	}
	race()
	require.Equal(t, map[int]int{201: 1, 200: racers - 1}, statuses)
	require.Equal(t, 1, w.Count("SELECT COUNT(*) FROM appointments"))
	clear(statuses)
	race("If-Match", `W/"1"`)
	require.Equal(t, map[int]int{200: 1, 412: racers - 1}, statuses)
}

// TestTwoEstablishmentsFindNoWayAcross asks for all that the one has as the other.
func TestTwoEstablishmentsFindNoWayAcross(t *testing.T) {
	w := newWard(t)
	patient := w.one.patient(qualified("7"))
	var made Appointment
	w.one.ask("PUT", whereRDV+"R-7", text(meeting("R-7", patient.ID))).is(201, &made)
	w.met(made.ID, "2026-12-01T09:00:00Z", "2026-12-01T09:20:00Z")
	before := w.Count("SELECT SUM(version) FROM appointments") +
		w.Count("SELECT SUM(version) FROM patients")
	strange := dominique("7")
	strange["id"] = patient.ID
	mine := meeting("R-7", patient.ID)
	mine["id"] = made.ID
	merge := dominique("9")
	merge["link"] = []any{map[string]any{"type": "replaced-by", "other": map[string]any{
		"reference": "Patient/" + patient.ID}}}
	w.other.patient(dominique("9"))
	for _, asked := range []struct{ method, path, body string }{
		{"GET", "Patient/" + patient.ID, ""}, {"GET", "Appointment/" + made.ID, ""},
		{"GET", "Encounter/" + made.ID, ""},
		{"PUT", "Patient/" + patient.ID, text(strange)},
		{"PUT", "Appointment/" + made.ID, text(mine)},
		{"POST", "Appointment", text(meeting("R-8", patient.ID))},
		{"PUT", whereIPP + "9", text(merge)},
	} {
		answer := w.other.ask(asked.method, asked.path, asked.body)
		require.Contains(t, []int{404, 422}, answer.status, "%s %s: %s", asked.method, asked.path,
			answer.body)
		require.Contains(t, string(answer.body), "not-found")
	}
	for _, where := range []string{"Patient?identifier=7", "Appointment?date=2026-12-01",
		"Patient?identifier=urn:oid:1.2.250.1.213.1.4.10%7C279035121518989",
		"Patient?name=pat-trois&birthdate=1979-03-28&identifier=" + url.QueryEscape("|7"),
		"Appointment?patient=" + patient.ID, "Appointment?identifier=R-7",
		"Appointment?location=SALLEE1", "Appointment?patient.identifier=7",
		"Encounter?appointment=" + made.ID, "Encounter?patient=" + patient.ID} {
		var found Bundle
		w.other.ask("GET", where, "").is(200, &found)
		require.Zero(t, found.Total, where)
		require.Empty(t, found.Entry)
	}
	require.Equal(t, before+1, w.Count("SELECT SUM(version) FROM appointments")+
		w.Count("SELECT SUM(version) FROM patients"))
	require.Zero(t, w.Count(`SELECT COUNT(*) FROM audit WHERE establishment = 'E2'
		AND (patient = $1 OR appointment = $2)`, patient.ID, made.ID))
}

// Whoever books for a patient of whom neither number nor address is known any more hears that
// nobody is invited; a program that invites nobody, or books at a place, hears nothing.
func TestWhoBooksHearsThatThePatientIsNotInvited(t *testing.T) {
	w := newWard(t)
	patient := w.one.patient(dominique("7"))
	inviting := w.program(practice.Machine{Establishment: "E1", Name: "inviting", Invite: true,
		Authority: authority, Access: practice.MachineWrites, Service: "E1PSY"})
	warned := func(p program, said map[string]any, id string) bool {
		t.Helper()
		var outcome OperationOutcome
		p.ask("PUT", whereRDV+id, text(said), "Prefer", "return=OperationOutcome").
			is(201, &outcome)
		return slices.ContainsFunc(outcome.Issue, func(i Issue) bool {
			return i.Severity == "warning" && i.Diagnostics == remarkUninvited &&
				strings.Contains(i.Details.Text, "sent no invitation")
		})
	}
	require.False(t, warned(inviting, meeting("R-1", patient.ID), "R-1"))
	w.Write(func(tx *store.Tx) error {
		_, err := tx.Exec("UPDATE patients SET phone = '' WHERE establishment = 'E1'")
		return err
	})
	require.True(t, warned(inviting, meeting("R-2", patient.ID), "R-2"))
	require.False(t, warned(w.one, meeting("R-3", patient.ID), "R-3"))
	atPlace := meeting("R-4", patient.ID)
	atPlace["participant"] = append(atPlace["participant"].([]any), map[string]any{
		"actor": map[string]any{"type": "Location",
			"identifier": map[string]any{"value": "SALLEE2"}}})
	require.False(t, warned(inviting, atPlace, "R-4"))
	w.Quiet()
}
