//go:build race

package storetest

// RaceDetector is whether it watches. SQLite is Go code that was made from C: it makes that twenty
// times slower, and finds nothing in it.
const RaceDetector = true
