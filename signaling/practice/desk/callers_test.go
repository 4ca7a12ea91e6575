package desk

import (
	"context"
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"draille/signaling/practice"
	"draille/signaling/practice/courier"
	"draille/signaling/practice/courier/sink"
	"draille/signaling/practice/store"
)

// smsGateway is a real one of HTTP: what it was sent, and what it answers.
type smsGateway struct {
	sent    chan smsSent
	answers chan int // 200 while there is none
}

type smsSent struct{ To, Text string }

func (g *smsGateway) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	var sent smsSent
	body, _ := io.ReadAll(r.Body)
	_ = json.Unmarshal(body, &sent)
	select {
	case code := <-g.answers:
		w.WriteHeader(code)
	default:
	}
	g.sent <- sent
}

// newCallWard is a ward whose practice sends SMS.
func newCallWard(t *testing.T) (*ward, *smsGateway) {
	t.Helper()
	g := &smsGateway{sent: make(chan smsSent, 100), answers: make(chan int, 100)}
	server := httptest.NewServer(g)
	var post *courier.Courier
	mails := sink.Listen(t, 0)
	w := newWard(t, func(c *Config) {
		var err error
		post, err = courier.New(courier.Config{Store: c.Store, Links: c.Agenda, Public: c.Public,
			Now: c.Now, Mail: sink.Config(mails.Port), SMS: &courier.SMSConfig{URL: server.URL,
				Body: `{"to": {{json .To}}, "text": {{json .Text}}}`}})
		require.NoError(t, err)
		c.Courier = post
	})
	ctx, stop := context.WithCancel(context.Background())
	var running sync.WaitGroup
	running.Go(func() { post.Run(ctx) })
	t.Cleanup(func() { stop(); running.Wait(); server.Close() })
	return w, g
}

// soon is an appointment that is open already.
func (w *ward) soon(adjust ...func(*NewAppointment)) (AppointmentView, string) {
	view := w.appointment(append(adjust, func(n *NewAppointment) {
		n.LocalStart, n.Anyway = "2026-12-01T13:10", true
	})...)
	return view, "/api/calls/" + view.Row.Appointment.Room
}

// settled waits until a message has this state.
func (w *ward) settled(room, message string, state practice.OutboxState) CallInvite {
	w.t.Helper()
	changes, stop := w.store.Watch()
	defer stop()
	late := time.After(20 * time.Second)
	for {
		var invite CallInvite
		w.clinician.ask("GET", room+"/invites/"+message, nil).is(200, &invite)
		if invite.State == state && (state == practice.OutboxSent || invite.Reason != "") {
			return invite
		}
		select {
		case <-changes:
		case <-late:
			w.t.Fatalf("expected the message to be %s, it is %s", state, invite.State)
		}
	}
}

func TestSomebodyWhoIsMissingIsCalledInBySMS(t *testing.T) {
	t.Parallel()
	w, gateway := newCallWard(t)
	made, room := w.soon()
	var ways CallInvites
	w.clinician.ask("GET", room, nil).is(200, &ways)
	require.True(t, ways.SMS)

	daughter := NewCallInvite{Name: "SECRETNOM, sa fille", Phone: "06 12 34 56 78"}
	var invite CallInvite
	w.clinician.ask("POST", room+"/invites", daughter).is(201, &invite)
	sms := <-gateway.sent
	require.Equal(t, "+33612345678", sms.To)
	before, token, linked := strings.Cut(sms.Text, "/r/")
	require.True(t, linked, sms.Text)
	require.Equal(t, "On vous attend maintenant en visio. Ouvrez ce lien. Rien à installer : "+
		w.desk.config.Public.String(), before)
	clean(t, "an SMS", sms.Text, secrets)
	require.Equal(t, CallInvite{Message: invite.Message, State: practice.OutboxSent},
		w.settled(room, invite.Message, practice.OutboxSent))

	// The link leads into the waiting room of this call, and nowhere else.
	opened := w.openLink(token, "hers", false)
	require.Equal(t, LinkOpen, opened.State)
	require.Contains(t, opened.Address, "#"+made.Row.Appointment.Room+"~")
	require.True(t, strings.HasSuffix(opened.Address, "~guest"), opened.Address)
	name, known, welcome, err := w.agenda.Name(t.Context(), strings.Split(opened.Address, "~")[1])
	require.NoError(t, err)
	require.True(t, known && welcome)
	require.Equal(t, daughter.Name, name, "whoever lets her in reads it")

	// Staff see her with the appointment, and may take her link away.
	var view AppointmentView
	path := "/api/appointments/" + made.Row.Appointment.ID
	w.secretary.ask("GET", path, nil).is(200, &view)
	require.Len(t, view.Links, 2)
	last := view.Links[0]
	if last.ID == made.Links[0].ID {
		last = view.Links[1]
	}
	require.Equal(t, made.Row.Appointment.Version, view.Row.Appointment.Version)
	require.Len(t, view.Participants, len(made.Participants)+1)
	w.secretary.ask("DELETE", path+"/links/"+last.ID, nil).is(204)
	require.Equal(t, LinkRevoked, w.openLink(token, "hers", false).State)

	entry := w.lastEntry("call.invite")
	require.Equal(t, w.doctor.ID, entry.Actor)
	require.Equal(t, last.Participant, entry.Object)
	require.Equal(t, made.Row.Appointment.ID, entry.Appointment)
	require.Empty(t, entry.Detail)
}

