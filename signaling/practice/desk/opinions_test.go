package desk

import (
	"bytes"
	"testing"

	"github.com/stretchr/testify/require"

	"draille/signaling/practice"
	"draille/signaling/practice/courier"
	"draille/signaling/practice/notice"
	"draille/signaling/practice/report"
	"draille/signaling/practice/store"
)

// TestAnExpertOfAnotherEstablishmentAnswers asks a service of another establishment: its expert
// sees the question and four traits, one of another service nothing.
func TestAnExpertOfAnotherEstablishmentAnswers(t *testing.T) {
	t.Parallel()
	w := newWard(t)
	elsewhere := w.otherHospital()
	nurse, _ := w.somebody(practice.Grant{Role: practice.RoleNurse, Establishment: elsewhere})
	asker, _ := w.somebody(practice.Grant{Role: practice.RoleNurse,
		Establishment: w.hospital.ID})
	service := practice.Service{ID: practice.NewID(), Establishment: elsewhere,
		Name: "Dermatologie", Version: 1}
	w.insertService(service)
	expert, _ := w.somebody(practice.Grant{Role: practice.RoleExpert, Establishment: elsewhere,
		Service: service.ID})
	otherExpert, _ := w.somebody(practice.Grant{Role: practice.RoleExpert, Establishment: elsewhere,
		Service: service.ID})
	another := practice.Service{ID: practice.NewID(), Establishment: elsewhere,
		Name: "Cardiologie", Version: 1}
	w.insertService(another)
	other, _ := w.somebody(practice.Grant{Role: practice.RoleExpert, Establishment: elsewhere,
		Service: another.ID})
	var services []OpinionService
	asker.ask("GET", "/api/opinions/services?establishment="+w.hospital.ID, nil).is(200, &services)
	require.Contains(t, services, OpinionService{ID: service.ID, Name: "Dermatologie",
		House: "CH Z"})
	wanted := NewOpinion{Key: practice.NewID(), Establishment: w.hospital.ID,
		Patient: w.patient.ID, Service: service.ID, Urgency: practice.UrgencyUrgent,
		Question: "Lésion du dos"}
	nurse.ask("POST", "/api/opinions", wanted).refused(CodeNotFound) // no right there
	var line OpinionLine
	asker.ask("POST", "/api/opinions", wanted).is(201, &line)
	require.NotEmpty(t, line.Patient.IPP)
	path := "/api/opinions/" + line.Opinion.ID
	var list struct{ Items []OpinionLine }
	expert.ask("GET", "/api/opinions", nil).is(200, &list)
	require.Len(t, list.Items, 1)
	require.Empty(t, list.Items[0].Patient.IPP)
	require.True(t, list.Items[0].MayAnswer)
	require.False(t, list.Items[0].MayAsk)
	for _, stranger := range []*browser{other, nurse} {
		stranger.ask("GET", path, nil).refused(CodeNotFound)
		stranger.ask("POST", path+"/take", OpinionText{}, 1).refused(CodeNotFound)
		stranger.ask("GET", "/api/opinions", nil).is(200, &list)
		require.Empty(t, list.Items)
	}
	asker.ask("POST", path+"/take", OpinionText{}, 1).refused(CodeForbidden)
	expert.ask("POST", path+"/take", OpinionText{}, 1).is(200, &line)
	otherExpert.ask("POST", path+"/take", OpinionText{}, 1).refused(CodeVersion)
	otherExpert.ask("POST", path+"/answer", OpinionText{Text: "x"}, 2).refused(CodeInvalid)
	expert.ask("POST", path+"/reply", OpinionText{Text: "x"}, 2).refused(CodeForbidden)
	expert.ask("POST", path+"/ask-back", OpinionText{Text: "Depuis quand ?"}, 2).is(200, &line)
	asker.ask("POST", path+"/reply", OpinionText{Text: "Trois semaines"}, 3).is(200, &line)
	require.Len(t, line.Notes, 2)
	expert.ask("GET", "/api/opinions", nil).is(200, &list)
	require.Empty(t, list.Items[0].Opinion.Question, "lists say nothing of what is in them")
	require.Empty(t, list.Items[0].Notes)
	expert.ask("GET", path, nil).is(200, &line)
	require.Equal(t, "Lésion du dos", line.Opinion.Question)
	expert.ask("POST", path+"/answer", OpinionText{}, 4).refused(CodeInvalid)
	expert.ask("POST", path+"/answer", OpinionText{Text: "Exérèse", Distant: true}, 4).is(200,
		&line)
	for _, side := range []*browser{asker, expert} {
		file := side.ask("GET", path+"/pdf", nil)
		require.Equal(t, 200, file.status)
		require.True(t, bytes.HasPrefix(file.body, []byte("%PDF")))
	}
	asker.ask("GET", path, nil).is(200, &line)
	require.Equal(t, "Exérèse", line.Opinion.Answer)
	require.True(t, line.Opinion.Distant)
	asker.ask("POST", path+"/withdraw", OpinionText{}, 5).refused(CodeInvalid)
}

