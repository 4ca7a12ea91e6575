package desk

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"draille/signaling/practice"
	"draille/signaling/practice/store"
)

// staffMeeting is one of the doctor and of somebody of the nursing home.
func (w *ward) staffMeeting(colleague string) AppointmentView {
	return w.appointment(func(n *NewAppointment) {
		n.Kind, n.Patient, n.Title, n.Anyway = practice.KindTelestaff, "", "RCP", true
		n.Rule = "FREQ=WEEKLY"
		n.Participants = []NewParticipant{
			{Kind: practice.ParticipantPerson, Person: w.doctor.ID, Channel: practice.ChannelNone},
			{Kind: practice.ParticipantPerson, Person: colleague, Channel: practice.ChannelNone}}
	})
}

func TestATeamWritesToEachOtherAroundItsMeetings(t *testing.T) {
	t.Parallel()
	w := newWard(t, func(c *Config) { c.CleanText = strings.ToUpper })
	expert, colleague := w.somebody(practice.Grant{Role: practice.RoleExpert,
		Establishment: w.hospital.ID})
	meeting := w.staffMeeting(colleague.ID)
	next := expert.listen()
	var line ThreadLine
	w.clinician.ask("POST", "/api/appointments/"+meeting.Row.Appointment.ID+"/thread", nil).is(
		200, &line)
	require.Equal(t, "RCP", line.Name)
	require.True(t, line.MayWrite)
	path := "/api/threads/" + line.Thread.ID
	for range 2 { // its answer was lost
		w.clinician.ask("POST", path+"/messages", NewThreadMessage{"k", "Lit 12 ?"}).is(200)
	}
	var told ThreadLine
	next("thread", &told)
	require.EqualValues(t, 1, told.Unread)
	require.Equal(t, line.Thread.ID, told.Thread.ID)

	var view ThreadView
	expert.ask("GET", path, nil).is(200, &view)
	require.Len(t, view.Messages, 1)
	require.Equal(t, "LIT 12 ?", view.Messages[0].Message.Text, "it is cleaned")
	require.Equal(t, w.doctor.ID, view.Messages[0].Message.Author)
	expert.ask("GET", path, nil).is(200, &view)
	require.Len(t, w.entries("thread.view"), 1, "without saying that they have read it")
	looked := w.entries("thread.view")[0]
	require.Equal(t, colleague.ID, looked.Actor)
	require.Equal(t, line.Thread.ID, looked.Object)
	require.Equal(t, line.Thread.Establishment, looked.Establishment)
	require.Equal(t, `{"from":"1","to":"1"}`, looked.Detail)
	expert.ask("POST", path+"/read", ReadThread{1}).is(204)
	var list struct{ Items []ThreadLine }
	expert.ask("GET", "/api/threads", nil).is(200, &list)
	require.Len(t, list.Items, 1)
	require.Zero(t, list.Items[0].Unread)
	w.clinician.ask("GET", path, nil).is(200, &view)
	require.Contains(t, view.Reads, ThreadReader{colleague.ID, "Camille Essai", 1})
	for _, key := range []string{"l", "m"} { // their page is open
		w.clinician.ask("POST", path+"/messages", NewThreadMessage{key, "Oui"}).is(200)
		expert.ask("GET", path, nil).is(200)
	}
	require.Len(t, w.entries("thread.view"), 2, "one of each")
	expert.ask("GET", path+"?before=2", nil).is(200)
	require.Len(t, w.entries("thread.view"), 3, "what was before is another part")
	var same ThreadLine
	expert.ask("POST", "/api/calls/"+meeting.Row.Appointment.Room+"/thread", nil).is(200, &same)
	require.Equal(t, line.Thread.ID, same.Thread.ID)

	for _, stranger := range []*browser{w.other, w.nurse} {
		stranger.ask("GET", path, nil).refused(CodeNotFound)
		stranger.ask("POST", path+"/messages", NewThreadMessage{"k", "x"}).refused(CodeNotFound)
		stranger.ask("POST", path+"/read", ReadThread{1}).refused(CodeNotFound)
		stranger.ask("DELETE", path+"/messages/"+view.Messages[0].Message.ID,
			nil).refused(CodeNotFound)
		stranger.ask("POST", "/api/appointments/"+meeting.Row.Appointment.ID+"/thread",
			nil).refused(CodeNotFound)
		stranger.ask("GET", "/api/threads", nil).is(200, &list)
		require.Empty(t, list.Items)
	}
	w.clinician.ask("POST", path+"/messages", NewThreadMessage{"", "x"}).refused(CodeInvalid)
	w.clinician.ask("POST", path+"/read", ReadThread{7}).refused(CodeInvalid)
	w.clinician.ask("GET", path+"?before=x", nil).refused(CodeInvalid)
	consultation := w.appointment(func(n *NewAppointment) { n.Anyway = true })
	w.clinician.ask("POST", "/api/appointments/"+consultation.Row.Appointment.ID+"/thread",
		nil).refused(CodeInvalid)
}

