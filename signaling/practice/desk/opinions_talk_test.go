package desk

import (
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"draille/signaling/practice"
	"draille/signaling/practice/agenda"
	"draille/signaling/practice/store"
)

// two are whoever asks for an opinion and an expert of another establishment.
type two struct {
	*ward
	asker, expert   *browser
	asks, answers   practice.Person
	path, elsewhere string
	service         practice.Service
}

func newTwo(t *testing.T) *two {
	w := &two{ward: newWard(t)}
	w.elsewhere = w.otherHospital()
	w.service = practice.Service{ID: practice.NewID(), Establishment: w.elsewhere,
		Name: "Dermatologie", Version: 1}
	w.insertService(w.service)
	w.asker, w.asks = w.somebody(practice.Grant{Role: practice.RoleNurse,
		Establishment: w.hospital.ID})
	w.expert, w.answers = w.anotherExpert()
	var line OpinionLine
	w.asker.ask("POST", "/api/opinions", NewOpinion{Key: practice.NewID(),
		Establishment: w.hospital.ID, Patient: w.patient.ID, Service: w.service.ID,
		Urgency: practice.UrgencyUrgent, Question: "Lésion du dos"}).is(201, &line)
	w.path = "/api/opinions/" + line.Opinion.ID
	return w
}

func (w *two) anotherExpert() (*browser, practice.Person) {
	return w.somebody(practice.Grant{Role: practice.RoleExpert, Establishment: w.elsewhere,
		Service: w.service.ID})
}

func (w *two) line(b *browser) (line OpinionLine) {
	b.ask("GET", w.path, nil).is(200, &line)
	return line
}

// inside are the invitations of ways in.
func inside(room string, joins ...Join) agenda.Presence {
	p := agenda.Presence{Room: room}
	for _, join := range joins {
		p.Guests = append(p.Guests, agenda.Guest{ID: strings.Split(join.Address, "~")[1],
			Host: true})
	}
	return p
}

// TestTheTwoOfAnOpinionCallEachOther opens a room for them at once, one for both, and tells the
// other one wherever they are.
func TestTheTwoOfAnOpinionCallEachOther(t *testing.T) {
	t.Parallel()
	w := newTwo(t)
	w.asker.ask("POST", w.path+"/call", nil).refused(CodeNoExpert)
	w.expert.ask("POST", w.path+"/take", OpinionText{}, 1).is(200)
	next := w.expert.listen()
	var first, second, again Join
	w.asker.ask("POST", w.path+"/call", nil).is(200, &first)
	require.Contains(t, first.Address, "~clinician")
	var told OpinionTold
	for told.Calling == "" { // that it was taken may be told late
		next("opinion", &told)
	}
	require.Equal(t, agenda.PersonName(w.asks), told.Calling)
	require.Empty(t, w.line(w.asker).Talk.Calling, "whoever calls is not called")
	require.Equal(t, told.Calling, w.line(w.expert).Talk.Calling)
	var calls struct{ Items []OpinionTold }
	w.expert.ask("GET", "/api/opinions/calls", nil).is(200, &calls)
	require.Equal(t, []OpinionTold{told}, calls.Items)
	w.asker.ask("GET", "/api/opinions/calls", nil).is(200, &calls)
	require.Empty(t, calls.Items)

	w.expert.ask("POST", w.path+"/call", nil).is(200, &second)
	w.asker.ask("POST", w.path+"/call", nil).is(200, &again)
	require.Equal(t, first, again)
	talk := w.line(w.asker).Talk
	require.Len(t, w.entries("opinion.call"), 1, "of two who tap, one opens it")
	require.Equal(t, w.patient.ID, w.entries("opinion.call")[0].Patient)
	require.Len(t, w.entries("call.begin"), 3)
	var view AppointmentView
	w.expert.ask("GET", "/api/appointments/"+talk.Appointment, nil).is(200, &view)
	room := view.Row.Appointment.Room
	require.Empty(t, view.Row.Appointment.Patient)
	w.agenda.Hear(inside(room, first))
	next("opinion", &told)
	require.NotEmpty(t, told.Calling, "the other one waits in the room")
	w.agenda.Hear(inside(room, first, second))
	next("opinion", &told)
	require.Empty(t, told.Calling)
	w.agenda.Hear(agenda.Presence{Room: room})
	next("opinion", &told)
	require.Nil(t, w.line(w.expert).Talk, "it is over")
	w.expert.ask("POST", w.path+"/call", nil).is(200)
	require.NotEqual(t, talk.Appointment, w.line(w.expert).Talk.Appointment)
	w.count()
	require.NoError(t, w.store.Read(t.Context(), func(tx *store.Tx) error {
		acts, err := store.Find[practice.Figure](tx.Across("a test"), "WHERE acts > 0")
		require.Empty(t, acts, "the answer is the act")
		return err
	}))
}

