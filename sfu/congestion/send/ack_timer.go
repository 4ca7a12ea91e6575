package send

import "time"

// ackTimer watches for feedback that fails to come. Before a link of a tenth of the capacity has
// carried the first packets from which its rate can be read, its queue is full and most of what
// follows is lost. But that the oldest packet on its way should have been acknowledged by now is
// known at once, as to TCP by its retransmission timer (RFC 6298).
type ackTimer struct {
	newest int64 // of the packets known to have arrived
	known  bool
	// from the departure of the oldest packet that a feedback speaks of until the feedback
	mean      time.Duration
	deviation time.Duration
}

// heard notes a feedback: how long ago the oldest packet left of those that it speaks of for the
// first time.
func (f *ackTimer) heard(age time.Duration) {
	if !f.known {
		f.known, f.mean, f.deviation = true, age, age/2
		return
	}
	f.deviation += time.Duration(ackVariation * float64((f.mean-age).Abs()-f.deviation))
	f.mean += time.Duration(ackGain * float64(age-f.mean))
}

// overdue returns for how long the oldest packet on its way should have been acknowledged; 0 or
// less: it may still be on its way.
func (f *ackTimer) overdue(now time.Duration, h *history) time.Duration {
	oldest := h.find(f.newest + 1)
	if !f.known || oldest == nil || oldest.outcome != inFlight {
		return 0
	}
	return now - oldest.sent - f.mean - max(ackSlack, ackDeviations*f.deviation)
}

// limit returns the bit rate that may leave, given the estimate.
func (f *ackTimer) limit(now time.Duration, h *history, estimate float64) float64 {
	overdue := f.overdue(now, h)
	if overdue <= 0 {
		return estimate
	}
	return estimate * ackOverduePace * max(0, 1-float64(overdue)/float64(ackStop))
}
