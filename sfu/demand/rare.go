package demand

import "time"

// rare decides when a publisher whose uplink carries little more than the voice is asked for a
// single picture. It is pure; the zero value asks for none.
type rare struct {
	on   bool
	from time.Time // when the latest was asked for, or the first is to be
}

// decide notes whether the uplink is so thin, and returns it.
func (r *rare) decide(now time.Time, on bool) bool {
	switch {
	case !on:
		*r = rare{}
	case !r.on:
		*r = rare{on: true, from: now.Add(stillSettles)}
	case now.Sub(r.from) >= rareInterval:
		r.from = now
	}
	return r.on
}

// due reports whether one is asked for now.
func (r *rare) due(now time.Time) bool {
	return r.on && !now.Before(r.from) && now.Sub(r.from) < rareFor
}
