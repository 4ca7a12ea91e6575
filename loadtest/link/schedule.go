package link

import (
	"math"
	"sort"
	"time"
)

// forever is later than any packet: the end of the last step.
const forever = time.Duration(math.MaxInt64)

// schedule answers which conditions hold when.
type schedule struct {
	steps  []Step // the first one begins at 0
	period time.Duration
	origin time.Duration // when it (last) began
}

func newSchedule(c *Config) schedule {
	steps := make([]Step, 0, len(c.Schedule)+1)
	if len(c.Schedule) == 0 || c.Schedule[0].At > 0 {
		steps = append(steps, Step{Conditions: c.Conditions})
	}
	return schedule{steps: append(steps, c.Schedule...), period: c.Period}
}

// at returns the conditions at t and when they end. Before the origin the
// conditions of the beginning hold.
func (s *schedule) at(t time.Duration) (*Conditions, time.Duration) {
	if len(s.steps) == 1 {
		return &s.steps[0].Conditions, forever
	}
	base := s.origin
	rel := max(t-base, 0)
	if s.period > 0 {
		base += rel / s.period * s.period
		rel %= s.period
	}
	i := sort.Search(len(s.steps), func(i int) bool { return s.steps[i].At > rel }) - 1
	switch {
	case i+1 < len(s.steps):
		return &s.steps[i].Conditions, base + s.steps[i+1].At
	case s.period > 0:
		return &s.steps[i].Conditions, base + s.period
	default:
		return &s.steps[i].Conditions, forever
	}
}

// serve returns when a packet of size bytes has left, if its first bit leaves at start.
func (s *schedule) serve(start time.Duration, size int) time.Duration {
	// in bit·ns, so that nothing is rounded between steps
	work := int64(size) * 8 * int64(time.Second)
	for {
		cond, end := s.at(start)
		switch {
		case cond.Stopped:
		case cond.Rate == 0:
			return start
		default:
			rate := int64(cond.Rate)
			need := time.Duration((work + rate - 1) / rate)
			if end == forever || need <= end-start {
				return start + need
			}
			work -= rate * int64(end-start)
		}
		if end == forever {
			return forever
		}
		start = end
	}
}