// lastEntry is the last of an action in the log.
func (w *ward) lastEntry(action string) practice.AuditEntry {
	w.t.Helper()
	var entry practice.AuditEntry
	require.NoError(w.t, w.store.Read(w.t.Context(), func(tx *store.Tx) (err error) {
		entry, err = store.Get[practice.AuditEntry](tx,
			"WHERE establishment = $1 AND action = $2 ORDER BY sequence DESC LIMIT 1",
			w.hospital.ID, action)
		return err
	}))
	return entry
}

func TestWhoMayNotCallAnybodyIn(t *testing.T) {
	t.Parallel()
	w, gateway := newCallWard(t)
	made, room := w.soon()
	wanted := NewCallInvite{Name: "Mme Demo", Phone: "0612345678"}
	w.browser().ask("POST", room+"/invites", wanted).refused(CodeSignedOut)
	w.other.ask("POST", room+"/invites", wanted).refused(CodeNotFound)
	w.nurse.ask("POST", room+"/invites", wanted).refused(CodeNotFound)
	auditor, _ := w.somebody(
		practice.Grant{Role: practice.RoleEstablishmentAdmin, Establishment: w.hospital.ID})
	auditor.ask("GET", room, nil).refused(CodeForbidden)
	auditor.ask("POST", room+"/invites", wanted).refused(CodeForbidden)
	w.clinician.ask("GET", "/api/calls/staff-mardi", nil).refused(CodeNotFound)
	w.clinician.ask("POST", "/api/calls/staff-mardi/invites", wanted).refused(CodeNotFound)

	for field, wrong := range map[string]NewCallInvite{
		"phone": {Name: "Mme Demo", Phone: "demain"}, "name": {Phone: "0612345678"},
		"language": {Name: "Mme Demo", Phone: "0612345678", Language: "de"},
	} {
		failure := w.clinician.ask("POST", room+"/invites", wrong).refused(CodeInvalid)
		require.Equal(t, field, failure.Field)
	}
	tomorrow := w.appointment(func(n *NewAppointment) { n.LocalStart = "2026-12-02T14:00" })
	w.clinician.ask("POST", "/api/calls/"+tomorrow.Row.Appointment.Room+"/invites", wanted).
		refused(CodeTooEarly)
	w.secretary.ask("POST", "/api/appointments/"+made.Row.Appointment.ID+"/cancel", Cancel{},
		made.Row.Appointment.Version).is(200)
	w.clinician.ask("POST", room+"/invites", wanted).refused(CodeCancelled)
	require.Empty(t, gateway.sent)

	without := newWard(t)
	_, room = without.soon()
	var ways CallInvites
	without.clinician.ask("GET", room, nil).is(200, &ways)
	require.False(t, ways.SMS)
	without.clinician.ask("POST", room+"/invites", wanted).refused(CodeChannelMissing)
}

