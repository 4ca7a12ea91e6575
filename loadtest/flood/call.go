package flood

import (
	"time"

	"draille/loadtest/figures"
)

// moment is what one of those in the call has heard and seen until then.
type moment struct {
	at     time.Time
	audio  figures.Audio
	frames map[picture]int
}

// picture is one that they look at.
type picture struct{ participant, source string }

// pace is the frames/s of each picture that one of those in the call looks at while nothing
// happens.
type pace map[picture]float64

// since returns the frames/s of the same pictures between two moments (somebody who intrudes brings
// more of them), and by what share that is less than the pace (0–1).
func (p pace) since(before, after moment) (framerate, fall float64) {
	passed, expected := after.at.Sub(before.at).Seconds(), 0.0
	for seen, rate := range p {
		framerate += float64(after.frames[seen]-before.frames[seen]) / passed
		expected += rate
	}
	if expected == 0 {
		return framerate, 0
	}
	return framerate, 1 - framerate/expected
}
