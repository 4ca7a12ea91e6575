package notice

import (
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"draille/signaling/practice"
	"draille/signaling/practice/courier"
	"draille/signaling/practice/opinion"
	"draille/signaling/practice/people"
	"draille/signaling/practice/store"
	"draille/signaling/practice/store/storetest"
	"draille/signaling/practice/thread"
)

func TestMain(m *testing.M) { storetest.Main(m) }

// ward is two hospitals, with a service of dermatology in E2 and people.
type ward struct {
	t       testing.TB
	store   *store.Store
	notices Notices
	now     time.Time
}

func newWard(t testing.TB) *ward {
	w := &ward{t: t, store: storetest.Open(t, storetest.Address(t)), now: noon,
		notices: Notices{Can: func(practice.Channel) bool { return true }}}
	w.write(func(tx *store.Tx) error {
		for _, e := range []string{"E1", "E2"} {
			require.NoError(t, store.Insert(tx, practice.Establishment{ID: e, Name: e,
				Zone: "Europe/Paris", Version: 1}, nil))
		}
		for id, house := range map[string]string{"DER": "E2", "CAR": "E2", "GER": "E1"} {
			require.NoError(t, store.Insert(tx, practice.Service{ID: id, Establishment: house,
				Name: id, Version: 1}, nil))
		}
		return store.Insert(tx, practice.Patient{ID: "N1", Establishment: "E1", BirthName: "A",
			Version: 1}, store.With{"search": "a", "created_at": 0, "updated_at": 0})
	})
	w.person("asker", practice.RoleNurse, "E1", "")
	w.person("expert", practice.RoleExpert, "E2", "DER")
	w.person("second", practice.RoleExpert, "E2", "")
	w.person("heart", practice.RoleExpert, "E2", "CAR")
	return w
}

func (w *ward) write(f func(tx *store.Tx) error) {
	w.t.Helper()
	require.NoError(w.t, w.store.Write(w.t.Context(), f))
}

func (w *ward) person(id string, role practice.Role, establishment, service string) {
	w.write(func(tx *store.Tx) error {
		return add(tx, id, role, establishment, service)
	})
}

func add(tx *store.Tx, id string, role practice.Role, establishment, service string) error {
	return errors.Join(store.Insert(tx, practice.Person{ID: id, FamilyName: id,
		Email: id + "@example.org", Language: "fr", Version: 1},
		store.With{"search": id, "created_at": 0}),
		store.Insert(tx, practice.Grant{ID: id, Person: id, Role: role,
			Establishment: establishment, Service: service}, nil))
}

func (w *ward) ask(urgency practice.Urgency) (o practice.Opinion) {
	w.write(func(tx *store.Tx) (err error) {
		o, err = opinion.Ask(tx, practice.Opinion{Establishment: "E1", Patient: "N1",
			Service: "DER", Urgency: urgency, Question: "?", AskedBy: "asker"}, practice.NewID(),
			w.now)
		require.NoError(w.t, err)
		require.NoError(w.t, w.notices.Asked(tx, o, "asker", w.now))
		return w.notices.Asked(tx, o, "asker", w.now) // the same request twice
	})
	return o
}

func (w *ward) do(o practice.Opinion, deed opinion.Deed, by string) practice.Opinion {
	w.write(func(tx *store.Tx) (err error) {
		o, err = opinion.Do(tx, o, deed, o.Version, by, opinion.Said{Text: "x"}, w.now)
		require.NoError(w.t, err)
		return w.notices.Done(tx, o, deed, by, w.now)
	})
	return o
}

// waiting are the notices that wait, as "purpose person", with when they are due.
func (w *ward) waiting() map[string]time.Duration {
	found := map[string]time.Duration{}
	for _, m := range w.outbox("waiting") {
		found[m.Purpose+" "+m.Person] = m.DueAt.Time().Sub(w.now)
	}
	return found
}

func (w *ward) outbox(state practice.OutboxState) (all []practice.Message) {
	require.NoError(w.t, w.store.Read(w.t.Context(), func(tx *store.Tx) (err error) {
		all, err = store.Find[practice.Message](tx.Across("a test looks at all"),
			"WHERE state = $1 ORDER BY ordinal", string(state))
		return err
	}))
	return all
}

