//go:build linux

package ledger_test

import (
	"os"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"

	"draille/signaling/practice"
	"draille/signaling/practice/ledger"
	"draille/signaling/practice/store"
	"draille/signaling/practice/store/storetest"
)

func TestMain(m *testing.M) {
	goleak.VerifyTestMain(m, goleak.Cleanup(func(code int) {
		storetest.Stop()
		os.Exit(code)
	}))
}

var start = time.Date(2026, time.January, 31, 9, 0, 0, 0, time.UTC)

func engines(t *testing.T, f func(t *testing.T, s *store.Store)) {
	storetest.Engines(t, func(t *testing.T, url string) { f(t, storetest.Open(t, url)) })
}

// fill adds an entry a day, in two establishments in turn.
func fill(t *testing.T, s *store.Store, days int) {
	t.Helper()
	require.NoError(t, s.Write(t.Context(), func(tx *store.Tx) error {
		for day := range days {
			err := ledger.Append(tx, start.AddDate(0, 0, day),
				practice.AuditEntry{Establishment: []string{"E1", "E2"}[day%2],
					ActorKind: practice.ActorPerson, Actor: []string{"P1", "P2", "P3"}[day%3],
					Action: "patient.view", Patient: "N1"})
			if err != nil {
				return err
			}
		}
		return nil
	}))
}

// tamper changes the log as somebody does who has the database's own rights.
func tamper(t *testing.T, s *store.Store, statements ...string) {
	t.Helper()
	require.NoError(t, s.Write(t.Context(), func(tx *store.Tx) error {
		wide := tx.Across("a test that breaks in")
		drops := []string{"DROP TRIGGER audit_no_update", "DROP TRIGGER audit_no_delete"}
		for _, statement := range append(drops, statements...) {
			if _, err := wide.Exec(statement); err != nil {
				return err
			}
		}
		return nil
	}))
}

func verify(t *testing.T, s *store.Store, known ledger.Head) ledger.Verdict {
	t.Helper()
	verdict, err := ledger.Verify(t.Context(), s, known)
	require.NoError(t, err)
	return verdict
}

func TestAnUntouchedLogHolds(t *testing.T) {
	engines(t, func(t *testing.T, s *store.Store) {
		require.Equal(t, ledger.Verdict{}, verify(t, s, ledger.Head{}), "an empty one, too")
		fill(t, s, 1500)
		verdict := verify(t, s, ledger.Head{})
		require.Empty(t, verdict.Problem)
		require.EqualValues(t, 1500, verdict.Entries)
		require.Equal(t, practice.InstantOf(start), verdict.From)
	})
}

func TestWhatWasChangedShows(t *testing.T) {
	for name, change := range map[string]struct{ statement, problem string }{
		"another actor":    {"UPDATE audit SET actor = 'P9' WHERE sequence = 40", "entry 40"},
		"another time":     {"UPDATE audit SET at = at + 1 WHERE sequence = 40", "entry 40"},
		"another hash":     {"UPDATE audit SET hash = 'ab' WHERE sequence = 40", "entry 40"},
		"one taken out":    {"DELETE FROM audit WHERE sequence = 40", "expected entry 40"},
		"the first ones":   {"DELETE FROM audit WHERE sequence < 40", "expected entry 1"},
		"the end, cut off": {"DELETE FROM audit WHERE sequence > 40", "expected entry 100"},
		"all of it":        {"DELETE FROM audit", "expected entry 100"},
		"two change places": {"UPDATE audit SET actor = CASE sequence WHEN 40 THEN 'P2' ELSE " +
			"'P1' END WHERE sequence IN (40, 41)", "entry 40"},
	} {
		t.Run(name, func(t *testing.T) {
			s := storetest.Open(t, t.TempDir()+"/practice.db")
			fill(t, s, 100)
			known := verify(t, s, ledger.Head{}).Head
			tamper(t, s, change.statement)
			require.Contains(t, verify(t, s, known).Problem, change.problem)
		})
	}
}

func TestEntriesAreFoundByPatientActorAndPeriod(t *testing.T) {
	engines(t, func(t *testing.T, s *store.Store) {
		fill(t, s, 60)
		search := func(query ledger.Query) (found []practice.AuditEntry) {
			query.Limit = 100
			require.NoError(t, s.Read(t.Context(), func(tx *store.Tx) error {
				var err error
				found, err = ledger.Search(tx, query)
				return err
			}))
			return found
		}
		require.Len(t, search(ledger.Query{Everywhere: true}), 60)
		require.Len(t, search(ledger.Query{Establishment: "E1"}), 30)
		require.Len(t, search(ledger.Query{Establishment: "E1", Actor: "P1"}), 10)
		require.Empty(t, search(ledger.Query{Establishment: "E3", Patient: "N1"}))
		require.Len(t,
			search(ledger.Query{Establishment: "E1", Patient: "N1",
				From:  practice.InstantOf(start.AddDate(0, 0, 10)),
				Until: practice.InstantOf(start.AddDate(0, 0, 20))}), 5)
		newest := search(ledger.Query{Everywhere: true})
		require.EqualValues(t, 60, newest[0].Sequence)
		require.Len(t, search(ledger.Query{Everywhere: true, Before: 11}), 10)
	})
}

