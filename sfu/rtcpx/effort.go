package rtcpx

import "time"

// What the RTCP of one participant may cost. A browser sends some twenty feedback packets a second,
// fewer NACKs and a report for each slot: about 150 units. Who asks for more is not answered.
const (
	effortRate  = 1000 // units a second
	effortSaved = 500  // units that may be saved up, so that a stall's reports are read
	// effortBytes is how many bytes of a packet cost one unit more: a NACK of that length asks for
	// 136 packets, a feedback speaks of as many.
	effortBytes = 32
)

// Effort bounds the work that one participant's RTCP makes, by its packets and their length. The
// zero value is ready. Not safe for concurrent use.
type Effort struct {
	credit float64 // units
	at     time.Time
}

// Spend reports whether a packet of that length may be read now.
func (e *Effort) Spend(now time.Time, length int) bool {
	if e.at.IsZero() {
		e.credit, e.at = effortSaved, now
	}
	if elapsed := now.Sub(e.at); elapsed > 0 {
		e.credit = min(e.credit+effortRate*elapsed.Seconds(), effortSaved)
		e.at = now
	}
	cost := 1 + float64(length)/effortBytes
	if cost > e.credit {
		return false
	}
	e.credit -= cost
	return true
}
