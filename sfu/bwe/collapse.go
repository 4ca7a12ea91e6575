package bwe

import "time"

const (
	collapsePackets = 3 // in a row, each delayed more than the one before,
	// or hardly less: a small packet takes less time by itself
	collapseSlack = 5 * time.Millisecond
	collapseQueue = 50 * time.Millisecond // that the last of them waited at least
	collapseSpan  = 40 * time.Millisecond // in which they arrived at least
	collapseRatio = 2                     // times as slowly as they left
	collapseShare = 0.5                   // of the rate at which they arrived: what may leave
	collapseFor   = 200 * time.Millisecond
)

// collapse sees a link whose capacity has just fallen to a fraction, some hundred milliseconds
// before the trendline is sure: the first few packets that leave the new bottleneck arrive far
// apart. Until it is certain what happened only the pacing follows; a stall of a radio link looks
// the same for a moment, and must not cost a layer of the picture.
type collapse struct {
	recent [collapsePackets]packet
	count  int
	rate   float64 // bit/s
	until  time.Duration
}

// add takes a packet that arrived.
func (c *collapse) add(p *packet) {
	copy(c.recent[:], c.recent[1:])
	c.recent[collapsePackets-1] = *p
	c.count = min(collapsePackets, c.count+1)
}

// update judges the latest packets after a feedback; base is the least one-way delay.
func (c *collapse) update(now, base time.Duration) {
	first, last := c.recent[0], c.recent[collapsePackets-1]
	if c.count < collapsePackets || last.arrived-last.sent-base < collapseQueue {
		return
	}
	bytes := 0
	for i := 1; i < collapsePackets; i++ {
		earlier, later := c.recent[i-1], c.recent[i]
		if later.arrived-later.sent < earlier.arrived-earlier.sent-collapseSlack {
			return
		}
		if i == collapsePackets-1 && later.sent+base > earlier.arrived {
			return // the link was free when it left: something else held it up
		}
		bytes += later.size
	}
	span := last.arrived - first.arrived
	if span < collapseSpan || span < collapseRatio*(last.sent-first.sent) {
		return
	}
	c.rate, c.until = collapseShare*float64(8*bytes)/span.Seconds(), now+collapseFor
}

// limit returns the bit rate that may leave, given the estimate.
func (c *collapse) limit(now time.Duration, estimate float64) float64 {
	if now < c.until {
		return min(estimate, c.rate)
	}
	return estimate
}

// seen returns what the link carries if it has just been seen to collapse, in bit/s.
func (c *collapse) seen(now time.Duration) (bitsPerSecond float64, ok bool) {
	return c.rate / collapseShare, now < c.until
}
