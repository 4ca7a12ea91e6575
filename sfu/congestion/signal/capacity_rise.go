package signal

import "time"

// CapacityRise sees that a link which was found full carries far more by now, before anything has
// been sent that would show it otherwise: its large packets take little longer than its small ones.
// On a link that is full none does, whereas any link has packets that are late for other reasons.
type CapacityRise struct {
	packets int // large ones that came too quickly for the capacity found, less those that did not
	since   time.Duration
}

// Add takes a packet that arrived by late after the least delay; capacity is what the link was
// found to carry. It reports once for every risePackets.
func (r *CapacityRise) Add(now time.Duration, size int, late time.Duration,
	capacity float64) (rose bool) {
	expected := float64(8*(size-SmallPacket)) / capacity // seconds
	if expected < TellingWait.Seconds() {
		return false
	}
	if late.Seconds() > RiseShare*expected {
		r.packets = max(0, r.packets-riseTaken)
		return false
	}
	if r.packets == 0 {
		r.since = now
	}
	r.packets++
	switch {
	case r.packets >= risePackets && now-r.since >= riseSpan:
		r.packets = 0
		return true
	}
	return false
}
