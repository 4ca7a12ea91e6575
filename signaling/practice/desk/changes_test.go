package desk

import (
	"context"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	ical "github.com/arran4/golang-ical"
	"github.com/stretchr/testify/require"

	"draille/signaling/practice"
	"draille/signaling/practice/agenda"
	"draille/signaling/practice/store"
)

// invitation is what a link's address holds for signalling.
func invitation(t *testing.T, answer LinkAnswer) string {
	t.Helper()
	require.Equal(t, LinkOpen, answer.State)
	return strings.Split(answer.Address, "~")[1]
}

func (w *ward) welcome(invitation string) bool {
	w.t.Helper()
	_, known, welcome, err := w.agenda.Name(w.t.Context(), invitation)
	require.NoError(w.t, err)
	require.True(w.t, known)
	return welcome
}

// Whoever came by a link that was replaced is told from whoever came by the new one. Staff put them
// out by it; a stranger who says that the link is lost does not.
func TestARenewedLinkPutsOutWhoCameByTheOldOne(t *testing.T) {
	t.Parallel()
	for name, replace := range map[string]func(*ward, AppointmentView){
		"by staff": func(w *ward, made AppointmentView) {
			w.secretary.ask("POST", "/api/appointments/"+made.Row.Appointment.ID+"/send",
				Send{Renew: true}).is(200)
		},
		"by whoever lost it": func(w *ward, _ AppointmentView) {
			w.browser().ask("POST", "/api/link/lost", LostLink{"patient@example.org"}).is(202)
		},
	} {
		t.Run(name, func(t *testing.T) {
			w := newWard(t)
			made := w.appointment()
			token := tokenOf(t, w.mail.Next(t))
			w.wait(40 * time.Minute)
			old := invitation(t, w.openLink(token, "one", false))
			require.True(t, w.welcome(old))
			room := made.Row.Appointment.Room
			put := make(chan []string, 4)
			w.watch(put, nil)
			w.agenda.Hear(agenda.Presence{Room: room, Guests: []agenda.Guest{{ID: old}}})

			replace(w, made)
			if name == "by staff" {
				require.Equal(t, []string{old}, <-put)
			}
			require.Equal(t, name != "by staff", w.welcome(old))
			require.Equal(t, LinkRevoked, w.openLink(token, "one", false).State)
			mail := w.mail.Next(t)
			for !strings.Contains(mail, "nouveau lien") {
				mail = w.mail.Next(t) // a reminder
			}
			fresh := invitation(t, w.openLink(tokenOf(t, mail), "one", false))
			require.NotEqual(t, old, fresh)
			require.True(t, w.welcome(fresh))
			w.agenda.Hear(agenda.Presence{Room: room, Guests: []agenda.Guest{{ID: fresh}}})
			next := w.clinician.listen()
			w.agenda.Hear(agenda.Presence{Room: room,
				Guests: []agenda.Guest{{ID: fresh, Waiting: true}}})
			var row Row
			next("appointment", &row)
			require.Equal(t, []string{made.Links[0].Participant}, row.Present)
		})
	}
}

