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
