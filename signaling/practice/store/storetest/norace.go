//go:build !race

package storetest

// RaceDetector is whether it watches.
const RaceDetector = false
