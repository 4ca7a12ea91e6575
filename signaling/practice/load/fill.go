package main

import (
	"context"
	"fmt"
	"math/rand/v2"
	"time"

	"draille/signaling/practice"
	"draille/signaling/practice/agenda"
	"draille/signaling/practice/people"
	"draille/signaling/practice/store"
)

const (
	servicesEach = 4
	spread       = 250 // days, half of them before today
	batch        = 5_000
)

// filler writes a practice of invented people. Equal sizes make equal practices, but for ids.
type filler struct {
	store  *store.Store
	random *rand.Rand
	now    time.Time
	size   size

	establishments []string
	services       [][]string // by establishment
	clinicians     [][]string // by establishment
	patients       [][]string
}

// fill makes the store and returns the tokens of sessions: of clinicians and secretaries by turns.
func fill(path string, s size, sessions int) ([]string, error) {
	ctx := context.Background()
	opened, err := store.Open(ctx, store.Config{URL: path})
	if err != nil {
		return nil, err
	}
	defer opened.Close()
	f := &filler{store: opened, random: rand.New(rand.NewPCG(1, 1)), now: time.Now(), size: s,
		services: make(
			[][]string,
			s.establishments,
		), clinicians: make([][]string, s.establishments),
		patients: make([][]string, s.establishments)}
	if err := f.write(ctx, s.establishments, f.establishment); err != nil {
		return nil, err
	}
	if err := f.write(ctx, s.people, f.person); err != nil {
		return nil, err
	}
	if err := f.write(ctx, s.patients, f.patient); err != nil {
		return nil, err
	}
	if err := f.write(ctx, s.appointments, f.appointment); err != nil {
		return nil, err
	}
	return f.sessions(ctx, sessions)
}

// write makes a number of things, some thousand in each transaction.
func (f *filler) write(ctx context.Context, count int, make func(tx *store.Tx, i int) error) error {
	for from := 0; from < count; from += batch {
		err := f.store.Write(ctx, func(tx *store.Tx) error {
			for i := from; i < min(from+batch, count); i++ {
				if err := make(tx, i); err != nil {
					return err
				}
			}
			return nil
		})
		if err != nil {
			return err
		}
	}
	return nil
}

func (f *filler) establishment(tx *store.Tx, i int) error {
	id := practice.NewID()
	f.establishments = append(f.establishments, id)
	made := practice.Establishment{ID: id, Name: fmt.Sprintf("Établissement %d", i),
		Zone: "Europe/Paris", Demo: true, Version: 1}
	if err := store.Insert(tx, made, nil); err != nil {
		return err
	}
	for n := range servicesEach {
		service := practice.Service{
			ID:            practice.NewID(),
			Establishment: id,
			Name:          fmt.Sprintf("Service %d", n),
			Version:       1,
		}
		f.services[i] = append(f.services[i], service.ID)
		if err := store.Insert(tx, service, nil); err != nil {
			return err
		}
	}
	return nil
}

func (f *filler) person(tx *store.Tx, i int) error {
	home := i % len(f.establishments)
	person := practice.Person{
		ID:            practice.NewID(),
		FamilyName:    fmt.Sprintf("Personne%d", i),
		GivenName:     "Camille",
		Language:      "fr",
		Version:       1,
		Establishment: f.establishments[home],
		Demo:          true,
	}
	if err := people.Insert(tx, person, f.now); err != nil {
		return err
	}
	grant := practice.Grant{
		ID:            practice.NewID(),
		Person:        person.ID,
		Role:          practice.RoleClinician,
		Establishment: f.establishments[home],
		Service:       f.services[home][i/len(f.establishments)%servicesEach],
		GrantedBy:     person.ID,
		GrantedAt:     practice.InstantOf(f.now),
	}
	if i%5 == 0 {
		grant.Role, grant.Service = practice.RoleSecretary, ""
	} else {
		f.clinicians[home] = append(f.clinicians[home], person.ID)
	}
	return people.Give(tx, grant)
}

