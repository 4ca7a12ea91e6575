package bwe

import "time"

const (
	instantSpan   = 20 * time.Millisecond  // what arrives within so long counts as one observation
	standSpan     = 150 * time.Millisecond // a queue stands that has not been empty for so long,
	standInstants = 4                      // as so many observations say at least,
	standMaxSpan  = time.Second            // none of them older than this
	emptyQueue    = 20 * time.Millisecond  // of waiting at most: the queue is empty
)

// instant is what arrived within instantSpan.
type instant struct {
	sent        time.Duration // when the first packet left
	first, last time.Duration // arrivals
	least       time.Duration // one-way delay among them
	bytes       int
}

// standing tells a queue from a stall. A process that is not scheduled, a radio link that repeats, delay packets as much
// as a queue does, but let all of them go at once: those that left last have hardly waited. From a queue at a bottleneck
// nothing comes that has not waited, until it is drained. So what counts is the least delay of the latest observations.
type standing struct {
	instants []instant // the latest standMaxSpan, oldest first
}

// add takes a packet that arrived, and its one-way delay without what its own size costs.
func (s *standing) add(p *packet, delay time.Duration) {
	if n := len(s.instants); n > 0 && p.arrived-s.instants[n-1].first < instantSpan {
		latest := &s.instants[n-1]
		latest.last = max(latest.last, p.arrived)
		latest.least = min(latest.least, delay)
		latest.bytes += p.size
		return
	}
	s.instants = append(s.instants, instant{p.sent, p.arrived, p.arrived, delay, p.size})
	drop := 0
	for p.arrived-s.instants[drop].first > standMaxSpan {
		drop++
	}
	s.instants = s.instants[:copy(s.instants, s.instants[drop:])]
}

// least returns the least one-way delay of the latest observations and the rate at which they arrived (bit/s), given
// the least delay that an empty link has; sure tells whether they are enough to call a queue standing. Two are, if the
// later packet had left before the earlier one arrived: a stall would have let both go together.
func (s *standing) least(base time.Duration) (delay time.Duration, rate float64, sure bool) {
	n := len(s.instants)
	if n == 0 {
		return 0, 0, false
	}
	latest := s.instants[n-1]
	delay = latest.least
	bytes, served := 0, true
	for i := n - 1; i > 0; i-- {
		later, earlier := s.instants[i], s.instants[i-1]
		served = served && later.sent+base < earlier.last
		bytes += later.bytes
		delay = min(delay, earlier.least)
		if span := latest.first - earlier.first; span >= standSpan && (served || n-i+1 >= standInstants) {
			return delay, float64(8*bytes) / span.Seconds(), true
		}
	}
	return delay, 0, false
}
