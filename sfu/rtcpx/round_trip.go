package rtcpx

import (
	"time"

	"github.com/pion/rtcp"
)

// RoundTrip measures the round trip of one outgoing stream by its reports. The NTP time of a
// rewritten sender report is the publisher's capture time and not when the report left, so the time
// of leaving is remembered beside it.
type RoundTrip struct {
	reports [4]struct {
		id uint32 // middle of the report's NTP timestamp
		at time.Time
	}
	next int
}

func (r *RoundTrip) Sent(ntp uint64, now time.Time) {
	r.reports[r.next].id, r.reports[r.next].at = uint32(ntp>>16), now
	r.next = (r.next + 1) % len(r.reports)
}

func (r *RoundTrip) Measure(block rtcp.ReceptionReport, now time.Time) (time.Duration, bool) {
	for _, s := range r.reports {
		if s.id == block.LastSenderReport && !s.at.IsZero() {
			held := time.Duration(float64(block.Delay) / 65536 * float64(time.Second))
			rtt := now.Sub(s.at) - held
			return max(rtt, time.Millisecond), true
		}
	}
	return 0, false
}
