package main

import (
	"encoding/json"
	"net/url"
	"testing"
	"time"

	"github.com/gorilla/websocket"
	"github.com/stretchr/testify/require"

	"draille/signaling/practice"
	"draille/signaling/practice/agenda"
	"draille/signaling/practice/demo"
	"draille/signaling/practice/store"
	"draille/signaling/protocol"
)

// appointment is the demonstration's first one, with a patient who has a link.
func (r *running) appointment(t *testing.T) (practice.Appointment, string) {
	t.Helper()
	r.seedDemo(t.Context())
	var made practice.Appointment
	var address string
	require.NoError(t, r.practice.store.Write(t.Context(), func(tx *store.Tx) error {
		first, err := store.Get[practice.Appointment](tx.Across("a test"),
			"WHERE kind = 'consultation' ORDER BY starts_at LIMIT 1")
		require.NoError(t, err)
		zone, err := agenda.Zone(first.Zone)
		require.NoError(t, err)
		waiting, err := demo.WhoWaits(tx)
		require.NoError(t, err)
		clinician := waiting[0].Person
		made, err = r.practice.agenda.Make(tx,
			agenda.Draft{Key: practice.NewID(), Establishment: first.Establishment,
				Service: first.Service,
				Kind:    first.Kind, Patient: first.Patient,
				LocalStart: agenda.Local(time.Now().Add(time.Minute), zone), Minutes: 30,
				Anyway: true,
				Participants: []practice.Participant{
					{Kind: practice.ParticipantPerson, Person: clinician},
					{Kind: practice.ParticipantPatient, Channel: practice.ChannelPrint}}})
		require.NoError(t, err)
		guests, err := agenda.Participants(tx, made)
		require.NoError(t, err)
		for _, guest := range guests {
			if guest.Kind == practice.ParticipantPatient {
				address, err = r.practice.agenda.Print(tx, made, guest.ID, clinician)
			}
		}
		return err
	}))
	return made, address
}

// open is what the page of a link does.
func (r *running) open(t *testing.T, address string) string {
	t.Helper()
	link, err := url.Parse(address)
	require.NoError(t, err)
	var opened agenda.Opened
	require.NoError(t, r.practice.store.Write(t.Context(), func(tx *store.Tx) (err error) {
		opened, err = r.practice.agenda.Open(tx, link.Path[len("/r/"):], "browser", false)
		return err
	}))
	require.Equal(t, agenda.LinkOpen, opened.State)
	return opened.Address
}

// is waits until an appointment is as it should be.
func (r *running) is(t *testing.T, id string,
	as func(practice.Appointment) bool) practice.Appointment {
	t.Helper()
	changes, stop := r.practice.store.Watch()
	defer stop()
	late := time.After(20 * time.Second)
	for {
		var found practice.Appointment
		require.NoError(t, r.practice.store.Read(t.Context(), func(tx *store.Tx) (err error) {
			found, err = store.Get[practice.Appointment](tx.Across("a test"), "WHERE id = $1", id)
			return err
		}))
		if as(found) {
			return found
		}
		select {
		case <-changes:
		case <-late:
			t.Fatalf("expected another state, got %+v", found)
		}
	}
}

func read(t *testing.T, socket *websocket.Conn, kind string, into any) {
	t.Helper()
	for {
		_, text, err := socket.ReadMessage()
		require.NoError(t, err)
		var envelope struct{ Type string }
		require.NoError(t, json.Unmarshal(text, &envelope))
		if envelope.Type == kind {
			require.NoError(t, json.Unmarshal(text, into))
			return
		}
	}
}

// entersAsStaff is the clinician of an appointment, in its room.
func (r *running) entersAsStaff(t *testing.T, made practice.Appointment) *websocket.Conn {
	t.Helper()
	var way string
	require.NoError(t, r.practice.store.Read(t.Context(), func(tx *store.Tx) error {
		list, err := agenda.Participants(tx, made)
		require.NoError(t, err)
		for _, p := range list {
			if p.Kind == practice.ParticipantPerson {
				way, err = r.practice.agenda.Enter(tx, made, p)
			}
		}
		return err
	}))
	host, welcomed := r.join(t, way)
	require.Equal(t, protocol.RoleHost, welcomed.Role)
	require.Equal(t, "Dr Camille DÉMO-ROCHE", welcomed.Name)
	require.NoError(t, host.WriteJSON(protocol.Enter{Type: "enter", Name: welcomed.Name}))
	return host
}

