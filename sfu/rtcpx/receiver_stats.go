package rtcpx

import (
	"time"

	"github.com/pion/rtcp"

	"draille/sfu/rtpx"
)

// ReceiverStats are the figures of a reception report block (RFC 3550 section 6.4.1 and appendix
// A). The zero value is ready.
type ReceiverStats struct {
	unwrap       rtpx.Unwrapper[uint16]
	started      bool
	first        int64
	highest      int64
	received     int64
	reported     struct{ expected, received int64 } // at the last report
	jitter       float64                            // in timestamp units
	transit      float64
	transitKnown bool
}

func (r *ReceiverStats) Arrived(p *rtpx.Packet, clockRate uint32) {
	number := r.unwrap.Unwrap(p.SequenceNumber)
	if !r.started {
		r.started, r.first, r.highest = true, number, number
	}
	r.highest = max(r.highest, number)
	r.received++
	transit := float64(p.Arrival.UnixMicro())*float64(clockRate)/1e6 - float64(p.Timestamp)
	if step := transit - r.transit; r.transitKnown && step < float64(clockRate) &&
		step > -float64(clockRate) {
		r.jitter += (max(step, -step) - r.jitter) / 16
	}
	r.transit, r.transitKnown = transit, true
}

// Block writes the report; ok is false before the first packet.
func (r *ReceiverStats) Block(
	now time.Time, ssrc uint32, sender SenderReport,
) (block rtcp.ReceptionReport, ok bool) {
	if !r.started {
		return block, false
	}
	expected := r.highest - r.first + 1
	interval := expected - r.reported.expected
	lost := interval - (r.received - r.reported.received)
	r.reported.expected, r.reported.received = expected, r.received
	block = rtcp.ReceptionReport{
		SSRC:               ssrc,
		TotalLost:          uint32(max(expected-r.received, 0)) & 0x7fffff,
		LastSequenceNumber: uint32(r.highest),
		Jitter:             uint32(r.jitter),
	}
	if interval > 0 && lost > 0 {
		block.FractionLost = uint8(min(lost*256/interval, 255))
	}
	if !sender.Arrived.IsZero() {
		block.LastSenderReport = uint32(sender.NTP >> 16)
		block.Delay = uint32(now.Sub(sender.Arrived).Seconds() * 65536)
	}
	return block, true
}