func TestWhoAndWhereAreChangedAfterBooking(t *testing.T) {
	t.Parallel()
	w := newWard(t)
	made := w.appointment(func(n *NewAppointment) { n.LocalStart = "2026-12-03T14:00" })
	invited := w.mail.Next(t)
	token := tokenOf(t, invited)
	path := "/api/appointments/" + made.Row.Appointment.ID
	patient := NewParticipant{Kind: practice.ParticipantPatient, Email: "patient@example.org",
		Channel: practice.ChannelMail}
	doctor := NewParticipant{Kind: practice.ParticipantPerson, Person: w.doctor.ID,
		Channel: practice.ChannelNone}
	daughter := NewParticipant{Kind: practice.ParticipantRelative, Name: "Léa",
		Email: "lea@example.org", Channel: practice.ChannelMail}

	// Somebody comes: they are invited, and nobody else hears of it.
	var view AppointmentView
	w.secretary.ask("PUT", path,
		Move{Participants: []NewParticipant{doctor, patient, daughter}}, 1).is(200, &view)
	require.Equal(t, 1, view.Row.Appointment.Sequence)
	mail := w.mail.Next(t)
	require.Contains(t, mail, "lea@example.org")
	require.Equal(t, "1", calendarOf(t, mail).GetProperty(ical.ComponentPropertySequence).Value)

	// Another place: those who were told are told of it, and their links stay.
	place := w.place.ID
	w.secretary.ask("PUT", path, Move{Place: &place}, view.Row.Appointment.Version).is(200, &view)
	require.Equal(t, 2, view.Row.Appointment.Sequence)
	require.Equal(t, "Salle 2", view.Row.PlaceName)
	for range 2 {
		mail = w.mail.Next(t)
		require.Contains(t, mail, "change de lieu")
		require.Equal(t, "2",
			calendarOf(t, mail).GetProperty(ical.ComponentPropertySequence).Value)
		require.NotContains(t, mail, "Salle 2")
	}

	// Somebody goes: they are told that it is off for them, and their link opens nothing.
	w.secretary.ask("PUT", path, Move{Participants: []NewParticipant{doctor, patient}},
		view.Row.Appointment.Version).is(200, &view)
	mail = w.mail.Next(t)
	require.Contains(t, mail, "lea@example.org")
	require.Contains(t, mail, "method=CANCEL")

	// Another address: what went to the old one opens nothing more.
	patient.Email = "autre@example.org"
	w.secretary.ask("PUT", path, Move{Participants: []NewParticipant{doctor, patient}},
		view.Row.Appointment.Version).is(200, &view)
	mail = w.mail.Next(t)
	require.Contains(t, mail, "autre@example.org")
	require.NotContains(t, mail, "method=CANCEL")
	require.Equal(t, LinkRevoked, w.openLink(token, "one", false).State)
	require.Equal(t, LinkEarly, w.openLink(tokenOf(t, mail), "one", false).State)

	// Nothing of this has cost anybody their reminder.
	w.clock.Store(time.Date(2026, 12, 2, 13, 5, 0, 0, time.UTC).UnixNano())
	mail = w.mail.Next(t)
	require.Contains(t, mail, "autre@example.org")
	require.Contains(t, mail, "Rappel")
	require.Equal(t, 4, w.audited(made.Row.Appointment.ID, "appointment.change"))
}

// audited counts the entries of the ledger about an appointment.
func (w *ward) audited(appointment, action string) (count int) {
	w.t.Helper()
	require.NoError(w.t, w.store.Read(w.t.Context(), func(tx *store.Tx) error {
		return tx.Scan("SELECT COUNT(*) FROM audit WHERE establishment = $1 AND appointment = $2 "+
			"AND action = $3", []any{w.hospital.ID, appointment, action}, &count)
	}))
	return count
}

func TestNobodyWithoutARightHereIsAsked(t *testing.T) {
	t.Parallel()
	w := newWard(t)
	_, stranger := w.somebody()
	_, manager := w.somebody(
		practice.Grant{Role: practice.RoleEstablishmentAdmin, Establishment: w.hospital.ID})
	_, expert := w.somebody(
		practice.Grant{Role: practice.RoleExpert, Establishment: w.hospital.ID})
	_, beside := w.somebody(practice.Grant{Role: practice.RoleNurse, Establishment: w.home.ID})
	with := func(person practice.Person, place string) func(*NewAppointment) {
		return func(n *NewAppointment) {
			n.Anyway, n.Place = true, place
			n.Participants = append(n.Participants, NewParticipant{
				Kind: practice.ParticipantPerson, Person: person.ID, Channel: practice.ChannelNone})
		}
	}
	for name, person := range map[string]practice.Person{"no right": stranger,
		"administers, and sees no patient": manager, "of the nursing home alone": beside} {
		failure := w.secretary.ask("POST", "/api/appointments", w.wanted(with(person, ""))).refused(
			CodeNoRight)
		require.Equal(t, "participants.2.person", failure.Field, name)
		require.NotContains(t, failure.Message, "Essai", "an id tells no name")
	}
	w.appointment(with(expert, ""))
	w.appointment(with(beside, w.place.ID)) // it takes place there
	var found struct{ Items []DirectoryEntry }
	w.secretary.ask("GET", "/api/directory?establishment="+w.hospital.ID+"&q=essai", nil).is(200,
		&found)
	for _, entry := range found.Items {
		require.NotEqual(t, manager.ID, entry.ID, "whoever cannot be asked is not proposed")
	}
	require.NotEmpty(t, found.Items)
}

