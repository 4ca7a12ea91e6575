package storetest

import "testing"

// both runs all tests of a package on SQLite, and then on PostgreSQL where that is installed. The
// race detector watches them on PostgreSQL alone.
type both struct{ tests *testing.M }
