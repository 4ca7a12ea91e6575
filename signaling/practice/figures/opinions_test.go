package figures

import (
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"draille/signaling/practice"
	"draille/signaling/practice/store"
)

// opinions makes requests of both years, also in the first and the last hour of one: some are
// answered in a month, or a year, after that in which they were asked.
func (h *history) opinions(each int) {
	paris, err := time.LoadLocation("Europe/Paris")
	require.NoError(h.t, err)
	states := []practice.OpinionState{practice.OpinionAnswered, practice.OpinionAnswered,
		practice.OpinionAnswered, practice.OpinionWithdrawn, practice.OpinionTaken}
	h.write(func(tx *store.Tx) error {
		for n := range 2 * each {
			asked := time.Date(2023+n%2, 1, 1, 0, h.random.IntN(365*24*60), 0, 0, paris)
			house := []string{"E1", "E2"}[h.random.IntN(2)]
			o := practice.Opinion{ID: fmt.Sprintf("O%04d", n), Establishment: "E1", Version: 4,
				Patient: fmt.Sprintf("PATIENT%04d", n), AskedEstablishment: house,
				Service: house + "S" + []string{"1", "2"}[h.random.IntN(2)], Question: "?",
				Urgency: practice.UrgencySoon, State: states[h.random.IntN(len(states))],
				AskedBy: "P1", AskedAt: practice.InstantOf(asked)}
			if o.State != practice.OpinionTaken {
				o.EndedAt = o.AskedAt.Add(time.Duration(h.random.IntN(10*24*60)) * time.Minute)
			}
			o.Distant = o.State == practice.OpinionAnswered && h.random.IntN(10) < 7
			require.NoError(h.t, store.Insert(tx, o, store.With{"request_key": o.ID}))
		}
		return nil
	})
}

// opinionsByHand are the numbers of a month, as somebody would count them who has the requests and
// a calendar.
const opinionsByHand = `SELECT asked_establishment, service,
	SUM(CASE WHEN asked_at >= $1 AND asked_at < $2 THEN 1 ELSE 0 END),
	SUM(CASE WHEN asked_at >= $1 AND asked_at < $2 AND state = 'withdrawn' THEN 1 ELSE 0 END),
	SUM(CASE WHEN ended_at >= $1 AND ended_at < $2 AND state = 'answered' THEN 1 ELSE 0 END),
	SUM(CASE WHEN ended_at >= $1 AND ended_at < $2 AND state = 'answered'
		THEN (ended_at - asked_at) / 1000 ELSE 0 END),
	SUM(CASE WHEN ended_at >= $1 AND ended_at < $2 AND state = 'answered' AND distant = $3
		THEN 1 ELSE 0 END)
	FROM opinions GROUP BY 1, 2`

// expectedOpinions reads the cells of both years by hand.
func (h *history) expectedOpinions() (cells []practice.Figure) {
	h.t.Helper()
	paris, err := time.LoadLocation("Europe/Paris")
	require.NoError(h.t, err)
	for _, month := range everything.Months() {
		begin := time.Date(month/100, time.Month(month%100), 1, 0, 0, 0, 0, paris)
		require.NoError(h.t, h.store.Read(h.t.Context(), func(tx *store.Tx) error {
			return tx.Across("a test").Query(func(scan func(...any) error) error {
				f := practice.Figure{Kind: practice.FigureOpinion, Month: month}
				err := scan(&f.Establishment, &f.Service, &f.Asked, &f.Cancelled, &f.Answers,
					&f.AnswerSeconds, &f.Distant)
				f.Acts = f.Answers
				if f.Asked+f.Answers > 0 {
					cells = append(cells, f)
				}
				return err
			}, opinionsByHand, int64(practice.InstantOf(begin)),
				int64(practice.InstantOf(begin.AddDate(0, 1, 0))), true)
		}))
	}
	return cells
}

func TestOpinionsOfTwoYearsAreReproducedExactly(t *testing.T) {
	t.Parallel()
	h := newHistory(t)
	h.opinions(150)
	h.count()
	got := sum(h.all(Query{From: 202301, Until: 202501}))
	require.Equal(t, 300, got.Asked)
	for _, n := range []int{got.Answers, got.AnswerSeconds, got.Distant, got.Cancelled} {
		require.Positive(t, n)
	}
	require.ElementsMatch(t, h.expectedOpinions(), h.all(everything))
	h.count()
	require.ElementsMatch(t, h.expectedOpinions(), h.all(everything), "counted again")

	// What is still open is answered, or withdrawn.
	for state, clause := range map[practice.OpinionState]string{
		practice.OpinionAnswered: "id < 'O0150'", practice.OpinionWithdrawn: "id >= 'O0150'"} {
		h.write(func(tx *store.Tx) error {
			_, err := tx.Across("a test").Exec(`UPDATE opinions SET state = $1,
				ended_at = asked_at + 90000000, version = version + 1
				WHERE state = 'taken' AND `+clause, string(state))
			return err
		})
	}
	h.count()
	require.ElementsMatch(t, h.expectedOpinions(), h.all(everything))
	before := h.all(everything)
	h.write(func(tx *store.Tx) error {
		_, err := tx.Across("a test").Exec("DELETE FROM opinions")
		return err
	})
	h.count()
	require.Equal(t, before, h.all(everything), "figures outlive the requests")
}

func TestTheCounterHearsOfOpinions(t *testing.T) {
	t.Parallel()
	changes := make(chan []practice.Change, 2)
	changes <- []practice.Change{{Topic: practice.TopicThread}}
	changes <- []practice.Change{{Topic: practice.TopicOpinion}}
	close(changes)
	require.True(t, waited(t.Context(), changes, nil))
	require.False(t, waited(t.Context(), changes, nil), "that was all")
}