// TestAListIsWhatIsInTheStore compares lists that are made of what was remembered with those of a
// desk that remembers nothing, after each kind of change.
func TestAListIsWhatIsInTheStore(t *testing.T) {
	t.Parallel()
	w := newWard(t)
	made := w.appointment()
	elsewhere := w.appointment(func(n *NewAppointment) {
		n.Place, n.LocalStart = w.place.ID, "2026-12-01T16:00"
		n.Participants = n.Participants[:1]
	})
	id := made.Row.Appointment.ID
	version := func() int {
		var view AppointmentView
		w.secretary.ask("GET", "/api/appointments/"+id, nil).is(200, &view)
		return view.Row.Appointment.Version
	}
	admin, _ := w.somebody(
		practice.Grant{Role: practice.RoleEstablishmentAdmin, Establishment: w.hospital.ID},
		practice.Grant{Role: practice.RoleEstablishmentAdmin, Establishment: w.home.ID})
	room := made.Row.Appointment.Room
	for _, change := range []struct {
		what string
		do   func()
	}{
		{"a patient's name", func() {
			patient := w.patient
			patient.UsedName = "Autrenom"
			w.secretary.ask("PUT", "/api/patients/"+patient.ID, patient, 1).is(200)
		}},
		{"a service's name", func() {
			service := w.service
			service.Name = "Autreservice"
			admin.ask("PUT", "/api/establishments/"+w.hospital.ID+"/services/"+service.ID, service,
				1).is(200)
		}},
		{"a place's name", func() {
			place := w.place
			place.Name = "Autre salle"
			admin.ask("PUT", "/api/establishments/"+w.home.ID+"/places/"+place.ID, place, 1).is(200)
		}},
		{"when links open", func() {
			admin.ask("PUT", "/api/settings/"+agenda.SettingLinkBefore+"?establishment="+
				w.hospital.ID, practice.Setting{Establishment: w.hospital.ID,
				Key: agenda.SettingLinkBefore, Value: "120"}, 0).is(200)
		}},
		{"a delay", func() {
			w.clinician.ask("PUT", "/api/delays", NewDelay{Establishment: w.hospital.ID,
				Service: w.service.ID, Minutes: 10}).is(200)
		}},
		{"a consent", func() {
			w.clinician.ask("POST", "/api/appointments/"+id+"/consent", NewConsent{
				Decision: practice.DecisionGiven, Means: "oral", Information: consentText}).is(200)
		}},
		{"a message that failed", func() {
			w.write(func(tx *store.Tx) error {
				_, err := tx.Exec("UPDATE outbox SET state = 'failed' WHERE establishment = $1 "+
					"AND appointment = $2", w.hospital.ID, id)
				tx.Changed(practice.TopicAppointment, w.hospital.ID, id)
				return err
			})
		}},
		{"a participant", func() {
			w.secretary.ask("PUT", "/api/appointments/"+id, Move{Participants: []NewParticipant{
				{Kind: practice.ParticipantPatient, Channel: practice.ChannelPrint}}},
				version()).is(200)
		}},
		{"who is there", func() {
			next := w.clinician.listen()
			w.agenda.Hear(agenda.Presence{Room: room, Guests: []agenda.Guest{
				{ID: "p-" + made.Links[0].Participant + "-L", Waiting: true}}})
			next("appointment", &Row{})
		}},
		{"the time", func() {
			w.secretary.ask("PUT", "/api/appointments/"+id, Move{LocalStart: "2026-12-01T15:00"},
				version()).is(200)
		}},
		{"another appointment", func() {
			w.appointment(func(n *NewAppointment) {
				n.LocalStart, n.Anyway = "2026-12-01T17:00", true
			})
		}},
		{"a cancellation", func() {
			w.secretary.ask("POST", "/api/appointments/"+elsewhere.Row.Appointment.ID+"/cancel",
				Cancel{}, 1).is(200)
		}},
	} {
		before := w.days()
		require.Equal(t, before, w.daysAfresh(), change.what)
		change.do()
		after := w.days()
		require.NotEqual(t, before, after, "%s is not in any list", change.what)
		require.Equal(t, w.daysAfresh(), after, change.what)
	}
	for range 3 { // a delay ends by itself
		w.wait(50 * time.Minute)
		require.Equal(t, w.daysAfresh(), w.days())
	}
	require.Empty(t, w.clinician.day().Delays)
}

// days are the lists of everybody in the ward.
func (w *ward) days() []string { return w.daysOf(w.desk) }

// daysAfresh are the same lists of a desk that has just been made.
func (w *ward) daysAfresh() []string {
	w.t.Helper()
	fresh, err := New(w.desk.config)
	require.NoError(w.t, err)
	defer fresh.Close()
	return w.daysOf(fresh)
}

