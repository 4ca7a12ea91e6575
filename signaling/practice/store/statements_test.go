//go:build linux

package store_test

import (
	"fmt"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"

	"draille/signaling/practice"
	"draille/signaling/practice/store"
	"draille/signaling/practice/store/storetest"
)

// A statement that is kept ready is nobody else's while its rows are read (on PostgreSQL nobody can
// ask within an answer).
func TestAStatementRunsWithinItself(t *testing.T) {
	s := storetest.Open(t, filepath.Join(t.TempDir(), "practice.db"))
	for _, id := range []string{"E1", "E2", "E3"} {
		write(t, s, func(tx *store.Tx) error { return store.Insert(tx, hospital(id), nil) })
	}
	for range 2 { // the second time statements are ready
		var found []string
		require.NoError(t, s.Read(t.Context(), func(tx *store.Tx) error {
			var from func(id string) error
			from = func(id string) error {
				return tx.Query(func(scan func(...any) error) error {
					var id string
					if err := scan(&id); err != nil {
						return err
					}
					found = append(found, id)
					return from(id)
				}, "SELECT id FROM establishments WHERE id > $1 ORDER BY id", id)
			}
			return from("")
		}))
		require.Equal(t, []string{"E1", "E2", "E3", "E3", "E2", "E3", "E3"}, found)
	}
}

func TestMoreStatementsThanAreKeptReady(t *testing.T) {
	engines(t, func(t *testing.T, open func() *store.Store) {
		s := open()
		for range 2 {
			write(t, s, func(tx *store.Tx) error {
				for i := range 300 {
					var n int
					err := tx.Scan(fmt.Sprintf("SELECT %d FROM (SELECT 1) AS one", i), nil, &n)
					require.NoError(t, err)
					require.Equal(t, i, n)
				}
				return nil
			})
		}
	})
}

func TestManyRowsAreAddedAtOnce(t *testing.T) {
	engines(t, func(t *testing.T, open func() *store.Store) {
		s := open()
		var rows []store.Row[practice.Establishment]
		for i := range 150 {
			rows = append(rows, store.Row[practice.Establishment]{
				Row: hospital(fmt.Sprintf("E%03d", i))})
		}
		write(t, s, func(tx *store.Tx) error { return store.InsertAll(tx, rows[:75]) })
		require.ErrorIs(t, s.Write(t.Context(), func(tx *store.Tx) error {
			return store.InsertAll(tx, rows)
		}), store.ErrDuplicate)
		write(t, s, func(tx *store.Tx) error {
			added, err := store.InsertMissing(tx, rows, "id")
			require.Equal(t, int64(75), added)
			return err
		})
		require.NoError(t, s.Read(t.Context(), func(tx *store.Tx) error {
			found, err := store.Find[practice.Establishment](tx, "ORDER BY id")
			require.Len(t, found, 150)
			for i := range found {
				require.Equal(t, rows[i].Row, found[i])
			}
			return err
		}))
	})
}
