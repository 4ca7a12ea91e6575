//go:build linux

package store_test

import (
	"context"
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
	if path := os.Getenv(victimVariable); path != "" {
		beKilled(path)
	}
	goleak.VerifyTestMain(m, goleak.Cleanup(func(code int) {
		storetest.Stop()
		os.Exit(code)
	}))
}

// engines are those that the same tests run on.
func engines(t *testing.T, f func(t *testing.T, open func() *store.Store)) {
	storetest.Engines(t, func(t *testing.T, url string) {
		f(t, func() *store.Store { return storetest.Open(t, url) })
	})
}

func write(t *testing.T, s *store.Store, f func(tx *store.Tx) error) {
	t.Helper()
	require.NoError(t, s.Write(t.Context(), f))
}

func hospital(id string) practice.Establishment {
	return practice.Establishment{ID: id, Name: "CH " + id, Zone: "Europe/Paris", Version: 1}
}

func TestWhatIsWrittenIsRead(t *testing.T) {
	t.Parallel()
	engines(t, func(t *testing.T, open func() *store.Store) {
		s := open()
		place := practice.Place{ID: "L1", Establishment: "E1", Name: "salle 2", Version: 1}
		write(t, s, func(tx *store.Tx) error {
			require.NoError(t, store.Insert(tx, hospital("E1"), nil))
			return store.Insert(tx, place, nil)
		})
		require.NoError(t, s.Read(t.Context(), func(tx *store.Tx) error {
			found, err := store.Get[practice.Place](tx, "WHERE establishment = $1 AND id = $2",
				"E1", "L1")
			require.NoError(t, err)
			require.Equal(t, place, found)
			_, err = store.Get[practice.Place](tx, "WHERE establishment = $1 AND id = $2", "E2",
				"L1")
			require.ErrorIs(t, err, store.ErrNotFound)
			return nil
		}))
		require.ErrorIs(t, s.Write(t.Context(), func(tx *store.Tx) error {
			return store.Insert(tx, practice.Place{ID: "L2", Establishment: "E1", Name: "salle 2"},
				nil)
		}), store.ErrDuplicate)
	})
}

func TestOfTwoWhoEditTheSecondIsToldSo(t *testing.T) {
	t.Parallel()
	engines(t, func(t *testing.T, open func() *store.Store) {
		s := open()
		first := hospital("E1")
		write(t, s, func(tx *store.Tx) error { return store.Insert(tx, first, nil) })
		second := first
		first.Name = "one"
		write(t, s, func(tx *store.Tx) error { return store.Update(tx, &first, nil) })
		require.Equal(t, 2, first.Version)
		require.ErrorIs(t, s.Write(t.Context(), func(tx *store.Tx) error {
			return store.Update(tx, &second, nil)
		}), store.ErrVersion)
		second.ID = "E9"
		require.ErrorIs(t, s.Write(t.Context(), func(tx *store.Tx) error {
			return store.Update(tx, &second, nil)
		}), store.ErrNotFound)
	})
}

func TestAStatementWithoutAnEstablishmentIsRefused(t *testing.T) {
	t.Parallel()
	engines(t, func(t *testing.T, open func() *store.Store) {
		s := open()
		require.NoError(t, s.Read(t.Context(), func(tx *store.Tx) error {
			_, err := store.Find[practice.Patient](tx, "WHERE search LIKE $1", "a%")
			require.ErrorIs(t, err, store.ErrUnscoped)
			_, err = tx.Exec("DELETE FROM appointments WHERE id = $1", "A1")
			require.ErrorIs(t, err, store.ErrUnscoped)
			_, err = store.Find[practice.Patient](tx, "WHERE establishment = $1 AND search LIKE $2",
				"E1", "a%")
			require.NoError(t, err)
			_, err = store.Find[practice.Patient](tx.Across("a test"), "WHERE search LIKE $1", "a%")
			require.NoError(t, err)
			return nil
		}))
	})
}

// SQLite uses an index that leaves rows out only for a statement that leaves them out too.
func TestAStatementThatReadsAWholeTableForWantOfAWordIsRefused(t *testing.T) {
	t.Parallel()
	engines(t, func(t *testing.T, open func() *store.Store) {
		s := open()
		require.NoError(t, s.Read(t.Context(), func(tx *store.Tx) error {
			for _, clause := range []string{"WHERE establishment = $1 AND ipp = $2",
				"WHERE establishment = $1 AND (ins = $2 OR id = $2)"} {
				_, err := store.Find[practice.Patient](tx, clause, "E1", "1")
				require.ErrorIs(t, err, store.ErrUnindexed, clause)
			}
			_, err := store.Find[practice.Person](tx, "WHERE people.rpps = $1", "1")
			require.ErrorIs(t, err, store.ErrUnindexed)
			_, err = store.Find[practice.Patient](tx,
				"WHERE establishment = $1 AND ipp = $2 AND ipp <> ''", "E1", "1")
			require.NoError(t, err)
			_, err = store.Find[practice.Patient](tx, "WHERE establishment = $1 AND email = $2",
				"E1", "a@example.org") // patients have no such index
			require.NoError(t, err)
			return nil
		}))
	})
}

func TestWatchersHearOfChangesThatWereCommitted(t *testing.T) {
	t.Parallel()
	engines(t, func(t *testing.T, open func() *store.Store) {
		s := open()
		changes, stop := s.Watch()
		defer stop()
		require.Error(t, s.Write(t.Context(), func(tx *store.Tx) error {
			tx.Changed(practice.TopicDirectory, "E1", "never")
			return context.Canceled
		}))
		write(t, s, func(tx *store.Tx) error {
			tx.Changed(practice.TopicDirectory, "E1", "L1")
			return nil
		})
		require.Equal(t,
			[]practice.Change{{Topic: practice.TopicDirectory, Establishment: "E1", ID: "L1"}},
			<-changes)
	})
}

func TestAuditEntriesAreNotChanged(t *testing.T) {
	t.Parallel()
	engines(t, func(t *testing.T, open func() *store.Store) {
		s := open()
		write(t, s, func(tx *store.Tx) error {
			return ledger.Append(tx, time.Unix(1, 0),
				practice.AuditEntry{Establishment: "E1", ActorKind: practice.ActorSystem,
					Action: "test"})
		})
		for _, statement := range []string{
			"UPDATE audit SET actor = 'x' WHERE establishment = 'E1'",
			"DELETE FROM audit WHERE establishment = 'E1'"} {
			err := s.Write(t.Context(), func(tx *store.Tx) error {
				_, err := tx.Exec(statement)
				return err
			})
			require.ErrorContains(t, err, "append-only")
		}
	})
}

func TestALeaseIsHeldByOne(t *testing.T) {
	t.Parallel()
	engines(t, func(t *testing.T, open func() *store.Store) {
		s, now := open(), time.Unix(1000, 0)
		for _, step := range []struct {
			holder string
			after  time.Duration
			taken  bool
		}{{"a", 0, true}, {"b", 0, false}, {"a", 50 * time.Second, true},
			{"b", 100 * time.Second, false}, {"b", 111 * time.Second, true},
			{"a", 112 * time.Second, false},
			// Its holder's clock was a day ahead, and is set right.
			{"b", 24 * time.Hour, true}, {"a", 113 * time.Second, true}} {
			taken, err := s.Lease(t.Context(), "reminders", step.holder, now.Add(step.after),
				time.Minute)
			require.NoError(t, err)
			require.Equal(t, step.taken, taken, "%+v", step)
		}
	})
}
