package send

import (
	"time"

	"draille/sfu/congestion/signal"
)

// capacityDrop holds the pacing back where the link's capacity seems to have dropped. Until it is
// certain what happened only the pacing follows: a stall of a radio link looks the same for a
// moment, and must not cost a layer of the picture.
type capacityDrop struct {
	run   signal.CapacityDrop
	last  signal.Delivery
	known bool    // last is
	rate  float64 // bit/s
	until time.Duration
}

// add takes a packet that arrived.
func (c *capacityDrop) add(p *packet) {
	d := signal.Delivery{At: p.arrived, Delay: p.arrived - p.sent, Size: p.size}
	if c.known {
		s := signal.Step{Earlier: c.last, Later: d}
		c.run.Add(s, s.Growth() >= -dropSlack)
	}
	c.last, c.known = d, true
}

// update judges the latest packets after a feedback; base is the least one-way delay.
func (c *capacityDrop) update(now, base time.Duration) {
	if !c.run.Complete() || c.last.Delay-base < dropQueue {
		return
	}
	latest := c.run.Latest()
	if left := latest.Later.At - latest.Later.Delay; left+base > latest.Earlier.At {
		return // the link was free when it left: something else held it up
	}
	sent, arrived, bytes := c.run.Spans()
	if arrived < dropSpan || arrived < dropRatio*sent {
		return
	}
	c.rate, c.until = dropPace*float64(8*bytes)/arrived.Seconds(), now+dropFor
}

// limit returns the bit rate that may leave, given the estimate.
func (c *capacityDrop) limit(now time.Duration, estimate float64) float64 {
	if now < c.until {
		return min(estimate, c.rate)
	}
	return estimate
}

// seen returns what the link carries if its capacity has just been seen to drop, in bit/s.
func (c *capacityDrop) seen(now time.Duration) (bitsPerSecond float64, ok bool) {
	return c.rate / dropPace, now < c.until
}
