package send

import "time"

// reverseDrop is what somebody else knows: the capacity of the other way of the same line has just
// dropped. Where both ways drop, feedback on this one is held up by the very queue that it would
// tell of.
type reverseDrop struct {
	rate  float64 // bit/s that are feared to be left
	since time.Duration
	until time.Duration
	holds time.Duration // it was confirmed: until then the rate does not follow what arrives
}

// expected returns the bit/s that the link is feared to carry.
func (d *reverseDrop) expected(now time.Duration, estimate float64) float64 {
	if now >= d.until {
		return estimate
	}
	return min(estimate, d.rate)
}

// limit returns the bit/s that may leave.
func (d *reverseDrop) limit(now time.Duration, estimate float64) float64 {
	if now >= d.until {
		return estimate
	}
	return min(estimate, reversePace*d.rate)
}

// recentPeak is the most that was sent lately: between two pictures it is far less.
type recentPeak struct {
	rate float64 // bit/s
	at   time.Duration
}

// add takes what is sent now.
func (p *recentPeak) add(now time.Duration, bitsPerSecond float64) {
	*p = recentPeak{rate: max(bitsPerSecond, p.value(now)), at: now}
}

func (p *recentPeak) value(now time.Duration) float64 {
	return p.rate * max(0, 1-float64(now-p.at)/float64(peakMemory))
}
