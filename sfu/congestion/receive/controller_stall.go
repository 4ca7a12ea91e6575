package receive

import "time"

// stalled tells whether it is the publisher's machine or ours that is late rather than the link:
// nothing is lost, and so little is sent that no queue can come of it, or what is late comes faster
// than the link would let it.
func (c *Controller) stalled(now time.Duration, carried float64) bool {
	if c.losses.latest.Share > lossFound || !c.isOn(stallRule) {
		return false
	}
	if c.meter.Throughput(now, time.Second) < stallLeast*float64(c.config.Floor) {
		return true
	}
	return !c.congested && now-c.empty.at < stallLasts && c.leapt(now, carried)
}

// sentLess reports whether less was sent since the queue was last empty than got through without
// one lately: no queue comes of that where the link is what it was, and a link that has fallen soon
// makes it longer.
func (c *Controller) sentLess(now, wait time.Duration, carried float64) bool {
	busy := now - c.empty.at
	if c.congested || wait >= sureWait || busy <= wait || !c.isOn(sentRule) {
		return false
	}
	return carried*busy.Seconds() < c.provenRate()*(busy-wait).Seconds()
}

// leapt reports whether what is late since the queue was last empty has not waited in the queue of
// a link that carries carried, in bit/s: a packet takes no longer on a link than its size, and none
// comes faster than the link lets it.
func (c *Controller) leapt(now time.Duration, carried float64) bool {
	if c.leap > 0 && c.isOn(leapRule) {
		carried = min(carried, c.leap)
	}
	return carried < float64(c.config.Floor) && c.leap > 0 && c.isOn(leapRule) ||
		c.late.Fastest(now) >= stallBurst*carried
}
