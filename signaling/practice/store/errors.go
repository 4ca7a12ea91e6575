package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"strings"

	"github.com/jackc/pgx/v5/pgconn"
	"modernc.org/sqlite"
	lib "modernc.org/sqlite/lib"
)

// Errors that callers tell apart. What the engine said stands behind them.
var (
	ErrNotFound  = errors.New("there is no such record")
	ErrVersion   = errors.New("somebody else has changed the record meanwhile")
	ErrDuplicate = errors.New("there is one like it already")
	ErrBusy      = errors.New("the store is busy; try again in a moment")
	ErrFull      = errors.New("the disk of the store is full, nothing was saved; make room on it")
	ErrAway      = errors.New("the database cannot be reached, nothing was saved; it is tried " +
		"again with each request")
	ErrCorrupt = errors.New("the file of the store is damaged; stop the server and restore the " +
		"last backup")
	ErrNewer = errors.New("the store was written by a newer draille; run that one, or " +
		"restore a backup made before")
	ErrInUse = errors.New("a running draille uses this file: stop it first; two servers need " +
		"PostgreSQL, or a file each")
	ErrOtherSecret = errors.New("another running draille uses this database with another " +
		"secret: give both the same file as secret-file; what one makes is worth nothing to the " +
		"other")
	ErrUnscoped  = errors.New("the statement names no establishment")
	ErrUnindexed = errors.New("the statement would read a whole table")
)

// explain puts one of the errors above before what the engine said.
func explain(err error) error {
	if err == nil {
		return nil
	}
	for _, known := range []error{ErrNotFound, ErrVersion, ErrDuplicate, ErrBusy, ErrFull, ErrAway,
		ErrCorrupt, ErrNewer, ErrInUse} {
		if errors.Is(err, known) {
			return err
		}
	}
	if errors.Is(err, sql.ErrNoRows) {
		return ErrNotFound
	}
	var fromSQLite *sqlite.Error
	if errors.As(err, &fromSQLite) {
		if kind := ofSQLite(fromSQLite.Code()); kind != nil {
			return fmt.Errorf("%w: %w", kind, err)
		}
	}
	if kind := ofPostgres(err); kind != nil {
		return fmt.Errorf("%w: %w", kind, err)
	}
	return err
}

func ofSQLite(code int) error {
	switch code {
	case lib.SQLITE_CONSTRAINT_UNIQUE, lib.SQLITE_CONSTRAINT_PRIMARYKEY:
		return ErrDuplicate
	}
	switch code & 0xff { // the primary code, without what is added to it
	case lib.SQLITE_BUSY, lib.SQLITE_LOCKED:
		return ErrBusy
	case lib.SQLITE_FULL:
		return ErrFull
	case lib.SQLITE_CORRUPT, lib.SQLITE_NOTADB:
		return ErrCorrupt
	}
	return nil
}

// ofPostgres sorts by SQLSTATE (PostgreSQL's documentation, appendix A).
func ofPostgres(err error) error {
	var fromPostgres *pgconn.PgError
	if errors.As(err, &fromPostgres) {
		switch code := fromPostgres.Code; {
		case code == "23505":
			return ErrDuplicate
		case code == "55P03", code == "40P01", code == "40001", code == "53300":
			return ErrBusy
		case strings.HasPrefix(code, "53"):
			return ErrFull
		case strings.HasPrefix(code, "57P"), strings.HasPrefix(code, "08"):
			return ErrAway
		case strings.HasPrefix(code, "XX"):
			return ErrCorrupt
		}
		return nil
	}
	var connecting *pgconn.ConnectError
	if errors.As(err, &connecting) || pgconn.SafeToRetry(err) && !errors.Is(err, context.Canceled) {
		return ErrAway
	}
	return nil
}