// TestEntriesOfMergedPatientsAreFoundTogether asks for each of five, of whom one was merged into
// another twice over, and of two who have nothing to do with them.
func TestEntriesOfMergedPatientsAreFoundTogether(t *testing.T) {
	engines(t, func(t *testing.T, s *store.Store) {
		into := map[string]string{"N1": "", "N2": "N1", "N3": "N2", "N4": "N3", "N5": "N1",
			"other": "", "of E2": ""}
		require.NoError(t, s.Write(t.Context(), func(tx *store.Tx) error {
			for _, id := range []string{"E1", "E2"} {
				require.NoError(t, store.Insert(tx, practice.Establishment{ID: id, Name: id,
					Zone: "Europe/Paris", Version: 1}, nil))
			}
			for id, survivor := range into {
				patient := practice.Patient{ID: id, Establishment: "E1", MergedInto: survivor,
					Sex: practice.SexFemale, Version: 1}
				if id == "of E2" {
					patient.Establishment = "E2"
				}
				require.NoError(t, store.Insert(tx, patient, store.With{"search": "",
					"search_used": "", "created_at": 1, "updated_at": 1}))
				require.NoError(t, ledger.Append(tx, start, practice.AuditEntry{
					Establishment: patient.Establishment, ActorKind: practice.ActorPerson,
					Actor: "P1", Action: "patient.view", Patient: id}))
			}
			return nil
		}))
		for id := range into {
			for _, query := range []ledger.Query{{Establishment: "E1"}, {Everywhere: true}} {
				query.Patient, query.Limit = id, 100
				require.NoError(t, s.Read(t.Context(), func(tx *store.Tx) error {
					found, err := ledger.Search(tx, query)
					switch {
					case id == "of E2" && !query.Everywhere:
						require.Empty(t, found)
					case id == "other", id == "of E2":
						require.Len(t, found, 1)
					default:
						require.Len(t, found, 5, id)
					}
					return err
				}))
			}
		}
	})
}

func TestOldEntriesGoAndTheRestStillHolds(t *testing.T) {
	engines(t, func(t *testing.T, s *store.Store) {
		fill(t, s, 400)
		head := verify(t, s, ledger.Head{}).Head
		now := start.AddDate(0, 12, 10)
		deleted, err := ledger.Retain(t.Context(), s, now)
		require.NoError(t, err)
		require.EqualValues(t, 10, deleted)
		verdict := verify(t, s, head)
		require.Empty(t, verdict.Problem)
		require.EqualValues(t, 391, verdict.Entries, "and one that says so")
		deleted, err = ledger.Retain(t.Context(), s, now)
		require.NoError(t, err)
		require.Zero(t, deleted)

		require.NoError(t, s.Write(t.Context(), func(tx *store.Tx) error {
			return store.Insert(tx, practice.Setting{Key: ledger.MonthsKey, Value: "6", Version: 1},
				nil)
		}))
		deleted, err = ledger.Retain(t.Context(), s, now)
		require.NoError(t, err)
		require.Greater(t, deleted, int64(150))
		require.Empty(t, verify(t, s, head).Problem)

		deleted, err = ledger.Retain(t.Context(), s, now.AddDate(10, 0, 0))
		require.NoError(t, err)
		require.Positive(t, deleted)
		require.Empty(t, verify(t, s, head).Problem, "though nothing of then is left")
	})
}

func TestAClockThatIsSetBackDoesNotDisorderTheLog(t *testing.T) {
	engines(t, func(t *testing.T, s *store.Store) {
		fill(t, s, 2)
		require.NoError(t, s.Write(t.Context(), func(tx *store.Tx) error {
			return ledger.Append(tx, start.AddDate(-1, 0, 0),
				practice.AuditEntry{Establishment: "E1", ActorKind: practice.ActorSystem})
		}))
		verdict := verify(t, s, ledger.Head{})
		require.Empty(t, verdict.Problem)
		require.Equal(t, practice.InstantOf(start.AddDate(0, 0, 1)), verdict.To)
	})
}

func TestTheRetentionHasAFloor(t *testing.T) {
	for value, months := range map[string]int{"6": 6, "12": 12, "5": 0, "0": 0, "-1": 0, "241": 0,
		`"12"`: 0, "": 0} {
		got, err := ledger.Months(value)
		require.Equal(t, months, got, value)
		require.Equal(t, months == 0, err != nil, value)
	}
}
