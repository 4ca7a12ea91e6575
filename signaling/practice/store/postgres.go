package store

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/stdlib"
	"github.com/pressly/goose/v3"
	"go.uber.org/zap"

	"draille/signaling/practice"
)

const (
	// writeLock is the advisory lock of whoever writes: one at a time on all nodes, as with a file.
	writeLock = 0x647261696c6c65 // "draille"
	// secretLock is the class of the shared advisory locks by which nodes see whether they have the
	// same secret.
	secretLock = 0x64726169 // "drai"
	// channel is where nodes tell each other of changes.
	channel = "draille_changes"
	// announceBytes is less than the 8000 bytes that a NOTIFY may carry.
	announceBytes = 7000
	// connections to the database of one node.
	connections = 16
	// listenAgain is how long after a lost connection the next one is tried.
	listenAgain = time.Second
	// leaving is how long a database may take to let a node go.
	leaving = 2 * time.Second
)

// databaseStore is the practice in a PostgreSQL database.
type databaseStore struct {
	db     *sql.DB
	config *pgx.ConnConfig
	log    *zap.Logger
	node   string // not to hear oneself
	secret uint32 // Config.Secret

	listener *pgx.Conn // the first one; run closes it
}

func openPostgres(ctx context.Context, given Config) (*databaseStore, error) {
	config, err := pgx.ParseConfig(given.URL)
	if err != nil { // which names neither password nor user
		return nil, fmt.Errorf("practice.store: expected postgres://user@host/database: %w", err)
	}
	if config.RuntimeParams["application_name"] == "" {
		config.RuntimeParams["application_name"] = "draille"
	}
	// Whoever waits for the one who writes is told that the store is busy, not that the page is
	// broken; and a node that hangs in the middle of a transaction does not stop the others.
	config.RuntimeParams["lock_timeout"] = fmt.Sprint(busyTimeout.Milliseconds())
	config.RuntimeParams["idle_in_transaction_session_timeout"] = "30000"
	d := &databaseStore{db: stdlib.OpenDB(*config), config: config, log: given.Log,
		node: practice.NewID(), secret: given.Secret}
	d.db.SetMaxOpenConns(connections)
	d.db.SetMaxIdleConns(connections)
	if err := d.db.PingContext(ctx); err != nil {
		return nil, errors.Join(fmt.Errorf("the database of practice.store cannot be opened: %w",
			explain(err)), d.db.Close())
	}
	if d.listener, err = d.subscribe(ctx); err != nil {
		return nil, errors.Join(explain(err), d.db.Close())
	}
	return d, nil
}

func (d *databaseStore) reader(ctx context.Context) (*sql.Tx, error) {
	return d.db.BeginTx(ctx, &sql.TxOptions{Isolation: sql.LevelRepeatableRead, ReadOnly: true})
}

func (d *databaseStore) writer(ctx context.Context) (*sql.Tx, error) {
	// read committed: each statement sees what was written before the lock was had
	tx, err := d.db.BeginTx(ctx, nil)
	if err != nil {
		return nil, err
	}
	if _, err := tx.ExecContext(ctx, "SELECT pg_advisory_xact_lock($1)", int64(writeLock)); err !=
		nil {
		return nil, errors.Join(err, tx.Rollback())
	}
	return tx, nil
}

// announcement is the payload of a notification. Without changes it means that there were too many
// to say.
type announcement struct {
	Node    string            `json:"node"`
	Changes []practice.Change `json:"changes"`
}

func (d *databaseStore) announce(ctx context.Context, tx *sql.Tx, changes []practice.Change) error {
	payload, err := json.Marshal(announcement{d.node, changes})
	if err == nil && len(payload) > announceBytes {
		payload, err = json.Marshal(announcement{Node: d.node})
	}
	if err != nil {
		return err
	}
	_, err = tx.ExecContext(ctx, "SELECT pg_notify($1, $2)", channel, string(payload))
	return err
}

