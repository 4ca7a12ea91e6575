package demand

import (
	"time"
)

// efficiency decides whether a publisher is asked for the efficient codec. It is pure; the zero
// value has not asked.
type efficiency struct {
	on     bool
	differ time.Time // since when the other would be better; zero: it would not
}

// decide reports whether the encodings are to be in that codec. decoded says that everybody who
// watches decodes it; if somebody comes who does not, it ends at once.
func (e *efficiency) decide(now time.Time, decoded bool, encodings []Encoding) bool {
	if !decoded {
		*e = efficiency{}
		return false
	}
	wish := e.on
	if active, only := oneActive(encodings); active {
		limit := efficientBelow
		if e.on {
			limit = plainAbove
		}
		wish = only != nil && only.MaxBitrate < limit
	}
	switch {
	case wish == e.on:
		e.differ = time.Time{}
	case e.differ.IsZero():
		e.differ = now
	case now.Sub(e.differ) >= codecPatience:
		e.on, e.differ = wish, time.Time{}
	}
	return e.on
}

// oneActive reports whether anything is sent, and returns the encoding that is the only one.
func oneActive(encodings []Encoding) (active bool, only *Encoding) {
	for i := range encodings {
		if !encodings[i].Active {
			continue
		}
		if active {
			return true, nil
		}
		active, only = true, &encodings[i]
	}
	return active, only
}
