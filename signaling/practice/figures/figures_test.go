package figures

import (
	"context"
	"errors"
	"math/rand/v2"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"draille/signaling/practice"
	"draille/signaling/practice/ledger"
	"draille/signaling/practice/store"
)

func TestWhatAnAppointmentCountsFor(t *testing.T) {
	t.Parallel()
	start := practice.InstantOf(time.Date(2026, 12, 31, 23, 30, 0, 0, time.UTC))
	base := practice.Appointment{Establishment: "E1", Service: "S", Place: "P",
		Kind: practice.KindConsultation, LocalStart: "2027-01-01T00:30", StartsAt: start}
	cell := practice.Figure{Establishment: "E1", Service: "S", Place: "P",
		Kind: practice.FigureConsultation, Month: 202701}
	at := func(minutes int) practice.Instant {
		return start.Add(time.Duration(minutes) * time.Minute)
	}
	met := func(arrived, began, ended int) func(*practice.Appointment) {
		return func(a *practice.Appointment) {
			a.Status = practice.StatusFulfilled
			a.ArrivedAt, a.BeganAt, a.EndedAt = at(arrived), at(began), at(ended)
		}
	}
	waited := func(seconds, long, session int) func(*practice.Figure) {
		return func(f *practice.Figure) {
			f.Acts, f.Waits, f.WaitSeconds, f.LongWaits = 1, 1, seconds, long
			f.Sessions, f.SessionSeconds = 1, session
		}
	}
	for name, c := range map[string]struct {
		change func(*practice.Appointment)
		want   func(*practice.Figure) // nil: nothing
	}{
		"booked": {func(*practice.Appointment) {}, nil},
		"no show": {func(a *practice.Appointment) { a.Status = practice.StatusNoShow },
			func(f *practice.Figure) { f.NoShows = 1 }},
		"cancelled": {func(a *practice.Appointment) { a.Status = practice.StatusCancelled },
			func(f *practice.Figure) { f.Cancelled = 1 }},
		"on the telephone": {func(a *practice.Appointment) { a.Status = practice.StatusFulfilled },
			func(f *practice.Figure) { f.Acts = 1 }},
		"early, and met when it was time":  {met(-20, 1, 21), waited(60, 0, 1200)},
		"met before it was time":           {met(-20, -5, 5), waited(0, 0, 600)},
		"long":                             {met(2, 18, 20), waited(960, 1, 120)},
		"a quarter of an hour is not long": {met(0, 15, 20), waited(900, 0, 300)},
	} {
		t.Run(name, func(t *testing.T) {
			a, want := base, practice.Figure{}
			c.change(&a)
			if c.want != nil {
				want = cell
				c.want(&want)
			}
			require.Equal(t, want, OfAppointment(a, nil))
		})
	}
}

func TestAnOpinionCountsWhenItIsAskedForAndWhenItIsAnswered(t *testing.T) {
	t.Parallel()
	paris, err := time.LoadLocation("Europe/Paris")
	require.NoError(t, err)
	asked := time.Date(2026, 12, 30, 23, 30, 0, 0, time.UTC)
	o := practice.Opinion{Establishment: "E2", AskedEstablishment: "E1", Service: "E1S1",
		State: practice.OpinionTaken, AskedAt: practice.InstantOf(asked)}
	cell := practice.Figure{Establishment: "E1", Service: "E1S1", Kind: practice.FigureOpinion}
	question := cell
	question.Month, question.Asked = 202612, 1
	got, answer := OfOpinion(o, paris)
	require.Equal(t, question, got)
	require.Zero(t, answer)

	o.State, o.EndedAt = practice.OpinionWithdrawn, practice.InstantOf(asked.Add(time.Hour))
	got, answer = OfOpinion(o, paris)
	withdrawn := question
	withdrawn.Cancelled = 1
	require.Equal(t, withdrawn, got)
	require.Zero(t, answer)

	o.State, o.EndedAt = practice.OpinionAnswered, practice.InstantOf(asked.Add(25*time.Hour))
	cell.Month, cell.Acts, cell.Answers, cell.AnswerSeconds = 202701, 1, 1, 25*3600
	got, answer = OfOpinion(o, paris)
	require.Equal(t, question, got)
	require.Equal(t, cell, answer)
	o.Distant, cell.Distant = true, 1
	_, answer = OfOpinion(o, paris)
	require.Equal(t, cell, answer)
}