// present are those in an appointment's call, as every server of the practice reads it.
func (r *running) present(t *testing.T, appointment string) []string {
	t.Helper()
	var all map[string][]string
	require.NoError(t, r.practice.store.Read(t.Context(), func(tx *store.Tx) (err error) {
		all, err = agenda.Present(tx, appointment)
		return err
	}))
	return all[appointment]
}

// TestARoomTellsTheDayWhatHappens goes from a printed link to an appointment that is over.
func TestARoomTellsTheDayWhatHappens(t *testing.T) {
	config := testConfig(t)
	config.Practice.Demo = true
	s := start(t, config)
	made, printed := s.appointment(t)
	address := s.open(t, printed)
	guest, welcome := s.join(t, address)
	require.Equal(t, protocol.RoleGuest, welcome.Role)
	require.Contains(t, welcome.Name, "DÉMO-",
		"the name comes from the practice, not from the address")
	require.NotContains(t, address, "DÉMO")
	require.NoError(t, guest.WriteJSON(protocol.Enter{Type: "enter", Name: welcome.Name}))
	waiting := s.is(t, made.ID, func(a practice.Appointment) bool { return a.ArrivedAt != 0 })
	require.Zero(t, waiting.BeganAt)

	host := s.entersAsStaff(t, made)
	require.NoError(t,
		host.WriteJSON(protocol.Admit{Type: "admit", Participant: welcome.Participant}))
	s.is(t, made.ID, func(a practice.Appointment) bool { return a.BeganAt != 0 })
	require.Len(t, s.present(t, made.ID), 2)
	require.NoError(t, host.WriteJSON(protocol.End{Type: "end"}))
	over := s.is(t, made.ID, func(a practice.Appointment) bool { return a.EndedAt != 0 })
	require.Equal(t, practice.StatusFulfilled, over.Status)
}

func TestARevokedLinkLetsNobodyIn(t *testing.T) {
	config := testConfig(t)
	config.Practice.Demo = true
	s := start(t, config)
	made, printed := s.appointment(t)
	address := s.open(t, printed)
	require.NoError(t, s.practice.store.Write(t.Context(), func(tx *store.Tx) error {
		link, err := store.Get[practice.Link](tx, "WHERE establishment = $1 AND appointment = $2",
			made.Establishment, made.ID)
		require.NoError(t, err)
		return s.practice.agenda.Revoke(tx, made, link.ID, "")
	}))
	socket := s.socketFor(t, address)
	var bye protocol.Bye
	read(t, socket, "bye", &bye)
	require.Equal(t, protocol.ByeRevoked, bye.Reason)
}

// Whoever is inside, or waits, hears at once that they are no longer expected.
func TestWhoeverIsNoLongerExpectedIsPutOut(t *testing.T) {
	for name, end := range map[string]func(*agenda.Agenda, *store.Tx, practice.Appointment) error{
		"the link is revoked": func(a *agenda.Agenda, tx *store.Tx,
			made practice.Appointment) error {
			link, err := store.Get[practice.Link](tx,
				"WHERE establishment = $1 AND appointment = $2", made.Establishment, made.ID)
			require.NoError(t, err)
			return a.Revoke(tx, made, link.ID, "")
		},
		"the appointment is cancelled": func(a *agenda.Agenda, tx *store.Tx,
			made practice.Appointment) error {
			_, err := a.Cancel(tx, made, made.Version, false, false, "")
			return err
		},
	} {
		t.Run(name, func(t *testing.T) {
			config := testConfig(t)
			config.Practice.Demo = true
			s := start(t, config)
			made, printed := s.appointment(t)
			guest, welcome := s.join(t, s.open(t, printed))
			require.NoError(t,
				guest.WriteJSON(protocol.Enter{Type: "enter", Name: welcome.Name}))
			waiting := s.is(t, made.ID,
				func(a practice.Appointment) bool { return a.ArrivedAt != 0 })
			require.NoError(t, s.practice.store.Write(t.Context(), func(tx *store.Tx) error {
				return end(s.practice.agenda, tx, waiting)
			}))
			var bye protocol.Bye
			read(t, guest, "bye", &bye)
			require.Equal(t, protocol.ByeRevoked, bye.Reason)
		})
	}
}

