package receive

import "time"

// trial is what the controller keeps of an experiment that tells whether loss is congestion.
type trial struct {
	seen     int     // losses.windows looked at
	again    bool    // the last of them had as much loss
	ends     int     // losses.windows at which the outcome is known
	capacity float64 // that was believed before
}

// judgeLoss looks at each window of the loss once.
func (c *Controller) judgeLoss(now time.Duration) {
	t, e := &c.trial, &c.experiment
	if t.seen == c.losses.windows {
		if e.IsOver(now) {
			e.Stop()
			c.undoTrial()
		}
		return
	}
	t.seen = c.losses.windows
	loss := c.losses.latest
	much := loss.Share >= lossFound && !e.Excuses(now, loss.Share, 0)
	sure := much && (t.again || loss.Share >= lossPlain)
	t.again = much
	switch {
	case e.Running && t.seen >= t.ends:
		if e.Conclude(loss, experiment) {
			return // less is sent, less is lost: so it stays
		}
		e.Believe(now, max(loss.Share, e.Before.Share), excuseFor, excuseFor)
		c.undoTrial()
	case e.Running, c.congested, !sure, !c.isOn(experimentRule):
	case c.losses.opened < c.resumedAt: // it was lost in a queue that is known already
	default:
		e.Begin(now+trialMost, loss, c.limit)
		*t = trial{seen: t.seen, ends: t.seen + trialLength, capacity: c.capacity}
		rate := c.meter.Throughput(now, time.Second)
		if c.capacity == 0 || rate < c.capacity {
			c.find(rate)
		}
		c.lower(trialShare * rate)
		c.attempt.fail(now)
	}
}

// undoTrial takes back what an experiment has lowered.
func (c *Controller) undoTrial() {
	c.limit, c.capacity = max(c.limit, c.experiment.Rate), c.trial.capacity
}
