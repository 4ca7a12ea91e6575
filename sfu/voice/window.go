package voice

import "time"

// extreme remembers the largest of the values seen within one to two spans. The zero value with a
// span is ready.
type extreme struct {
	span          time.Duration
	began         time.Time // of all that is remembered
	since         time.Time // when the present span began
	before, newer int
}

// add takes a value and returns the largest lately, that one included.
func (e *extreme) add(now time.Time, value int) int {
	switch elapsed := now.Sub(e.since); {
	case e.began.IsZero() || elapsed >= 2*e.span:
		e.before, e.newer, e.since, e.began = value, value, now, now
	case elapsed >= e.span:
		e.before, e.newer, e.since = e.newer, value, now
	}
	e.newer = max(e.newer, value)
	return max(e.before, e.newer)
}

// covers reports whether what is remembered covers a span.
func (e *extreme) covers(now time.Time) bool { return now.Sub(e.began) >= e.span }
