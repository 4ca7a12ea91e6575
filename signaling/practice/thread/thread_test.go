package thread

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"draille/signaling/practice"
	"draille/signaling/practice/agenda"
	"draille/signaling/practice/ledger"
	"draille/signaling/practice/store"
	"draille/signaling/practice/store/storetest"
)

func TestMain(m *testing.M) { storetest.Main(m) }

var noon = time.Date(2026, time.December, 1, 12, 0, 0, 0, time.UTC)

// ward is two houses with two services and a place each, a meeting every week, and people.
type ward struct {
	t     *testing.T
	store *store.Store
}

func newWard(t *testing.T) *ward {
	w := &ward{t, storetest.Open(t, storetest.Address(t))}
	w.write(func(tx *store.Tx) error {
		for _, e := range []string{"E1", "E2"} {
			require.NoError(t, store.Insert(tx, practice.Establishment{ID: e, Name: "CH " + e,
				Zone: "Europe/Paris", Version: 1}, nil))
			for _, n := range []string{"1", "2"} {
				require.NoError(t, store.Insert(tx, practice.Service{ID: e + "S" + n,
					Establishment: e, Name: "Service " + n, Version: 1}, nil))
			}
			require.NoError(t, store.Insert(tx, practice.Place{ID: e + "P", Establishment: e,
				Name: "Salle", Version: 1}, nil))
		}
		for n := range 6 {
			require.NoError(t, store.Insert(tx, practice.Person{ID: fmt.Sprintf("P%d", n),
				FamilyName: "Essai", Language: "fr", Version: 1},
				store.With{"search": "", "created_at": 0}))
		}
		require.NoError(t, store.Insert(tx, practice.Series{ID: "W", Establishment: "E1",
			Service: "E1S1", Title: "RCP", Rule: "FREQ=WEEKLY", Zone: "Europe/Paris",
			LocalStart: "2026-11-24T14:00", Minutes: 60, Version: 1},
			store.With{"created_by": "P0", "created_at": 0}))
		return nil
	})
	w.meeting("M1", "W", -7*24*time.Hour, "P1", "P2")
	w.meeting("M2", "W", 2*time.Hour, "P1", "P3")
	w.meeting("M3", "W", 7*24*time.Hour, "P4")
	return w
}

func (w *ward) write(f func(tx *store.Tx) error) {
	w.t.Helper()
	require.NoError(w.t, w.store.Write(w.t.Context(), f))
}

// meeting is one with these people, some time from noon.
func (w *ward) meeting(id, series string, in time.Duration, people ...string) {
	w.write(func(tx *store.Tx) error {
		start := practice.InstantOf(noon.Add(in))
		require.NoError(w.t, store.Insert(tx, practice.Appointment{ID: id, Establishment: "E1",
			Service: "E1S1", Kind: practice.KindTelestaff, Status: practice.StatusBooked,
			StartsAt: start, EndsAt: start.Add(time.Hour), Zone: "Europe/Paris",
			LocalStart: "2026-12-01T14:00", Series: series, Occurrence: id, Room: "a-" + id,
			Version: 1}, nil))
		for _, p := range people {
			require.NoError(w.t, store.Insert(tx, practice.Participant{ID: id + p,
				Establishment: "E1", Appointment: id, Kind: practice.ParticipantPerson, Person: p,
				Channel: practice.ChannelNone, CallRole: "clinician", Version: 1},
				store.With{"starts_at": int64(start)}))
		}
		return nil
	})
}

func by(person string, grants ...practice.Grant) By {
	return By{Person: person, Grants: grants, At: noon}
}

func grant(role practice.Role, establishment, service string) practice.Grant {
	return practice.Grant{Role: role, Establishment: establishment, Service: service}
}

// staff is somebody with the least right that lets people be asked to meetings.
func staff(person string) By { return by(person, grant(practice.RoleExpert, "E1", "")) }

var admin = by("P0", grant(practice.RoleEstablishmentAdmin, "E1", ""))

