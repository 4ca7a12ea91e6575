package report

import (
	"context"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"draille/signaling/practice"
	"draille/signaling/practice/store"
	"draille/signaling/practice/store/storetest"
)

func TestMain(m *testing.M) { storetest.Main(m) }

// met is an appointment whose session went on for ten minutes from at(0).
func met() practice.Appointment {
	return practice.Appointment{ID: "A1", Establishment: "E1", Service: "V1",
		Kind: practice.KindConsultation, Status: practice.StatusFulfilled, Patient: "P1",
		Place: "L1", HostEstablishment: "E2", StartsAt: at(0), EndsAt: at(1800),
		Zone: "Europe/Paris", Room: "R1", BeganAt: at(0), EndedAt: at(600), Version: 1}
}

// seeded is a store with that appointment.
func seeded(t *testing.T) *store.Store {
	s := storetest.Open(t, storetest.Address(t))
	require.NoError(t, s.Write(t.Context(), func(tx *store.Tx) error {
		for _, e := range []practice.Establishment{
			{ID: "E1", Name: "CH X", Zone: "Europe/Paris", FINESS: "010000001", Version: 1},
			{ID: "E2", Name: "EHPAD Les Tilleuls", Zone: "Europe/Paris", Version: 1}} {
			require.NoError(t, store.Insert(tx, e, nil))
		}
		require.NoError(t, store.Insert(tx, practice.Service{ID: "V1", Establishment: "E1",
			Name: "Gériatrie", Version: 1}, nil))
		require.NoError(t, store.Insert(tx, practice.Place{ID: "L1", Establishment: "E2",
			Name: "Salle 2", Version: 1}, nil))
		require.NoError(t, store.Insert(tx, practice.Person{ID: "D1", Title: "Dr",
			GivenName: "Claire", FamilyName: "Bonnet", Profession: "médecin", RPPS: "10000000001",
			Language: "fr", Version: 1}, store.With{"search": "bonnet claire", "created_at": 1}))
		require.NoError(t, store.Insert(tx, practice.Patient{ID: "P1", Establishment: "E1",
			IPP: "770001", BirthName: "DVOŘÁK", BirthGivenName: "ŁUCJA", Sex: practice.SexFemale,
			BirthDate: "1940-02-03", Source: practice.SourceHospital, Version: 1},
			store.With{"search": "dvorak lucja", "search_used": "", "created_at": 1,
				"updated_at": 1}))
		require.NoError(t, store.Insert(tx, met(), nil))
		for _, p := range []practice.Participant{
			{ID: "PD", Kind: practice.ParticipantPerson, Person: "D1", CallRole: "host"},
			{ID: "PP", Kind: practice.ParticipantPatient, CallRole: "guest"}} {
			p.Establishment, p.Appointment, p.Version = "E1", "A1", 1
			require.NoError(t, store.Insert(tx, p, store.With{"starts_at": int64(at(0))}))
		}
		return store.Insert(tx, practice.Consent{ID: "C1", Establishment: "E1", Appointment: "A1",
			Patient: "P1", Decision: practice.DecisionGiven, InformedBy: "D1", Authenticated: true,
			Means: "oral", Information: "1", At: at(5)}, nil)
	}))
	return s
}

func TestASessionThatEndedHasOneDraftWithItsIncidents(t *testing.T) {
	s := seeded(t)
	now := at(0)
	k, err := NewKeeper(Config{Store: s, Now: func() time.Time { return now.Time() },
		ParticipantOf: func(invitation string) (string, bool) {
			return strings.CutPrefix(invitation, "p-")
		}})
	require.NoError(t, err)
	doctor, patient := Link{Participant: "p-PD"}, Link{Participant: "p-PP"}
	cut := patient
	cut.Cut = true
	for _, told := range []struct {
		at    float64
		links []Link
	}{{0, []Link{doctor, patient, {Participant: "invited"}}}, {100, []Link{doctor, cut}},
		{140, []Link{doctor, patient}}, {600, nil}} {
		now = at(told.at)
		k.Hear("R1", told.links)
	}
	changes, stopWatching := s.Watch()
	defer stopWatching()
	ctx, stop := context.WithCancel(t.Context())
	ran := make(chan struct{})
	go func() { defer close(ran); k.Run(ctx) }()
	for change := range changes { // the draft
		if len(change) > 0 && change[0].Topic == practice.TopicAppointment {
			break
		}
	}
	stop()
	<-ran
	require.NoError(t, k.makeDrafts(t.Context()), "again, as another node")
	require.NoError(t, s.Read(t.Context(), func(tx *store.Tx) error {
		versions, err := Versions(tx, "E1", "A1")
		require.NoError(t, err)
		require.Len(t, versions, 1)
		require.Equal(t, practice.ReportDraft, versions[0].State)
		facts, err := FactsOf(tx, met())
		require.NoError(t, err)
		require.Equal(t, []practice.ReportIncident{{Name: "DVOŘÁK ŁUCJA",
			Kind: practice.EpisodeFrozen, Times: 1, Seconds: 40, FirstAt: at(100),
			LastAt: at(140)}}, facts.Incidents)
		require.Equal(t, "EHPAD Les Tilleuls", facts.PlaceHouse)
		require.Equal(t, at(600), facts.People[1].EndedAt)
		require.Equal(t, "Dr Claire Bonnet", facts.Consent.By)
		require.Nil(t, facts.Identity)
		return nil
	}))
}

// TestASessionOfACancelledAppointmentHasADraft is of one that was cancelled as they were let in.
func TestASessionOfACancelledAppointmentHasADraft(t *testing.T) {
	s := seeded(t)
	require.NoError(t, s.Write(t.Context(), func(tx *store.Tx) error {
		_, err := tx.Exec("UPDATE appointments SET status = 'cancelled' WHERE establishment = 'E1'")
		return err
	}))
	k, err := NewKeeper(Config{Store: s, Now: func() time.Time { return at(700).Time() },
		ParticipantOf: func(string) (string, bool) { return "", false }})
	require.NoError(t, err)
	require.NoError(t, k.makeDrafts(t.Context()))
	require.NoError(t, s.Read(t.Context(), func(tx *store.Tx) error {
		versions, err := Versions(tx, "E1", "A1")
		require.Len(t, versions, 1)
		return err
	}))
}
