//go:build race

package sfu

// raceDetector: pools forget at random, so that allocations cannot be counted.
const raceDetector = true
