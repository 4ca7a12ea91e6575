package bwe

import "time"

const (
	instantSpan   = 20 * time.Millisecond  // what arrives within so long counts as one observation
	standSpan     = 150 * time.Millisecond // a queue stands that has not been empty for so long,
	standInstants = 4                      // as so many observations say at least,
	standMaxSpan  = time.Second            // none of them older than this
	emptyQueue    = 10 * time.Millisecond  // of waiting at most: the queue is empty
	growthLasts   = 300 * time.Millisecond // a queue that grew so lately and stands now is overuse
)

// instant is what arrived within instantSpan.
type instant struct {
	at    time.Duration // arrival of the first packet
	least time.Duration // one-way delay among them
	bytes int
}

// standing tells a queue from a stall. A process that is not scheduled, a radio link that repeats, delay packets as much
// as a queue does, but let all of them go at once: those that left last have hardly waited. From a queue at a bottleneck
// nothing comes that has not waited, until it is drained. So what counts is the least delay of the latest observations.
type standing struct {
	instants []instant // the latest standMaxSpan, oldest first
}

// add takes a packet that arrived, with its one-way delay.
func (s *standing) add(arrived, delay time.Duration, size int) {
	if n := len(s.instants); n > 0 && arrived-s.instants[n-1].at < instantSpan {
		last := &s.instants[n-1]
		last.least = min(last.least, delay)
		last.bytes += size
		return
	}
	s.instants = append(s.instants, instant{arrived, delay, size})
	drop := 0
	for arrived-s.instants[drop].at > standMaxSpan {
		drop++
	}
	s.instants = s.instants[:copy(s.instants, s.instants[drop:])]
}

// least returns the least one-way delay of the latest observations and the rate at which they arrived (bit/s); sure
// tells whether they are enough to call a queue standing.
func (s *standing) least() (delay time.Duration, rate float64, sure bool) {
	n := len(s.instants)
	if n == 0 {
		return 0, 0, false
	}
	latest := s.instants[n-1]
	delay = latest.least
	bytes := 0
	for i := n - 1; i > 0; i-- {
		bytes += s.instants[i].bytes
		delay = min(delay, s.instants[i-1].least)
		if span := latest.at - s.instants[i-1].at; span >= standSpan && n-i+1 >= standInstants {
			return delay, float64(8*bytes) / span.Seconds(), true
		}
	}
	return delay, 0, false
}
