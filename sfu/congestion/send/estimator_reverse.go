package send

import "time"

// ReverseDropped tells that the other way of the link carries no more than a share of what got
// through it, since just now: so much of what gets through this one is feared to be left. Until
// feedback on what has left since says what became of it, little leaves, and Estimate tells what to
// prepare for.
func (e *Estimator) ReverseDropped(now time.Time, share float64) {
	at := e.since(now)
	e.now = max(e.now, at)
	if !e.isOn(reverseRule) {
		return
	}
	e.reverse = reverseDrop{rate: share * max(e.peak.value(at), reverseLeast), since: at,
		until: at + reverseFor}
}

// settleReverse ends what the other way told of: what has left since comes without delay, or the
// first packets that waited tell what the link carries. Then the rate falls to that at once. To
// wait for the trendline would be to take for the link what was held back from it.
func (e *Estimator) settleReverse(now time.Duration, f *feedback) {
	d := &e.reverse
	if now >= d.until {
		return
	}
	switch carries, seen := e.drop.seen(now); {
	case seen && carries < e.aimd.bitrate:
		e.prober.remember(now, e.aimd.bitrate)
		e.aimd.fall(now, max(decreaseFactor*carries, reverseTrust*d.expected(now, e.aimd.bitrate)))
		e.full = true
		e.proven, e.draining, e.calmSince = true, e.isOn(drainRule), now
		*d = reverseDrop{holds: now + reverseHold}
	case f.lastSent > d.since && e.delays.queue < dropQueue:
		*d = reverseDrop{}
	}
}
