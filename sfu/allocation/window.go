package allocation

import (
	"slices"
	"time"
)

// sample is a value with the time at which it was replaced.
type sample struct {
	value int
	until time.Time
}

// windowedMin is the least value that held at any time in the latest window.
type windowedMin struct {
	window  time.Duration
	samples []sample // rising in value and time
}

// add says that the value holds from now on and returns the least one of the window.
func (w *windowedMin) add(now time.Time, value int) int {
	if n := len(w.samples); n > 0 {
		w.samples[n-1].until = now
	}
	w.samples = slices.DeleteFunc(w.samples, func(s sample) bool {
		return s.value >= value || now.Sub(s.until) >= w.window
	})
	w.samples = append(w.samples, sample{value: value})
	return w.samples[0].value
}
