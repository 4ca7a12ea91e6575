// Package demo fills an empty practice with two establishments, a few people and a week of
// appointments, so that whoever tries the program out finds something. Everybody in it is invented,
// and says so in their name.
package demo

import (
	"context"
	"fmt"
	"time"

	"draille/signaling/practice"
	"draille/signaling/practice/agenda"
	"draille/signaling/practice/people"
	"draille/signaling/practice/store"
	"draille/signaling/practice/thread"
)

// Waiting is somebody of the demonstration who has not chosen yet how to sign in.
type Waiting struct{ Person, As string }

// WhoWaits are those whom nobody has been so far.
func WhoWaits(tx *store.Tx) ([]Waiting, error) {
	var waiting []Waiting
	for _, one := range []struct {
		role practice.Role
		as   string
	}{{practice.RoleClinician, "Clinician"}, {practice.RoleSecretary, "Secretary"},
		{practice.RoleNurse, "Nurse"}} {
		found, err := store.Find[practice.Person](tx, `JOIN grants ON grants.person = people.id
			WHERE grants.role = $1 AND people.demo = $2 AND people.disabled_at = 0
			AND NOT EXISTS (SELECT 1 FROM accounts WHERE accounts.person = people.id)`,
			string(one.role), true)
		if err != nil {
			return nil, err
		}
		for _, person := range found {
			waiting = append(waiting, Waiting{Person: person.ID, As: one.as})
		}
	}
	return waiting, nil
}

const (
	days      = 7
	aDay      = 5  // consultations
	minutes   = 30 // of one
	firstHour = 9
	// soon is how long after the start the first appointment is: time to sign in and look.
	soon = 10 * time.Minute
)

// Seed makes the demonstration, unless there is an establishment already.
func Seed(ctx context.Context, s *store.Store, a *agenda.Agenda, now time.Time) error {
	return s.Write(ctx, func(tx *store.Tx) error {
		var count int
		if err := tx.Scan("SELECT COUNT(*) FROM establishments", nil, &count); err != nil ||
			count > 0 {
			return err
		}
		h := house{tx: tx, agenda: a, now: now}
		return h.build()
	})
}

// house is what is being built.
type house struct {
	tx     *store.Tx
	agenda *agenda.Agenda
	now    time.Time

	hospital, home practice.Establishment
	service        practice.Service
	rooms          []practice.Place
	patients       []practice.Patient
}

func (h *house) build() error {
	if err := h.places(); err != nil {
		return err
	}
	clinician, err := h.person("Dr", "Camille", "DÉMO-ROCHE", "psychiatre",
		practice.RoleClinician, h.hospital.ID)
	if err != nil {
		return err
	}
	if _, err := h.person("", "Sacha", "DÉMO-PONT", "secrétaire", practice.RoleSecretary,
		h.hospital.ID); err != nil {
		return err
	}
	nurse, err := h.person("", "Lou", "DÉMO-VIDAL", "infirmière", practice.RoleNurse, h.home.ID)
	if err != nil {
		return err
	}
	// Asked to the meetings of the hospital.
	if err := h.give(nurse.ID, practice.RoleExpert, h.hospital.ID); err != nil {
		return err
	}
	if err := h.addPatients(); err != nil {
		return err
	}
	if err := history(h); err != nil {
		return err
	}
	if err := h.week(clinician); err != nil {
		return err
	}
	if err := h.onCall(clinician, nurse); err != nil {
		return err
	}
	if err := questions(h, nurse); err != nil {
		return err
	}
	return h.telestaff(clinician, nurse)
}

// onCall makes a team with a thread.
func (h *house) onCall(people ...practice.Person) error {
	plan := thread.Plan{Name: "Astreinte (démonstration)"}
	for _, person := range people {
		plan.Members = append(plan.Members,
			practice.ThreadMember{Kind: practice.MemberPerson, Member: person.ID})
	}
	_, err := thread.Make(h.tx, h.hospital.ID, practice.ThreadTeam, plan,
		thread.By{Person: people[0].ID, At: h.now})
	return err
}

func (h *house) places() error {
	h.hospital = practice.Establishment{ID: practice.NewID(), Name: "Hôpital de démonstration",
		Zone: "Europe/Paris", Demo: true, Version: 1}
	h.home = practice.Establishment{ID: practice.NewID(), Name: "EHPAD de démonstration",
		Zone: "Europe/Paris", Demo: true, Version: 1}
	h.service = practice.Service{ID: practice.NewID(), Establishment: h.hospital.ID,
		Name: "Équipe mobile (démonstration)", Version: 1}
	for _, establishment := range []practice.Establishment{h.hospital, h.home} {
		if err := store.Insert(h.tx, establishment, nil); err != nil {
			return err
		}
	}
	if err := store.Insert(h.tx, h.service, nil); err != nil {
		return err
	}
	for _, name := range []string{"Salle des Pins", "Chariot du premier étage"} {
		place := practice.Place{ID: practice.NewID(), Establishment: h.home.ID, Name: name,
			Version: 1}
		h.rooms = append(h.rooms, place)
		if err := store.Insert(h.tx, place, nil); err != nil {
			return err
		}
	}
	return nil
}

