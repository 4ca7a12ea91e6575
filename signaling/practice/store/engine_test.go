//go:build linux

package store_test

import (
	"context"
	"database/sql"
	"errors"
	"os"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"draille/signaling/practice"
	"draille/signaling/practice/store"
	"draille/signaling/practice/store/storetest"
)

func TestWritersComeOneAfterTheOther(t *testing.T) {
	t.Parallel()
	const writers, each = 8, 20
	engines(t, func(t *testing.T, open func() *store.Store) {
		s := open()
		write(t, s, func(tx *store.Tx) error { return store.Insert(tx, hospital("E1"), nil) })
		var group sync.WaitGroup
		failures := make(chan error, writers*each)
		for range writers {
			group.Go(func() {
				for range each {
					// Read, then write: a lost update would show in the version.
					failures <- s.Write(t.Context(), func(tx *store.Tx) error {
						found, err := store.Get[practice.Establishment](tx, "WHERE id = $1", "E1")
						if err != nil {
							return err
						}
						return store.Update(tx, &found, nil)
					})
				}
			})
		}
		group.Wait()
		close(failures)
		for err := range failures {
			require.NoError(t, err)
		}
		require.NoError(t, s.Read(t.Context(), func(tx *store.Tx) error {
			found, err := store.Get[practice.Establishment](tx, "WHERE id = $1", "E1")
			require.Equal(t, 1+writers*each, found.Version)
			return err
		}))
	})
}

func TestAReaderSeesOneMomentAndWaitsForNobody(t *testing.T) {
	t.Parallel()
	engines(t, func(t *testing.T, open func() *store.Store) {
		s := open()
		write(t, s, func(tx *store.Tx) error { return store.Insert(tx, hospital("E1"), nil) })
		count := func(tx *store.Tx) (n int) {
			require.NoError(t, tx.Scan("SELECT COUNT(*) FROM establishments", nil, &n))
			return n
		}
		require.NoError(t, s.Read(t.Context(), func(early *store.Tx) error {
			require.Equal(t, 1, count(early))
			// The writer has not finished, and neither has the reader.
			write(t, s, func(tx *store.Tx) error {
				require.NoError(t, store.Insert(tx, hospital("E2"), nil))
				require.Equal(t, 1, count(early))
				return nil
			})
			require.Equal(t, 1, count(early))
			return nil
		}))
		require.NoError(t, s.Read(t.Context(), func(late *store.Tx) error {
			require.Equal(t, 2, count(late))
			return nil
		}))
	})
}

func TestAReaderDoesNotWrite(t *testing.T) {
	t.Parallel()
	engines(t, func(t *testing.T, open func() *store.Store) {
		require.Error(t, open().Read(t.Context(), func(tx *store.Tx) error {
			return store.Insert(tx, hospital("E1"), nil)
		}))
	})
}

func TestWhatFailsIsUndone(t *testing.T) {
	t.Parallel()
	engines(t, func(t *testing.T, open func() *store.Store) {
		s := open()
		failed := errors.New("on purpose")
		require.ErrorIs(t, s.Write(t.Context(), func(tx *store.Tx) error {
			require.NoError(t, store.Insert(tx, hospital("E1"), nil))
			return failed
		}), failed)
		require.NoError(t, s.Read(t.Context(), func(tx *store.Tx) error {
			_, err := store.Get[practice.Establishment](tx, "WHERE id = $1", "E1")
			require.ErrorIs(t, err, store.ErrNotFound)
			return nil
		}))
	})
}

func TestAStoreIsOpenedAgain(t *testing.T) {
	t.Parallel()
	storetest.Engines(t, func(t *testing.T, url string) {
		first, err := store.Open(t.Context(), store.Config{URL: url})
		require.NoError(t, err)
		write(t, first, func(tx *store.Tx) error { return store.Insert(tx, hospital("E1"), nil) })
		require.NoError(t, first.Close())
		again := storetest.Open(t, url)
		require.NoError(t, again.Check(t.Context()))
		require.NoError(t, again.Read(t.Context(), func(tx *store.Tx) error {
			_, err := store.Get[practice.Establishment](tx, "WHERE id = $1", "E1")
			return err
		}))
	})
}

