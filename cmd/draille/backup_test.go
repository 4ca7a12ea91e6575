package main

import (
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"draille/signaling/practice"
	"draille/signaling/practice/ledger"
	"draille/signaling/practice/store"
)

func TestBackupVerifyAndRestoreByCommand(t *testing.T) {
	folder := t.TempDir()
	data := "--data-directory=" + filepath.Join(folder, "data")
	backup := filepath.Join(folder, "backup.db")
	_, err := run(t, "backup", backup, data)
	require.ErrorContains(t, err, "there is no practice in ")

	_, err = run(t, "audit", "verify", data)
	require.ErrorContains(t, err, "there is no practice in ")
	_, err = run(t, "administrator", data)
	require.ErrorContains(t, err, "there is no practice in ")
	require.NoDirExists(t, filepath.Join(folder, "data"), "and none is made by looking for it")

	running, err := store.Open(t.Context(),
		store.Config{URL: filepath.Join(folder, "data", practiceStoreName)})
	require.NoError(t, err)
	require.NoError(t, running.Write(t.Context(), func(tx *store.Tx) error {
		return ledger.Append(tx, time.Now(),
			practice.AuditEntry{ActorKind: practice.ActorSystem, Action: "test"})
	}))
	require.NoError(t, os.WriteFile(backup, []byte("no backup"), 0o600))
	_, err = run(t, "restore", backup, data, "--data-directory="+folder)
	require.ErrorContains(t, err, "not a file that draille backup has made")
	require.NoError(t, os.Remove(backup))
	said, err := run(t, "backup", backup, data)
	require.NoError(t, err)
	require.Contains(t, said, backup)
	said, err = run(t, "audit", "verify", data)
	require.NoError(t, err)
	require.Regexp(t, `(?s)^1 entries .*\n1:[0-9a-f]{64}\n$`, said)
	_, err = run(t, "audit", "verify", data, "--known", "7:ab")
	require.ErrorContains(t, err, "does not hold")
	_, err = run(t, "restore", backup, data)
	require.ErrorIs(t, err, store.ErrInUse)
	require.NoError(t, running.Close())
	said, err = run(t, "restore", backup, data)
	require.NoError(t, err)
	require.Contains(t, said, ".before-")
	said, err = run(t, "restore", backup, "--data-directory="+filepath.Join(folder, "new", "data"))
	require.NoError(t, err, "on a new machine")
	require.FileExists(t, filepath.Join(folder, "new", "data", practiceStoreName))
	require.Contains(t, said, "what was there is kept: nothing")
	_, err = run(t, "backup", backup, data, "--practice.store=postgres://draille@db/draille")
	require.ErrorContains(t, err, "pg_dump")
	info, err := os.Stat(backup)
	require.NoError(t, err)
	require.Equal(t, os.FileMode(0o600), info.Mode())
}