// ofMeeting is the thread of a meeting.
func (w *ward) ofMeeting(id string) (t practice.Thread) {
	w.t.Helper()
	w.write(func(tx *store.Tx) error {
		a, err := store.Get[practice.Appointment](tx, "WHERE establishment = 'E1' AND id = $1", id)
		require.NoError(w.t, err)
		t, err = OfMeeting(tx, a, by("P1"))
		return err
	})
	return t
}

func (w *ward) made(kind practice.ThreadKind, members ...practice.ThreadMember) (
	t practice.Thread) {
	w.t.Helper()
	w.write(func(tx *store.Tx) (err error) {
		t, err = Make(tx, "E1", kind, Plan{Name: "Fil " + practice.NewID(), Members: members},
			admin)
		return err
	})
	return t
}

func person(id string) practice.ThreadMember {
	return practice.ThreadMember{Kind: practice.MemberPerson, Member: id}
}

func (w *ward) access(t practice.Thread, who By) (a Access) {
	w.t.Helper()
	require.NoError(w.t, w.store.Read(w.t.Context(), func(tx *store.Tx) (err error) {
		a, err = AccessOf(tx, t, who)
		return err
	}))
	return a
}

// post tries to write, and returns what came of it.
func (w *ward) post(t practice.Thread, who By, key, text string) (m practice.ThreadMessage,
	err error) {
	err = w.store.Write(w.t.Context(), func(tx *store.Tx) (err error) {
		m, err = Post(tx, t, who, key, text)
		return err
	})
	return m, err
}

func TestAMeetingsThreadIsOfThoseWhoMeet(t *testing.T) {
	w := newWard(t)
	th := w.ofMeeting("M1")
	require.Equal(t, th, w.ofMeeting("M2"), "all meetings of a series have one")
	expert := grant(practice.RoleExpert, "E1", "")
	for who, reads := range map[string]bool{"P1": true, "P3": true, "P2": false, "P4": false} {
		require.Equal(t, reads, w.access(th, by(who, expert)).Read, who)
	}
	require.True(t, w.access(th, by("P5", grant(practice.RoleClinician, "E1", "E1S1"))).Read)
	require.False(t, w.access(th, by("P5", grant(practice.RoleClinician, "E1", "E1S2"))).Read)
	require.False(t, w.access(th, by("P5", grant(practice.RoleClinician, "E2", ""))).Read)
	require.False(t, w.access(th, by("P1")).Read, "whoever has lost their rights reads no more")
	require.False(t, w.access(th, by("P1", grant(practice.RoleExpert, "E2", ""))).Read)
	require.Equal(t, Access{Manage: true}, w.access(th, admin), "who administers does not read")
	// A week later the others meet; after the last meeting it stays theirs.
	for _, days := range []int{1, 100} {
		later := By{Person: "P4", Grants: []practice.Grant{expert}, At: noon.AddDate(0, 0, days)}
		require.True(t, w.access(th, later).Read)
		later.Person = "P1"
		require.False(t, w.access(th, later).Read)
	}
}

// TestAGuestOfAnotherHouseFindsTheMeetingsThread meets at a place of the other establishment.
func TestAGuestOfAnotherHouseFindsTheMeetingsThread(t *testing.T) {
	w := newWard(t)
	w.meeting("M7", "", time.Hour, "P5")
	th := w.ofMeeting("M7")
	nurse := by("P5", grant(practice.RoleNurse, "E2", ""))
	mine := func() (mine []practice.Thread) {
		require.NoError(t, w.store.Read(t.Context(), func(tx *store.Tx) (err error) {
			mine, err = Mine(tx, nurse)
			return err
		}))
		return mine
	}
	require.Empty(t, mine())
	w.write(func(tx *store.Tx) error {
		_, err := tx.Exec(`UPDATE appointments SET place = 'E2P', host_establishment = 'E2'
			WHERE establishment = 'E1' AND id = 'M7'`)
		return err
	})
	require.Equal(t, []practice.Thread{th}, mine())
}

