//go:build unix

package store

import (
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"golang.org/x/sys/unix"
)

// What root restores is the server's: of systemd's dynamic user, say, who owns the folder.
func TestRestoreByRootIsForTheOwnerOfTheFolder(t *testing.T) {
	t.Parallel()
	if os.Geteuid() != 0 {
		t.Skip("only root gives files away")
	}
	from := filepath.Join(t.TempDir(), "from.db")
	made, err := Open(t.Context(), Config{URL: from})
	require.NoError(t, err)
	require.NoError(t, made.Close())
	backup := filepath.Join(t.TempDir(), "backup.db")
	require.NoError(t, BackupFile(t.Context(), from, backup))
	folder := t.TempDir()
	require.NoError(t, os.Chown(folder, 61234, 61235))
	to := filepath.Join(folder, "practice.db")
	_, err = RestoreFile(t.Context(), backup, to, time.Now())
	require.NoError(t, err)
	for _, path := range []string{to, to + ".lock"} {
		var file unix.Stat_t
		require.NoError(t, unix.Stat(path, &file))
		require.EqualValues(t, 61234, file.Uid, path)
		require.EqualValues(t, 61235, file.Gid, path)
	}
}

// A program that is being started has all files of this one for a moment: they must not keep the
// store locked once it is closed.
func TestAClosedStoreIsFreeWhoeverHasItsFiles(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "practice.db")
	opened, err := Open(t.Context(), Config{URL: path})
	require.NoError(t, err)
	var lock, other unix.Stat_t
	require.NoError(t, unix.Stat(path+".lock", &lock))
	copies := 0
	for descriptor := range 1024 {
		if unix.Fstat(descriptor, &other) != nil || other.Dev != lock.Dev ||
			other.Ino != lock.Ino {
			continue
		}
		held, err := unix.Dup(descriptor)
		require.NoError(t, err)
		defer unix.Close(held)
		copies++
		break
	}
	require.Equal(t, 1, copies)
	require.NoError(t, opened.Close())
	again, err := Open(t.Context(), Config{URL: path})
	require.NoError(t, err)
	require.NoError(t, again.Close())
}