func TestAStoreOfANewerProgramIsRefused(t *testing.T) {
	t.Parallel()
	storetest.Engines(t, func(t *testing.T, url string) {
		first, err := store.Open(t.Context(), store.Config{URL: url})
		require.NoError(t, err)
		write(t, first, func(tx *store.Tx) error {
			_, err := tx.Exec(
				"INSERT INTO goose_db_version (version_id, is_applied) VALUES (999, $1)", true)
			return err
		})
		require.NoError(t, first.Close())
		_, err = store.Open(t.Context(), store.Config{URL: url})
		require.ErrorIs(t, err, store.ErrNewer)
	})
}

// Two nodes on one database hear of each other's changes; on one file there are never two.
func TestNodesHearOfEachOther(t *testing.T) {
	t.Parallel()
	url := storetest.Postgres(t)
	one, other := storetest.Open(t, url), storetest.Open(t, url)
	changes, stop := other.Watch()
	defer stop()
	write(t, one, func(tx *store.Tx) error {
		tx.Changed(practice.TopicDirectory, "E1", "L1")
		return nil
	})
	require.Equal(t,
		[]practice.Change{{Topic: practice.TopicDirectory, Establishment: "E1", ID: "L1"}},
		<-changes)
	write(t, one, func(tx *store.Tx) error {
		for range 1000 { // more than a notification holds
			tx.Changed(practice.TopicAppointment, "E1", practice.NewID())
		}
		return nil
	})
	require.Nil(t, <-changes, "too many to say: read everything again")
}

// Links, and codes of sign-ins, are made with the server's secret.
func TestNodesWithAnotherSecretAreRefused(t *testing.T) {
	t.Parallel()
	url := storetest.Postgres(t)
	open := func(secret uint32) (*store.Store, error) {
		return store.Open(t.Context(), store.Config{URL: url, Secret: secret})
	}
	first, err := open(1)
	require.NoError(t, err)
	second, err := open(1)
	require.NoError(t, err)
	_, err = open(4_000_000_000)
	require.ErrorIs(t, err, store.ErrOtherSecret)
	require.NoError(t, storetest.Open(t, url).Check(t.Context()), "a command compares none")
	require.NoError(t, errors.Join(first.Close(), second.Close()))
	third, err := open(4_000_000_000) // a secret that was replaced, as the README says
	require.NoError(t, err)
	require.NoError(t, third.Close())
}

func TestTwoNodesOnOneFileAreRefused(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "practice.db")
	first, err := store.Open(t.Context(), store.Config{URL: path})
	require.NoError(t, err)
	_, err = store.Open(t.Context(), store.Config{URL: path})
	require.ErrorIs(t, err, store.ErrInUse)
	require.NoError(t, first.Close())
	require.NoError(t, storetest.Open(t, path).Check(t.Context()))
}

func TestADamagedFileIsRefused(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "practice.db")
	first, err := store.Open(t.Context(), store.Config{URL: path})
	require.NoError(t, err)
	write(t, first, func(tx *store.Tx) error { return store.Insert(tx, hospital("E1"), nil) })
	require.NoError(t, first.Close())
	content, err := os.ReadFile(path)
	require.NoError(t, err)
	for name, damage := range map[string]func([]byte){
		"header":      func(b []byte) { copy(b, "no database at all") },
		"first table": func(b []byte) { clear(b[4096:8192]) },
	} {
		t.Run(name, func(t *testing.T) {
			damaged := append([]byte(nil), content...)
			damage(damaged)
			path := filepath.Join(t.TempDir(), "practice.db")
			require.NoError(t, os.WriteFile(path, damaged, 0o600))
			_, err := store.Open(t.Context(), store.Config{URL: path})
			require.ErrorIs(t, err, store.ErrCorrupt)
		})
	}
}

