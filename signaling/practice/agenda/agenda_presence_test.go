package agenda

import (
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"draille/signaling/practice"
	"draille/signaling/practice/store"
	"draille/signaling/practice/store/storetest"
)

func TestMain(m *testing.M) { storetest.Main(m) }

// servers are two servers of one practice, whose time passes by itself in no test.
type servers struct {
	t     *testing.T
	store *store.Store
	at    time.Time
	a, b  *Agenda
}

const callRoom = "room-1"

// inCall are a guest who waits, or is inside with their host.
var (
	inFront = Presence{Room: callRoom, Guests: []Guest{{ID: "p-P1-L1", Waiting: true}}}
	inside  = Presence{Room: callRoom, Guests: []Guest{{ID: "p-P1-L1"}, {ID: "p-P2", Host: true}}}
	nobody  = Presence{Room: callRoom}
)

// twoServers have an appointment of half an hour, which begins now.
func twoServers(t *testing.T) *servers {
	s := &servers{t: t, store: storetest.Open(t, storetest.Address(t)),
		at: time.Date(2026, time.December, 1, 12, 0, 0, 0, time.UTC)}
	public := &url.URL{Scheme: "https", Host: "draille.ch-x.example"}
	open := func(node string) *Agenda {
		made, err := New(Config{Store: s.store, Public: public, Node: node,
			Invitations: noInvitations{}, LinkKey: []byte(strings.Repeat("k", 32)),
			Now: func() time.Time { return s.at }})
		require.NoError(t, err)
		return made
	}
	s.a, s.b = open("a"), open("b")
	begins := practice.InstantOf(s.at)
	require.NoError(t, s.store.Write(t.Context(), func(tx *store.Tx) error {
		require.NoError(t, store.Insert(tx, practice.Establishment{ID: "E1", Name: "CH X",
			Zone: "Europe/Paris", Version: 1}, nil))
		require.NoError(t, store.Insert(tx, practice.Service{ID: "V1", Establishment: "E1",
			Name: "Gériatrie", Version: 1}, nil))
		return store.Insert(tx, practice.Appointment{ID: "A1", Establishment: "E1", Service: "V1",
			Kind: practice.KindConsultation, Status: practice.StatusBooked, StartsAt: begins,
			EndsAt: begins.Add(30 * time.Minute), Zone: "Europe/Paris", Room: callRoom,
			Version: 1}, store.With{"request_key": ""})
	}))
	return s
}

type noInvitations struct{}

func (noInvitations) Invite(Invitation) (string, error) { return "", nil }

// tells lets a server hear of its room, and write that down.
func (s *servers) tells(server *Agenda, p Presence) {
	s.t.Helper()
	server.Hear(p)
	require.True(s.t, server.writeNews(s.t.Context()))
}

// pass lets time pass on some servers; the others are dead.
func (s *servers) pass(d time.Duration, living ...*Agenda) {
	for end := s.at.Add(d); s.at.Before(end); {
		s.at = s.at.Add(tidyEvery)
		for _, server := range living {
			server.jobs(s.t.Context(), false)
		}
	}
}

// now is the appointment, and who is in its call.
func (s *servers) now() (made practice.Appointment, present []string) {
	s.t.Helper()
	require.NoError(s.t, s.store.Read(s.t.Context(), func(tx *store.Tx) (err error) {
		made, err = store.Get[practice.Appointment](tx, "WHERE establishment = $1 AND id = $2",
			"E1", "A1")
		require.NoError(s.t, err)
		all, err := Present(tx, made.ID)
		present = all[made.ID]
		return err
	}))
	return made, present
}

// goesOn demands a call that goes on, with some participants in it.
func (s *servers) goesOn(participants ...string) {
	s.t.Helper()
	made, present := s.now()
	require.Equal(s.t, practice.StatusBooked, made.Status)
	require.NotZero(s.t, made.ArrivedAt)
	require.Zero(s.t, made.EndedAt)
	require.Equal(s.t, participants, present)
}