func TestAMarkIsReplacedByWhatCountsNow(t *testing.T) {
	t.Parallel()
	h := newHistory(t)
	mark := ""
	recount := func(f practice.Figure) {
		h.write(func(tx *store.Tx) (err error) {
			mark, err = Recount(tx, mark, f)
			return err
		})
	}
	f := practice.Figure{Establishment: "E1", Service: "E1S1", Place: "E2P1",
		Kind: practice.FigureOpinion, Month: 202701, Acts: 1, Answers: 1, AnswerSeconds: 90000,
		Distant: 1}
	all := Query{From: 202701, Until: 202701}
	recount(f)
	recount(f)
	require.Equal(t, []practice.Figure{f}, h.all(all))
	f.Distant = 0
	recount(f)
	require.Equal(t, []practice.Figure{f}, h.all(all))
	recount(practice.Figure{})
	require.Empty(t, mark)
	require.Equal(t, practice.Figure{}, sum(h.all(all)))
}

// TestACrashCountsNothingTwice cuts transactions off after they have counted.
func TestACrashCountsNothingTwice(t *testing.T) {
	t.Parallel()
	h := newHistory(t)
	h.few()
	cut := errors.New("the power is gone")
	for id := range 20 {
		err := h.store.Write(t.Context(), func(tx *store.Tx) error {
			a, err := store.Get[practice.Appointment](tx.Across("a test"),
				"WHERE status = 'fulfilled' ORDER BY id LIMIT 1 OFFSET $1", id)
			require.NoError(t, err)
			require.NoError(t, countOne(tx, a.Establishment, a.ID))
			return cut
		})
		require.ErrorIs(t, err, cut)
	}
	h.count()
	require.ElementsMatch(t, h.expected(), h.all(everything))
}

func TestTheCounterHearsOfOutcomes(t *testing.T) {
	t.Parallel()
	h := newHistory(t)
	counter, err := NewCounter(Config{Store: h.store})
	require.NoError(t, err)
	ctx, stop := context.WithCancel(t.Context())
	ended := make(chan struct{})
	go func() { defer close(ended); counter.Run(ctx) }()
	defer func() { stop(); <-ended }()
	changes, leave := h.store.Watch()
	defer leave()
	h.write(func(tx *store.Tx) error {
		h.appointment(tx, time.Date(2024, 5, 2, 10, 0, 0, 0, time.UTC), practice.StatusNoShow)
		tx.Changed(practice.TopicAppointment, "E1", "A0001")
		return nil
	})
	<-changes // once it is there
	for sum(h.all(everything)).NoShows == 0 {
		// The counter writes without telling anybody: looking is the only way to know.
		require.NoError(t, h.store.Check(t.Context()))
	}
}

// TestAnAppointmentThatCannotBeCountedHoldsUpNoOther has one of a service that there is not.
func TestAnAppointmentThatCannotBeCountedHoldsUpNoOther(t *testing.T) {
	t.Parallel()
	h := newHistory(t)
	h.few()
	h.write(func(tx *store.Tx) error {
		_, err := tx.Across("a test").Exec(
			"UPDATE appointments SET service = 'NOBODY' WHERE id = 'A0001'")
		return err
	})
	counter, err := NewCounter(Config{Store: h.store})
	require.NoError(t, err)
	require.ErrorContains(t, counter.Count(t.Context()), "A0001")
	require.Equal(t, 12+40-1, sum(h.all(everything)).Acts)
}

