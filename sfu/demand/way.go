package demand

import "time"

// Way tells short ways from long ones by their round trips. It is pure; the zero value is long, as
// one is of which nothing is known.
type Way struct {
	short    bool
	differ   time.Time // since when it seems otherwise; zero: it does not
	measured time.Time // since when round trips are known; zero: none is
	latest   time.Time // when it was looked at last
}

// Observe takes a round trip, and reports whether the way is short.
func (w *Way) Observe(now time.Time, roundTrip time.Duration) bool {
	if w.latest = now; roundTrip > 0 && w.measured.IsZero() {
		w.measured = now
	}
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

// IsLong reports whether it was found to be long: of one that has hardly been measured nothing is
// known.
func (w *Way) IsLong() bool {
	return !w.short && !w.measured.IsZero() && w.latest.Sub(w.measured) > wayLasts
}