func (w *ward) daysOf(desk *Desk) (days []string) {
	w.t.Helper()
	for _, b := range []*browser{w.clinician, w.secretary, w.nurse, w.other} {
		request := httptest.NewRequestWithContext(w.t.Context(), http.MethodGet, "/api/day", nil)
		for _, cookie := range b.client.Jar.Cookies(w.desk.config.Public) {
			request.AddCookie(cookie)
		}
		answer := httptest.NewRecorder()
		desk.ServeHTTP(answer, request)
		require.Equal(w.t, http.StatusOK, answer.Code, "%s", answer.Body)
		b.client.Jar.SetCookies(w.desk.config.Public, answer.Result().Cookies())
		days = append(days, answer.Body.String())
	}
	return days
}

// rooms note what the agenda does to them.
type rooms struct {
	out  chan<- []string
	told chan<- int // nil: nobody listens
}

func (r rooms) Revoke(some []string) { r.out <- some }

func (r rooms) Announce(_ string, minutes int) {
	if r.told != nil {
		r.told <- minutes
	}
}

// watch puts into the channels whom the agenda puts out, and what it announces.
func (w *ward) watch(out chan<- []string, told chan<- int) {
	ctx, stop := context.WithCancel(context.Background())
	var running sync.WaitGroup
	running.Go(func() { w.agenda.Watch(ctx, rooms{out, told}) })
	w.t.Cleanup(func() { stop(); running.Wait() })
}

// A series that begins after the months that are made ahead has its first appointments, too.
func TestASeriesMayBeginNextYear(t *testing.T) {
	t.Parallel()
	w := newWard(t)
	made := w.appointment(func(n *NewAppointment) {
		n.Kind, n.Patient, n.Title = practice.KindTelestaff, "", "Staff"
		n.Rule, n.LocalStart = "FREQ=WEEKLY;COUNT=3", "2027-06-01T09:00"
		n.Participants = n.Participants[:1]
	})
	require.Equal(t, "2027-06-01T09:00", made.Row.Appointment.LocalStart)
	var list struct{ Items []Row }
	w.clinician.ask("GET", "/api/telestaffs?from=2027-06-01&to=2027-06-30", nil).is(200, &list)
	require.Len(t, list.Items, 3)
}

func TestAnAuditorOfTheGroupFindsAPatientByNumber(t *testing.T) {
	t.Parallel()
	w := newWard(t)
	auditor, _ := w.somebody(practice.Grant{Role: practice.RoleAuditor})
	look := func(ipp string) (page AuditPage) {
		auditor.ask("GET", "/api/audit?ipp="+ipp, nil).is(200, &page)
		return page
	}
	require.NotEmpty(t, look("770001").Items)
	for _, line := range look("770001").Items {
		require.Equal(t, w.patient.ID, line.Entry.Patient)
	}
	require.Empty(t, look("000000").Items, "a number that nobody has")
	w.write(func(tx *store.Tx) error { // two hospitals have given it
		other := w.patient
		other.ID, other.Establishment = practice.NewID(), w.home.ID
		return store.Insert(tx, other, store.With{"search": "", "created_at": 1, "updated_at": 1})
	})
	require.Equal(t, "establishment",
		auditor.ask("GET", "/api/audit?ipp=770001", nil).refused(CodeInvalid).Field)
}

// While the clock was ahead it seemed to be over.
func TestNobodyIsAbsentFromWhatIsNotOver(t *testing.T) {
	t.Parallel()
	w := newWard(t)
	found := w.appointment().Row.Appointment.ID
	said := w.appointment(func(n *NewAppointment) { n.Anyway = true }).Row.Appointment.ID
	w.write(func(tx *store.Tx) error {
		for id, by := range map[string]string{found: "", said: w.doctor.ID} {
			_, err := tx.Exec("UPDATE appointments SET status = 'noshow', outcome_by = $1 "+
				"WHERE establishment = $2 AND id = $3", by, w.hospital.ID, id)
			require.NoError(t, err)
		}
		return nil
	})
	require.NoError(t, w.agenda.ClockStepped(t.Context()))
	live := map[string]LiveState{}
	for _, row := range w.clinician.day().Appointments {
		live[row.Appointment.ID] = row.Live
	}
	require.Equal(t, map[string]LiveState{found: LiveExpected, said: LiveNoShow}, live)
}
