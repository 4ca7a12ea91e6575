// Package store keeps the practice: in a file (SQLite) or in a database of the hospital
// (PostgreSQL), with the same statements, the same transactions and the same errors.
//
// Writes happen one after the other on either engine, so that whoever writes sees all that was
// written before and no two writers can disagree. Reads see a consistent view and wait for nobody.
// What Write has returned without an error survives a power cut.
package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io/fs"
	"strings"
	"time"

	"github.com/pressly/goose/v3"
	"github.com/pressly/goose/v3/lock"
	"go.uber.org/zap"

	"draille/signaling/practice"
)

// Config says where the practice is kept. URL is required.
type Config struct {
	URL string // a path, or postgres://user@host/database
	Log *zap.Logger
	// Secret is a mark of the server's secret, by which nodes on one database see whether they have
	// the same. 0: it is not compared.
	Secret uint32
}

// Store is the practice on disk. Its methods may be called concurrently.
type Store struct {
	log     *zap.Logger
	engine  engine
	changes hub
	done    context.CancelFunc
	ended   chan struct{}
}

// engine is what the two differ in.
type engine interface {
	// reader and writer begin a transaction. A writer's is the only one that writes.
	reader(context.Context) (*sql.Tx, error)
	writer(context.Context) (*sql.Tx, error)
	// announce tells other nodes of changes, within the transaction that made them.
	announce(context.Context, *sql.Tx, []practice.Change) error
	// run does what has to be done from time to time, and reports changes of other nodes, until the
	// context ends.
	run(ctx context.Context, heard func([]practice.Change))
	// backup writes a consistent copy of everything into a new file.
	backup(ctx context.Context, path string) error
	// migrator is the database, how goose calls its dialect, and the migrations in it.
	migrator() (*sql.DB, goose.Dialect, fs.FS, error)
	// remote reports whether each statement takes a way to another process and back.
	remote() bool
	close() error
}

// Open opens the store, makes it if it is not there yet, and brings its tables up to date.
func Open(ctx context.Context, config Config) (*Store, error) {
	if config.Log == nil {
		config.Log = zap.NewNop()
	}
	var e engine
	var err error
	if isPostgres(config.URL) {
		e, err = openPostgres(ctx, config)
	} else {
		e, err = openSQLite(ctx, config.URL, config.Log)
	}
	if err != nil {
		return nil, err
	}
	if err := migrate(ctx, e); err != nil {
		return nil, errors.Join(explain(err), e.close())
	}
	running, done := context.WithCancel(context.Background())
	s := &Store{log: config.Log, engine: e, done: done, ended: make(chan struct{})}
	go func() {
		defer close(s.ended)
		e.run(running, s.changes.tell)
	}()
	return s, nil
}

func isPostgres(url string) bool {
	return strings.HasPrefix(url, "postgres://") || strings.HasPrefix(url, "postgresql://")
}

// migrate refuses what is newer than this program, and brings up to date what is older.
func migrate(ctx context.Context, e engine) error {
	db, dialect, files, err := e.migrator()
	if err != nil {
		return err
	}
	var options []goose.ProviderOption
	if dialect == goose.DialectPostgres { // of nodes that start together one makes the tables
		locker, err := lock.NewPostgresSessionLocker()
		if err != nil {
			return err
		}
		options = append(options, goose.WithSessionLocker(locker))
	}
	provider, err := goose.NewProvider(dialect, db, files, options...)
	if err != nil {
		return err
	}
	current, target, err := provider.GetVersions(ctx)
	if err != nil {
		return fmt.Errorf("the version of the store cannot be read: %w", explain(err))
	}
	if current > target {
		return fmt.Errorf("%w: expected version %d or less, got %d", ErrNewer, target, current)
	}
	if _, err = provider.Up(ctx); err != nil {
		return fmt.Errorf("the tables of the store cannot be made: %w", explain(err))
	}
	return nil
}

// Read calls f with a consistent view of the store.
func (s *Store) Read(ctx context.Context, f func(*Tx) error) error {
	tx, err := s.engine.reader(ctx)
	if err != nil {
		return explain(err)
	}
	defer tx.Rollback() //nolint:errcheck // nothing was written
	return f(&Tx{ctx: ctx, tx: tx, changes: new([]practice.Change)})
}

// WriteInParts calls some, each time with the right to change the store, until it has changed less
// than most rows, so that what takes long does not hold up other writers. It returns how many it
// has changed in all; an error ends it, and what was changed before stays.
func (s *Store) WriteInParts(ctx context.Context, most int64,
	some func(tx *Tx) (int64, error)) (all int64, err error) {
	for {
		var changed int64
		err := s.Write(ctx, func(tx *Tx) (err error) {
			changed, err = some(tx)
			return err
		})
		if err != nil {
			return all, err
		}
		if all += changed; changed < most {
			return all, nil
		}
	}
}

// Write calls f with the right to change the store. If f returns an error nothing is changed. Other
// writers wait meanwhile: f asks nobody but the store.
func (s *Store) Write(ctx context.Context, f func(*Tx) error) error {
	tx, err := s.engine.writer(ctx)
	if err != nil {
		return explain(err)
	}
	defer tx.Rollback() //nolint:errcheck // does nothing after Commit
	var changes []practice.Change
	if err := f(&Tx{ctx: ctx, tx: tx, changes: &changes}); err != nil {
		return err
	}
	if len(changes) == 0 {
		return explain(tx.Commit())
	}
	if err := s.engine.announce(ctx, tx, changes); err != nil {
		return explain(err)
	}
	if err := tx.Commit(); err != nil {
		return explain(err)
	}
	s.changes.tell(changes)
	return nil
}

// Watch returns changes as they happen, here and on other nodes; stop ends it. A watcher that does
// not keep up, or whose store was out of reach, gets nil once: it reads everything again.
func (s *Store) Watch() (changes <-chan []practice.Change, stop func()) { return s.changes.watch() }

// Revision grows with each change that Watch tells, before Write returns. Two equal ones mean that
// nothing was changed in between that somebody was told of.
func (s *Store) Revision() uint64 { return s.changes.revision.Load() }

// Remote reports whether each statement takes a way to another process and back, so that one for
// many rows is worth its words.
func (s *Store) Remote() bool { return s.engine.remote() }

// Backup writes a consistent copy of everything into a new file, while the store is in use.
func (s *Store) Backup(ctx context.Context, path string) error {
	return explain(s.engine.backup(ctx, path))
}

// Check asks the engine for a sign of life, and returns why there is none.
func (s *Store) Check(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, checkTimeout)
	defer cancel()
	return s.Read(ctx, func(tx *Tx) error {
		var count int
		return tx.Scan("SELECT COUNT(*) FROM establishments", nil, &count)
	})
}

// checkTimeout is longer than a database over a wide network takes, and shorter than a person's
// patience.
const checkTimeout = 5 * time.Second

// Close ends all watching and closes the store.
func (s *Store) Close() error {
	s.done()
	<-s.ended
	s.changes.close()
	return s.engine.close()
}
