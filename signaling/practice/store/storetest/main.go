package storetest

import (
	"os"
	"slices"
	"strings"
	"testing"

	"go.uber.org/goleak"
)

// Main runs all tests of a package on SQLite, and then on PostgreSQL where that is installed: which
// engine a store is of is what Address says. It fails if a goroutine is left.
func Main(m *testing.M) {
	if slices.ContainsFunc(os.Args, func(argument string) bool {
		return strings.HasPrefix(argument, "-test.fuzz") // no store: once is enough
	}) {
		os.Exit(m.Run())
	}
	goleak.VerifyTestMain(both{m})
}
