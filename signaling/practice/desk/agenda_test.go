package desk

import (
	"bufio"
	"bytes"
	"encoding/json"
	"net/http"
	"strings"
	"testing"
	"time"

	ical "github.com/arran4/golang-ical"
	"github.com/stretchr/testify/require"

	"draille/signaling/practice"
	"draille/signaling/practice/agenda"
	"draille/signaling/practice/store"
)

// ward is a hospital with a service, a nursing home with a place, and whoever works there.
type ward struct {
	*house
	hospital, home       practice.Establishment
	service              practice.Service
	place                practice.Place
	clinician, secretary *browser
	nurse, other         *browser // of the nursing home; of another hospital
	doctor               practice.Person
	patient              practice.Patient
}

func newWard(t *testing.T, adjust ...func(*Config)) *ward {
	t.Helper()
	w := &ward{house: newHouse(t, adjust...)}
	w.hospital = practice.Establishment{ID: practice.NewID(), Name: "CH Secretetablissement",
		Zone: "Europe/Paris", Version: 1}
	w.home = practice.Establishment{ID: practice.NewID(), Name: "Les Pins", Zone: "Europe/Paris",
		Version: 1}
	third := practice.Establishment{ID: practice.NewID(), Name: "CH Z", Zone: "Europe/Paris",
		Version: 1}
	w.service = practice.Service{ID: practice.NewID(), Establishment: w.hospital.ID,
		Name: "Psychiatriesecrete", Version: 1}
	w.place = practice.Place{ID: practice.NewID(), Establishment: w.home.ID, Name: "Salle 2",
		Version: 1}
	w.write(func(tx *store.Tx) error {
		for _, e := range []practice.Establishment{w.hospital, w.home, third} {
			require.NoError(t, store.Insert(tx, e, nil))
		}
		require.NoError(t, store.Insert(tx, w.service, nil))
		return store.Insert(tx, w.place, nil)
	})
	w.clinician, w.doctor =
		w.somebody(practice.Grant{Role: practice.RoleClinician, Establishment: w.hospital.ID,
			Service: w.service.ID})
	w.secretary, _ =
		w.somebody(practice.Grant{Role: practice.RoleSecretary, Establishment: w.hospital.ID})
	w.nurse, _ = w.somebody(practice.Grant{Role: practice.RoleNurse, Establishment: w.home.ID})
	w.other, _ = w.somebody(practice.Grant{Role: practice.RoleClinician, Establishment: third.ID},
		practice.Grant{Role: practice.RoleSecretary, Establishment: third.ID})
	w.secretary.ask("POST", "/api/patients",
		NewPatient{Establishment: w.hospital.ID, IPP: "770001", BirthName: "SECRETNOM",
			BirthGivenName: "DOMINIQUESECRET", Sex: practice.SexFemale, BirthDate: "1979-03-28",
			Phone: "06 12 34 56 78"}).is(201, &w.patient)
	return w
}

// wanted is an appointment that begins an hour from the tests' noon (13:00 in Paris).
func (w *ward) wanted(adjust ...func(*NewAppointment)) NewAppointment {
	wanted := NewAppointment{Key: practice.NewID(), Establishment: w.hospital.ID,
		Service: w.service.ID, Kind: practice.KindConsultation,
		Patient: w.patient.ID, LocalStart: "2026-12-01T14:00", Minutes: 30,
		Participants: []NewParticipant{
			{Kind: practice.ParticipantPerson, Person: w.doctor.ID, Channel: practice.ChannelNone},
			{Kind: practice.ParticipantPatient, Email: "patient@example.org",
				Channel: practice.ChannelMail}}}
	for _, f := range adjust {
		f(&wanted)
	}
	return wanted
}

func (w *ward) appointment(adjust ...func(*NewAppointment)) AppointmentView {
	w.t.Helper()
	var made AppointmentView
	w.secretary.ask("POST", "/api/appointments", w.wanted(adjust...)).is(201, &made)
	return made
}

