package main

import (
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestSecretIsMadeOnceAndKept(t *testing.T) {
	config := defaultConfig()
	config.DataDirectory = filepath.Join(t.TempDir(), "a", "draille-data")

	// The server and an invitation may start together.
	made := make([]secrets, 8)
	var all sync.WaitGroup
	for i := range made {
		all.Go(func() {
			var err error
			made[i], err = makeSecrets(config)
			if err != nil {
				t.Error(err)
			}
		})
	}
	all.Wait()
	for _, s := range made {
		require.Equal(t, made[0], s)
	}
	require.Len(t, made[0].invitations, 32)
	require.Len(t, made[0].relay, 32)
	require.NotEqual(t, made[0].invitations, made[0].relay)

	directory, err := os.Stat(config.DataDirectory)
	require.NoError(t, err)
	require.Equal(t, os.FileMode(0o700), directory.Mode().Perm())
	entries, err := os.ReadDir(config.DataDirectory)
	require.NoError(t, err)
	require.Len(t, entries, 1, "no draft is left behind")
	file, err := entries[0].Info()
	require.NoError(t, err)
	require.Equal(t, os.FileMode(0o600), file.Mode().Perm())

	other := defaultConfig()
	other.DataDirectory = t.TempDir()
	s, err := makeSecrets(other)
	require.NoError(t, err)
	require.NotEqual(t, made[0], s)
}

func TestSecretFileIsChecked(t *testing.T) {
	directory := t.TempDir()
	config := defaultConfig()
	config.SecretFile = filepath.Join(directory, "secret")
	config.DataDirectory = filepath.Join(directory, "unused")

	_, err := makeSecrets(config)
	require.ErrorContains(t, err, "openssl rand -hex 32", "a file that was named is not made")

	require.NoError(t, os.WriteFile(config.SecretFile, []byte("too short\n"), 0o600))
	_, err = makeSecrets(config)
	require.ErrorContains(t, err, "holds 9 characters, expected at least 32")

	require.NoError(t, os.WriteFile(config.SecretFile, []byte(strings.Repeat("s", 40)+"\n"), 0o600))
	require.NoError(t, os.Chmod(config.SecretFile, 0o640))
	_, err = makeSecrets(config)
	require.ErrorContains(t, err, "chmod 600")
	require.ErrorContains(t, err, "0640")
	require.NotContains(t, err.Error(), "ssss", "the secret itself is never told")

	require.NoError(t, os.Chmod(config.SecretFile, 0o600))
	one, err := makeSecrets(config)
	require.NoError(t, err)
	require.NoError(t, os.WriteFile(config.SecretFile, []byte(strings.Repeat("s", 40)), 0o600))
	two, err := makeSecrets(config)
	require.NoError(t, err)
	require.Equal(t, one, two, "a line end more or less is the same secret")
	require.NoDirExists(t, config.DataDirectory)
}

func TestDataDirectoryThatCannotBeMade(t *testing.T) {
	config := defaultConfig()
	file := filepath.Join(t.TempDir(), "file")
	require.NoError(t, os.WriteFile(file, nil, 0o600))
	config.DataDirectory = filepath.Join(file, "data")
	_, err := makeSecrets(config)
	require.ErrorContains(t, err, "choose another with data-directory")
	config.SecretFile = file + "/secret"
	_, err = makeSecrets(config)
	require.ErrorContains(t, err, "cannot be read")
}