// isOver demands one that took place and is empty.
func (s *servers) isOver() {
	s.t.Helper()
	made, present := s.now()
	require.Equal(s.t, practice.StatusFulfilled, made.Status)
	require.Equal(s.t, practice.InstantOf(s.at), made.EndedAt)
	require.Empty(s.t, present)
}

func TestACallThatRunsLateOnAnotherServerGoesOn(t *testing.T) {
	t.Parallel()
	s := twoServers(t)
	s.b.jobs(t.Context(), false) // b looks after what one server does for all
	s.tells(s.a, inside)
	s.pass(time.Hour, s.b, s.a)
	s.goesOn("P1", "P2")
	s.tells(s.a, nobody)
	s.isOver()
}

func TestWhoWaitsOnAnotherServerHasNotMissedTheirAppointment(t *testing.T) {
	t.Parallel()
	s := twoServers(t)
	s.b.jobs(t.Context(), false)
	s.tells(s.a, inFront)
	s.pass(time.Hour, s.b, s.a)
	s.goesOn("P1")
	s.tells(s.a, nobody)
	s.pass(tidyEvery, s.b, s.a)
	made, present := s.now()
	require.Equal(t, practice.StatusNoShow, made.Status)
	require.Empty(t, present)
}

func TestTheCallOfADeadServerIsOverAfterAWhile(t *testing.T) {
	t.Parallel()
	s := twoServers(t)
	s.b.jobs(t.Context(), false)
	s.tells(s.a, inside)
	s.pass(40*time.Minute, s.b, s.a)
	s.pass(presenceLasts, s.b)
	s.goesOn("P1", "P2")
	changes, stop := s.store.Watch()
	defer stop()
	s.pass(tidyEvery, s.b)
	s.isOver()
	require.Contains(t, <-changes, practice.Change{Topic: practice.TopicAppointment,
		Establishment: "E1", ID: "A1"}, "pages show that nobody is there any more")
}

func TestARoomThatMovesIsNotEmptyOnItsWay(t *testing.T) {
	t.Parallel()
	s := twoServers(t)
	s.b.jobs(t.Context(), false)
	s.tells(s.a, inside)
	s.pass(40*time.Minute, s.b, s.a)
	s.a.Leave(callRoom)
	s.pass(tidyEvery, s.b, s.a)
	s.goesOn("P1", "P2")

	back := Presence{Room: callRoom, Guests: inside.Guests[:1]}
	s.tells(s.b, back)
	s.goesOn("P1")
	s.tells(s.a, nobody) // what it thinks of a room that was taken from it
	s.goesOn("P1")
	s.pass(time.Hour, s.b, s.a)
	s.goesOn("P1")
	s.tells(s.b, nobody)
	s.isOver()
}

func TestARoomThatNobodyFollowsIsOverAfterAWhile(t *testing.T) {
	t.Parallel()
	s := twoServers(t)
	s.tells(s.a, inside)
	s.pass(40*time.Minute, s.b, s.a)
	s.a.Leave(callRoom)
	s.pass(presenceLasts+tidyEvery, s.b, s.a)
	s.isOver()
}

// News may be written after the room has gone: the store was out of reach.
func TestOldNewsDoNotTakeARoomBack(t *testing.T) {
	t.Parallel()
	s := twoServers(t)
	s.a.Hear(inside)
	s.a.Leave(callRoom)
	s.tells(s.b, Presence{Room: callRoom, Guests: inside.Guests[:1]})
	require.True(t, s.a.writeNews(t.Context()))
	s.goesOn("P1")
	s.a.Hear(inside)
	s.a.Leave(callRoom)
	s.tells(s.b, nobody)
	s.isOver()
	require.True(t, s.a.writeNews(t.Context()))
	s.isOver()
}

func TestACallThatTheOthersThoughtDeadIsTakenUpAgain(t *testing.T) {
	t.Parallel()
	s := twoServers(t)
	s.b.jobs(t.Context(), false)
	s.tells(s.a, inside)
	s.pass(40*time.Minute, s.b) // a does not reach the store
	made, _ := s.now()
	require.Equal(t, practice.StatusFulfilled, made.Status)
	s.pass(tidyEvery, s.b, s.a)
	s.goesOn("P1", "P2")
}
