package figures

import (
	"fmt"
	"math/rand/v2"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"draille/signaling/practice"
	"draille/signaling/practice/store"
	"draille/signaling/practice/store/storetest"
)

// actsOf are those of the two years of the history: what a hospital group has told of its own.
var actsOf = map[int]int{2023: 157, 2024: 510}

// history is two years of invented appointments, the same whenever it is made.
type history struct {
	t      *testing.T
	store  *store.Store
	random *rand.Rand
	made   int
}

// newHistory makes the two houses, with two services and two places each.
func newHistory(t *testing.T) *history {
	h := &history{t: t, store: storetest.Open(t, storetest.Address(t)),
		random: rand.New(rand.NewPCG(157, 510))}
	h.write(func(tx *store.Tx) error {
		for _, e := range []string{"E1", "E2"} {
			require.NoError(t, store.Insert(tx, practice.Establishment{ID: e, Name: "CH " + e,
				Zone: "Europe/Paris", Version: 1}, nil))
			for _, n := range []string{"1", "2"} {
				require.NoError(t, store.Insert(tx, practice.Service{ID: e + "S" + n,
					Establishment: e, Name: "Service " + n, Version: 1}, nil))
				require.NoError(t, store.Insert(tx, practice.Place{ID: e + "P" + n,
					Establishment: e, Name: "Salle " + n, Version: 1}, nil))
			}
		}
		return nil
	})
	return h
}

func (h *history) write(f func(tx *store.Tx) error) {
	h.t.Helper()
	require.NoError(h.t, h.store.Write(h.t.Context(), f))
}

// appointment makes one at a time, with an outcome, and sometimes with incidents.
func (h *history) appointment(tx *store.Tx, at time.Time, status practice.AppointmentStatus) {
	h.made++
	house := []string{"E1", "E2"}[h.random.IntN(2)]
	other := []string{"E1", "E2"}[h.random.IntN(2)]
	a := practice.Appointment{ID: fmt.Sprintf("A%04d", h.made), Establishment: house,
		Service: house + "S" + []string{"1", "2"}[h.random.IntN(2)],
		Kind:    practice.KindConsultation, Status: status, Zone: "Europe/Paris",
		LocalStart: at.Format(localLayout), Room: fmt.Sprintf("a-%04d", h.made), Version: 3}
	if h.random.IntN(4) == 0 {
		a.Kind = practice.KindTelestaff
	} else {
		a.Patient = fmt.Sprintf("PATIENT%04d", h.made)
		if place := h.random.IntN(3); place < 2 {
			a.Place, a.HostEstablishment = other+"P"+[]string{"1", "2"}[place], other
		}
	}
	paris, err := time.LoadLocation(a.Zone)
	require.NoError(h.t, err)
	a.StartsAt = practice.InstantOf(time.Date(at.Year(), at.Month(), at.Day(), at.Hour(),
		at.Minute(), 0, 0, paris))
	a.EndsAt = a.StartsAt.Add(30 * time.Minute)
	if status == practice.StatusFulfilled && h.random.IntN(10) > 0 {
		a.ArrivedAt = a.StartsAt.Add(time.Duration(h.random.IntN(30)-10) * time.Minute)
		a.BeganAt = max(a.ArrivedAt, a.StartsAt).Add(
			time.Duration(h.random.IntN(25*60)) * time.Second)
		a.EndedAt = a.BeganAt.Add(time.Duration(5*60+h.random.IntN(40*60)) * time.Second)
	}
	require.NoError(h.t, store.Insert(tx, a, nil))
	kinds := []practice.EpisodeKind{practice.EpisodePresent, practice.EpisodeFrozen,
		practice.EpisodeVoice, practice.EpisodeStill, practice.EpisodeReconnected,
		practice.EpisodeLost}
	for range h.random.IntN(4) {
		if a.BeganAt == 0 {
			continue
		}
		began := a.BeganAt.Add(time.Duration(h.random.IntN(200)) * time.Second)
		require.NoError(h.t, store.Insert(tx, practice.Episode{ID: practice.NewID(),
			Establishment: house, Appointment: a.ID, Participant: "X",
			Kind: kinds[h.random.IntN(len(kinds))], BeganAt: began,
			EndedAt: began.Add(30 * time.Second)}, nil))
	}
}

// seed makes both years: acts, and beside them what did not take place.
func (h *history) seed() { h.years(actsOf, 40) }

// few makes a small part of it.
func (h *history) few() { h.years(fewActs, 12) }

var fewActs = map[int]int{2023: 12, 2024: 40}

