package record

import (
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"draille/signaling/practice"
	"draille/signaling/practice/report"
	"draille/signaling/practice/store"
)

// answered is a request that the nurse has asked, and Claire has answered: what waits for the
// record then.
func (d *desk) answered() (practice.Opinion, practice.Message) {
	d.t.Helper()
	at := practice.InstantOf(noon)
	o := practice.Opinion{ID: "O1", Establishment: "E1", Patient: "P1", AskedEstablishment: "E1",
		Service: "V1", Urgency: practice.UrgencyRoutine, State: practice.OpinionAnswered,
		Question: "Faut-il une biopsie ?", Answer: "Non, une crème suffit.", AskedBy: "D2",
		AskedAt: at, DueAt: at.Add(time.Hour), TakenBy: "D1", TakenAt: at.Add(time.Minute),
		EndedAt: at.Add(10 * time.Minute), Version: 3}
	var m *practice.Message
	d.write(func(tx *store.Tx) error {
		require.NoError(d.t, store.Insert(tx, o, store.With{"request_key": "K"}))
		require.NoError(d.t, store.Insert(tx, practice.OpinionNote{ID: "N1", Establishment: "E1",
			Opinion: "O1", Back: true, SaidBy: "D1", At: at.Add(2 * time.Minute),
			Text: "Depuis quand ?"}, nil))
		for range 2 { // it waits once
			require.NoError(d.t, report.PostOpinion(tx, o, o.EndedAt))
		}
		var err error
		m, err = report.SentOpinion(tx, o)
		return err
	})
	require.Equal(d.t, 1, waiting(d.store))
	return o, *m
}

// requireAnswer demands a file that says all of a request.
func requireAnswer(t *testing.T, pdf []byte) {
	t.Helper()
	text := pdfText(t, pdf)
	for _, said := range []string{"Compte rendu de télé-expertise", "DVOŘÁK", "Faut-il une biopsie",
		"Depuis quand", "Non, une crème suffit", "Dr Claire Bonnet", "Lou Vidal", "Gériatrie"} {
		require.Contains(t, text, said)
	}
}

func TestAnExpertsAnswerGoesIntoTheRecordOnce(t *testing.T) {
	t.Parallel()
	t.Run("FHIR", func(t *testing.T) {
		d, s := newDesk(t), openShelf(t)
		s.behaviours = []behaviour{cuts}
		_, m := d.answered()
		records := New(d.store, []Way{s.way()}, nil)
		requireFate(t, records.Deliver(t.Context(), m), "has not answered")
		require.NoError(t, records.Deliver(t.Context(), m), "the next time")
		require.Equal(t, []string{"current"}, s.states(t))
		requireAnswer(t, s.last(t))
	})
	t.Run("MDM", func(t *testing.T) {
		d, b := newDesk(t), openBook(t)
		_, m := d.answered()
		records := New(d.store, []Way{mdm(b)}, nil)
		require.NoError(t, records.Deliver(t.Context(), m))
		require.NoError(t, records.Deliver(t.Context(), m), "again")
		require.Equal(t, "MDM^T02^MDM_T02", raw(b.last(t), "MSH", 9))
		requireAnswer(t, b.only(t))
		require.Empty(t, b.strange)
		require.Equal(t, 1, b.again)
	})
	t.Run("folder", func(t *testing.T) {
		d, folder := newDesk(t), t.TempDir()
		o, m := d.answered()
		to := report.Folder{Store: d.store, Path: folder}
		for range 2 {
			require.NoError(t, to.Deliver(t.Context(), m))
		}
		found, err := filepath.Glob(filepath.Join(folder, "010000001", "*.pdf"))
		require.NoError(t, err)
		require.Len(t, found, 1)
		content, err := os.ReadFile(found[0])
		require.NoError(t, err)
		requireAnswer(t, content)
		require.NotContains(t, found[0], o.ID, "the name of a file tells nobody")
	})
}

// What waited for longer than the texts are kept says nothing of them.
func TestAnAnswerThatIsForgottenIsNotSent(t *testing.T) {
	t.Parallel()
	d, s := newDesk(t), openShelf(t)
	_, m := d.answered()
	d.write(func(tx *store.Tx) error {
		_, err := tx.Exec(`UPDATE opinions SET question = '', answer = '', forgotten_at = 1
			WHERE establishment = 'E1'`)
		return err
	})
	requireFate(t, New(d.store, []Way{s.way()}, nil).Deliver(t.Context(), m),
		"its texts are kept no more")
	require.Empty(t, s.states(t))
}