func TestCallingInIsBounded(t *testing.T) {
	t.Parallel()
	w, gateway := newCallWard(t)
	_, room := w.soon()
	number := func(i int) NewCallInvite {
		return NewCallInvite{Name: "Mme Demo", Phone: "061234560" + string(rune('0'+i)),
			Language: "en"}
	}
	w.clinician.ask("POST", room+"/invites", number(0)).is(201)
	first := (<-gateway.sent).Text
	require.Contains(t, first, "You are expected in a video call now.")
	again := number(0)
	again.Name = "Somebody else"
	failure := w.clinician.ask("POST", room+"/invites", again).refused(CodeTooMany)
	require.Equal(t, practice.InstantOf(w.now().Add(time.Minute)), failure.RetryAt)
	w.wait(time.Minute)
	w.clinician.ask("POST", room+"/invites", number(0)).is(201)
	require.Equal(t, first, (<-gateway.sent).Text, "the same guest has the same link")
	for i := 1; i < 9; i++ {
		w.clinician.ask("POST", room+"/invites", number(i)).is(201)
		<-gateway.sent
	}
	w.clinician.ask("POST", room+"/invites", number(9)).refused(CodeTooMany)

	// One person, into whichever calls.
	_, second := w.soon()
	_, third := w.soon()
	for _, other := range []string{second, third} {
		for i := range 10 {
			w.clinician.ask("POST", other+"/invites", number(i)).is(201)
			<-gateway.sent
		}
	}
	_, fourth := w.soon()
	w.clinician.ask("POST", fourth+"/invites", number(0)).refused(CodeTooMany)
	w.secretary.ask("POST", fourth+"/invites", number(0)).is(201)
	<-gateway.sent
	w.wait(time.Hour - time.Minute)
	w.clinician, _ = w.somebody(
		practice.Grant{Role: practice.RoleClinician, Establishment: w.hospital.ID})
	w.clinician.ask("POST", room+"/invites", number(9)).is(201)
}

func TestWhatTheGatewayDoesNotTakeIsTold(t *testing.T) {
	t.Parallel()
	w, gateway := newCallWard(t)
	_, room := w.soon()
	call := func(phone string) (invite CallInvite) {
		w.clinician.ask("POST", room+"/invites", NewCallInvite{Name: "Mme Demo", Phone: phone}).
			is(201, &invite)
		return invite
	}
	gateway.answers <- 400
	refused := call("0612345670")
	<-gateway.sent
	require.Equal(t, practice.ReasonRefused,
		w.settled(room, refused.Message, practice.OutboxFailed).Reason)
	gateway.answers <- 503
	away := call("0612345671")
	<-gateway.sent
	require.Equal(t, practice.ReasonAway,
		w.settled(room, away.Message, practice.OutboxWaiting).Reason)
	// Another one is tried at once, and the first goes with it.
	other := call("0612345672")
	for _, one := range []CallInvite{away, other} {
		<-gateway.sent
		w.settled(room, one.Message, practice.OutboxSent)
	}
	// « On vous attend maintenant » is not sent the next morning.
	gateway.answers <- 503
	late := call("0612345673")
	<-gateway.sent
	w.settled(room, late.Message, practice.OutboxWaiting)
	w.wait(31 * time.Minute)
	require.Equal(t, practice.ReasonTooLate,
		w.settled(room, late.Message, practice.OutboxDropped).Reason)
}

// Who was asked into one meeting of a series is not asked to the next ones.
func TestWhoeverIsCalledInStaysWithThatCall(t *testing.T) {
	t.Parallel()
	w, gateway := newCallWard(t)
	made, room := w.soon(func(n *NewAppointment) {
		n.Kind, n.Patient, n.Title = practice.KindTelestaff, "", "Réunion"
		n.Rule = "FREQ=WEEKLY;BYDAY=TU;COUNT=3"
		n.Participants = n.Participants[:1]
	})
	w.clinician.ask("POST", room+"/invites",
		NewCallInvite{Name: "Dr Demo", Phone: "0612345678"}).is(201)
	<-gateway.sent
	path := "/api/appointments/" + made.Row.Appointment.ID
	var view, moved AppointmentView
	w.secretary.ask("GET", path, nil).is(200, &view)
	wanted := Move{Minutes: 45, Reach: ReachFollowing, Anyway: true}
	for _, p := range view.Participants {
		wanted.Participants = append(wanted.Participants, NewParticipant{Kind: p.Kind,
			Person: p.Person, Name: p.Name, Phone: p.Phone, Channel: p.Channel})
	}
	w.secretary.ask("PUT", path, wanted, view.Row.Appointment.Version).is(200, &moved)
	count := map[string]int{}
	require.NoError(t, w.store.Read(t.Context(), func(tx *store.Tx) error {
		all, err := store.Find[practice.Participant](tx, "WHERE establishment = $1", w.hospital.ID)
		for _, p := range all {
			count[string(p.Kind)]++
		}
		return err
	}))
	require.Equal(t, map[string]int{"person": 3, "called": 1}, count)
}
