// Package storetest lets tests run on both engines of the store: SQLite in a file, and a PostgreSQL
// of Debian's package that the tests start themselves, in a temporary folder, as an unprivileged
// user.
package storetest

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"

	"draille/signaling/practice/store"
)

// address is that of an empty store of the engine whose turn it is.
var address = file

// file is a copy of one in which the tables are made: to make them takes longer than most tests.
func file(t testing.TB) string {
	t.Helper()
	content, err := empty()
	require.NoError(t, err)
	path := filepath.Join(t.TempDir(), "practice.db")
	require.NoError(t, os.WriteFile(path, content, 0o600))
	return path
}

// empty is the content of a file without a row.
var empty = sync.OnceValues(func() (content []byte, err error) {
	folder, err := os.MkdirTemp("", "store")
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(folder)) }()
	path := filepath.Join(folder, "practice.db")
	if err := makeTables(path); err != nil {
		return nil, err
	}
	return os.ReadFile(path)
})

func makeTables(url string) error {
	opened, err := store.Open(context.Background(), store.Config{URL: url})
	if err != nil {
		return err
	}
	return opened.Close()
}

// Address returns that of an empty store in which the tables are made. Which engine it is of is
// Main's to say.
func Address(t testing.TB) string {
	t.Helper()
	return address(t)
}

// Open opens a store until the end of the test.
func Open(t testing.TB, url string) *store.Store {
	t.Helper()
	opened, err := store.Open(t.Context(), store.Config{URL: url})
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, opened.Close()) })
	return opened
}
