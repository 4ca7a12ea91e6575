package playout

import (
	"time"

	"github.com/pion/rtcp"

	"draille/sfu/rtpx"
)

// Reception keeps the figures of a reception report block (RFC 3550 section 6.4.1). The zero value
// is ready.
type Reception struct {
	unwrap          rtpx.Unwrapper[uint16]
	started         bool
	first, highest  int64
	received        int64
	before          struct{ expected, received int64 }
	jitter, transit float64 // timestamp units
	report          uint64  // NTP time of the last sender report
	reported        time.Time
}

// Arrived takes one packet, retransmissions apart.
func (r *Reception) Arrived(now time.Time, number uint16, timestamp uint32, clockRate uint32) {
	n := r.unwrap.Unwrap(number)
	transit := float64(now.UnixMicro())*float64(clockRate)/1e6 - float64(timestamp)
	if !r.started {
		r.started, r.first, r.highest, r.transit = true, n, n, transit
	}
	r.highest = max(r.highest, n)
	r.received++
	if step := max(transit-r.transit, r.transit-transit); step < float64(clockRate) {
		r.jitter += (step - r.jitter) / 16
	}
	r.transit = transit
}

// Lost is how many packets never arrived as they were first sent; repairs do not count.
func (r *Reception) Lost() int {
	if !r.started {
		return 0
	}
	return int(max(0, r.highest-r.first+1-r.received))
}

// Report takes a sender report.
func (r *Reception) Report(now time.Time, ntp uint64) { r.report, r.reported = ntp, now }

// Block returns the report block since the last call; ok is false before the first packet.
func (r *Reception) Block(now time.Time, ssrc uint32) (b rtcp.ReceptionReport, ok bool) {
	if !r.started {
		return b, false
	}
	expected := r.highest - r.first + 1
	interval := expected - r.before.expected
	lost := interval - (r.received - r.before.received)
	r.before.expected, r.before.received = expected, r.received
	b = rtcp.ReceptionReport{SSRC: ssrc, TotalLost: uint32(max(expected-r.received, 0)) & 0x7fffff,
		LastSequenceNumber: uint32(r.highest), Jitter: uint32(r.jitter)}
	if interval > 0 && lost > 0 {
		b.FractionLost = uint8(min(lost*256/interval, 255))
	}
	if !r.reported.IsZero() {
		b.LastSenderReport, b.Delay = uint32(r.report>>16),
			uint32(now.Sub(r.reported).Seconds()*65536)
	}
	return b, true
}
