package cluster

import (
	"bytes"
	"encoding/json"
	"io"
	"net/http"
	"net/url"
	"path"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"draille/signaling/practice"
	"draille/signaling/practice/agenda"
	"draille/signaling/practice/demo"
	"draille/signaling/practice/desk"
	"draille/signaling/practice/people"
	"draille/signaling/practice/report"
	"draille/signaling/practice/store"
	"draille/signaling/practice/store/storetest"
)

// house is a practice that three servers share, and somebody of its staff who has signed in.
type house struct {
	*world
	store *store.Store
	token string
}

// opensPractice starts three servers with one practice on a database of PostgreSQL.
func opensPractice(t *testing.T) *house {
	w := begin(t, 3)
	address := storetest.Postgres(t)
	t.Cleanup(storetest.Stop)
	for _, p := range w.servers {
		p.args = append(p.args, "--practice.enabled=true", "--practice.store="+address,
			"--practice.demo")
		w.start(p)
	}
	for _, p := range w.servers {
		p.await(answers)
	}
	h := &house{world: w, store: storetest.Open(t, address)}
	sessions := people.NewSessions(h.store, people.DefaultSessionTimes, time.Now)
	h.write(func(tx *store.Tx) error {
		waiting, err := demo.WhoWaits(tx)
		require.NoError(t, err)
		h.token, err = sessions.Open(tx, people.NewSession{Person: waiting[0].Person,
			Method: practice.MethodPasskey})
		return err
	})
	return h
}

func (h *house) write(f func(tx *store.Tx) error) {
	h.t.Helper()
	require.NoError(h.t, h.store.Write(h.t.Context(), f))
}

func (h *house) read(f func(tx *store.Tx) error) {
	h.t.Helper()
	require.NoError(h.t, h.store.Read(h.t.Context(), f))
}

// ask asks a server as a page of the staff does.
func (h *house) ask(p *process, method, path string, body, into any) {
	h.t.Helper()
	text, err := json.Marshal(body)
	require.NoError(h.t, err)
	request, err := http.NewRequestWithContext(h.t.Context(), method, "http://"+p.web+path,
		bytes.NewReader(text))
	require.NoError(h.t, err)
	public, err := url.Parse(h.public)
	require.NoError(h.t, err)
	request.Host = public.Host
	request.Header.Set("Content-Type", "application/json")
	request.Header.Set("Sec-Fetch-Site", "same-origin")
	request.AddCookie(&http.Cookie{Name: "draille", Value: h.token})
	response, err := http.DefaultClient.Do(request)
	require.NoError(h.t, err)
	defer response.Body.Close()
	answer, err := io.ReadAll(response.Body)
	require.NoError(h.t, err)
	require.Equal(h.t, 2, response.StatusCode/100, "%s %s: %s", method, path, answer)
	require.NoError(h.t, json.Unmarshal(answer, into))
	http.DefaultClient.CloseIdleConnections()
}

// consults makes an appointment that begins now, and opens its call: the doctor by their day, the
// patient by a printed link.
func (h *house) consults() (practice.Appointment, *call) {
	var first practice.Appointment
	h.read(func(tx *store.Tx) (err error) {
		first, err = store.Get[practice.Appointment](tx.Across("a test"),
			"WHERE kind = 'consultation' ORDER BY starts_at LIMIT 1")
		return err
	})
	zone, err := agenda.Zone(first.Zone)
	require.NoError(h.t, err)
	one, other := h.servers[0], h.servers[1]
	var me desk.Me
	h.ask(one, "GET", "/api/me", nil, &me)
	var made desk.AppointmentView
	h.ask(one, "POST", "/api/appointments", desk.NewAppointment{Key: practice.NewID(),
		Establishment: first.Establishment, Service: first.Service,
		Kind: practice.KindConsultation, Patient: first.Patient, Anyway: true, Minutes: 30,
		LocalStart: agenda.Local(time.Now().Add(time.Minute), zone),
		Participants: []desk.NewParticipant{
			{Kind: practice.ParticipantPerson, Person: me.Person.ID,
				Channel: practice.ChannelNone},
			{Kind: practice.ParticipantPatient, Channel: practice.ChannelPrint}}}, &made)
	booked := made.Row.Appointment
	var patient string
	for _, p := range made.Participants {
		if p.Kind == practice.ParticipantPatient {
			patient = p.ID
		}
	}
	var printed desk.Printable
	h.ask(other, "POST", "/api/appointments/"+booked.ID+"/participants/"+patient+"/print", nil,
		&printed)
	var opened desk.LinkAnswer
	h.ask(other, "POST", "/api/link", desk.OpenedLink{Token: path.Base(printed.Address),
		Browser: "tablet"}, &opened)
	require.Equal(h.t, desk.LinkOpen, opened.State)
	var begun desk.Join
	h.ask(one, "POST", "/api/appointments/"+booked.ID+"/begin", nil, &begun)

	c := &call{world: h.world, host: h.join(begun.Address, "doctor", 0)}
	c.guest = h.join(opened.Address, "patient", 1)
	c.admit(c.guest)
	until(h.t, "they hear and see each other", c.talks)
	return booked, c
}

// now is an appointment, and how many are in its call, as a server shows it.
func (h *house) now(p *process, id string) (practice.Appointment, int) {
	h.t.Helper()
	var view desk.AppointmentView
	h.ask(p, "GET", "/api/appointments/"+id, nil, &view)
	return view.Row.Appointment, len(view.Row.Present)
}

// The call of an appointment changes servers: it goes on on every page, is over when both have gone
// and not before, and its report knows the whole of it.
func TestAnAppointmentWhoseCallChangesServers(t *testing.T) {
	h := opensPractice(t)
	booked, c := h.consults()
	owner := h.owner()
	var rest []*process
	for _, p := range h.servers {
		until(t, "every server shows who is there", func() bool {
			a, present := h.now(p, booked.ID)
			return a.BeganAt != 0 && present == 2
		})
		if p != owner {
			rest = append(rest, p)
		}
	}
	was, _ := h.now(rest[0], booked.ID)

	ids, began := c.ids(), time.Now()
	h.run("drain", "--data-directory="+owner.data)
	drained := practice.InstantOf(time.Now())
	c.goesOn("drain", began, ids)
	require.NoError(t, owner.command.Wait())
	require.NotEqual(t, owner.id, h.owner().id)
	for _, p := range rest {
		until(t, "the others show who is there", func() bool {
			_, present := h.now(p, booked.ID)
			return present == 2
		})
		a, _ := h.now(p, booked.ID)
		require.Equal(t, practice.StatusBooked, a.Status)
		require.Equal(t, was.BeganAt, a.BeganAt)
		require.Zero(t, a.EndedAt)
	}

	leave(t, c.guest)
	leave(t, c.host)
	var facts practice.ReportFacts
	until(t, "the appointment is over, and has the draft of a report", func() bool {
		a, present := h.now(rest[0], booked.ID)
		if a.Status != practice.StatusFulfilled || present != 0 {
			return false
		}
		drafts := 0
		h.read(func(tx *store.Tx) error {
			versions, err := report.Versions(tx, a.Establishment, a.ID)
			require.NoError(t, err)
			drafts = len(versions)
			facts, err = report.FactsOf(tx, a)
			return err
		})
		return drafts == 1 && len(facts.People) == 2 && facts.People[0].EndedAt > drained &&
			facts.People[1].EndedAt > drained
	})
	for _, one := range facts.People {
		require.Less(t, one.BeganAt, practice.InstantOf(began), "%s was there before the drain",
			one.Name)
	}
}