// listen opens a stream of events and returns a function that waits for the next event of a name.
func (b *browser) listen() func(name string, into any) {
	b.t.Helper()
	request, err := http.NewRequestWithContext(b.t.Context(), "GET",
		b.desk.config.Public.String()+"/api/events", nil)
	require.NoError(b.t, err)
	response, err := b.client.Do(request)
	require.NoError(b.t, err)
	require.Equal(b.t, 200, response.StatusCode)
	b.t.Cleanup(func() { response.Body.Close() })
	lines := bufio.NewScanner(response.Body)
	next := func(name string, into any) {
		b.t.Helper()
		got := ""
		for lines.Scan() {
			if event, is := strings.CutPrefix(lines.Text(), "event: "); is {
				got = event
			}
			if data, is := strings.CutPrefix(lines.Text(), "data: "); is && got == name {
				require.NoError(b.t, json.Unmarshal([]byte(data), into))
				return
			}
		}
		b.t.Fatalf("expected the event %s, got the end of the stream", name)
	}
	next("hello", &Hello{})
	return next
}

func (b *browser) day() Day {
	b.t.Helper()
	var day Day
	b.ask("GET", "/api/day", nil).is(200, &day)
	return day
}

// tokenOf finds the link in a mail.
func tokenOf(t *testing.T, mail string) string {
	t.Helper()
	mail = strings.ReplaceAll(mail, "=\r\n", "")
	_, rest, there := strings.Cut(mail, "/r/")
	require.True(t, there, mail)
	return rest[:22]
}

func (h *house) openLink(token, browser string, take bool) LinkAnswer {
	h.t.Helper()
	var answer LinkAnswer
	h.browser().ask("POST", "/api/link", OpenedLink{Token: token, Browser: browser, Take: take}).is(
		200, &answer)
	return answer
}

func TestAnAppointmentFromTheSecretaryToItsEnd(t *testing.T) {
	t.Parallel()
	w := newWard(t)
	made := w.appointment()
	require.Equal(t, LiveExpected, made.Row.Live)
	require.Len(t, made.Links, 1)
	token := tokenOf(t, w.mail.Next(t))

	early := w.openLink(token, "one", false)
	require.Equal(t, LinkEarly, early.State)
	require.Equal(t, practice.InstantOf(noon.Add(30*time.Minute)), early.OpensAt)
	require.Equal(t, "Europe/Paris", early.Zone)

	w.wait(40 * time.Minute)
	open := w.openLink(token, "one", false)
	require.Equal(t, LinkOpen, open.State)
	require.Equal(t, LinkOtherBrowser, w.openLink(token, "two", false).State)
	require.Equal(t, LinkOpen, w.openLink(token, "two", true).State)
	require.Equal(t, LinkOtherBrowser, w.openLink(token, "one", false).State)
	require.Equal(t, LinkUnknown, w.openLink("Zm9vYmFyYmF6cXV4MTIzNA", "one", false).State)

	next := w.clinician.listen()
	guest := strings.Split(open.Address, "~")[1]
	room := made.Row.Appointment.Room
	w.agenda.Hear(agenda.Presence{Room: room, Guests: []agenda.Guest{{ID: guest, Waiting: true}}})
	var row Row
	next("appointment", &row)
	require.Equal(t, LiveWaiting, row.Live)
	require.Equal(t, []string{made.Links[0].Participant}, row.Present)
	var arrival Arrival
	next("arrival", &arrival)
	require.Equal(t, made.Row.Appointment.ID, arrival.Appointment)

	var join Join
	w.clinician.ask("POST", "/api/appointments/"+row.Appointment.ID+"/begin", nil).is(200, &join)
	require.Contains(t, join.Address, "~host")
	host := strings.Split(join.Address, "~")[1]
	w.agenda.Hear(
		agenda.Presence{Room: room, Guests: []agenda.Guest{{ID: guest}, {ID: host, Host: true}}})
	next("appointment", &row)
	require.Equal(t, LiveOngoing, row.Live)
	w.agenda.Hear(agenda.Presence{Room: room})
	next("appointment", &row)
	require.Equal(t, LiveOver, row.Live)
	require.Equal(t, LiveOver, w.clinician.day().Appointments[0].Live)
	require.Empty(t, w.clinician.day().Appointments[0].Present)

	// A person's word stands against what is found out later.
	var view AppointmentView
	w.secretary.ask("POST", "/api/appointments/"+row.Appointment.ID+"/outcome",
		Outcome{Status: practice.StatusNoShow},
		row.Appointment.Version).is(200, &view)
	require.Equal(t, LiveNoShow, view.Row.Live)
	w.wait(4 * time.Hour)
	require.Equal(t, LinkLate, w.openLink(token, "two", false).State)
}