// judge is the verdict over the first notice that waits for somebody.
func (w *ward) judge(person string) (v courier.Verdict) {
	for _, m := range w.outbox("waiting") {
		if m.Person == person {
			w.write(func(tx *store.Tx) (err error) {
				v, err = Judge{}.Judge(tx, m, w.now)
				return err
			})
			return v
		}
	}
	w.t.Fatalf("expected a notice for %s, got none", person)
	return v
}

func TestWhoHearsOfARequest(t *testing.T) {
	w := newWard(t)
	w.ask(practice.UrgencyUrgent)
	require.Equal(t, map[string]time.Duration{"opinion-urgent expert": 0,
		"opinion-urgent second": 0}, w.waiting())
	o := w.ask(practice.UrgencySoon)
	require.Equal(t, Gather, w.waiting()["opinion-queue expert"])
	o = w.do(o, opinion.Take, "expert")
	require.Equal(t, practice.ReasonRight, w.judgeOf("opinion-queue", "heart", o).Drop)
	o = w.do(o, opinion.AskBack, "expert")
	o = w.do(o, opinion.Reply, "asker")
	o = w.do(o, opinion.Answer, "expert")
	require.Equal(t, map[string]time.Duration{"opinion-urgent expert": 0,
		"opinion-urgent second": 0, "opinion-queue expert": Gather, "opinion-queue second": Gather,
		"opinion-back asker": Wait, "opinion-reply expert": Wait, "opinion-answer asker": Wait},
		w.waiting())
	require.Equal(t, practice.ReasonOutdated, w.judgeOf("opinion-back", "asker", o).Drop)
	require.Equal(t, courier.Verdict{Sequence: o.Version, To: "asker@example.org",
		Language: "fr"}, w.judgeOf("opinion-answer", "asker", o))
}

// judgeOf is the verdict over a notice of a request as it is now.
func (w *ward) judgeOf(purpose, person string, o practice.Opinion) (v courier.Verdict) {
	sequence := o.Version
	if purpose == courier.PurposeOpinionBack {
		sequence = 3 // of the deed, which was followed by others
	}
	w.write(func(tx *store.Tx) (err error) {
		v, err = Judge{}.Judge(tx, practice.Message{ID: "M", Establishment: "E1", Subject: o.ID,
			Purpose: purpose, Person: person, Sequence: sequence}, w.now)
		return err
	})
	return v
}

func TestWhatComesBackIntoTheQueueIsToldAnew(t *testing.T) {
	w := newWard(t)
	o := w.do(w.ask(practice.UrgencyRoutine), opinion.Take, "expert")
	w.write(func(tx *store.Tx) error {
		_, err := tx.Across("a test").Exec("DELETE FROM outbox")
		return err
	})
	w.do(o, opinion.Release, "expert")
	require.Equal(t, map[string]time.Duration{"opinion-queue second": Gather}, w.waiting())
}

func TestOneNoticeTellsOfAllThatWasGathered(t *testing.T) {
	w := newWard(t)
	first := w.ask(practice.UrgencyRoutine)
	w.now = w.now.Add(20 * time.Minute)
	w.ask(practice.UrgencySoon)
	w.ask(practice.UrgencyUrgent)
	w.now = noon.Add(Gather)
	v := w.judge("expert")
	require.Empty(t, v.Drop)
	require.True(t, v.Gathers)
	require.Empty(t, w.outbox("dropped"), "the mail has not gone out yet")
	w.write(func(tx *store.Tx) error { return opinion.Seen(tx, first, "second", 1) })
	v = w.judge("second")
	require.Equal(t, practice.ReasonRead, v.Drop)
	require.False(t, v.Gathers, "what was read tells of nothing else")
}

func TestNobodyIsToldWhoCannotOrDoesNotWant(t *testing.T) {
	w := newWard(t)
	w.notices.Can = func(practice.Channel) bool { return false }
	w.ask(practice.UrgencyUrgent)
	require.Empty(t, w.outbox("waiting"), "no mail is set up")
	w.notices.Can = func(practice.Channel) bool { return true }
	for column, value := range map[string]any{"email": "", "disabled_at": 1, "notices_off": true} {
		for _, early := range []bool{true, false} {
			w := newWard(t)
			spoil := func() {
				w.write(func(tx *store.Tx) error {
					_, err := tx.Exec("UPDATE people SET "+column+" = $1 WHERE id = 'expert'",
						value)
					return err
				})
			}
			if early {
				spoil()
			}
			w.ask(practice.UrgencyUrgent)
			if early {
				require.Equal(t, map[string]time.Duration{"opinion-urgent second": 0}, w.waiting())
				continue
			}
			spoil()
			why := practice.ReasonGone
			if column == "notices_off" {
				why = practice.ReasonOff
			}
			require.Equal(t, why, w.judge("expert").Drop, column)
		}
	}
}

