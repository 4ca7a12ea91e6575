package send

import "time"

// delayStep sees that the path has become longer: a satellite in the way, another network. The
// least delay that was seen before then passes for an empty queue, and the delay of the path for
// one that never goes, however little is sent. But a queue grows with what is sent, while the
// path's delay leaps; and a queue changes when less is sent, while the path's delay stays.
type delayStep struct {
	leapt       bool
	at          time.Duration // when it leapt,
	before      float64       // and the estimate then, in bit/s
	queue       time.Duration // the longest since
	since       time.Duration // it has stayed between least and most since then
	least, most time.Duration
	known, lost int // packets meanwhile
}

// leap notes by how much a packet was later than the one before.
func (s *delayStep) leap(now, later time.Duration, estimate float64) {
	if later >= stepLeap && s.since == 0 {
		*s = delayStep{leapt: true, at: now, before: estimate}
	}
}

// onKnown notes what became of a packet.
func (s *delayStep) onKnown(p *packet) {
	s.known++
	if p.outcome == lost {
		s.lost++
	}
}

// update follows one feedback and reports whether the delay is that of a longer path. inherent is
// the loss of the line itself: more tells of a full queue.
func (s *delayStep) update(now time.Duration, d *delays, inherent float64) bool {
	switch {
	case !s.leapt || !d.sure:
		return false
	case d.stand < stepLeap/2:
		if s.since > 0 || now-s.at > standMaxSpan { // it has gone, or has never stood
			*s = delayStep{}
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
