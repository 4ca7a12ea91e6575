package storetest

import "testing"

// both runs all tests of a package on SQLite, and then on PostgreSQL where that is installed. The
// race detector watches them on PostgreSQL alone.
type both struct{ tests *testing.M }

// Both is what TestMain hands to goleak.VerifyTestMain so that Address gives the tests of a package
// one engine after the other.
func Both(m *testing.M) interface{ Run() int } { return both{m} }
