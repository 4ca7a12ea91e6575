package send

import "time"

// instant is what arrived within instantSpan.
type instant struct {
	sent        time.Duration // when the first packet left
	first, last time.Duration // arrivals
	least       leastWays
	bytes       int
	hole        bool // what came just before is not known
}

// standingQueue tells a queue from a stall. A process that is not scheduled, a radio link that
// repeats, delay packets as much as a queue does, but let all of them go at once: those that left
// last have hardly waited. From a queue at a bottleneck nothing comes that has not waited, until it
// is drained. So what counts is the least delay of the latest observations.
type standingQueue struct {
	instants []instant // the latest standMaxSpan, oldest first
}

// add takes a packet that arrived, and its way.
func (s *standingQueue) add(p *packet, o oneWay, msPerByte float64) {
	if n := len(s.instants); n > 0 && !p.afterHole &&
		p.arrived-s.instants[n-1].first < instantSpan {
		latest := &s.instants[n-1]
		latest.last = max(latest.last, p.arrived)
		latest.least.add(o, msPerByte)
		latest.bytes += p.size
		return
	}
	s.instants = append(s.instants, instant{p.sent, p.arrived, p.arrived, leastWays{o, o}, p.size,
		p.afterHole})
	drop := 0
	for p.arrived-s.instants[drop].first > standMaxSpan {
		drop++
	}
	s.instants = s.instants[:copy(s.instants, s.instants[drop:])]
}

// least returns the shortest ways among the latest observations and the rate at which they arrived
// (bit/s), given the least delay that an empty link has; sure tells whether they are enough to call
// a queue standing. Two are, if the later packet had left before the earlier one arrived: a stall
// would have let both go together.
func (s *standingQueue) least(base time.Duration,
	msPerByte float64) (least leastWays, rate float64, sure bool) {
	n := len(s.instants)
	if n == 0 {
		return leastWays{}, 0, false
	}
	latest := s.instants[n-1]
	least = latest.least
	bytes, known, served := 0, time.Duration(0), true
	for i := n - 1; i > 0; i-- {
		later, earlier := s.instants[i], s.instants[i-1]
		served = served && later.sent+base < earlier.last
		if !later.hole {
			bytes, known = bytes+later.bytes, known+later.first-earlier.first
		}
		least.add(earlier.least.plain, msPerByte)
		least.add(earlier.least.net, msPerByte)
		if span := latest.first - earlier.first; span >= standSpan &&
			(served || n-i+1 >= standInstants) {
			return least, float64(8*bytes) / max(known, instantSpan).Seconds(), true
		}
	}
	return least, 0, false
}