func TestAFullDiskIsToldSo(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "practice.db")
	s := storetest.Open(t, path)
	write(t, s, func(tx *store.Tx) error {
		_, err := tx.Exec("PRAGMA max_page_count = 1") // SQLite takes what there is already
		return err
	})
	var err error
	for i := 0; err == nil && i < 10_000; i++ {
		err = s.Write(t.Context(), func(tx *store.Tx) error {
			return store.Insert(tx, hospital(practice.NewID()), nil)
		})
	}
	require.ErrorIs(t, err, store.ErrFull)
	require.NoError(t, s.Check(t.Context()), "it can be read nevertheless")
}

func TestAFileThatSomebodyElseHoldsIsBusy(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "practice.db")
	s := storetest.Open(t, path)
	curious, err := sql.Open("sqlite", path)
	require.NoError(t, err)
	defer curious.Close()
	_, err = curious.Exec("BEGIN IMMEDIATE")
	require.NoError(t, err)
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
	defer cancel()
	require.ErrorIs(t,
		s.Write(ctx, func(tx *store.Tx) error { return store.Insert(tx, hospital("E1"), nil) }),
		store.ErrBusy)
}

func TestADatabaseThatIsNotThereIsAway(t *testing.T) {
	t.Parallel()
	_, err := store.Open(t.Context(),
		store.Config{URL: "postgres://draille@/practice?host=" + t.TempDir()})
	require.ErrorIs(t, err, store.ErrAway)
	require.NotContains(t, err.Error(), "password")
}

// underLoad calls f while somebody writes pairs of rows, each in one transaction.
func underLoad(t *testing.T, s *store.Store, f func()) {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	var group sync.WaitGroup
	begun := make(chan struct{})
	group.Go(func() {
		for i := 0; ctx.Err() == nil; i++ {
			err := s.Write(context.WithoutCancel(ctx), func(tx *store.Tx) error {
				id := practice.NewID()
				return errors.Join(store.Insert(tx, hospital("a"+id), nil),
					store.Insert(tx, hospital("b"+id), nil))
			})
			if err != nil {
				t.Error(err)
			}
			if i == 10 {
				close(begun)
			}
		}
	})
	<-begun
	f()
	cancel()
	group.Wait()
}

// requirePairs wants both rows of each pair, or neither.
func requirePairs(t *testing.T, url string) {
	t.Helper()
	require.NoError(t, storetest.Open(t, url).Read(t.Context(), func(tx *store.Tx) error {
		var first, second int
		require.NoError(t, tx.Scan("SELECT COUNT(*) FROM establishments WHERE id LIKE 'a%'", nil,
			&first))
		require.NoError(t, tx.Scan("SELECT COUNT(*) FROM establishments WHERE id LIKE 'b%'", nil,
			&second))
		require.Equal(t, first, second)
		require.GreaterOrEqual(t, first, 10)
		return nil
	}))
}

func TestABackupUnderLoadIsRestoredWhole(t *testing.T) {
	t.Parallel()
	s := storetest.Open(t, filepath.Join(t.TempDir(), "practice.db"))
	path := filepath.Join(t.TempDir(), "backup.db")
	underLoad(t, s, func() { require.NoError(t, s.Backup(t.Context(), path)) })
	require.ErrorContains(t, s.Backup(t.Context(), path), "there already")
	info, err := os.Stat(path)
	require.NoError(t, err)
	require.Equal(t, os.FileMode(0o600), info.Mode())
	restored := filepath.Join(t.TempDir(), "practice.db")
	_, err = store.RestoreFile(t.Context(), path, restored, time.Now()) // checks its integrity
	require.NoError(t, err)
	requirePairs(t, restored)
}

// A database is backed up by PostgreSQL's own programs, as cmd/draille/README.md says.
func TestADumpUnderLoadIsRestoredWhole(t *testing.T) {
	t.Parallel()
	url := storetest.Postgres(t)
	s := storetest.Open(t, url)
	path := filepath.Join(t.TempDir(), "practice.dump")
	underLoad(t, s, func() { storetest.Program(t, "pg_dump", "-Fc", "-f", path, url) })
	restored := storetest.Postgres(t)
	storetest.Program(t, "pg_restore", "--exit-on-error", "-d", restored, path)
	requirePairs(t, restored)
}

