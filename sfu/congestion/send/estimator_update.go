package send

import "time"

// update draws the conclusions of a feedback.
func (e *Estimator) update(now time.Duration) {
	if e.trendline.state == Overusing {
		e.grewAt = now
	}
	sent, _ := e.sent.Acknowledged()
	e.peak.add(now, sent)
	s := e.report(now, sent)
	if e.isOn(longerRule) && e.longer.update(now, &e.delays, e.loss.inherent) {
		e.onStep(now)
		s.state, s.queue = e.state(), 0
	}
	s.stands = e.delays.stands(crossQueue)
	e.cross.update(s, sent, e.loss.inherent)
	if rate := e.cross.back(); rate > 0 {
		e.aimd.bitrate = rate
	}
	losing := false
	if o, closed := e.loss.update(s, e.aimd.bitrate, sent, e.cross.present); closed {
		losing = e.cross.lossSeen(o)
	}
	if s.state == Overusing && now < e.reverse.holds {
		s.state = Underusing
	}
	e.follow(s, losing)
	if s.state == Overusing {
		e.calmSince = now
	}
	e.draining = e.draining && s.queue > drainQueue+e.packetTime() && !e.cross.present
	e.judgeProbe(now)
	e.bound()
}

// report says what a feedback says of the link; sent is the rate that leaves.
func (e *Estimator) report(now time.Duration, sent float64) report {
	s := report{now: now, state: e.state(), queue: e.delays.queue, rtt: e.delays.rtt}
	s.acked, s.known = e.acked.Acknowledged()
	if !s.known && e.delays.stands(emptyQueue) && e.delays.served > 0 {
		// most of the feedback is lost, but the link was full
		s.acked, s.known = e.delays.served, true
	}
	if s.known {
		if sent > 0 {
			s.acked = min(s.acked, unprovenFactor*sent)
		}
		e.ackedRate = s.acked
	}
	s.limited = sent < limitedShare*e.bitrate()
	s.sent = sent * (1 - e.loss.experiment.Inherent)
	return s
}

// follow lets the rate follow the delay or, beside cross traffic, the loss.
func (e *Estimator) follow(s report, losing bool) {
	if e.cross.present {
		elapsed := min(maxIncreaseSpan, s.now-e.aimd.updated)
		e.aimd.bitrate, e.aimd.updated = e.cross.follow(s, e.aimd.bitrate, losing, elapsed), s.now
		return
	}
	before := e.aimd.bitrate
	e.proven = e.proven || s.known && s.acked > provenShare*before
	if e.aimd.update(s) {
		e.proven, e.full = true, true
		e.cross.falls++
		if e.aimd.bitrate < memoryFall*before {
			e.prober.remember(s.now, before)
		}
		e.draining = e.isOn(drainRule)
	}
}

// state is the trendline's, corrected where a queue stands without growing, where delays grow that
// do not stand, and where a queue is the doing of a probe: the verdict on that probe says more.
func (e *Estimator) state() State {
	grows := e.trendline.state == Overusing
	switch {
	case e.cross.present:
		return Normal
	case e.trendline.state == Normal && e.isOn(longQueueRule) && e.delays.stands(e.overuseQueue()):
		return Overusing
	case grows && e.isOn(probeQueueRule) && e.delays.stand < probeQueue &&
		e.prober.disturbs(e.now, e.delays.rtt):
		return Underusing
	case grows && (e.delays.stands(emptyQueue) || !e.isOn(standingRule)):
		return Overusing
	case grows:
		return Underusing // wait and see
	}
	return e.trendline.state
}

// overuseQueue is how long a queue must be to be overuse although it does not grow any more.
func (e *Estimator) overuseQueue() time.Duration {
	if e.grewAt > 0 && e.now-e.grewAt < grownFor {
		return grownQueue
	}
	return longQueue
}

// onStep takes the delay of the longer path for that of an empty queue, and takes back what was
// concluded from it.
func (e *Estimator) onStep(now time.Duration) {
	full := e.longer.queue > e.longer.least+stepQueue
	if !full {
		e.aimd.bitrate = max(e.aimd.bitrate, e.longer.before)
	}
	e.delays.rebase(now, e.trendline.msPerByte())
	e.draining, e.calmSince = false, now-probeSettle
	e.cross = crossTraffic{without: e.config.Without}
	e.prober.next = now
	e.longer = delayStep{}
}
