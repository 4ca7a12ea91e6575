package demand

import (
	"time"

	"draille/sfu/allocation"
	"draille/sfu/media"
)

// Wish is a picture that a page shows, whether or not it flows yet.
type Wish struct {
	Priority allocation.Priority
	Most     int // bit/s that a picture of that size can use
}

// Grants shares an estimate among pictures by what their publishers could send if they were asked,
// in bit/s. It is pure. What flows at the moment does not matter here: an encoding that nobody has
// asked for yet does not flow.
func Grants(estimate int, audio []int, wishes []Wish) []int {
	ranges := make([]allocation.Range, len(wishes))
	for i, w := range wishes {
		ranges[i] = allocation.Range{
			Priority: w.Priority,
			Least:    demandFloor,
			Most:     max(w.Most, demandFloor),
		}
	}
	return allocation.Rates(int(GrantShare*float64(estimate)), audio, ranges)
}

// NominalBitrate is what a camera of a browser is given for a picture of that height, and a screen
// for any, in bit/s. More makes a person at 360 lines hardly more like (0.935 instead of 0.929 with
// VP8 at 800 kbit/s: make codecs BITRATES=500,800), and when a line falls, all that is under way by
// the time that anybody knows waits before the voice.
func NominalBitrate(source media.Source, height int) int {
	switch {
	case source == media.Screen:
		return 1_500_000
	case height <= 180:
		return 250_000
	case height <= 360:
		return 500_000
	case height <= 540:
		return 1_300_000
	default:
		return 2_000_000
	}
}

// SmoothBitrate returns at which bit/s moving pictures leave that are granted so much together; 0:
// as fast as the link allows. The round trip is 0 while it is not known.
func SmoothBitrate(roundTrip time.Duration, granted int) int {
	if roundTrip < longTrip {
		return 0
	}
	return max(int(smoothFactor*float64(granted)), smoothLeast)
}