func TestABackupIsRestoredAndWhatWasThereIsKept(t *testing.T) {
	t.Parallel()
	folder := t.TempDir()
	path, backup := filepath.Join(folder, "practice.db"), filepath.Join(folder, "backup.db")
	s, err := store.Open(t.Context(), store.Config{URL: path})
	require.NoError(t, err)
	write(t, s, func(tx *store.Tx) error { return store.Insert(tx, hospital("E1"), nil) })
	require.NoError(t, s.Backup(t.Context(), backup))
	write(t, s, func(tx *store.Tx) error { return store.Insert(tx, hospital("E2"), nil) })
	now := time.Date(2026, time.December, 1, 12, 0, 0, 0, time.UTC)
	_, err = store.RestoreFile(t.Context(), backup, path, now)
	require.ErrorIs(t, err, store.ErrInUse)
	require.NoError(t, s.Close())

	kept, err := store.RestoreFile(t.Context(), backup, path, now)
	require.NoError(t, err)
	require.Equal(t, path+".before-20261201T120000Z", kept)
	for file, hospitals := range map[string]int{path: 1, kept: 2} {
		require.NoError(t, storetest.Open(t, file).Read(t.Context(), func(tx *store.Tx) error {
			found, err := store.Find[practice.Establishment](tx, "")
			require.Len(t, found, hospitals)
			return err
		}))
	}
	fresh := filepath.Join(t.TempDir(), "practice.db")
	kept, err = store.RestoreFile(t.Context(), backup, fresh, now)
	require.NoError(t, err)
	require.Empty(t, kept)
	require.NoError(t, storetest.Open(t, fresh).Check(t.Context()))
}

func TestWhatIsNoBackupIsNotRestored(t *testing.T) {
	t.Parallel()
	folder := t.TempDir()
	backup := filepath.Join(folder, "backup.db")
	require.NoError(t, os.WriteFile(backup, []byte("a letter to the director"), 0o600))
	_, err := store.RestoreFile(t.Context(), backup, filepath.Join(folder, "practice.db"),
		time.Now())
	require.ErrorIs(t, err, store.ErrCorrupt)
	_, err = os.Stat(filepath.Join(folder, "practice.db"))
	require.ErrorIs(t, err, os.ErrNotExist)

	newer := filepath.Join(folder, "newer.db")
	s, err := store.Open(t.Context(), store.Config{URL: newer})
	require.NoError(t, err)
	write(t, s, func(tx *store.Tx) error {
		_, err := tx.Exec("INSERT INTO goose_db_version (version_id, is_applied) VALUES (999, $1)",
			true)
		return err
	})
	require.NoError(t, s.Close())
	_, err = store.RestoreFile(t.Context(), newer, filepath.Join(folder, "practice.db"), time.Now())
	require.ErrorIs(t, err, store.ErrNewer)
}

func TestOfNodesThatStartTogetherOneMakesTheTables(t *testing.T) {
	t.Parallel()
	url := storetest.Postgres(t)
	var group sync.WaitGroup
	for range 3 {
		group.Go(func() {
			s, err := store.Open(t.Context(), store.Config{URL: url})
			if err == nil {
				err = errors.Join(s.Check(t.Context()), s.Close())
			}
			if err != nil {
				t.Error(err)
			}
		})
	}
	group.Wait()
}

func TestTheOutboxKnowsInWhichOrderItWasFilled(t *testing.T) {
	t.Parallel()
	engines(t, func(t *testing.T, open func() *store.Store) {
		s := open()
		var posted []string
		for range 20 { // ids are random, and all of one millisecond
			m := practice.Message{ID: practice.NewID(), Establishment: "E1", CreatedAt: 1}
			posted = append(posted, m.ID)
			write(t, s, func(tx *store.Tx) error {
				return store.Insert(tx, m, store.With{"once": m.ID})
			})
		}
		var found []string
		require.NoError(t, s.Read(t.Context(), func(tx *store.Tx) error {
			messages, err := store.Find[practice.Message](tx,
				"WHERE establishment = $1 ORDER BY ordinal", "E1")
			for _, m := range messages {
				found = append(found, m.ID)
			}
			return err
		}))
		require.Equal(t, posted, found)
	})
}
