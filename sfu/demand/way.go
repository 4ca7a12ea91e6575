package demand

import "time"

// Way tells short ways from long ones by their round trips. It is pure; the zero value is long, as
// one is of which nothing is known.
type Way struct {
	short  bool
	differ time.Time // since when it seems otherwise; zero: it does not
}

// Observe takes a round trip, and reports whether the way is short.
func (w *Way) Observe(now time.Time, roundTrip time.Duration) bool {
	limit := longTrip
	if w.short {
		limit = longAgain
	}
	switch seems := roundTrip > 0 && roundTrip < limit; {
	case seems == w.short:
		w.differ = time.Time{}
	case w.differ.IsZero():
		w.differ = now
	case now.Sub(w.differ) >= wayLasts:
		w.short, w.differ = seems, time.Time{}
	}
	return w.short
}

// IsShort reports what was found last.
func (w *Way) IsShort() bool { return w.short }