func TestAnAdministratorChoosesTeamsAndReadsNothing(t *testing.T) {
	t.Parallel()
	w := newWard(t)
	admin, _ := w.somebody(practice.Grant{Role: practice.RoleEstablishmentAdmin,
		Establishment: w.hospital.ID})
	home, _ := w.somebody(practice.Grant{Role: practice.RoleEstablishmentAdmin,
		Establishment: w.home.ID})
	path := "/api/establishments/" + w.hospital.ID + "/threads"
	var team, sector ThreadOffice
	admin.ask("POST", path, ThreadPlan{Kind: practice.ThreadTeam, Name: "Astreinte",
		Members: []ThreadPart{{Kind: practice.MemberPerson, Member: w.doctor.ID}}}).is(200, &team)
	require.Equal(t, "Camille Essai", team.Members[0].Name)
	admin.ask("POST", path, ThreadPlan{Kind: practice.ThreadSector, Name: "Secteur nord",
		Members: []ThreadPart{{Kind: practice.MemberPlace, Member: w.place.ID}}}).is(200, &sector)
	home.ask("GET", path, nil).refused(CodeNotFound)

	one, all := "/api/threads/"+team.Thread.ID, "/api/threads/"+sector.Thread.ID
	var line ThreadMessageLine
	w.clinician.ask("POST", one+"/messages", NewThreadMessage{"k", "SECRETNOM va mieux"}).is(200,
		&line)
	w.secretary.ask("POST", one+"/messages", NewThreadMessage{"k", "x"}).refused(CodeNotFound)
	w.secretary.ask("POST", all+"/messages", NewThreadMessage{"k", "Panne à 18 h"}).is(200)
	w.nurse.ask("GET", all, nil).is(200)
	w.nurse.ask("POST", all+"/messages", NewThreadMessage{"k", "x"}).refused(CodeForbidden)
	for _, b := range []*browser{admin, home, w.other} {
		b.ask("GET", one, nil).refused(CodeNotFound)
		b.ask("GET", all, nil).refused(CodeNotFound)
	}
	seen := admin.ask("GET", path, nil).is(200)
	require.NotContains(t, string(seen.body), "SECRETNOM")
	require.Contains(t, string(seen.body), line.Message.ID)
	home.ask("DELETE", one+"/messages/"+line.Message.ID, nil).refused(CodeNotFound)
	admin.ask("DELETE", one+"/messages/"+line.Message.ID, nil).is(200, &line)
	require.Empty(t, line.Message.Text)
	admin.ask("PUT", path+"/"+team.Thread.ID, ThreadPlan{Name: "Astreinte"}, 7).refused(CodeVersion)
	admin.ask("PUT", path+"/"+team.Thread.ID, ThreadPlan{Name: "Astreinte"},
		team.Thread.Version).is(200, &team)
	w.clinician.ask("GET", one, nil).refused(CodeNotFound)
	require.NoError(t, w.store.Read(t.Context(), func(tx *store.Tx) error {
		var told int
		err := tx.Scan("SELECT COUNT(*) FROM audit WHERE establishment = $1 AND "+
			"action = 'thread.delete' AND object = $2",
			[]any{w.hospital.ID, line.Message.ID}, &told)
		require.Equal(t, 1, told)
		return err
	}))
}
