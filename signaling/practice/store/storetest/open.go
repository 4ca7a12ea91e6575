// Package storetest lets tests run on both engines of the store: SQLite in a file, and a PostgreSQL
// of Debian's package that the tests start themselves, in a temporary folder, as an unprivileged
// user.
package storetest

import (
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"

	"draille/signaling/practice/store"
)

// address is that of an empty store of the engine whose turn it is.
var address = file

func file(t testing.TB) string { return filepath.Join(t.TempDir(), "practice.db") }

// Address returns that of an empty store. Which engine it is of is Main's to say.
func Address(t testing.TB) string {
	t.Helper()
	return address(t)
}

// Open opens a store until the end of the test.
func Open(t *testing.T, url string) *store.Store {
	t.Helper()
	opened, err := store.Open(t.Context(), store.Config{URL: url})
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, opened.Close()) })
	return opened
}