func TestALinkFollowsItsAppointmentAndCanBeRevoked(t *testing.T) {
	t.Parallel()
	w := newWard(t)
	made := w.appointment()
	mail := w.mail.Next(t)
	token := tokenOf(t, mail)
	path := "/api/appointments/" + made.Row.Appointment.ID
	w.secretary.ask("PUT", path, Move{LocalStart: "2026-12-02T14:00"}).refused(CodeNeedsVersion)
	w.secretary.ask("PUT", path, Move{LocalStart: "2026-12-02T14:00"}, 7).refused(CodeVersion)
	var moved AppointmentView
	w.secretary.ask("PUT", path, Move{LocalStart: "2026-12-02T14:00"},
		made.Row.Appointment.Version).is(200, &moved)
	require.Equal(t, 1, moved.Row.Appointment.Sequence)
	first, second := calendarOf(t, mail), calendarOf(t, w.mail.Next(t))
	require.Equal(t, first.Id(), second.Id())
	require.Equal(t, "0", first.GetProperty(ical.ComponentPropertySequence).Value)
	require.Equal(t, "1", second.GetProperty(ical.ComponentPropertySequence).Value)
	start, err := second.GetStartAt()
	require.NoError(t, err)
	require.Equal(t, "2026-12-02T13:00:00Z", start.UTC().Format(time.RFC3339))

	w.wait(50 * time.Minute)
	require.Equal(t, LinkEarly, w.openLink(token, "one", false).State)
	w.wait(24 * time.Hour)
	w.secretary, _ = w.somebody(
		practice.Grant{Role: practice.RoleSecretary, Establishment: w.hospital.ID})
	for range 2 { // the reminders of the day before and of the hour before, late
		require.Equal(t, token, tokenOf(t, w.mail.Next(t)))
	}
	require.Equal(t, LinkOpen, w.openLink(token, "one", false).State)
	w.secretary.ask("DELETE", path+"/links/"+made.Links[0].ID, nil).is(204)
	require.Equal(t, LinkRevoked, w.openLink(token, "one", false).State)
	var sent []SentTo
	w.secretary.ask("POST", path+"/send",
		Send{Participants: []string{made.Links[0].Participant}, Renew: true}).is(200, &sent)
	require.NotEmpty(t, sent[0].Message)
	fresh := tokenOf(t, w.mail.Next(t))
	require.NotEqual(t, token, fresh)
	require.Equal(t, LinkOpen, w.openLink(fresh, "one", false).State)
	var cancelled AppointmentView
	w.secretary.ask("POST", path+"/cancel", Cancel{Tell: true}, moved.Row.Appointment.Version).is(
		200, &cancelled)
	require.Equal(t, LiveCancelled, cancelled.Row.Live)
	last := w.mail.Next(t)
	for !strings.Contains(last, "method=CANCEL") { // reminders that were due may be first
		last = w.mail.Next(t)
	}
	require.Equal(t, "2", calendarOf(t, last).GetProperty(ical.ComponentPropertySequence).Value)
	w.secretary.ask("PUT", path, Move{Minutes: 10}, cancelled.Row.Appointment.Version).refused(
		CodeCancelled)
}