func TestALostRightLosesTheNotice(t *testing.T) {
	w := newWard(t)
	w.ask(practice.UrgencyUrgent)
	w.write(func(tx *store.Tx) error {
		_, err := tx.Exec("UPDATE grants SET ends_at = $1 WHERE person = 'expert'",
			int64(practice.InstantOf(w.now)))
		return err
	})
	require.Equal(t, practice.ReasonRight, w.judge("expert").Drop)
	require.Empty(t, w.judge("second").Drop)
}

func TestEachChoosesForThemselves(t *testing.T) {
	w := newWard(t)
	w.write(func(tx *store.Tx) error { return people.WantNotices(tx, "expert", false) })
	for person, want := range map[string]bool{"expert": false, "second": true, "nobody": false} {
		require.NoError(t, w.store.Read(t.Context(), func(tx *store.Tx) error {
			wants, err := people.WantsNotices(tx, person)
			require.Equal(t, want, wants, person)
			return err
		}))
	}
}

func (w *ward) made(kind practice.ThreadKind, members ...practice.ThreadMember) (
	t practice.Thread) {
	w.write(func(tx *store.Tx) (err error) {
		t, err = thread.Make(tx, "E2", kind, thread.Plan{Name: practice.NewID(), Members: members},
			thread.By{Person: "boss", At: w.now})
		return err
	})
	return t
}

func (w *ward) by(tx *store.Tx, person string) thread.By {
	grants, err := people.GrantsOf(tx, person, w.now)
	require.NoError(w.t, err)
	return thread.By{Person: person, Grants: grants, At: w.now}
}

func (w *ward) post(t practice.Thread, person, key string) {
	w.t.Helper()
	w.write(func(tx *store.Tx) error {
		m, err := thread.Post(tx, t, w.by(tx, person), key, "x")
		require.NoError(w.t, err)
		return w.notices.Posted(tx, t, m, w.now)
	})
}

func (w *ward) read(t practice.Thread, person string, number int64) {
	w.t.Helper()
	w.write(func(tx *store.Tx) error { return thread.Read(tx, t, w.by(tx, person), number) })
}

// settle is what the courier notes of all that waits.
func (w *ward) settle(state practice.OutboxState) {
	w.write(func(tx *store.Tx) error {
		_, err := tx.Across("a test").Exec("UPDATE outbox SET state = $1 WHERE state = 'waiting'",
			string(state))
		return err
	})
}

func TestATeamIsToldOnceUntilItReads(t *testing.T) {
	w := newWard(t)
	team := w.made(practice.ThreadTeam,
		practice.ThreadMember{Kind: practice.MemberPerson, Member: "expert"},
		practice.ThreadMember{Kind: practice.MemberPerson, Member: "second"},
		practice.ThreadMember{Kind: practice.MemberPerson, Member: "asker"}) // no right in E2
	w.post(team, "expert", "1")
	w.post(team, "expert", "1") // its answer was lost
	require.Equal(t, map[string]time.Duration{"thread second": Wait}, w.waiting())
	w.now = w.now.Add(4 * time.Minute)
	w.read(team, "second", 1)
	w.post(team, "expert", "2")
	require.Len(t, w.waiting(), 1)
	w.now = w.now.Add(time.Minute)
	v := w.judge("second")
	require.Equal(t, practice.InstantOf(noon.Add(4*time.Minute+Wait)), v.Later)
	require.Equal(t, 2, v.Sequence)
	w.write(func(tx *store.Tx) error { // as the courier notes it
		_, err := tx.Across("a test").Exec("UPDATE outbox SET sequence = 2")
		return err
	})
	w.settle(practice.OutboxSent)
	w.post(team, "expert", "3")
	require.Empty(t, w.waiting(), "they have been told, and have not read")
	w.read(team, "second", 3)
	w.post(team, "expert", "4")
	require.Len(t, w.waiting(), 1)
	w.read(team, "second", 4)
	require.Equal(t, practice.ReasonRead, w.judge("second").Drop)
	w.settle(practice.OutboxDropped)
	w.post(team, "second", "5")
	require.Equal(t, map[string]time.Duration{"thread expert": Wait}, w.waiting())
	w.write(func(tx *store.Tx) error {
		_, err := thread.Change(tx, team, team.Version, thread.Plan{Name: "x"},
			thread.By{Person: "boss", At: w.now})
		return err
	})
	require.Equal(t, practice.ReasonRight, w.judge("expert").Drop)
}