func TestASeriesThatContinuesAnotherHasItsThread(t *testing.T) {
	w := newWard(t)
	th := w.ofMeeting("M1")
	w.write(func(tx *store.Tx) error {
		series, err := store.Get[practice.Series](tx, "WHERE establishment = 'E1' AND id = 'W'")
		require.NoError(t, err)
		require.Equal(t, th.ID, series.Thread)
		series.ID = "W2" // as the agenda does it
		return store.Insert(tx, series, store.With{"created_by": "P0", "created_at": 0})
	})
	w.meeting("M9", "W2", 21*24*time.Hour, "P5")
	require.Equal(t, th.ID, w.ofMeeting("M9").ID)
	later := staff("P5")
	later.At = noon.AddDate(0, 0, 20)
	require.True(t, w.access(th, later).Read)
	w.meeting("M8", "", time.Hour, "P2")
	single := w.ofMeeting("M8")
	require.NotEqual(t, th.ID, single.ID)
	require.True(t, w.access(single, staff("P2")).Read)
}

// TestNobodyReadsOrWritesBeyondTheirScope gives people rights and memberships at random, and asks
// a model, written from the rules alone, what each of them may.
func TestNobodyReadsOrWritesBeyondTheirScope(t *testing.T) {
	w := newWard(t)
	random := rand.New(rand.NewPCG(3, 4))
	pick := func(of ...string) string { return of[random.IntN(len(of))] }
	roles := []practice.Role{practice.RoleSecretary, practice.RoleNurse, practice.RoleClinician,
		practice.RoleExpert, practice.RoleEstablishmentAdmin, practice.RoleAuditor}
	for round := range 25 {
		var members []practice.ThreadMember
		team := round%2 == 0
		for range 1 + random.IntN(3) {
			switch {
			case team:
				members = append(members, person(fmt.Sprintf("P%d", random.IntN(6))))
			case random.IntN(2) == 0:
				members = append(members, practice.ThreadMember{Kind: practice.MemberService,
					Member: pick("E1S1", "E1S2", "E2S1", "E2S2")})
			default:
				members = append(members, practice.ThreadMember{Kind: practice.MemberPlace,
					Member: pick("E1P", "E2P")})
			}
		}
		kind := practice.ThreadSector
		if team {
			kind = practice.ThreadTeam
		}
		th := w.made(kind, members...)
		for n := range 6 {
			g := practice.Grant{Role: roles[random.IntN(len(roles))],
				Establishment: pick("E1", "E2")}
			local := g.Role != practice.RoleEstablishmentAdmin && g.Role != practice.RoleAuditor
			if local && random.IntN(2) == 0 {
				g.Service = g.Establishment + pick("S1", "S2")
			}
			who := by(fmt.Sprintf("P%d", n), g)
			cares := slices.Contains([]practice.Role{practice.RoleSecretary, practice.RoleNurse,
				practice.RoleClinician}, g.Role)
			mayRead, mayWrite := false, false
			if team {
				mayRead = slices.Contains(members, person(who.Person)) && local &&
					g.Establishment == "E1"
				mayWrite = mayRead
			} else {
				mayWrite = (g.Role == practice.RoleSecretary ||
					g.Role == practice.RoleClinician) && g.Establishment == "E1"
				mayRead = mayWrite || cares && slices.ContainsFunc(members,
					func(m practice.ThreadMember) bool {
						return m.Kind == practice.MemberPlace &&
							m.Member == g.Establishment+"P" ||
							m.Kind == practice.MemberService &&
								strings.HasPrefix(m.Member, g.Establishment) &&
								(g.Service == "" || g.Service == m.Member)
					})
			}
			got := w.access(th, who)
			require.Equal(t, mayRead, got.Read, "%+v %+v", members, who)
			require.Equal(t, mayWrite, got.Write, "%+v %+v", members, who)
			require.Equal(t, g.Role == practice.RoleEstablishmentAdmin && g.Establishment == "E1",
				got.Manage)
			_, err := w.post(th, who, practice.NewID(), "Bonjour")
			require.Equal(t, mayWrite, err == nil, "%v", err)
			listed := false
			require.NoError(t, w.store.Read(t.Context(), func(tx *store.Tx) error {
				mine, err := Mine(tx, who)
				listed = slices.ContainsFunc(mine, func(x practice.Thread) bool {
					return x.ID == th.ID
				})
				return err
			}))
			require.Equal(t, mayRead, listed)
			err = w.store.Write(t.Context(), func(tx *store.Tx) error {
				return Read(tx, th, who, 1)
			})
			require.Equal(t, mayRead, !errors.Is(err, ErrNone), "%v", err)
		}
	}
}

