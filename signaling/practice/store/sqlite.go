package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io/fs"
	"net/url"
	"os"
	"path/filepath"
	"time"

	"github.com/pressly/goose/v3"
	"go.uber.org/zap"
	_ "modernc.org/sqlite" // SQLite in pure Go: the binary needs no C compiler and no library

	"draille/signaling/practice"
)

const (
	// busyTimeout is how long a statement waits for another process, which can only be a backup or
	// a curious person.
	busyTimeout = 5 * time.Second
	// readers is how many reads go on at once. A day list takes a fraction of a millisecond.
	readers = 8
	// checkpointEvery bounds how large the write-ahead log grows while readers never leave a gap.
	checkpointEvery = time.Minute
)

// fileStore is the practice in a file.
type fileStore struct {
	path   string
	log    *zap.Logger
	write  *sql.DB // one connection
	read   *sql.DB
	unlock func() error
}

func openSQLite(ctx context.Context, path string, log *zap.Logger) (*fileStore, error) {
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		return nil, fmt.Errorf(
			"the folder of the store cannot be made: %w; choose another with practice.store", err)
	}
	unlock, err := lockFile(path + ".lock")
	if err != nil {
		return nil, err
	}
	f := &fileStore{path: path, log: log, unlock: unlock}
	if err := f.open(ctx); err != nil {
		return nil, errors.Join(fmt.Errorf("the store %s cannot be opened: %w", path, explain(err)),
			f.close())
	}
	return f, nil
}

func (f *fileStore) open(ctx context.Context) error {
	// The file is made here, so that nobody but the server's user can read it or what SQLite puts
	// beside it.
	file, err := os.OpenFile(f.path, os.O_RDWR|os.O_CREATE, 0o600)
	if err != nil {
		return err
	}
	if err := file.Close(); err != nil {
		return err
	}
	// BEGIN IMMEDIATE: a transaction that begins as a reader and then writes fails at once when
	// another one has written, whatever the timeout.
	if f.write, err = openFile(dataSource(f.path, "immediate",
		"journal_mode(WAL)", "synchronous(FULL)", "foreign_keys(1)")); err != nil {
		return err
	}
	f.write.SetMaxOpenConns(1)
	if f.read, err = openFile(dataSource(f.path, "deferred", "query_only(1)")); err != nil {
		return err
	}
	f.read.SetMaxOpenConns(readers)
	f.read.SetMaxIdleConns(readers)
	var mode string
	if err := f.write.QueryRowContext(ctx, "PRAGMA journal_mode").Scan(&mode); err != nil {
		return err
	}
	if mode != "wal" {
		return fmt.Errorf(
			"expected a disk that can hold a write-ahead log, got journal mode %q; use a local "+
				"disk", mode)
	}
	return f.verify(ctx)
}

// verify finds a damaged file before anybody writes to it.
func (f *fileStore) verify(ctx context.Context) error {
	var verdict string
	if err := f.read.QueryRowContext(ctx, "PRAGMA quick_check(1)").Scan(&verdict); err != nil {
		return err
	}
	if verdict != "ok" {
		return fmt.Errorf("%w: %s", ErrCorrupt, verdict)
	}
	return nil
}

// dataSource is what modernc.org/sqlite opens.
func dataSource(path, transactions string, pragmas ...string) string {
	query := url.Values{"_txlock": {transactions},
		"_pragma": append([]string{fmt.Sprintf("busy_timeout(%d)", busyTimeout.Milliseconds())},
			pragmas...)}
	return (&url.URL{Scheme: "file", Opaque: (&url.URL{Path: path}).EscapedPath(),
		RawQuery: query.Encode()}).String()
}

func (f *fileStore) reader(ctx context.Context) (*sql.Tx, error) { return f.read.BeginTx(ctx, nil) }

func (f *fileStore) writer(ctx context.Context) (*sql.Tx, error) {
	return f.write.BeginTx(ctx, nil)
}

// announce has nobody to tell: there is one node on a file.
func (f *fileStore) announce(context.Context, *sql.Tx, []practice.Change) error { return nil }

// run puts the write-ahead log back into the file from time to time.
func (f *fileStore) run(ctx context.Context, _ func([]practice.Change)) {
	ticker := time.NewTicker(checkpointEvery)
	defer ticker.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-ticker.C:
			if _, err := f.write.ExecContext(ctx, "PRAGMA wal_checkpoint(TRUNCATE)"); err != nil &&
				ctx.Err() == nil {
				f.log.Warn("the write-ahead log of the store was not put back into its file; it "+
					"is tried again", zap.Error(explain(err)))
			}
		}
	}
}

func (f *fileStore) backup(ctx context.Context, path string) error {
	return BackupFile(ctx, f.path, path)
}

// BackupFile writes what is in a store's file at one moment into a new file, while a server uses it
// or not. The copy is whole and on the disk, or it is not there.
func BackupFile(ctx context.Context, from, to string) error {
	if _, err := os.Stat(from); err != nil {
		return fmt.Errorf("expected the file of a store: %w", err)
	}
	if _, err := os.Lstat(to); err == nil {
		return fmt.Errorf(
			"expected the name of a new file, but %s is there already; choose another", to)
	}
	draft := to + ".part"
	if err := os.Remove(draft); err != nil && !errors.Is(err, os.ErrNotExist) {
		return err
	}
	file, err := os.OpenFile(draft, os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o600)
	if err != nil {
		return err
	}
	if err = file.Close(); err == nil {
		err = vacuumInto(ctx, from, draft)
	}
	if err == nil {
		err = settle(draft, to)
	}
	if err != nil {
		return errors.Join(explain(err), os.Remove(draft))
	}
	return nil
}

func vacuumInto(ctx context.Context, from, to string) error {
	db, err := sql.Open("sqlite", dataSource(from, "deferred"))
	if err != nil {
		return err
	}
	_, err = db.ExecContext(ctx, "VACUUM INTO $1", to)
	return errors.Join(err, db.Close())
}

// settle gives a finished file its name, so that both survive a power cut.
func settle(draft, path string) error {
	for _, step := range []func() error{
		func() error { return syncFile(draft) },
		func() error { return os.Rename(draft, path) },
		func() error { return syncFile(filepath.Dir(path)) },
	} {
		if err := step(); err != nil {
			return err
		}
	}
	return nil
}

func syncFile(path string) error {
	file, err := os.Open(path)
	if err != nil {
		return err
	}
	return errors.Join(file.Sync(), file.Close())
}

func (f *fileStore) migrator() (*sql.DB, goose.Dialect, fs.FS, error) {
	files, err := migrationsFor("SQLite", sqliteWords)
	return f.write, goose.DialectSQLite3, files, err
}

func (f *fileStore) remote() bool { return false }

func (f *fileStore) close() error {
	var problems []error
	// the last to leave puts the write-ahead log back
	for _, db := range []*sql.DB{f.read, f.write} {
		if db != nil {
			problems = append(problems, db.Close())
		}
	}
	return errors.Join(append(problems, f.unlock())...)
}