// TestNobodyElseCallsAboutAnOpinion is about colleagues of both, strangers, rights that have ended,
// and requests that are over.
func TestNobodyElseCallsAboutAnOpinion(t *testing.T) {
	t.Parallel()
	w := newTwo(t)
	otherExpert, _ := w.anotherExpert()
	colleague, _ := w.somebody(practice.Grant{Role: practice.RoleNurse,
		Establishment: w.hospital.ID})
	call := w.path + "/call"
	w.browser().ask("POST", call, nil).refused(CodeSignedOut)
	w.nurse.ask("POST", call, nil).refused(CodeNotFound)
	w.expert.ask("POST", w.path+"/take", OpinionText{}, 1).is(200)
	for _, one := range []*browser{otherExpert, colleague} {
		one.ask("POST", call, nil).refused(CodeForbidden)
		require.False(t, w.line(one).MayTalk)
	}
	w.asker.ask("POST", call, nil).is(200)
	require.Nil(t, w.line(otherExpert).Talk)
	require.Nil(t, w.line(colleague).Talk)

	// Whoever gives it back is not in the call with whoever takes it then.
	before := w.line(w.asker).Talk.Appointment
	w.expert.ask("POST", w.path+"/release", OpinionText{}, 2).is(200)
	w.expert.ask("POST", call, nil).refused(CodeNoExpert)
	otherExpert.ask("POST", w.path+"/take", OpinionText{}, 3).is(200)
	w.expert.ask("POST", call, nil).refused(CodeForbidden)
	require.Nil(t, w.line(w.asker).Talk)
	otherExpert.ask("POST", call, nil).is(200)
	require.NotEqual(t, before, w.line(w.asker).Talk.Appointment)

	// A call in which nobody is closes of itself.
	w.wait(31 * time.Minute)
	require.Nil(t, w.line(w.asker).Talk)
	w.write(func(tx *store.Tx) error {
		_, err := tx.Exec("DELETE FROM grants WHERE person = $1", w.asks.ID)
		return err
	})
	w.asker.ask("POST", call, nil).refused(CodeNotFound)
	otherExpert.ask("POST", w.path+"/answer", OpinionText{Text: "Exérèse"}, 4).is(200)
	require.Contains(
		t, otherExpert.ask("POST", call, nil).refused(CodeOpinionOver).Message, "answered",
	)
}

// TestTheRoomOfAWithdrawnOpinionOpensNoMore says so to both.
func TestTheRoomOfAWithdrawnOpinionOpensNoMore(t *testing.T) {
	t.Parallel()
	w := newTwo(t)
	w.expert.ask("POST", w.path+"/take", OpinionText{}, 1).is(200)
	w.expert.ask("POST", w.path+"/call", nil).is(200)
	w.asker.ask("POST", w.path+"/withdraw", OpinionText{}, 2).is(200)
	for _, one := range []*browser{w.asker, w.expert} {
		require.Contains(t, one.ask("POST", w.path+"/call", nil).refused(CodeOpinionOver).Message,
			"withdrawn")
		require.Nil(t, w.line(one).Talk)
	}
}