func TestALostLinkIsReplacedAndNobodyLearnsAnything(t *testing.T) {
	t.Parallel()
	w := newWard(t)
	w.appointment()
	old := tokenOf(t, w.mail.Next(t))
	for _, contact := range []string{"nobody@example.org", "not even an address"} {
		asked := time.Now()
		w.browser().ask("POST", "/api/link/lost", LostLink{Contact: contact}).is(202)
		require.GreaterOrEqual(t, time.Since(asked), 300*time.Millisecond)
	}
	w.browser().ask("POST", "/api/link/lost", LostLink{Contact: "Patient@Example.org"}).is(202)
	fresh := tokenOf(t, w.mail.Next(t))
	require.NotEqual(t, old, fresh)
	require.Equal(t, LinkRevoked, w.openLink(old, "one", false).State)
	require.Equal(t, LinkEarly, w.openLink(fresh, "one", false).State)
	w.browser().ask("POST", "/api/link/lost", LostLink{Contact: "patient@example.org"}).is(202)
	require.Equal(t, LinkEarly, w.openLink(fresh, "one", false).State,
		"a stranger cannot have it replaced again and again")
	for range 8 {
		w.wait(5*time.Minute + time.Second)
		w.browser().ask("POST", "/api/link/lost", LostLink{Contact: "patient@example.org"}).is(202)
	}
	var sent int
	require.NoError(t, w.store.Read(t.Context(), func(tx *store.Tx) error {
		return tx.Scan(
			"SELECT COUNT(*) FROM outbox WHERE establishment = $1 AND purpose = 'renewed'",
			[]any{w.hospital.ID}, &sent)
	}))
	require.Equal(t, 5, sent, "nor have somebody woken all day long")
	w.mail.Await(t, sent-1)
}

// A link that staff have ended is not replaced by whoever says that they lost it.
func TestALostLinkDoesNotUndoARevocation(t *testing.T) {
	t.Parallel()
	w := newWard(t)
	made := w.appointment()
	old := tokenOf(t, w.mail.Next(t))
	links := func() (open int) {
		require.NoError(t, w.store.Read(t.Context(), func(tx *store.Tx) error {
			return tx.Scan("SELECT COUNT(*) FROM links WHERE establishment = $1 AND revoked_at = 0",
				[]any{w.hospital.ID}, &open)
		}))
		return open
	}
	require.Equal(t, 1, links())
	w.secretary.ask("DELETE",
		"/api/appointments/"+made.Row.Appointment.ID+"/links/"+made.Links[0].ID, nil).is(204)
	w.browser().ask("POST", "/api/link/lost", LostLink{Contact: "patient@example.org"}).is(202)
	require.Zero(t, links())
	require.Equal(t, LinkRevoked, w.openLink(old, "one", false).State)
}