// Whoever says that a patient's link is lost, as any stranger may, does not put the patient out.
func TestALostLinkPutsNobodyOut(t *testing.T) {
	config := testConfig(t)
	config.Practice.Demo = true
	s := start(t, config)
	made, printed := s.appointment(t)
	address := s.open(t, printed)
	guest, welcome := s.join(t, address)
	require.NoError(t, guest.WriteJSON(protocol.Enter{Type: "enter", Name: welcome.Name}))
	s.is(t, made.ID, func(a practice.Appointment) bool { return a.ArrivedAt != 0 })
	s.loses(t, made)
	require.NoError(t, guest.Close())
	// A page that is loaded again asks whether the link is good.
	again, back := s.join(t, address)
	require.Equal(t, protocol.PlaceWaiting, back.Place)

	require.NoError(t, s.practice.store.Write(t.Context(), func(tx *store.Tx) error {
		link, err := store.Get[practice.Link](tx,
			"WHERE establishment = $1 AND appointment = $2 AND revoked_at = 0",
			made.Establishment, made.ID)
		require.NoError(t, err)
		return s.practice.agenda.Revoke(tx, made, link.ID, "")
	}))
	var bye protocol.Bye
	read(t, again, "bye", &bye)
	require.Equal(t, protocol.ByeRevoked, bye.Reason, "staff do")
}

// loses says that the patient's link is lost, and returns the address of the new one.
func (r *running) loses(t *testing.T, made practice.Appointment) string {
	t.Helper()
	return r.newLink(t, made, func(tx *store.Tx, patient practice.Participant) error {
		_, err := tx.Exec("UPDATE participants SET channel = 'mail', email = 'roux@example.org' "+
			"WHERE establishment = $1 AND id = $2", made.Establishment, patient.ID)
		require.NoError(t, err)
		return r.practice.agenda.Lost(tx, "roux@example.org")
	})
}

// newLink is the address of the patient's link after something was done to it.
func (r *running) newLink(t *testing.T, made practice.Appointment,
	replace func(*store.Tx, practice.Participant) error) string {
	t.Helper()
	var before, after practice.Link
	require.NoError(t, r.practice.store.Write(t.Context(), func(tx *store.Tx) (err error) {
		patient, err := store.Get[practice.Participant](tx,
			"WHERE establishment = $1 AND appointment = $2 AND kind = 'patient'",
			made.Establishment, made.ID)
		require.NoError(t, err)
		before, err = agenda.LinkOf(tx, patient)
		require.NoError(t, err)
		require.NoError(t, replace(tx, patient))
		after, err = agenda.LinkOf(tx, patient)
		return err
	}))
	require.NotEqual(t, before.ID, after.ID)
	return r.practice.agenda.Address(after.ID)
}

// Whoever a host has blocked does not come back by saying that their link is lost. A link that
// staff give is another matter.
func TestALostLinkDoesNotUndoABlock(t *testing.T) {
	config := testConfig(t)
	config.Practice.Demo = true
	s := start(t, config)
	made, printed := s.appointment(t)
	staff := s.entersAsStaff(t, made)
	guest, welcome := s.join(t, s.open(t, printed))
	require.NoError(t, guest.WriteJSON(protocol.Enter{Type: "enter", Name: welcome.Name}))
	s.is(t, made.ID, func(a practice.Appointment) bool { return a.ArrivedAt != 0 })
	require.NoError(t,
		staff.WriteJSON(protocol.Block{Type: "block", Participant: welcome.Participant}))
	var bye protocol.Bye
	read(t, guest, "bye", &bye)
	require.Equal(t, protocol.ByeBlocked, bye.Reason)

	read(t, s.socketFor(t, s.open(t, s.loses(t, made))), "bye", &bye)
	require.Equal(t, protocol.ByeBlocked, bye.Reason)
	s.join(t, s.open(t, s.newLink(t, made,
		func(tx *store.Tx, patient practice.Participant) error {
			_, err := s.practice.agenda.Send(tx, made, []string{patient.ID}, true, "")
			return err
		})))
}

// socketFor asks to join with a link, whatever the answer.
func (r *running) socketFor(t *testing.T, link string) *websocket.Conn {
	t.Helper()
	parsed, err := url.Parse(link)
	require.NoError(t, err)
	socket, err := dialSocket(r)
	require.NoError(t, err)
	t.Cleanup(func() { socket.Close() })
	require.NoError(t, socket.SetReadDeadline(time.Now().Add(time.Minute)))
	require.NoError(t,
		socket.WriteJSON(protocol.Join{Type: "join", Token: parsed.Fragment, Device: "device-2",
			Lang: "fr"}))
	return socket
}

// A server without the practice is what it was: no store, no API.
func TestWithoutThePractice(t *testing.T) {
	config := testConfig(t)
	config.Practice.Enabled = false
	s := start(t, config)
	require.Nil(t, s.practice)
	response, _ := get(t, s.url("/api/day"))
	require.Equal(t, 404, response.StatusCode)
	require.NoFileExists(t, config.DataDirectory+"/"+practiceStoreName)
	_, welcome := s.join(t, s.link(t, protocol.RoleHost))
	require.Equal(t, "Mme Rey", welcome.Name)
}