// An answer goes into the record of the side that asked, which alone is told how far it is.
func TestAnAnswerGoesIntoTheRecordOfTheSideThatAsked(t *testing.T) {
	t.Parallel()
	w := newWard(t, func(c *Config) {
		var err error
		c.Courier, err = courier.New(courier.Config{Store: c.Store, Links: c.Agenda,
			Public: c.Public, Notices: notice.Judge{}, Now: c.Now,
			Record: report.Folder{Store: c.Store, Path: t.TempDir()}})
		require.NoError(t, err)
	})
	service := practice.Service{ID: practice.NewID(), Establishment: w.otherHospital(),
		Name: "Dermatologie", Version: 1}
	w.insertService(service)
	asker, _ := w.somebody(practice.Grant{Role: practice.RoleNurse, Establishment: w.hospital.ID})
	expert, _ := w.somebody(practice.Grant{Role: practice.RoleExpert,
		Establishment: service.Establishment, Service: service.ID})
	var line OpinionLine
	asker.ask("POST", "/api/opinions", NewOpinion{Key: practice.NewID(), Patient: w.patient.ID,
		Establishment: w.hospital.ID, Service: service.ID, Urgency: practice.UrgencyRoutine,
		Question: "Lésion du dos"}).is(201, &line)
	path := "/api/opinions/" + line.Opinion.ID
	expert.ask("POST", path+"/take", OpinionText{}, 1).is(200, &line)
	asker.ask("GET", path, nil).is(200, &line)
	require.Nil(t, line.Sent, "nothing is answered")
	expert.ask("POST", path+"/answer", OpinionText{Text: "Exérèse"}, 2).is(200, &line)
	require.Nil(t, line.Sent, "it is none of their patients")
	asker.ask("GET", path, nil).is(200, &line)
	require.Equal(t, practice.OutboxWaiting, line.Sent.State)
	require.Equal(t, w.hospital.ID, line.Sent.Establishment)

	w.write(func(tx *store.Tx) error {
		_, err := tx.Exec("UPDATE outbox SET state = 'failed' WHERE establishment = $1 AND id = $2",
			w.hospital.ID, line.Sent.ID)
		return err
	})
	expert.ask("POST", path+"/resend", nil).refused(CodeForbidden)
	asker.ask("POST", path+"/resend", nil).is(200, &line)
	require.Equal(t, practice.OutboxWaiting, line.Sent.State)
}

func (w *ward) insertService(service practice.Service) {
	w.write(func(tx *store.Tx) error { return store.Insert(tx, service, nil) })
}

// TestWhoAsksAndAnswersHasOneList gives somebody a routine question of their own and another's
// urgent one. The ledger is told once an hour of what their page reads again at each change.
func TestWhoAsksAndAnswersHasOneList(t *testing.T) {
	t.Parallel()
	w := newWard(t)
	service := practice.Service{ID: practice.NewID(), Establishment: w.otherHospital(),
		Name: "Dermatologie", Version: 1}
	w.insertService(service)
	both, _ := w.somebody(
		practice.Grant{Role: practice.RoleNurse, Establishment: w.hospital.ID},
		practice.Grant{Role: practice.RoleExpert, Establishment: service.Establishment,
			Service: service.ID})
	var patient PatientLine
	w.other.ask("POST", "/api/patients", NewPatient{Establishment: service.Establishment,
		BirthName: "Petit", BirthGivenName: "Jeanne", Sex: practice.SexFemale,
		BirthDate: "1950-01-02"}).is(201, &patient)
	ask := func(of *browser, establishment, patient string, urgency practice.Urgency) string {
		var line OpinionLine
		of.ask("POST", "/api/opinions", NewOpinion{Key: practice.NewID(), Patient: patient,
			Establishment: establishment, Service: service.ID, Urgency: urgency,
			Question: "?"}).is(201, &line)
		return line.Opinion.ID
	}
	own := ask(both, w.hospital.ID, w.patient.ID, practice.UrgencyRoutine)
	urgent := ask(w.other, service.Establishment, patient.ID, practice.UrgencyUrgent)
	looks := func() (order []string) {
		var list struct{ Items []OpinionLine }
		both.ask("GET", "/api/opinions", nil).is(200, &list)
		for _, line := range list.Items {
			order = append(order, line.Opinion.ID)
			both.ask("GET", "/api/opinions/"+line.Opinion.ID, nil).is(200, &line)
		}
		return order
	}
	require.Equal(t, []string{urgent, own}, looks())
	looks()
	require.Len(t, w.entries("opinion.list"), 2, "one of each patient, where they belong")
	for i, entry := range w.entries("opinion.list") {
		require.Equal(t, []string{service.Establishment, w.hospital.ID}[i], entry.Establishment)
		require.Equal(t, []string{patient.ID, w.patient.ID}[i], entry.Patient)
	}
	require.Len(t, w.entries("opinion.view"), 2)
	w.wait(noteEvery)
	looks()
	require.Len(t, w.entries("opinion.list"), 2, "once a day")
	require.Len(t, w.entries("opinion.view"), 4)
}