func TestDoubleBookingsAreShown(t *testing.T) {
	t.Parallel()
	w := newWard(t)
	w.appointment()
	failure := w.secretary.ask("POST", "/api/appointments",
		w.wanted(func(n *NewAppointment) { n.LocalStart = "2026-12-01T14:15" })).
		refused(CodeConflict)
	require.Len(t, failure.Conflicts, 2)
	require.Equal(t, ConflictPerson, failure.Conflicts[0].With)
	require.Equal(t, ConflictPatient, failure.Conflicts[1].With)
	require.NotEmpty(t, failure.Conflicts[0].Appointment)
	require.NotEmpty(t, failure.Conflicts[0].Name)
	w.appointment(func(n *NewAppointment) { n.LocalStart = "2026-12-01T14:30" }) // right after
	w.appointment(func(n *NewAppointment) { n.LocalStart, n.Anyway = "2026-12-01T14:15", true })
	key := practice.NewID()
	twice := func(n *NewAppointment) { n.Key, n.LocalStart = key, "2026-12-01T16:00" }
	require.Equal(t, w.appointment(twice).Row.Appointment.ID,
		w.appointment(twice).Row.Appointment.ID)
	w.secretary.ask("POST", "/api/appointments",
		w.wanted(func(n *NewAppointment) { n.LocalStart = "2027-03-28T02:30" })).refused(
		CodeNoSuchTime)
	w.secretary.ask("POST", "/api/appointments",
		w.wanted(func(n *NewAppointment) { n.LocalStart = "2027-10-31T02:30" })).refused(
		CodeTwoSuchTimes)
	require.Equal(t, "localStart", w.secretary.ask("POST", "/api/appointments",
		w.wanted(func(n *NewAppointment) { n.LocalStart = "2026-11-01T14:00" })).refused(
		CodeInvalid).Field)
	require.Equal(t, "participants.1.email", w.secretary.ask("POST", "/api/appointments",
		w.wanted(func(n *NewAppointment) { n.Participants[1].Email = "demain" })).refused(
		CodeInvalid).Field)
	w.secretary.ask("POST", "/api/appointments", w.wanted(func(n *NewAppointment) {
		n.Participants[1] = NewParticipant{Kind: practice.ParticipantPatient,
			Phone: "06 12 34 56 78", Channel: practice.ChannelSMS}
	})).refused(CodeChannelMissing)
}

func TestASeriesIsMovedAndCancelledFromOneOnOrAlone(t *testing.T) {
	t.Parallel()
	w := newWard(t)
	made := w.appointment(func(n *NewAppointment) {
		n.Kind, n.Patient, n.Title, n.Rule = practice.KindTelestaff, "", "Staff",
			"FREQ=WEEKLY;BYDAY=TU;COUNT=6"
		n.Participants = n.Participants[:1]
	})
	list := func() (local []string) {
		for _, span := range []string{"from=2026-12-01&to=2026-12-31",
			"from=2027-01-01&to=2027-01-31"} {
			var answer struct{ Items []Row }
			w.clinician.ask("GET", "/api/telestaffs?"+span, nil).is(200, &answer)
			for _, row := range answer.Items {
				if row.Live != LiveCancelled {
					local = append(local, row.Appointment.LocalStart[5:])
				}
			}
		}
		return local
	}
	require.Equal(t, []string{"12-01T14:00", "12-08T14:00", "12-15T14:00", "12-22T14:00",
		"12-29T14:00", "01-05T14:00"}, list())
	at := func(local string) practice.Appointment {
		var found practice.Appointment
		require.NoError(t, w.store.Read(t.Context(), func(tx *store.Tx) (err error) {
			found, err = store.Get[practice.Appointment](tx,
				"WHERE establishment = $1 AND local_start = $2 AND status = 'booked'",
				w.hospital.ID, local)
			return err
		}))
		return found
	}
	second := at("2026-12-08T14:00")
	w.secretary.ask("POST", "/api/appointments/"+second.ID+"/cancel", Cancel{Reach: ReachThis},
		second.Version).is(200)
	third := at("2026-12-15T14:00")
	var moved AppointmentView
	w.secretary.ask("PUT", "/api/appointments/"+third.ID,
		Move{LocalStart: "2026-12-16T15:00", Reach: ReachFollowing}, third.Version).is(200, &moved)
	require.NotEqual(t, made.Series.ID, moved.Series.ID)
	require.Equal(t, []string{"12-01T14:00", "12-16T15:00", "12-23T15:00", "12-30T15:00",
		"01-06T15:00"}, list())
	fourth := at("2026-12-23T15:00")
	w.secretary.ask("POST", "/api/appointments/"+fourth.ID+"/cancel", Cancel{Reach: ReachFollowing},
		fourth.Version).is(200)
	require.Equal(t, []string{"12-01T14:00", "12-16T15:00"}, list())
}

