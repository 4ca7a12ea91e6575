package bwe

import "time"

const (
	// a queue that is full on either way holds feedback up for that long
	doubtFor = 500 * time.Millisecond
	// of what is feared to be left may leave, until it is known
	doubtPace = 0.5
	// of it is believed to be left, however slowly the first few packets came
	doubtTrust = 0.75
	// bit/s that are taken to get through at least: the picture may have stood still
	doubtLeast = 200_000
	flowMemory = 4 * time.Second // in which what was sent is forgotten
	// after a doubt was confirmed, what arrives tells of what was held back
	confirmHold = 600 * time.Millisecond
)

// doubt is what somebody else knows: the other way of the same line has just fallen. Where both
// ways fall, feedback on this one is held up by the very queue that it would tell of.
type doubt struct {
	rate  float64 // bit/s that are feared to be left
	since time.Duration
	until time.Duration
	holds time.Duration // it was confirmed: until then the rate does not follow what arrives
}

// Doubt tells that the other way of the link carries no more than a share of what got through it,
// since just now: so much of what gets through this one is feared to be left. Until feedback on
// what has left since says what became of it, little leaves, and Estimate tells what to prepare
// for.
func (e *Estimator) Doubt(now time.Time, share float64) {
	at := e.since(now)
	e.now = max(e.now, at)
	e.doubt = doubt{rate: share * max(e.flow.value(at), doubtLeast), since: at,
		until: at + doubtFor}
}

// flow is the most that was sent lately: between two pictures it is far less.
type flow struct {
	rate float64 // bit/s
	at   time.Duration
}

// add takes what is sent now.
func (f *flow) add(now time.Duration, bitsPerSecond float64) {
	*f = flow{rate: max(bitsPerSecond, f.value(now)), at: now}
}

func (f *flow) value(now time.Duration) float64 {
	return f.rate * max(0, 1-float64(now-f.at)/float64(flowMemory))
}

// settleDoubt ends a doubt: what has left since comes without delay, or the first packets that
// waited tell what the link carries. Then the rate falls to that at once. To wait for the trendline
// would be to take for the link what was held back from it.
func (e *Estimator) settleDoubt(now time.Duration, f *feedback) {
	d := &e.doubt
	if now >= d.until {
		return
	}
	switch carries, seen := e.collapse.seen(now); {
	case seen && carries < e.aimd.bitrate:
		e.prober.remember(now, e.aimd.bitrate)
		e.aimd.fall(now, max(decreaseFactor*carries, doubtTrust*d.likely(now, e.aimd.bitrate)))
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
	return min(estimate, d.rate)
}

// limit returns the bit/s that may leave.
func (d *doubt) limit(now time.Duration, estimate float64) float64 {
	if now >= d.until {
		return estimate
	}
	return min(estimate, doubtPace*d.rate)
}