func (h *history) years(actsOf map[int]int, others int) {
	h.write(func(tx *store.Tx) error {
		for _, year := range []int{2023, 2024} {
			at := func() time.Time {
				// Also in the first and the last hour of a year, which is another one in UTC.
				return time.Date(year, 1, 1, 0, h.random.IntN(366*24*60-24*60), 0, 0, time.UTC)
			}
			for range actsOf[year] {
				h.appointment(tx, at(), practice.StatusFulfilled)
			}
			for range others {
				h.appointment(tx, at(), []practice.AppointmentStatus{practice.StatusNoShow,
					practice.StatusCancelled, practice.StatusBooked}[h.random.IntN(3)])
			}
		}
		return nil
	})
}

// counter counts what there is.
func (h *history) count() {
	h.t.Helper()
	counter, err := NewCounter(Config{Store: h.store})
	require.NoError(h.t, err)
	require.NoError(h.t, counter.Count(h.t.Context()))
}

// all are the figures that a query wants.
func (h *history) all(q Query) (cells []practice.Figure) {
	h.t.Helper()
	if q.May == nil {
		q.May = func(string, string) bool { return true }
	}
	require.NoError(h.t, h.store.Read(h.t.Context(), func(tx *store.Tx) (err error) {
		cells, err = Cells(tx, q)
		return err
	}))
	return cells
}

func sum(cells []practice.Figure) (total practice.Figure) {
	for _, f := range cells {
		Add(&total, f)
	}
	return total
}

// byHand are the numbers of each cell, as somebody would count them who has the appointments and
// the episodes, and knows nothing of this package.
const byHand = `SELECT a.establishment, a.service, a.place, a.kind,
	CAST(substr(a.local_start, 1, 4) || substr(a.local_start, 6, 2) AS INTEGER),
	SUM(CASE WHEN a.status = 'fulfilled' THEN 1 ELSE 0 END),
	SUM(CASE WHEN a.status = 'noshow' THEN 1 ELSE 0 END),
	SUM(CASE WHEN a.status = 'cancelled' THEN 1 ELSE 0 END),
	SUM(CASE WHEN a.began_at > 0 AND a.kind = 'consultation' THEN 1 ELSE 0 END),
	SUM(CASE WHEN a.began_at > 0 AND a.kind = 'consultation' THEN
		(a.began_at - CASE WHEN a.arrived_at > a.starts_at THEN a.arrived_at ELSE a.starts_at END)
		/ 1000 ELSE 0 END),
	SUM(CASE WHEN a.began_at > 0 AND a.kind = 'consultation' AND (a.began_at -
		CASE WHEN a.arrived_at > a.starts_at THEN a.arrived_at ELSE a.starts_at END) / 1000 > 900
		THEN 1 ELSE 0 END),
	SUM(CASE WHEN a.began_at > 0 THEN 1 ELSE 0 END),
	SUM(CASE WHEN a.began_at > 0 THEN (a.ended_at - a.began_at) / 1000 ELSE 0 END),
	SUM(CASE WHEN EXISTS (SELECT 1 FROM episodes e WHERE e.appointment = a.id
		AND e.kind <> 'present') THEN 1 ELSE 0 END),
	SUM(CASE WHEN EXISTS (SELECT 1 FROM episodes e WHERE e.appointment = a.id
		AND e.kind = 'frozen') THEN 1 ELSE 0 END),
	SUM(CASE WHEN EXISTS (SELECT 1 FROM episodes e WHERE e.appointment = a.id
		AND e.kind = 'voice') THEN 1 ELSE 0 END),
	SUM(CASE WHEN EXISTS (SELECT 1 FROM episodes e WHERE e.appointment = a.id
		AND e.kind = 'still') THEN 1 ELSE 0 END),
	SUM(CASE WHEN EXISTS (SELECT 1 FROM episodes e WHERE e.appointment = a.id
		AND e.kind = 'reconnected') THEN 1 ELSE 0 END),
	SUM(CASE WHEN EXISTS (SELECT 1 FROM episodes e WHERE e.appointment = a.id
		AND e.kind = 'lost') THEN 1 ELSE 0 END)
	FROM appointments a WHERE a.status <> 'booked'
	GROUP BY 1, 2, 3, 4, 5`

// expected reads the cells by hand.
func (h *history) expected() (cells []practice.Figure) {
	h.t.Helper()
	require.NoError(h.t, h.store.Read(h.t.Context(), func(tx *store.Tx) error {
		return tx.Across("a test").Query(func(scan func(...any) error) error {
			var f practice.Figure
			err := scan(&f.Establishment, &f.Service, &f.Place, &f.Kind, &f.Month, &f.Acts,
				&f.NoShows, &f.Cancelled, &f.Waits, &f.WaitSeconds, &f.LongWaits, &f.Sessions,
				&f.SessionSeconds, &f.Troubled, &f.Frozen, &f.VoiceOnly, &f.Stills,
				&f.Reconnected, &f.Lost)
			cells = append(cells, f)
			return err
		}, byHand)
	}))
	return cells
}

