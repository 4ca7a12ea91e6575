package report

import (
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"draille/signaling/practice"
	"draille/signaling/practice/store"
)

func TestReportsAreForgottenOnceTheRecordHasThem(t *testing.T) {
	s := seeded(t)
	signed := time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)
	claire := By{practice.Person{ID: "D1"}, signed}
	write := func(f func(tx *store.Tx) error) {
		t.Helper()
		require.NoError(t, s.Write(t.Context(), f))
	}
	versions := func() (all []practice.Report) {
		require.NoError(t, s.Read(t.Context(), func(tx *store.Tx) (err error) {
			all, err = Versions(tx, "E1", "A1")
			return err
		}))
		slices.Reverse(all)
		return all
	}
	// sign signs the newest version, which waits to go into the record.
	sign := func(post bool) {
		write(func(tx *store.Tx) error {
			all, err := Versions(tx, "E1", "A1")
			require.NoError(t, err)
			r, err := Sign(tx, all[0], all[0].Version, Text{Motive: "Chute", Findings: "Rien."},
				claire)
			if err != nil || !post {
				return err
			}
			return Post(tx, r, practice.InstantOf(signed))
		})
	}
	// became says what became of the newest message.
	became := func(state practice.OutboxState, at time.Time) {
		write(func(tx *store.Tx) error {
			_, err := tx.Exec(`UPDATE outbox SET state = $1, sent_at = $2 WHERE establishment = 'E1'
				AND ordinal = (SELECT MAX(ordinal) FROM outbox WHERE establishment = 'E1')`,
				string(state), int64(practice.InstantOf(at)))
			return err
		})
	}
	after := func(days int) int64 {
		forgotten, err := Retain(t.Context(), s, signed.AddDate(0, 0, days))
		require.NoError(t, err)
		return forgotten
	}
	days := func(value string) {
		write(func(tx *store.Tx) error {
			return store.Insert(tx, practice.Setting{Key: DaysKey, Value: value, Version: 1}, nil)
		})
	}
	correct := func() {
		write(func(tx *store.Tx) error {
			all, err := Versions(tx, "E1", "A1")
			require.NoError(t, err)
			_, err = Correct(tx, all[0], claire)
			return err
		})
	}

	write(func(tx *store.Tx) error { return draft(tx, met(), at(601)) })
	require.Zero(t, after(365), "it is not signed")
	sign(true)
	require.Zero(t, after(365), "it waits")
	became(practice.OutboxFailed, time.Time{})
	require.Zero(t, after(365), "the record refused it")
	became(practice.OutboxSent, signed)
	require.Zero(t, after(29))
	correct()
	require.Zero(t, after(365), "a correction is being written")
	sign(false)
	require.EqualValues(t, 1, after(30), "the first alone went into the record")
	all := versions()
	require.Equal(t, practice.ReportReplaced, all[0].State)
	require.Equal(t, Text{}, textOf(all[0]))
	require.Empty(t, all[0].Facts)
	require.Equal(t, "D1", all[0].SignedBy)
	require.Equal(t, "Chute", all[1].Motive)
	require.NotEmpty(t, all[1].Facts)

	write(func(tx *store.Tx) error { return Post(tx, all[1], practice.InstantOf(signed)) })
	became(practice.OutboxSent, signed.AddDate(0, 0, 40))
	require.Zero(t, after(69))
	require.EqualValues(t, 1, after(70))
	require.Zero(t, after(70), "once")
	write(func(tx *store.Tx) error { return draft(tx, met(), at(601)) })
	require.Len(t, versions(), 2, "no draft is made of a session whose report is forgotten")

	all = versions()
	write(func(tx *store.Tx) error {
		_, err := Withdraw(tx, all[1], "Mauvaise personne", claire)
		return err
	})
	require.EqualValues(t, 1, after(71), "nor is it kept why it was withdrawn")
	require.Empty(t, versions()[1].WithdrawnWhy)

	days("0")
	correct()
	sign(true)
	became(practice.OutboxSent, signed)
	require.Zero(t, after(3650), "for ever")
}

func TestDaysOfReports(t *testing.T) {
	kept, err := Days("90")
	require.NoError(t, err)
	require.Equal(t, 90, kept)
	for _, value := range []string{"-1", "3651", "1.5", `"30"`, ""} {
		_, err := Days(value)
		require.ErrorContains(t, err, "expected a number of days, or 0 for ever, from 0 to 3650")
	}
}