func TestAMessageIsWrittenOnceHoweverOftenItIsSent(t *testing.T) {
	w := newWard(t)
	th := w.ofMeeting("M2")
	first, err := w.post(th, staff("P1"), "k", "Bonjour")
	require.NoError(t, err)
	again, err := w.post(th, staff("P1"), "k", "Bonjour")
	require.NoError(t, err)
	require.Equal(t, first, again)
	other, err := w.post(th, staff("P3"), "k", "Bonjour")
	require.NoError(t, err)
	require.EqualValues(t, 2, other.Number)
	for text, field := range map[string]string{"": "text", " \n": "text",
		strings.Repeat("é", MaxText+1): "text"} {
		_, err := w.post(th, staff("P1"), practice.NewID(), text)
		var wrong *agenda.FieldError
		require.ErrorAs(t, err, &wrong)
		require.Equal(t, field, wrong.Field)
	}
	_, err = w.post(th, staff("P1"), practice.NewID(), strings.Repeat("é", MaxText))
	require.NoError(t, err)
	for range perMinute - 2 {
		_, err = w.post(th, staff("P1"), practice.NewID(), "x")
		require.NoError(t, err)
	}
	_, err = w.post(th, staff("P1"), practice.NewID(), "x")
	require.ErrorIs(t, err, ErrTooMany)
	_, err = w.post(th, staff("P1"), "k", "Bonjour")
	require.NoError(t, err, "what was written is answered again")
	later := staff("P1")
	later.At = noon.Add(61 * time.Second)
	_, err = w.post(th, later, practice.NewID(), "x")
	require.NoError(t, err)
}

func TestReadingAndDeletingLeaveATrace(t *testing.T) {
	w := newWard(t)
	th := w.ofMeeting("M2")
	m, err := w.post(th, staff("P1"), "k", "Patient en chambre 12")
	require.NoError(t, err)
	read := func(who By, number int64) {
		w.write(func(tx *store.Tx) error { return Read(tx, th, who, number) })
	}
	read(staff("P3"), 1)
	read(staff("P3"), 1) // is no news
	require.Error(t, w.store.Write(t.Context(), func(tx *store.Tx) error {
		return Read(tx, th, staff("P3"), 2)
	}))
	remove := func(who By) (d practice.ThreadMessage, err error) {
		err = w.store.Write(t.Context(), func(tx *store.Tx) (err error) {
			d, err = Delete(tx, th, who, m.ID)
			return err
		})
		return d, err
	}
	_, err = remove(staff("P3"))
	require.ErrorIs(t, err, ErrNone, "it is another's")
	gone, err := remove(admin)
	require.NoError(t, err)
	require.Empty(t, gone.Text)
	require.Equal(t, "P0", gone.DeletedBy)
	again, err := remove(staff("P1"))
	require.NoError(t, err)
	require.Equal(t, gone, again, "who deleted it first stays")
	require.NoError(t, w.store.Read(t.Context(), func(tx *store.Tx) error {
		stored, err := store.Get[practice.ThreadMessage](tx,
			"WHERE establishment = 'E1' AND id = $1", m.ID)
		require.NoError(t, err)
		require.Equal(t, gone, stored)
		entries, err := ledger.Search(tx, ledger.Query{Establishment: "E1", Limit: 10})
		require.NoError(t, err)
		var told []string
		for _, e := range slices.Backward(entries) {
			told = append(told, e.Actor+" "+e.Action)
			require.NotContains(t, e.Detail, "chambre")
		}
		require.Equal(t, []string{"P1 thread.post", "P3 thread.read", "P0 thread.delete"}, told)
		return nil
	}))
}