func TestWhoIsBesideThePatientSeesTheTraitsAndNothingElse(t *testing.T) {
	t.Parallel()
	w := newWard(t)
	made := w.appointment(func(n *NewAppointment) {
		n.Place, n.Participants = w.place.ID, n.Participants[:1]
	})
	require.Equal(t, "770001", w.clinician.day().Appointments[0].Patient.IPP)
	beside := w.nurse.day().Appointments
	require.Len(t, beside, 1)
	require.Equal(t, "SECRETNOM", beside[0].Patient.BirthName)
	require.Empty(t, beside[0].Patient.IPP)
	require.Empty(t, beside[0].ServiceName)
	require.False(t, beside[0].MayWrite)
	var view AppointmentView
	w.nurse.ask("GET", "/api/appointments/"+made.Row.Appointment.ID, nil).is(200, &view)
	require.Nil(t, view.Patient)
	require.Empty(t, view.Links)
	require.Empty(t, w.other.day().Appointments)
	w.other.ask("GET", "/api/appointments/"+made.Row.Appointment.ID, nil).refused(CodeNotFound)
	w.other.ask("GET", "/api/patients/"+w.patient.ID+"?establishment="+w.hospital.ID,
		nil).refused(CodeNotFound)
	w.nurse.ask("POST", "/api/appointments/"+made.Row.Appointment.ID+"/cancel", Cancel{},
		1).refused(CodeForbidden)

	var consent practice.Consent
	w.nurse.ask("POST", "/api/appointments/"+made.Row.Appointment.ID+"/consent",
		NewConsent{Decision: practice.DecisionGiven, Means: "oral", Information: "2026-11"}).is(200,
		&consent)
	require.True(t, consent.Authenticated)
	require.Equal(t, practice.DecisionGiven, w.clinician.day().Appointments[0].Consent)
}

func TestPatientsAreFoundByNumberOrNameAndBirthDate(t *testing.T) {
	t.Parallel()
	w := newWard(t)
	count := func(query string) int {
		var answer struct{ Items []PatientLine }
		w.secretary.ask("GET", "/api/patients?establishment="+w.hospital.ID+"&"+query, nil).is(200,
			&answer)
		return len(answer.Items)
	}
	require.Equal(t, 1, count("ipp=770001"))
	require.Equal(t, 1, count("name=sécr&birthDate=1979-03-28"))
	require.Equal(t, 0, count("name=secr&birthDate=1979-03-29"))
	require.Equal(t, 1, count("name=secretnom"))
	require.Equal(t, 0, count("name=secret"))
	w.secretary.ask("GET",
		"/api/patients?establishment="+w.hospital.ID+"&name=se&birthDate=1979-03-28",
		nil).refused(CodeInvalid)
	again := NewPatient{Establishment: w.hospital.ID, BirthName: "Secretnom",
		BirthGivenName: "Dominiquesecret", Sex: practice.SexFemale,
		BirthDate: "1979-03-28"}
	require.Equal(t, w.patient.ID,
		w.secretary.ask("POST", "/api/patients", again).refused(CodeDuplicate).ID)
	again.Anyway = true
	w.secretary.ask("POST", "/api/patients", again).is(201)
	changed := w.patient
	changed.Phone = "07 00 00 00 01"
	w.secretary.ask("PUT", "/api/patients/"+changed.ID, changed, changed.Version).is(200, &changed)
	require.Equal(t, "+33700000001", changed.Phone)
}