var everything = Query{From: 202301, Until: 202412}

func TestTwoYearsAreReproducedExactly(t *testing.T) {
	t.Parallel()
	h := newHistory(t)
	h.seed()
	h.opinions(100)
	h.count()
	for year, acts := range actsOf {
		total := sum(h.all(Query{From: year*100 + 1, Until: year*100 + 12}))
		require.Equal(t, acts, total.Acts-total.Answers, year)
		require.Positive(t, total.NoShows)
		require.Positive(t, total.LongWaits)
		require.Positive(t, total.Lost)
	}
	expected := append(h.expected(), h.expectedOpinions()...)
	require.ElementsMatch(t, expected, h.all(everything))
	h.count()
	require.ElementsMatch(t, expected, h.all(everything), "counted again")
}

func TestFiguresFollowCorrections(t *testing.T) {
	t.Parallel()
	h := newHistory(t)
	h.few()
	h.count()
	states := []practice.AppointmentStatus{practice.StatusFulfilled, practice.StatusNoShow,
		practice.StatusCancelled, practice.StatusBooked}
	for range 120 { // outcomes that somebody corrects, services and dates that were wrong
		h.write(func(tx *store.Tx) error {
			a, err := store.Get[practice.Appointment](tx.Across("a test"), "WHERE id = $1",
				fmt.Sprintf("A%04d", 1+h.random.IntN(h.made)))
			require.NoError(t, err)
			a.Status = states[h.random.IntN(len(states))]
			if a.Status != practice.StatusFulfilled {
				a.ArrivedAt, a.BeganAt, a.EndedAt = 0, 0, 0
				_, err := tx.Exec(`DELETE FROM episodes WHERE establishment = $1
					AND appointment = $2`, a.Establishment, a.ID)
				require.NoError(t, err)
			}
			if h.random.IntN(3) == 0 {
				a.Service = a.Establishment + "S" + []string{"1", "2"}[h.random.IntN(2)]
				a.LocalStart = fmt.Sprintf("2024-%02d-02T10:00", 1+h.random.IntN(12))
				a.StartsAt, a.ArrivedAt = a.BeganAt, a.BeganAt
			}
			return store.Update(tx, &a, nil)
		})
		if h.random.IntN(20) == 0 {
			h.count()
		}
	}
	h.count()
	got := h.all(everything)
	filled := got[:0]
	for _, f := range got { // cells that are empty by now
		if sum([]practice.Figure{f}) != (practice.Figure{}) {
			filled = append(filled, f)
		}
	}
	require.ElementsMatch(t, h.expected(), filled)
}

func TestWhatIsMeasuredLateIsCounted(t *testing.T) {
	t.Parallel()
	h := newHistory(t)
	h.few()
	h.count()
	before := sum(h.all(everything))
	h.write(func(tx *store.Tx) error {
		a, err := store.Get[practice.Appointment](tx.Across("a test"), `WHERE began_at > 0
			AND NOT EXISTS (SELECT 1 FROM episodes WHERE appointment = appointments.id) LIMIT 1`)
		require.NoError(t, err)
		require.NoError(t, store.Insert(tx, practice.Episode{ID: practice.NewID(),
			Establishment: a.Establishment, Appointment: a.ID, Participant: "X",
			Kind: practice.EpisodeFrozen, BeganAt: a.BeganAt, EndedAt: a.EndedAt}, nil))
		return Again(tx, a.Establishment, a.ID)
	})
	h.count()
	after := sum(h.all(everything))
	require.Equal(t, before.Troubled+1, after.Troubled)
	require.Equal(t, before.Frozen+1, after.Frozen)
	require.Equal(t, before.Acts, after.Acts)
}

// TestFiguresOutliveTheActs deletes all appointments: the figures stay.
func TestFiguresOutliveTheActs(t *testing.T) {
	t.Parallel()
	h := newHistory(t)
	h.few()
	h.count()
	before := h.all(everything)
	h.write(func(tx *store.Tx) error {
		wide := tx.Across("a test")
		_, err := wide.Exec("DELETE FROM episodes")
		require.NoError(t, err)
		_, err = wide.Exec("DELETE FROM appointments")
		return err
	})
	h.count()
	require.Equal(t, before, h.all(everything))
}
