package thinlink

import (
	"math"
	"slices"
	"sort"

	"draille/loadtest/figures"
)

// delay of one frame from the camera to the screen, or of one beep from the microphone to the
// loudspeaker, and when it was shown or heard.
type delay struct{ at, millis float64 }

// waits are the delays of all frames that somebody saw, and of all beeps that they heard.
type waits struct{ frames, voices []delay }

// beepWithin is less than the time between two beeps of a voice, in ms: one that took longer cannot
// be told from the next.
const beepWithin = 1250.0

// matchBeeps finds when each beep that was heard had left the microphone: the latest before. beeps
// are those of each person, by the number in their picture.
func matchBeeps(heard []heard, beeps map[int][]float64) []delay {
	var delays []delay
	for _, h := range heard {
		sent := beeps[h.Who]
		i := sort.SearchFloat64s(sent, h.At)
		if i > 0 && h.At-sent[i-1] <= beepWithin {
			delays = append(delays, delay{h.At, h.At - sent[i-1]})
		}
	}
	return delays
}

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