func TestOldMessagesGoAndTheirNumbersAreNotUsedAgain(t *testing.T) {
	w := newWard(t)
	th := w.ofMeeting("M2")
	for range 3 {
		_, err := w.post(th, staff("P1"), practice.NewID(), "x")
		require.NoError(t, err)
	}
	retain := func(days int) int64 {
		deleted, err := Retain(t.Context(), w.store, noon.AddDate(0, 0, days))
		require.NoError(t, err)
		return deleted
	}
	require.Zero(t, retain(DefaultDays))
	w.write(func(tx *store.Tx) error {
		return store.Insert(tx, practice.Setting{Key: DaysKey, Value: "30", Version: 1}, nil)
	})
	require.EqualValues(t, 3, retain(31))
	require.Zero(t, retain(31))
	m, err := w.post(th, staff("P1"), practice.NewID(), "y")
	require.NoError(t, err)
	require.EqualValues(t, 4, m.Number)
	for value, bad := range map[string]bool{"1": false, "3650": false, "0": true, "3651": true,
		`"9"`: true} {
		_, err := Days(value)
		require.Equal(t, bad, err != nil, value)
	}
}

func TestTeamsAndSectorsAreMadeOfWhatThereIs(t *testing.T) {
	w := newWard(t)
	make := func(kind practice.ThreadKind, plan Plan) error {
		return w.store.Write(t.Context(), func(tx *store.Tx) error {
			_, err := Make(tx, "E1", kind, plan, admin)
			return err
		})
	}
	service := practice.ThreadMember{Kind: practice.MemberService, Member: "E2S1"}
	for name, c := range map[string]struct {
		kind  practice.ThreadKind
		plan  Plan
		field string
	}{
		"no name":     {practice.ThreadTeam, Plan{}, "name"},
		"a long name": {practice.ThreadTeam, Plan{Name: strings.Repeat("x", 81)}, "name"},
		"a service in a team": {practice.ThreadTeam, Plan{Name: "A",
			Members: []practice.ThreadMember{service}}, "members.0"},
		"a person in a sector": {practice.ThreadSector, Plan{Name: "A",
			Members: []practice.ThreadMember{person("P1")}}, "members.0"},
		"nobody": {practice.ThreadTeam, Plan{Name: "A",
			Members: []practice.ThreadMember{person("P1"), person("P99")}}, "members.1"},
		"a meeting": {practice.ThreadTelestaff, Plan{Name: "A"}, "kind"},
	} {
		var wrong *agenda.FieldError
		require.ErrorAs(t, make(c.kind, c.plan), &wrong, name)
		require.Equal(t, c.field, wrong.Field, name)
	}
	require.NoError(t, make(practice.ThreadTeam, Plan{Name: "A"}))
	require.ErrorIs(t, make(practice.ThreadTeam, Plan{Name: "A"}), store.ErrDuplicate)
	team := w.made(practice.ThreadTeam, person("P1"), person("P1"))
	expert := grant(practice.RoleExpert, "E1", "")
	require.True(t, w.access(team, by("P1", expert)).Write)
	w.write(func(tx *store.Tx) (err error) {
		team, err = Change(tx, team, team.Version, Plan{Name: "B",
			Members: []practice.ThreadMember{person("P2")}}, admin)
		return err
	})
	require.False(t, w.access(team, by("P1", expert)).Read, "who has left reads no more")
	require.True(t, w.access(team, by("P2", expert)).Read)
	require.ErrorIs(t, w.store.Write(t.Context(), func(tx *store.Tx) error {
		_, err := Change(tx, team, team.Version-1, Plan{Name: "C"}, admin)
		return err
	}), store.ErrVersion)
	w.write(func(tx *store.Tx) (err error) {
		team, err = Change(tx, team, team.Version, Plan{Name: "B", Closed: true,
			Members: []practice.ThreadMember{person("P2")}}, admin)
		return err
	})
	require.False(t, w.access(team, by("P2", expert)).Read, "a closed one is nobody's")
}