func TestADelayIsToldToWhoListens(t *testing.T) {
	t.Parallel()
	w := newWard(t)
	made := w.appointment()
	token := tokenOf(t, w.mail.Next(t))
	next := w.secretary.listen()
	// Somebody waits in the room already.
	told := make(chan int, 1)
	w.watch(make(chan []string, 1), told)
	w.agenda.Hear(agenda.Presence{Room: made.Row.Appointment.Room, Guests: []agenda.Guest{
		{ID: "p-" + made.Links[0].Participant + "-" + made.Links[0].ID, Waiting: true}}})
	next("appointment", &Row{})
	require.Zero(t, <-told)
	w.clinician.ask("PUT", "/api/delays",
		NewDelay{Establishment: w.hospital.ID, Service: w.service.ID, Mine: true, Minutes: 10}).is(
		200)
	var delay practice.Delay
	next("delay", &delay)
	require.Equal(t, 10, delay.Minutes)
	require.Equal(t, 10, <-told)
	w.wait(40 * time.Minute)
	require.Equal(t, 10, w.openLink(token, "one", false).Delay)
	w.clinician.ask("PUT", "/api/delays",
		NewDelay{Establishment: w.hospital.ID, Service: w.service.ID, Mine: true}).is(200)
	next("delay", &delay)
	require.Zero(t, delay.Minutes)
	require.Zero(t, <-told, "it is taken back")
	require.Zero(t, w.openLink(token, "one", false).Delay)
}

// calendarOf reads the calendar of a mail with somebody else's reader.
func calendarOf(t *testing.T, mail string) *ical.VEvent {
	t.Helper()
	for _, part := range partsOf(t, mail) {
		if strings.HasPrefix(part, "BEGIN:VCALENDAR") {
			parsed, err := ical.ParseCalendar(bytes.NewReader([]byte(part)))
			require.NoError(t, err)
			require.Len(t, parsed.Events(), 1)
			return parsed.Events()[0]
		}
	}
	t.Fatal("expected a calendar, got a mail without")
	return nil
}

// Whoever knows the id of a colleague elsewhere learns nothing of them by inviting them.
func TestAnAppointmentDoesNotTellHowStaffAreReached(t *testing.T) {
	t.Parallel()
	w := newWard(t)
	_, stranger := w.somebody(
		practice.Grant{Role: practice.RoleExpert, Establishment: w.hospital.ID})
	w.write(func(tx *store.Tx) error {
		_, err := tx.Exec("UPDATE people SET email = $1, phone = $2 WHERE id = $3",
			"stranger@ch-z.example", "+33600000099", stranger.ID)
		return err
	})
	made := w.appointment(func(a *NewAppointment) { a.Participants[0].Person = stranger.ID })
	require.Len(t, made.Participants, 2)
	answer := w.secretary.ask("GET", "/api/appointments/"+made.Row.Appointment.ID, nil)
	for _, text := range []string{string(answer.body), mustJSON(t, made)} {
		require.NotContains(t, text, "stranger@ch-z.example")
		require.NotContains(t, text, "+33600000099")
		require.Contains(t, text, "patient@example.org")
	}
}

// Whoever may no longer conduct calls is no host, by default or by wish.
func TestAGrantThatHasEndedMakesNoHost(t *testing.T) {
	t.Parallel()
	w := newWard(t)
	at := func(clock string) practice.Instant {
		when, err := time.Parse(time.RFC3339, "2026-12-01T"+clock+":00+01:00")
		require.NoError(t, err)
		return practice.InstantOf(when)
	}
	ends := func(clock string) practice.Person {
		_, person := w.somebody(practice.Grant{Role: practice.RoleClinician,
			Establishment: w.hospital.ID, EndsAt: at(clock)},
			practice.Grant{Role: practice.RoleExpert, Establishment: w.hospital.ID})
		return person
	}
	role := func(clock string) string {
		made := w.appointment(func(a *NewAppointment) {
			a.Participants[0].Person, a.Anyway = ends(clock).ID, true
		})
		for _, p := range made.Participants {
			if p.Kind == practice.ParticipantPerson {
				return string(p.CallRole)
			}
		}
		return ""
	}
	require.Equal(t, "clinician", role("12:59"))
	require.Equal(t, "host", role("15:00"))
	w.secretary.ask("POST", "/api/appointments", w.wanted(func(a *NewAppointment) {
		a.Participants[0].Person, a.Participants[0].CallRole = ends("12:59").ID, "host"
	})).refused("invalid")
}

func mustJSON(t *testing.T, value any) string {
	t.Helper()
	text, err := json.Marshal(value)
	require.NoError(t, err)
	return string(text)
}
