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
	// missed are frames that the others' cameras did not send because the machine of the load test
	// was too slow to make them: no server could have shown them.
	missed int
}

// picture is one that they look at.
type picture struct{ participant, source string }

// since is how many frames of a picture came, or would have come from a faster machine: those that
// were missed are spread over the pictures.
func (m moment) since(before moment, seen picture, pictures int) float64 {
	return float64(m.frames[seen]-before.frames[seen]) +
		float64(m.missed-before.missed)/float64(max(pictures, 1))
}

// pace is the frames/s of each picture that one of those in the call looks at while nothing
// happens.
type pace map[picture]float64

// since returns the frames/s of the same pictures between two moments (somebody who intrudes brings
// more of them), and by what share that is less than the pace (0–1).
func (p pace) since(before, after moment) (framerate, fall float64) {
	passed, expected := after.at.Sub(before.at).Seconds(), 0.0
	for seen, rate := range p {
		framerate += after.since(before, seen, len(p)) / passed
		expected += rate
	}
	if expected == 0 {
		return framerate, 0
	}
	return framerate, 1 - framerate/expected
}
