package nack

import "time"

// Bounds of a Responder.
//
// Measured: TestResponderAnswersOnceARoundTrip, TestResponderSavesUpItsBudget,
// TestResponderAnswersOnePacketOnTheThinnestLink, TestResponderNeverExceedsItsShare.
const (
	answeredSlots = 512 // requests remembered, a power of two
	// minRepeat lies between two answers with one packet where the round trip is shorter, or not
	// known.
	minRepeat = 10 * time.Millisecond
	burst     = 250 * time.Millisecond // of budget that may be saved up
	// minBurstBytes lets one packet be answered however thin the link: that of an Ethernet.
	minBurstBytes = 1500
)

// Responder decides which retransmissions one subscriber gets, over all of their streams, whose
// requests share one small table: when two collide in it, the older is forgotten and might be
// answered again, still within the budget. Not safe for concurrent use.
type Responder struct {
	share    float64
	credit   float64 // bytes
	credited time.Time
	answered [answeredSlots]answer
}

type answer struct {
	ssrc   uint32
	number uint16
	at     time.Time
}

// NewResponder returns a Responder. share (0–1) is the part of the estimate that retransmissions
// may take.
func NewResponder(share float64) *Responder {
	return &Responder{share: share, credit: minBurstBytes}
}

// Allow reports whether to send again now the packet of size bytes that left under that SSRC and
// sequence number: at most once a round trip, and within the budget that share gives of the
// estimate in bit/s. A refused packet costs nothing.
func (r *Responder) Allow(
	now time.Time, ssrc uint32, sequenceNumber uint16, size int, rtt time.Duration,
	estimateBitrate int,
) bool {
	r.accrue(now, estimateBitrate)
	slot := &r.answered[(ssrc*0x9e3779b1>>16+uint32(sequenceNumber))%answeredSlots]
	if slot.ssrc == ssrc && slot.number == sequenceNumber && !slot.at.IsZero() &&
		now.Sub(slot.at) < max(rtt, minRepeat) {
		return false
	}
	if float64(size) > r.credit {
		return false
	}
	r.credit -= float64(size)
	*slot = answer{ssrc: ssrc, number: sequenceNumber, at: now}
	return true
}

func (r *Responder) accrue(now time.Time, estimateBitrate int) {
	rate := r.share * float64(estimateBitrate) / 8 // bytes/s
	if elapsed := now.Sub(r.credited); !r.credited.IsZero() && elapsed > 0 {
		r.credit += rate * elapsed.Seconds()
	}
	r.credited = now
	r.credit = min(r.credit, max(rate*burst.Seconds(), minBurstBytes))
}