// columns are the names and types of a table's columns, as either engine tells them.
func (h *history) columns(table string) (columns []string) {
	for _, question := range []string{"SELECT name, type FROM pragma_table_xinfo($1)",
		"SELECT column_name, data_type FROM information_schema.columns WHERE table_name = $1"} {
		_ = h.store.Read(h.t.Context(), func(tx *store.Tx) error { // the other engine's is refused
			return tx.Query(func(scan func(...any) error) error {
				var name, kind string
				err := scan(&name, &kind)
				columns = append(columns, name+" "+kind)
				return err
			}, question, table)
		})
	}
	return columns
}

// TestNoColumnCanHoldAnIdentity reads what the tables are made of: numbers, and keys of parts of
// the hospital that the store itself checks.
func TestNoColumnCanHoldAnIdentity(t *testing.T) {
	t.Parallel()
	h := newHistory(t)
	parts := []string{"establishment", "service", "place", "kind", "known_place"}
	for _, table := range []string{"figures", "satisfaction", "figures_forgotten"} {
		columns := h.columns(table)
		require.NotEmpty(t, columns, table)
		for _, column := range columns {
			name, kind, _ := strings.Cut(column, " ")
			number := regexp.MustCompile(`(?i)^(integer|bigint)$`).MatchString(kind)
			require.True(t, number || slices.Contains(parts, name), "%s.%s", table, column)
		}
	}
	f := practice.Figure{Establishment: "E1", Service: "E1S1", Kind: practice.FigureConsultation,
		Month: 202412, Acts: 1}
	for name, change := range map[string]func(*practice.Figure){
		"an establishment": func(f *practice.Figure) { f.Establishment = "DUPONT" },
		"a service":        func(f *practice.Figure) { f.Service = "DUPONT" },
		"a place":          func(f *practice.Figure) { f.Place = "DUPONT" },
		"a kind":           func(f *practice.Figure) { f.Kind = "DUPONT" },
		"a month":          func(f *practice.Figure) { f.Month = 19790328 },
	} {
		other := f
		change(&other)
		require.Error(t, h.store.Write(t.Context(), func(tx *store.Tx) error {
			return store.Insert(tx, other, nil)
		}), name)
	}
	h.write(func(tx *store.Tx) error { return store.Insert(tx, f, nil) })
}

func TestOldFiguresGoAsTheGroupSays(t *testing.T) {
	t.Parallel()
	h := newHistory(t)
	h.few()
	h.count()
	now := time.Date(2026, 2, 1, 9, 0, 0, 0, time.UTC)
	retain := func() int64 {
		deleted, err := Retain(t.Context(), h.store, now)
		require.NoError(t, err)
		return deleted
	}
	require.Zero(t, retain(), "kept for ever unless somebody says otherwise")
	h.write(func(tx *store.Tx) error {
		return store.Insert(tx, practice.Setting{Key: YearsKey, Value: "2", Version: 1}, nil)
	})
	require.Positive(t, retain())
	require.Equal(t, 40, sum(h.all(everything)).Acts)
	require.Zero(t, retain())
	h.write(func(tx *store.Tx) error {
		_, err := tx.Across("a test").Exec("UPDATE appointments SET status = 'noshow', " +
			"version = version + 1 WHERE local_start < '2024'")
		require.NoError(t, err)
		entries, err := ledger.Search(tx, ledger.Query{Everywhere: true, Limit: 10})
		require.Len(t, entries, 1)
		require.Equal(t, "figures.retention", entries[0].Action)
		return err
	})
	h.count()
	total := sum(h.all(everything))
	require.Equal(t, 40, total.Acts, "what is corrected of a month that is gone changes nothing")
	require.Empty(t, h.all(Query{From: 202301, Until: 202312}))
	for value, wrong := range map[string]bool{"0": false, "10": false, "51": true, "-1": true,
		`"2"`: true} {
		_, err := Years(value)
		require.Equal(t, wrong, err != nil, value)
	}
}

