package bwe

import "time"

const (
	// by which one packet is later than the one before, beyond what its size costs
	stepLeap  = 40 * time.Millisecond
	stepBand  = 10 * time.Millisecond // in which the delay stays since,
	stepLasts = time.Second           // for so long
	// stepSoon after the leap at most that must be so: a download leaves the queue the same for a
	// while now and then.
	stepSoon = 6 * time.Second
	// stepQueue above the delay that stays is a queue that there was besides: then the new path is
	// full sooner than the old one was.
	stepQueue = 60 * time.Millisecond
)

// step sees that the path has become longer: a satellite in the way, another network. The least
// delay that was seen before then passes for an empty queue, and the delay of the path for one that
// never goes, however little is sent. But a queue grows with what is sent, while the path's delay
// leaps; and a queue changes when less is sent, while the path's delay stays.
type step struct {
	leapt       bool
	at          time.Duration // when it leapt,
	before      float64       // and the estimate then, in bit/s
	queue       time.Duration // the longest since
	since       time.Duration // it has stayed between least and most since then
	least, most time.Duration
	known, lost int // packets meanwhile
}

// leap notes by how much a packet was later than the one before.
func (s *step) leap(now, later time.Duration, estimate float64) {
	if later >= stepLeap && s.since == 0 {
		*s = step{leapt: true, at: now, before: estimate}
	}
}

// onKnown notes what became of a packet.
func (s *step) onKnown(p *packet) {
	s.known++
	if p.outcome == lost {
		s.lost++
	}
}

// update follows one feedback and reports whether the delay is that of a longer path. inherent is
// the loss of the line itself: more tells of a full queue.
func (s *step) update(now time.Duration, d *delays, inherent float64) bool {
	switch {
	case !s.leapt || !d.sure:
		return false
	case d.stand < stepLeap/2:
		if s.since > 0 || now-s.at > standMaxSpan { // it has gone, or has never stood
			*s = step{}
		}
		return false
	}
	s.queue = max(s.queue, d.stand)
	s.least, s.most = min(s.least, d.stand), max(s.most, d.stand)
	lossy := float64(s.lost) > (inherent+lossMargin)*float64(s.known)
	if s.since == 0 || s.most-s.least > stepBand || lossy {
		s.since, s.least, s.most, s.known, s.lost = now, d.stand, d.stand, 0, 0
	}
	return now-s.since >= stepLasts && now-s.at <= stepSoon
}

// onStep takes the delay of the longer path for that of an empty queue, and takes back what was
// concluded from it.
func (e *Estimator) onStep(now time.Duration) {
	full := e.step.queue > e.step.least+stepQueue
	if !full {
		e.aimd.bitrate = max(e.aimd.bitrate, e.step.before)
	}
	e.delays.rebase(now, e.trendline.msPerByte())
	e.draining, e.calmSince = false, now-probeSettle
	e.rival = rival{}
	e.prober.next = now
	e.step = step{}
}
