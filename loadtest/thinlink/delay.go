package thinlink

import (
	"math"
	"slices"
	"sort"

	"draille/loadtest/figures"
)

// delay of one frame from the camera to the screen, and when it was shown.
type delay struct{ at, millis float64 }

// matchFrames finds when each frame that was seen had been drawn. Frame numbers come again after a
// while: the latest drawing before the frame was seen is meant. drawings are those of each person,
// by the number in their picture.
func matchFrames(frames []seen, drawings map[int][]drawn) []delay {
	times := map[[2]int][]float64{}
	for who, list := range drawings {
		for _, d := range list {
			key := [2]int{who, d.Frame}
			times[key] = append(times[key], d.At)
		}
	}
	var delays []delay
	for _, s := range frames {
		drawnAt := times[[2]int{s.Who, s.Frame}]
		if i := sort.SearchFloat64s(drawnAt, s.At); i > 0 {
			delays = append(delays, delay{s.At, s.At - drawnAt[i-1]})
		}
	}
	return delays
}

// summary of the delays of frames shown in (from, to].
func summary(delays []delay, from, to float64) figures.Delays {
	var millis []float64
	for _, d := range delays {
		if d.at > from && d.at <= to {
			millis = append(millis, d.millis)
		}
	}
	if len(millis) == 0 {
		return figures.Delays{}
	}
	slices.Sort(millis)
	at := func(share float64) float64 {
		return millis[max(0, int(math.Ceil(share*float64(len(millis))))-1)]
	}
	return figures.Delays{Count: len(millis), P50: at(0.50), P95: at(0.95), P99: at(0.99),
		Max: at(1)}
}