func (f *filler) patient(tx *store.Tx, i int) error {
	home := i % len(f.establishments)
	p := practice.Patient{
		ID:            practice.NewID(),
		Establishment: f.establishments[home],
		IPP:           fmt.Sprintf("%08d", i),
		Sex:           practice.SexUnknown,
		BirthName: fmt.Sprintf(
			"PATIENT%d",
			i,
		),
		BirthGivenName: "X",
		Source:         practice.SourceTyped,
		Demo:           true,
		Version:        1,
		BirthDate:      f.now.AddDate(-20-i%70, 0, -i%365).Format(time.DateOnly),
	}
	f.patients[home] = append(f.patients[home], p.ID)
	at := int64(practice.InstantOf(f.now))
	return store.Insert(
		tx,
		p,
		store.With{"search": agenda.Fold(p.BirthName + " x"), "created_at": at, "updated_at": at},
	)
}

func (f *filler) appointment(tx *store.Tx, i int) error {
	home := i % len(f.establishments)
	zone, err := agenda.Zone("Europe/Paris")
	if err != nil {
		return err
	}
	today := f.now.In(zone)
	start := time.Date(
		today.Year(),
		today.Month(),
		today.Day()+i/len(f.establishments)%spread-spread/2,
		8+f.random.IntN(10),
		5*f.random.IntN(12),
		0,
		0,
		zone,
	)
	at := practice.InstantOf(f.now)
	a := practice.Appointment{
		ID:            practice.NewID(),
		Establishment: f.establishments[home],
		Service:       f.services[home][f.random.IntN(servicesEach)],
		Kind:          practice.KindConsultation,
		Status:        practice.StatusBooked,
		Patient:       f.patients[home][f.random.IntN(len(f.patients[home]))],
		StartsAt: practice.InstantOf(
			start,
		),
		EndsAt: practice.InstantOf(start.Add(30 * time.Minute)),
		Zone:   "Europe/Paris",
		LocalStart: agenda.Local(
			start,
			zone,
		),
		Room:      "a-" + practice.NewID(),
		CreatedAt: at,
		UpdatedAt: at,
		Version:   1,
	}
	if start.Before(today) {
		a.Status = practice.StatusFulfilled
	}
	if err := store.Insert(tx, a, nil); err != nil {
		return err
	}
	clinician := f.clinicians[home][f.random.IntN(len(f.clinicians[home]))]
	for _, p := range []practice.Participant{
		{Kind: practice.ParticipantPerson, Person: clinician, Channel: practice.ChannelNone,
			CallRole: "host"},
		{Kind: practice.ParticipantPatient, Channel: practice.ChannelSMS, Phone: "+33600000000",
			CallRole: "guest"},
	} {
		p.ID, p.Establishment, p.Appointment = practice.NewID(), a.Establishment, a.ID
		p.Language, p.Version = "fr", 1
		if err := store.Insert(tx, p, store.With{"starts_at": int64(a.StartsAt)}); err != nil {
			return err
		}
	}
	return nil
}

// sessions signs people in.
func (f *filler) sessions(ctx context.Context, count int) (tokens []string, err error) {
	open := people.NewSessions(f.store, people.DefaultSessionTimes, time.Now)
	err = f.store.Write(ctx, func(tx *store.Tx) error {
		all, err := store.Find[practice.Grant](tx, "ORDER BY role, id")
		if err != nil {
			return err
		}
		for i := range count {
			grant := all[i%len(all)] // clinicians come first
			if i%2 == 1 {
				grant = all[len(all)-1-i%(len(all)/5)] // secretaries last
			}
			token, err := open.Open(
				tx,
				people.NewSession{Person: grant.Person, Method: practice.MethodPasskey},
			)
			if err != nil {
				return err
			}
			tokens = append(tokens, token)
		}
		return nil
	})
	return tokens, err
}
