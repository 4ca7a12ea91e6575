package agenda

import (
	"errors"
	"slices"
	"time"

	"draille/signaling/practice"
	"draille/signaling/practice/ledger"
	"draille/signaling/practice/store"
)

const (
	// talkLasts is how long a call about an opinion stays open with nobody in it: longer than an
	// expert needs to find out whether the patient can be looked at now. One that goes on ends
	// when they leave.
	talkLasts = 30 * time.Minute
	// talkRings is how long the other one is called before whoever has tapped is in the room: they
	// are shown their own picture first.
	talkRings = 2 * time.Minute
)

// Talk is a call about an opinion, which whoever asked and the expert have opened.
type Talk struct {
	practice.Appointment
	people map[string]string // participants of the two, by person
}

// Talk returns the call of an opinion for the two, and opens one if there is none. It belongs to
// the service that is asked; the patient, whom that may not know, is not in it. Who may open it is
// asked by whoever calls.
func (a *Agenda) Talk(tx *store.Tx, o practice.Opinion, by string) (Talk, error) {
	talk, err := a.TalkOf(tx, o)
	if !errors.Is(err, store.ErrNotFound) {
		return talk, err
	}
	house, err := store.Get[practice.Establishment](tx, "WHERE id = $1", o.AskedEstablishment)
	if err != nil {
		return talk, err
	}
	zone, err := Zone(house.Zone)
	if err != nil {
		return talk, err
	}
	now := a.now()
	at := practice.InstantOf(now)
	talk.Appointment = practice.Appointment{ID: practice.NewID(), Establishment: house.ID,
		Service: o.Service, Kind: practice.KindTelestaff, Status: practice.StatusBooked,
		StartsAt: at, EndsAt: at.Add(talkLasts), Zone: house.Zone,
		LocalStart: now.In(zone).Format(localLayout), Room: newRoom(), Opinion: o.ID,
		CreatedBy: by, CreatedAt: at, UpdatedAt: at, Version: 1}
	if err := store.Insert(tx, talk.Appointment, store.With{"request_key": ""}); err != nil {
		return talk, err
	}
	talk.people = map[string]string{}
	for _, id := range []string{o.AskedBy, o.TakenBy} {
		person, err := store.Get[practice.Person](tx, "WHERE id = $1 AND disabled_at = 0", id)
		if err != nil {
			return talk, missing(err, "person", id)
		}
		p, err := a.JoinAs(tx, talk.Appointment, person, "clinician")
		if err != nil {
			return talk, err
		}
		talk.people[id] = p.ID
	}
	tx.Changed(practice.TopicOpinion, o.Establishment, o.ID)
	return talk, ledger.Append(tx, now, practice.AuditEntry{Establishment: o.Establishment,
		ActorKind: practice.ActorPerson, Actor: by, Action: "opinion.call", Patient: o.Patient,
		Appointment: talk.ID, Object: o.ID})
}

// TalkOf is the call of an opinion that is open to the two; store.ErrNotFound if there is none.
// Whoever had the question before does not share the call of whoever has it now.
func (a *Agenda) TalkOf(tx *store.Tx, o practice.Opinion) (talk Talk, err error) {
	wide := tx.Across("the service that is asked may be another establishment's")
	talk.Appointment, err = store.Get[practice.Appointment](wide, `WHERE opinion = $1
		AND opinion <> '' AND status = 'booked'
		AND id IN (SELECT appointment FROM participants WHERE person = $2)
		AND id IN (SELECT appointment FROM participants WHERE person = $3)
		ORDER BY created_at DESC, id LIMIT 1`, o.ID, o.AskedBy, o.TakenBy)
	if err != nil {
		return talk, err
	}
	guests, err := Participants(tx, talk.Appointment)
	if err != nil {
		return talk, err
	}
	talk.people = map[string]string{}
	for _, p := range guests {
		if p.Person != "" {
			talk.people[p.Person] = p.ID
		}
	}
	policy, err := PolicyOf(tx, talk.Establishment)
	if err != nil {
		return talk, err
	}
	unmet := talk.BeganAt == 0 && talk.EndsAt <= practice.InstantOf(a.now())
	if unmet || policy.Within(talk.Appointment, a.now()) != nil {
		return talk, store.ErrNotFound
	}
	return talk, nil
}

// Calls reports whether a call calls one of the two: the other one is in its room, or has just
// opened it, and they are not.
func (a *Agenda) Calls(tx *store.Tx, talk Talk, person, other string) (bool, error) {
	present, err := Present(tx, talk.ID)
	here := present[talk.ID]
	if err != nil || slices.Contains(here, talk.people[person]) {
		return false, err
	}
	return slices.Contains(here, talk.people[other]) || talk.CreatedBy == other &&
		talk.ArrivedAt == 0 && practice.InstantOf(a.now()) < talk.CreatedAt.Add(talkRings), nil
}

// EnterTalk is a way into a call for one of the two.
func (a *Agenda) EnterTalk(tx *store.Tx, talk Talk, person string) (string, error) {
	p, err := store.Get[practice.Participant](tx, "WHERE establishment = $1 AND id = $2",
		talk.Establishment, talk.people[person])
	if err != nil {
		return "", err
	}
	return a.Enter(tx, talk.Appointment, p)
}

// tellOpinion tells both sides of an opinion that something has changed in its call.
func tellOpinion(tx *store.Tx, a practice.Appointment) error {
	if a.Opinion == "" {
		return nil
	}
	var house string
	err := tx.Across("the call knows the service that is asked alone").Scan(
		"SELECT establishment FROM opinions WHERE id = $1", []any{a.Opinion}, &house)
	if errors.Is(err, store.ErrNotFound) {
		return nil
	}
	tx.Changed(practice.TopicOpinion, house, a.Opinion)
	return err
}