func TestWhoCouldNotBeToldIsToldOfWhatComesADayLater(t *testing.T) {
	w := newWard(t)
	team := w.made(practice.ThreadTeam,
		practice.ThreadMember{Kind: practice.MemberPerson, Member: "expert"},
		practice.ThreadMember{Kind: practice.MemberPerson, Member: "second"})
	w.post(team, "expert", "1")
	w.now = w.now.Add(Wait)
	w.settle(practice.OutboxFailed)
	w.post(team, "expert", "2")
	require.Empty(t, w.waiting(), "a broken address is not tried for each message")
	w.now = w.now.Add(Again)
	w.post(team, "expert", "3")
	require.Equal(t, map[string]time.Duration{"thread second": Wait}, w.waiting())
	w.post(team, "expert", "4")
	require.Len(t, w.waiting(), 1)
}

// BenchmarkPosted is what a message of a team of 15 costs, by how many the establishment has.
func BenchmarkPosted(b *testing.B) {
	for _, people := range []int{50, 5000} {
		b.Run(fmt.Sprintf("people=%d", people), func(b *testing.B) {
			w := newWard(b)
			var members []practice.ThreadMember
			w.write(func(tx *store.Tx) (err error) {
				for i := range people {
					id := fmt.Sprintf("P%d", i)
					err = errors.Join(err, add(tx, id, practice.RoleClinician, "E2", "DER"))
					if i < 15 {
						members = append(members, practice.ThreadMember{
							Kind: practice.MemberPerson, Member: id})
					}
				}
				return err
			})
			team, told := w.made(practice.ThreadTeam, members...), int64(0)
			for b.Loop() {
				told++
				w.write(func(tx *store.Tx) error {
					return w.notices.Posted(tx, team, practice.ThreadMessage{Author: "P0",
						Number: told}, w.now)
				})
			}
			require.Len(b, w.waiting(), 14)
		})
	}
}

func TestASectorIsWhoeverWorksThere(t *testing.T) {
	w := newWard(t)
	w.person("secretary", practice.RoleSecretary, "E2", "")
	w.person("doctor", practice.RoleClinician, "E2", "DER")
	w.person("other", practice.RoleClinician, "E2", "CAR")
	w.person("nurse", practice.RoleNurse, "E1", "GER")
	w.person("office", practice.RoleEstablishmentAdmin, "E2", "")
	sector := w.made(practice.ThreadSector,
		practice.ThreadMember{Kind: practice.MemberService, Member: "DER"},
		practice.ThreadMember{Kind: practice.MemberService, Member: "GER"})
	w.post(sector, "other", "1") // may write to it, and does not work in it
	want := map[string]time.Duration{}
	for _, person := range []string{"secretary", "doctor", "nurse", "asker"} {
		want["thread "+person] = Wait
	}
	require.Equal(t, want, w.waiting())
	w.now = w.now.Add(Wait)
	require.Empty(t, w.judge("nurse").Drop)
}

func TestNoticesAreDeletedButWhatIsUnread(t *testing.T) {
	w := newWard(t)
	team := w.made(practice.ThreadTeam,
		practice.ThreadMember{Kind: practice.MemberPerson, Member: "expert"},
		practice.ThreadMember{Kind: practice.MemberPerson, Member: "second"},
		practice.ThreadMember{Kind: practice.MemberPerson, Member: "heart"})
	w.post(team, "heart", "1")
	w.ask(practice.UrgencyUrgent)
	w.settle(practice.OutboxSent)
	w.read(team, "second", 1)
	retain := func() int64 {
		deleted, err := Retain(t.Context(), w.store, w.now)
		require.NoError(t, err)
		return deleted
	}
	w.now = noon.AddDate(0, 0, days)
	require.Zero(t, retain())
	w.now = w.now.Add(time.Second)
	require.EqualValues(t, 3, retain())
	left := w.outbox("sent")
	require.Len(t, left, 1)
	require.Equal(t, "expert", left[0].Person, "who has not read")
	w.read(team, "expert", 1)
	require.EqualValues(t, 1, retain())
}