// subscribe opens the connection on which other nodes are heard.
func (d *databaseStore) subscribe(ctx context.Context) (*pgx.Conn, error) {
	connection, err := pgx.ConnectConfig(ctx, d.config.Copy())
	if err != nil {
		return nil, err
	}
	if _, err := connection.Exec(ctx, "LISTEN "+channel); err != nil {
		return nil, errors.Join(err, connection.Close(ctx))
	}
	if err := d.sameSecret(ctx, connection); err != nil {
		leave(ctx, connection)
		return nil, err
	}
	return connection, nil
}

// leave gives back the lock that bears this node's secret, and ends the connection. The database
// would do the former itself, but some time after the latter: a node that starts meanwhile with
// another secret would be refused for one that has ended.
func leave(ctx context.Context, connection *pgx.Conn) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), leaving)
	defer cancel()
	_, _ = connection.Exec(ctx, "SELECT pg_advisory_unlock_all()") // it may be broken already
	_ = connection.Close(ctx)                                      // likewise
}

// sameSecret holds a lock that bears this node's secret as long as the connection stands, and
// refuses to be beside a node that holds another's: the links that one of them makes, and the codes
// that it seals, are worth nothing to the other.
func (d *databaseStore) sameSecret(ctx context.Context, connection *pgx.Conn) error {
	if d.secret == 0 {
		return nil
	}
	if _, err := connection.Exec(ctx, "SELECT pg_advisory_lock_shared($1, $2)", secretLock,
		int32(d.secret)); err != nil {
		return err
	}
	others := 0
	if err := connection.QueryRow(ctx, `SELECT COUNT(*) FROM pg_locks
		WHERE locktype = 'advisory' AND objsubid = 2 AND classid = $1 AND objid <> $2
		AND database = (SELECT oid FROM pg_database WHERE datname = current_database())`,
		uint32(secretLock), d.secret).Scan(&others); err != nil {
		return err
	}
	if others > 0 {
		return ErrOtherSecret
	}
	return nil
}

// run listens to the other nodes. After each new connection it reports that it may have missed
// something.
func (d *databaseStore) run(ctx context.Context, heard func([]practice.Change)) {
	connection := d.listener
	for {
		err := d.listen(ctx, connection, heard)
		for ctx.Err() == nil && err != nil {
			d.log.Warn("other nodes are not heard; it is tried again", zap.Error(explain(err)))
			select {
			case <-ctx.Done():
				return
			case <-time.After(listenAgain):
			}
			if connection, err = d.subscribe(ctx); err == nil {
				heard(nil)
			}
		}
		if ctx.Err() != nil {
			return
		}
	}
}

// listen reports what is heard until the connection breaks, which is an error, or the context ends.
func (d *databaseStore) listen(ctx context.Context, connection *pgx.Conn,
	heard func([]practice.Change)) error {
	defer leave(ctx, connection)
	for {
		notification, err := connection.WaitForNotification(ctx)
		if err != nil {
			return err
		}
		var said announcement
		if err := json.Unmarshal([]byte(notification.Payload), &said); err != nil {
			heard(nil)
		} else if said.Node != d.node {
			heard(said.Changes)
		}
	}
}

// backup is not for us to make: pg_dump is, which the database's own administrators know.
func (d *databaseStore) backup(context.Context, string) error {
	return errors.New("the store is a PostgreSQL database: expected a file to copy; back it up " +
		"with pg_dump, as cmd/draille/README.md says")
}

func (d *databaseStore) migrator() (*sql.DB, goose.Dialect, fs.FS, error) {
	files, err := migrationsFor("PostgreSQL", postgresWords)
	return d.db, goose.DialectPostgres, files, err
}

func (d *databaseStore) remote() bool { return true }

func (d *databaseStore) close() error {
	// Of a store that was not opened after all; run has left otherwise, and leaving again does
	// nothing.
	leave(context.Background(), d.listener)
	return d.db.Close()
}