func (h *house) person(title, given, family, profession string, role practice.Role,
	establishment string) (practice.Person, error) {
	person := practice.Person{ID: practice.NewID(), Title: title, GivenName: given,
		FamilyName: family, Profession: profession,
		Language: "fr", Establishment: establishment, Demo: true, Version: 1}
	if err := people.Insert(h.tx, person, h.now); err != nil {
		return person, err
	}
	return person, h.give(person.ID, role, establishment)
}

func (h *house) give(person string, role practice.Role, establishment string) error {
	return people.Give(h.tx, practice.Grant{ID: practice.NewID(), Person: person, Role: role,
		Establishment: establishment, GrantedBy: person, GrantedAt: practice.InstantOf(h.now)})
}

// invented are the patients' given names; their birth names are numbers.
var invented = []struct {
	number, given string
	sex           practice.Sex
	born          string
}{
	{"UN", "ALIX", practice.SexFemale, "1938-02-11"},
	{"DEUX", "CHARLIE", practice.SexMale, "1941-07-30"},
	{"TROIS", "DOMINIQUE", practice.SexFemale, "1979-03-28"},
	{"QUATRE", "CLAUDE", practice.SexMale, "1933-12-05"},
	{"CINQ", "MAXIME", practice.SexMale, "1966-05-17"},
	{"SIX", "ANDRÉA", practice.SexFemale, "1951-09-02"},
	{"SEPT", "MORGAN", practice.SexFemale, "1987-01-23"},
	{"HUIT", "CAMILLE", practice.SexUnknown, "1944-10-14"},
}

func (h *house) addPatients() error {
	for i, one := range invented {
		patient, err := h.agenda.AddPatient(h.tx,
			practice.Patient{Establishment: h.hospital.ID, IPP: fmt.Sprintf("DEMO-%03d", i+1),
				BirthName: "DÉMO-" + one.number, BirthGivenName: one.given,
				BirthGivenNames: one.given, Sex: one.sex, BirthDate: one.born}, false)
		if err != nil {
			return err
		}
		h.patients = append(h.patients, patient)
	}
	_, err := h.tx.Exec("UPDATE patients SET demo = $1 WHERE establishment = $2", true,
		h.hospital.ID)
	return err
}

// firstStart returns when the first consultation is: in ten minutes, or just now where that would
// be tomorrow already, since today's page is the one that is seen first.
func firstStart(now time.Time) time.Time {
	const step = 5 * time.Minute
	if start := now.Add(soon).Truncate(step).Add(step); start.Day() == now.Day() {
		return start
	}
	return now.Truncate(step)
}

// week makes consultations: today from firstStart on, then at nine on each day.
func (h *house) week(clinician practice.Person) error {
	zone, err := agenda.Zone(h.hospital.Zone)
	if err != nil {
		return err
	}
	today := firstStart(h.now.In(zone))
	for day := range days {
		start := today
		if day > 0 {
			start = time.Date(today.Year(), today.Month(), today.Day()+day, firstHour, 0, 0, 0,
				zone)
		}
		for i := range aDay {
			at := start.Add(time.Duration(i) * minutes * time.Minute)
			patient := h.patients[(day*aDay+i)%len(h.patients)]
			_, err := h.agenda.Make(h.tx,
				agenda.Draft{Key: practice.NewID(), Establishment: h.hospital.ID,
					Service: h.service.ID,
					Kind:    practice.KindConsultation, Patient: patient.ID,
					Place: h.rooms[i%len(h.rooms)].ID, LocalStart: agenda.Local(at, zone),
					Minutes: minutes, By: clinician.ID, Anyway: true,
					Participants: []practice.Participant{
						{Kind: practice.ParticipantPerson, Person: clinician.ID}}})
			if err != nil {
				return err
			}
		}
	}
	return nil
}

// telestaff makes a meeting every week.
func (h *house) telestaff(clinician, nurse practice.Person) error {
	zone, err := agenda.Zone(h.hospital.Zone)
	if err != nil {
		return err
	}
	today := h.now.In(zone)
	start := time.Date(today.Year(), today.Month(), today.Day()+1, 14, 0, 0, 0, zone)
	_, err = h.agenda.Make(h.tx, agenda.Draft{Key: practice.NewID(), Establishment: h.hospital.ID,
		Service: h.service.ID,
		Kind:    practice.KindTelestaff, Title: "Réunion de démonstration",
		LocalStart: agenda.Local(start, zone), Minutes: 60,
		Rule: "FREQ=WEEKLY", By: clinician.ID, Anyway: true,
		Participants: []practice.Participant{
			{Kind: practice.ParticipantPerson, Person: clinician.ID},
			{Kind: practice.ParticipantPerson, Person: nurse.ID}}})
	return err
}
