package receive

import "time"

// judgeQueue cuts the limit for a queue that stands, unless somebody's machine is late.
func (c *Controller) judgeQueue(now, wait time.Duration) {
	carried := c.carried(now)
	if c.stalled(now, carried) || c.sentLess(now, wait, carried) {
		return
	}
	if c.isOn(burstRule) {
		carried = max(carried, c.late.Fastest(now)/stallBurst)
	}
	c.cut(now, wait, carried)
}

// cut sets the limit below what the link carries.
func (c *Controller) cut(now, wait time.Duration, carried float64) {
	interval := cutInterval
	if carried < cutShare*c.capacity && c.isOn(cutAgainRule) {
		interval = cutAgain // it falls further
	}
	if c.congested && now-c.cutAt < interval {
		return
	}
	if !c.congested {
		c.believed.limit, c.believed.attempt = c.limit, c.attempt
		c.none = false
		before := c.provenRate()
		if c.fallen = carried < cutShare*before; c.fallen {
			c.recall.rate, c.recall.at = before, now
		}
	}
	if !c.congested || carried < c.capacity {
		c.find(carried)
	}
	share := keepShare
	if c.isOn(drainRule) {
		share = max(share-(wait-standWait).Seconds()/drainTime.Seconds(), leastShare)
	}
	c.lower(share * carried)
	if !c.congested {
		c.flat.since, c.began, c.foundAt = 0, carried, now
	}
	c.congested, c.cutAt = true, now
	c.experiment.Stop()
	c.attempt.fail(now)
}

// resume ends a queue that is gone.
func (c *Controller) resume(now time.Duration) {
	c.congested = false
	c.limit = max(c.limit, resumeShare*c.capacity)
	c.growAt, c.resumedAt = now+growPause, now
	if c.fallen && now-c.foundAt < obeyTime && c.isOn(refuteRule) {
		c.refute(c.believed.limit)
		return
	}
	if a := &c.attempt; a.failed == c.foundAt && !c.none && now-c.foundAt >= obeyTime {
		a.wait = max(a.wait, attemptSure)
	}
}

// find notes what the link was found to carry. The floor is allowed anyway: below it nothing is
// found out any more.
func (c *Controller) find(rate float64) { c.capacity = max(rate, float64(c.config.Floor)) }

// lower sets the limit, never upwards.
func (c *Controller) lower(limit float64) {
	c.limit = max(min(c.limit, limit), float64(c.config.Floor))
}

// carried returns what the link carries: all that arrived since the queue was last empty.
func (c *Controller) carried(now time.Duration) float64 {
	busy := now - c.empty.at
	switch {
	case busy >= time.Second:
		return c.meter.Throughput(now, provenWindow)
	case busy < busyLeast:
		return c.meter.Throughput(now, busyLeast)
	}
	return float64(8*(c.total-c.empty.total)) / busy.Seconds()
}

// flatFor returns for how long the delay has stayed the same although less arrives than when the
// queue was found, or nothing at all is lost: then it is that of another path, or the sender has
// lost some sound.
func (c *Controller) flatFor(now, wait time.Duration) time.Duration {
	f := &c.flat
	lost := c.losses.lately(now)
	arrives := c.meter.Throughput(now, time.Second)
	less := lost <= lossFound && arrives <= rebaseShare*c.began || arrives <= farLess*c.began
	if lost > 0 && c.congested && !less || lost > lossFound && !c.congested {
		f.since = 0
		return 0
	}
	if f.since == 0 {
		f.since, f.least, f.most = now, wait, wait
	}
	f.least, f.most = min(f.least, wait), max(f.most, wait)
	if f.most-f.least > rebaseBand {
		f.since = 0
		return 0
	}
	return now - f.since
}

func (c *Controller) rebase(now time.Duration) {
	for i := range c.streams {
		if f := &c.streams[i]; f.started {
			f.rebase(now, f.look(now, standWindow).wait)
		}
	}
	if c.congested {
		c.refute(max(c.began, c.believed.limit))
	}
	c.congested, c.flat.since, c.resumedAt = false, 0, now
}

// refute forgets what the latest queue was found to tell: there was none.
func (c *Controller) refute(limit float64) {
	c.limit, c.capacity = max(c.limit, limit), 0
	// what failed was not for want of capacity
	need, slow := c.attempt.need, c.attempt.slow
	c.attempt = c.believed.attempt
	c.attempt.need, c.attempt.slow = need, slow
}