// met makes a consultation in which a patient was received, and returns the participant.
func (h *history) met(house, service string) string {
	id := practice.NewID()
	h.write(func(tx *store.Tx) error {
		require.NoError(h.t, store.Insert(tx, practice.Appointment{ID: id, Establishment: house,
			Service: service, Kind: practice.KindConsultation, Status: practice.StatusFulfilled,
			Zone: "Europe/Paris", LocalStart: "2024-05-02T10:00", Room: id, BeganAt: 1,
			EndedAt: 2, Version: 1}, nil))
		return store.Insert(tx, practice.Participant{ID: id + "-P", Establishment: house,
			Appointment: id, Kind: practice.ParticipantPatient, Channel: practice.ChannelNone,
			CallRole: "guest", Version: 1}, store.With{"starts_at": 0})
	})
	return id + "-P"
}

func (h *history) said(q Query) (said []practice.Satisfaction) {
	if q.May == nil {
		q.May = func(string, string) bool { return true }
	}
	require.NoError(h.t, h.store.Read(h.t.Context(), func(tx *store.Tx) (err error) {
		said, err = Answers(tx, q)
		return err
	}))
	return said
}

func (h *history) answers(q Query) (count int) {
	for _, s := range h.said(q) {
		count += AnswersIn(s)
	}
	return count
}

func TestSatisfactionIsShownForFiveAnswersAndMore(t *testing.T) {
	t.Parallel()
	h := newHistory(t)
	may := time.Date(2024, 5, 31, 22, 30, 0, 0, time.UTC) // June in Paris
	answer := func(participant string, face int) {
		h.write(func(tx *store.Tx) error { return Answer(tx, may, participant, face) })
	}
	for i := range 4 {
		p := h.met("E1", "E1S1")
		answer(p, 1+i)
		answer(p, 5) // changes nothing
	}
	require.Empty(t, h.said(everything))
	answer(h.met("E1", "E1S2"), 5)
	require.Empty(t, h.said(everything), "another service's is not added")
	answer(h.met("E1", "E1S1"), 4)
	require.Equal(t, []practice.Satisfaction{{Establishment: "E1", Service: "E1S1",
		Month: 202406, Face1: 1, Face2: 1, Face3: 1, Face4: 2}}, h.said(everything))
	answer(h.met("E1", "E1S1"), 1)
	require.Equal(t, 5, h.answers(everything), "the sixth waits for four others")
	require.Empty(t, h.said(Query{From: 202301, Until: 202412, Place: "E1P1"}))
	for _, wrong := range []string{"", "nobody"} {
		err := h.store.Write(t.Context(), func(tx *store.Tx) error {
			return Answer(tx, may, wrong, 3)
		})
		require.ErrorIs(t, err, ErrNotMet)
	}
}

// TestNoTwoViewsDifferByFewerThanFive answers at random, and compares all views before and after
// each answer with each other: nobody learns what fewer than five have said.
func TestNoTwoViewsDifferByFewerThanFive(t *testing.T) {
	t.Parallel()
	h := newHistory(t)
	random := rand.New(rand.NewPCG(1, 2))
	var queries []Query
	for _, house := range []string{"", "E1", "E2"} {
		for _, service := range []string{"", "S1", "S2"} {
			for _, months := range [][2]int{{202401, 202412}, {202401, 202401}, {202402, 202412}} {
				if house == "" && service != "" {
					continue
				}
				q := Query{Establishment: house, From: months[0], Until: months[1]}
				if service != "" {
					q.Service = house + service
				}
				queries = append(queries, q)
			}
		}
	}
	// A view is which faces of which cells are in it: two that hold one another may be subtracted.
	seen := map[int]bool{}
	for i := range 120 {
		at := time.Date(2024, time.Month(1+i/60), 5, 0, 0, 0, 0, time.UTC)
		house := []string{"E1", "E2"}[random.IntN(2)]
		p := h.met(house, house+[]string{"S1", "S2"}[random.IntN(2)])
		h.write(func(tx *store.Tx) error { return Answer(tx, at, p, 1+random.IntN(Faces)) })
		for _, q := range queries {
			seen[h.answers(q)] = true
		}
	}
	for count := range seen {
		require.Zero(t, count%K, "a view of %d answers", count)
	}
	require.Greater(t, len(seen), 5)
}
