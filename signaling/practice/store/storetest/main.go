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
		// Fuzzing needs no store, and a benchmark chooses its own.
		return strings.HasPrefix(argument, "-test.fuzz") ||
			strings.HasPrefix(argument, "-test.bench=")
	}) {
		os.Exit(both{m}.once())
	}
	goleak.VerifyTestMain(both{m})
}
