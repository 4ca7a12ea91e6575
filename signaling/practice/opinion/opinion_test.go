package opinion

import (
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"draille/signaling/practice"
	"draille/signaling/practice/agenda"
	"draille/signaling/practice/store"
	"draille/signaling/practice/store/storetest"
)

func TestMain(m *testing.M) { storetest.Main(m) }

var states = []practice.OpinionState{practice.OpinionWaiting, practice.OpinionTaken,
	practice.OpinionAskedBack, practice.OpinionAnswered, practice.OpinionWithdrawn}

// TestEveryDeedInEveryState is the table by hand, once more: W waiting, T taken, B asked back, A
// answered, D withdrawn; a dot is refused. The expert is whoever has taken it.
func TestEveryDeedInEveryState(t *testing.T) {
	letters := map[byte]practice.OpinionState{'W': practice.OpinionWaiting,
		'T': practice.OpinionTaken, 'B': practice.OpinionAskedBack,
		'A': practice.OpinionAnswered, 'D': practice.OpinionWithdrawn}
	for deed, expected := range map[Deed]string{Take: "T....", Release: ".WW..",
		AskBack: ".B...", Answer: ".AA..", Reply: "..T..", Withdraw: "DDD..", "sing": "....."} {
		for i, state := range states {
			o := practice.Opinion{State: state, TakenBy: "expert", TakenAt: 1}
			after, err := next(o, deed, "expert", 7)
			if expected[i] == '.' {
				var refused *StateError
				require.ErrorAs(t, err, &refused, "%s of %s", deed, state)
				require.Equal(t, o, after)
				continue
			}
			require.NoError(t, err)
			require.Equal(t, letters[expected[i]], after.State, "%s of %s", deed, state)
			require.Equal(t, deed == Answer || deed == Withdraw, after.EndedAt == 7)
			_, err = next(o, deed, "another", 7)
			require.Equal(t, rules[deed].own, err != nil, "%s of another", deed)
		}
	}
}

func TestAQuestionGoesThroughTheQueue(t *testing.T) {
	s := storetest.Open(t, storetest.Address(t))
	now := time.Date(2026, time.December, 1, 8, 0, 0, 0, time.UTC)
	write := func(f func(tx *store.Tx) error) { require.NoError(t, s.Write(t.Context(), f)) }
	write(func(tx *store.Tx) error {
		for id, service := range map[string]string{"E1": "GER", "E2": "DER", "E3": "OLD"} {
			require.NoError(t, store.Insert(tx, practice.Establishment{ID: id, Name: id,
				Zone: "Europe/Paris", Closed: id == "E3", Version: 1}, nil))
			require.NoError(t, store.Insert(tx, practice.Service{ID: service, Establishment: id,
				Name: service, Version: 1}, nil))
		}
		return store.Insert(tx, practice.Patient{ID: "N1", Establishment: "E1", BirthName: "A",
			Version: 1}, store.With{"search": "a", "created_at": 0, "updated_at": 0})
	})
	asked := practice.Opinion{Establishment: "E1", Patient: "N1", Service: "DER",
		Urgency: practice.UrgencySoon, Question: " Quelle lésion ? ", AskedBy: "P1"}
	key := strings.Repeat("k", 20)
	var o practice.Opinion
	write(func(tx *store.Tx) (err error) {
		o, err = Ask(tx, asked, key, now)
		require.NoError(t, err)
		again, err := Ask(tx, asked, key, now)
		require.Equal(t, o.ID, again.ID)
		return err
	})
	require.Equal(t, "Quelle lésion ?", o.Question)
	require.Equal(t, practice.InstantOf(now.Add(48*time.Hour)), o.DueAt)
	require.Equal(t, "E2", o.AskedEstablishment)
	long := strings.Repeat("x", maxText+1)
	for what, spoil := range map[string]func(*practice.Opinion){
		"question":               func(o *practice.Opinion) { o.Question = long },
		"urgency":                func(o *practice.Opinion) { o.Urgency = "now" },
		"patient":                func(o *practice.Opinion) { o.Establishment = "E2" },
		"service":                func(o *practice.Opinion) { o.Service = "none" },
		"service that is closed": func(o *practice.Opinion) { o.Service = "OLD" },
	} {
		spoiled := asked
		spoil(&spoiled)
		err := s.Write(t.Context(), func(tx *store.Tx) error {
			_, err := Ask(tx, spoiled, practice.NewID(), now)
			return err
		})
		var wrong *agenda.FieldError
		require.ErrorAs(t, err, &wrong)
		require.Equal(t, strings.Fields(what)[0], wrong.Field)
	}
	do := func(deed Deed, by, text string) error {
		return s.Write(t.Context(), func(tx *store.Tx) error {
			after, err := Do(tx, o, deed, o.Version, by, Said{text, true}, now)
			if err == nil {
				o = after
			}
			return err
		})
	}
	require.NoError(t, do(Take, "X1", ""))
	stale := o
	stale.Version--
	require.ErrorIs(t, s.Write(t.Context(), func(tx *store.Tx) error {
		_, err := Do(tx, o, Take, stale.Version, "X2", Said{}, now)
		return err
	}), store.ErrVersion)
	require.Error(t, do(AskBack, "X1", " "))
	require.NoError(t, do(AskBack, "X1", "Depuis quand ?"))
	require.NoError(t, do(Reply, "P1", "Trois semaines."))
	require.False(t, o.Distant, "nobody has answered")
	require.Error(t, do(Answer, "X2", "Non."))
	require.NoError(t, do(Answer, "X1", "Exérèse."))
	require.True(t, o.Distant)
	require.NoError(t, s.Read(t.Context(), func(tx *store.Tx) error {
		notes, err := Notes(tx, o)
		require.NoError(t, err)
		require.Len(t, notes, 2)
		require.True(t, notes[0].Back || notes[1].Back)
		for service, n := range map[string]int{"DER": 1, "": 1, "PSY": 0} {
			queue, err := Queue(tx, "E2", service, now)
			require.NoError(t, err)
			require.Len(t, queue, n)
		}
		later, err := Asked(tx, "E1", now.Add(kept+time.Hour))
		require.Empty(t, later)
		return err
	}))
}
