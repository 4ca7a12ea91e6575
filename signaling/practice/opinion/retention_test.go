package opinion

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"draille/signaling/practice"
	"draille/signaling/practice/store"
	"draille/signaling/practice/store/storetest"
)

// TestWhatWasAskedAndAnsweredIsForgotten is about a request that is over and one that is not.
func TestWhatWasAskedAndAnsweredIsForgotten(t *testing.T) {
	s := storetest.Open(t, storetest.Address(t))
	ended := time.Date(2026, time.March, 1, 12, 0, 0, 0, time.UTC)
	require.NoError(t, s.Write(t.Context(), func(tx *store.Tx) error {
		require.NoError(t, store.Insert(tx, practice.Establishment{ID: "E1", Name: "E1",
			Zone: "Europe/Paris", Version: 1}, nil))
		for id, at := range map[string]practice.Instant{"over": practice.InstantOf(ended),
			"going": 0} {
			require.NoError(t, store.Insert(tx, practice.Opinion{ID: id, Establishment: "E1",
				AskedEstablishment: "E1", State: practice.OpinionAnswered, Question: "Q",
				Answer: "A", Distant: true, AskedBy: "P1", TakenBy: "P2", EndedAt: at, Version: 1},
				store.With{"request_key": id}))
			require.NoError(t, store.Insert(tx, practice.OpinionNote{ID: id, Establishment: "E1",
				Opinion: id, Text: "N"}, nil))
		}
		return nil
	}))
	is := func(id string) (o practice.Opinion, notes []practice.OpinionNote) {
		require.NoError(t, s.Read(t.Context(), func(tx *store.Tx) (err error) {
			o, err = store.Get[practice.Opinion](tx, "WHERE establishment = 'E1' AND id = $1", id)
			require.NoError(t, err)
			notes, err = Notes(tx, o)
			return err
		}))
		return o, notes
	}
	after := func(days int) int64 {
		forgotten, err := Retain(t.Context(), s, ended.AddDate(0, 0, days))
		require.NoError(t, err)
		return forgotten
	}
	set := func(value string) {
		require.NoError(t, s.Write(t.Context(), func(tx *store.Tx) error {
			_, err := tx.Exec("DELETE FROM settings WHERE key = $1", DaysKey)
			require.NoError(t, err)
			return store.Insert(tx, practice.Setting{Key: DaysKey, Value: value, Version: 1}, nil)
		}))
	}
	require.Zero(t, after(DefaultDays-1))
	set("0")
	require.Zero(t, after(4000), "for ever")
	set("30")
	require.Zero(t, after(29))
	require.Equal(t, int64(1), after(30))
	require.Zero(t, after(31), "once")
	o, notes := is("over")
	require.Equal(t, []any{"", "", true, "P2", practice.OpinionAnswered, 2}, []any{o.Question,
		o.Answer, o.Distant, o.TakenBy, o.State, o.Version})
	require.Equal(t, practice.InstantOf(ended.AddDate(0, 0, 30)), o.ForgottenAt)
	require.Empty(t, notes)
	o, notes = is("going")
	require.Equal(t, "Q", o.Question)
	require.Len(t, notes, 1)
	require.NoError(t, s.Read(t.Context(), func(tx *store.Tx) error {
		entry, err := store.Get[practice.AuditEntry](tx.Across("a test"),
			"WHERE action = 'opinion.retention'")
		require.JSONEq(t, `{"deleted":"1","days":"30"}`, entry.Detail)
		return err
	}))
	for _, wrong := range []string{"29", "-1", "3651", `"30"`, "1.5", ""} {
		_, err := Days(wrong)
		require.Error(t, err, wrong)
	}
}

// TestAnAnswerThatTheRecordDoesNotHaveStays follows the message that carries it.
func TestAnAnswerThatTheRecordDoesNotHaveStays(t *testing.T) {
	s := storetest.Open(t, storetest.Address(t))
	ended := time.Date(2026, time.March, 1, 12, 0, 0, 0, time.UTC)
	require.NoError(t, s.Write(t.Context(), func(tx *store.Tx) error {
		require.NoError(t, store.Insert(tx, practice.Establishment{ID: "E1", Name: "E1",
			Zone: "Europe/Paris", Version: 1}, nil))
		require.NoError(t, store.Insert(tx, practice.Opinion{ID: "O1", Establishment: "E1",
			AskedEstablishment: "E1", State: practice.OpinionAnswered, Question: "Q", Answer: "A",
			AskedBy: "P1", TakenBy: "P2", EndedAt: practice.InstantOf(ended), Version: 1},
			store.With{"request_key": "O1"}))
		return store.Insert(tx, practice.Message{ID: "M1", Establishment: "E1", Subject: "O1",
			Channel: practice.ChannelRecord, Purpose: "opinion", State: practice.OutboxWaiting},
			store.With{"once": "O1/opinion"})
	}))
	became := func(state practice.OutboxState, day int) {
		t.Helper()
		require.NoError(t, s.Write(t.Context(), func(tx *store.Tx) error {
			sent := int64(0)
			if state == practice.OutboxSent {
				sent = int64(practice.InstantOf(ended.AddDate(0, 0, day)))
			}
			_, err := tx.Exec(`UPDATE outbox SET state = $1, sent_at = $2
				WHERE establishment = 'E1'`, string(state), sent)
			return err
		}))
	}
	after := func(days int) int64 {
		t.Helper()
		forgotten, err := Retain(t.Context(), s, ended.AddDate(0, 0, days))
		require.NoError(t, err)
		return forgotten
	}
	require.Zero(t, after(DefaultDays+1), "it waits")
	became(practice.OutboxFailed, 0)
	require.Zero(t, after(DefaultDays+1), "it did not get there")
	became(practice.OutboxSent, DefaultDays)
	require.Zero(t, after(DefaultDays+1), "the record has had it for a day")
	require.Equal(t, int64(1), after(2*DefaultDays))
}
