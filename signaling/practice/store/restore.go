package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"time"

	"github.com/pressly/goose/v3"
)

// RestoreFile puts a backup in the place of a store's file. What was there is kept beside it, under
// the name that is returned; empty: there was nothing. No server may use the file: ErrInUse. The
// backup is looked at first: ErrCorrupt, ErrNewer.
func RestoreFile(ctx context.Context, backup, path string, now time.Time) (kept string, err error) {
	if err := checkBackup(ctx, backup); err != nil {
		return "", fmt.Errorf("the backup %s cannot be used: %w", backup, err)
	}
	unlock, err := lockFile(path + ".lock")
	if err != nil {
		return "", err
	}
	defer func() { err = errors.Join(err, unlock()) }()
	draft := path + ".restored"
	if err = copyFile(backup, draft); err == nil {
		err = errors.Join(ownAsFolder(draft), ownAsFolder(path+".lock"))
	}
	if err != nil {
		return "", err
	}
	if kept, err = setAside(path, now); err != nil {
		return "", errors.Join(err, os.Remove(draft))
	}
	return kept, settle(draft, path)
}

// checkBackup opens a copy for reading, and says what is wrong with it.
func checkBackup(ctx context.Context, path string) (err error) {
	if _, err := os.Stat(path); errors.Is(err, os.ErrNotExist) {
		return errors.New("there is no such file: give the path of one that draille backup made")
	} else if err != nil {
		return err
	}
	db, err := sql.Open("sqlite", dataSource(path, "deferred", "query_only(1)"))
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, db.Close()) }()
	var verdict string
	if err := db.QueryRowContext(ctx, "PRAGMA integrity_check(1)").Scan(&verdict); err != nil {
		return explain(err)
	}
	if verdict != "ok" {
		return fmt.Errorf("%w: %s", ErrCorrupt, verdict)
	}
	files, err := migrationsFor("SQLite", sqliteWords)
	if err != nil {
		return err
	}
	provider, err := goose.NewProvider(goose.DialectSQLite3, db, files)
	if err != nil {
		return err
	}
	newest := provider.ListSources()[len(provider.ListSources())-1].Version
	var version int64
	if err := db.QueryRowContext(ctx, "SELECT MAX(version_id) FROM goose_db_version").Scan(
		&version); err != nil {
		return fmt.Errorf("expected a backup that draille has made: %w", explain(err))
	}
	if version > newest {
		return fmt.Errorf("%w: expected version %d or less, got %d", ErrNewer, newest, version)
	}
	return nil
}

// setAside gives the file another name, with what SQLite has beside it.
func setAside(path string, now time.Time) (string, error) {
	kept := path + ".before-" + now.UTC().Format("20060102T150405Z")
	for _, suffix := range []string{"-wal", "-shm", ""} {
		err := os.Rename(path+suffix, kept+suffix)
		if errors.Is(err, fs.ErrNotExist) {
			if suffix == "" {
				kept = ""
			}
			continue
		}
		if err != nil {
			return "", err
		}
	}
	return kept, nil
}

func copyFile(from, to string) error {
	source, err := os.Open(from)
	if err != nil {
		return err
	}
	defer source.Close()
	target, err := os.OpenFile(to, os.O_CREATE|os.O_WRONLY|os.O_TRUNC, 0o600)
	if err != nil {
		return err
	}
	_, err = io.Copy(target, source)
	return errors.Join(err, target.Close())
}
