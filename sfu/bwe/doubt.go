package bwe

import "time"

const (
	doubtFor    = 500 * time.Millisecond // a queue that is full on either way holds feedback up for that long
	doubtPace   = 0.5                    // of what is feared to be left may leave, until it is known
	confirmHold = 600 * time.Millisecond // after a doubt was confirmed, what arrives tells of what was held back
)

// doubt is what somebody else knows: the other way of the same line has just fallen. Where both ways fall, feedback on this one
// is held up by the very queue that it would tell of.
type doubt struct {
	share float64 // of the estimate that is feared to be left
	since time.Duration
	until time.Duration
	holds time.Duration // it was confirmed: until then the rate does not follow what arrives
}

// Doubt tells that the other way of the link carries no more than a share of what it did, since just now. Until feedback on what
// has left since says what became of this way, little leaves, and Estimate tells what to prepare for.
func (e *Estimator) Doubt(now time.Time, share float64) {
	at := e.since(now)
	e.now = max(e.now, at)
	e.doubt = doubt{share: share, since: at, until: at + doubtFor}
}

// settleDoubt ends a doubt: what has left since comes without delay, or the first packets that waited tell what the link carries.
// Then the rate falls to that at once. To wait for the trendline would be to take for the link what was held back from it.
func (e *Estimator) settleDoubt(now time.Duration, f *feedback) {
	d := &e.doubt
	if now >= d.until {
		return
	}
	switch carries, seen := e.collapse.seen(now); {
	case seen && carries < e.aimd.bitrate:
		e.prober.remember(now, e.aimd.bitrate)
		e.aimd.fall(now, max(decreaseFactor*carries, d.limit(now, e.aimd.bitrate))) // no less was let through
		e.proven, e.draining, e.calmSince = true, true, now
		*d = doubt{holds: now + confirmHold}
	case f.lastSent > d.since && e.delays.queue < collapseQueue:
		*d = doubt{}
	}
}

// likely returns the bit/s that the link is feared to carry.
func (d *doubt) likely(now time.Duration, estimate float64) float64 {
	if now >= d.until {
		return estimate
	}
	return d.share * estimate
}

// limit returns the bit/s that may leave.
func (d *doubt) limit(now time.Duration, estimate float64) float64 {
	if now >= d.until {
		return estimate
	}
	return doubtPace * d.share * estimate
}
