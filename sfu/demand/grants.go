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
// for any, in bit/s.
func NominalBitrate(source media.Source, height int) int {
	if source == media.Screen {
		return screenBitrate
	}
	return bitratesOf(height).nominal
}

// SmoothBitrate returns at which bit/s moving pictures leave that are granted so much together; 0:
// as fast as the link allows. The round trip is 0 while it is not known.
func SmoothBitrate(roundTrip time.Duration, granted int) int {
	if roundTrip < longTrip {
		return 0
	}
	return max(int(smoothFactor*float64(granted)), smoothLeast)
}
