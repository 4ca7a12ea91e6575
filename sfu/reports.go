package sfu

import (
	"sync"
	"time"

	"github.com/pion/rtcp"

	"draille/sfu/rtpx"
)

// ntpTime turns a time into an NTP timestamp (RFC 3550 section 4): seconds since 1900 in the upper half.
func ntpTime(t time.Time) uint64 {
	const since1900 = 2_208_988_800
	nanoseconds := uint64(t.UnixNano())
	seconds, rest := nanoseconds/1e9+since1900, nanoseconds%1e9
	return seconds<<32 | rest<<32/1e9
}

// senderReport is the latest report of one incoming stream.
type senderReport struct {
	ntp       uint64 // by the publisher's clock
	timestamp uint32 // RTP, at the same moment
	arrived   time.Time
}

// receiverStats are the figures of a reception report block (RFC 3550 section 6.4.1 and appendix A). The zero value is
// ready.
type receiverStats struct {
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

func (r *receiverStats) arrived(p *rtpx.Packet, clockRate uint32) {
	number := r.unwrap.Unwrap(p.SequenceNumber)
	if !r.started {
		r.started, r.first, r.highest = true, number, number
	}
	r.highest = max(r.highest, number)
	r.received++
	transit := float64(p.Arrival.UnixMicro())*float64(clockRate)/1e6 - float64(p.Timestamp)
	if step := transit - r.transit; r.transitKnown && step < float64(clockRate) && step > -float64(clockRate) {
		r.jitter += (max(step, -step) - r.jitter) / 16
	}
	r.transit, r.transitKnown = transit, true
}

// block writes the report; ok is false before the first packet.
func (r *receiverStats) block(now time.Time, ssrc uint32, sender senderReport) (block rtcp.ReceptionReport, ok bool) {
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
	if !sender.arrived.IsZero() {
		block.LastSenderReport = uint32(sender.ntp >> 16)
		block.Delay = uint32(now.Sub(sender.arrived).Seconds() * 65536)
	}
	return block, true
}

// participantClock maps the NTP clock of one participant onto the server's, the same way for all of his streams, so that
// a listener plays voice and picture of one person in step, and mixes people on one time line. The offset is the smallest
// difference seen between arrival and sending: the fastest report crossed the emptiest queues.
type participantClock struct {
	mu     sync.Mutex
	offset int64 // server's minus participant's, NTP units
	known  bool
}

// clockStep is how much the offset may grow a report, in NTP units: participants' clocks drift (100 ppm is 0.1 ms a
// second), and a route may become longer for good.
const clockStep = 1 << 32 / 1000

func (c *participantClock) observe(ntp uint64, arrived time.Time) {
	c.mu.Lock()
	defer c.mu.Unlock()
	difference := int64(ntpTime(arrived) - ntp)
	if !c.known || difference < c.offset {
		c.offset, c.known = difference, true
		return
	}
	c.offset += min(difference-c.offset, clockStep)
}

func (c *participantClock) toServer(ntp uint64) uint64 {
	c.mu.Lock()
	defer c.mu.Unlock()
	return ntp + uint64(c.offset)
}

// roundTrip measures the round trip of one outgoing stream by its reports. The NTP time of a rewritten sender report is the
// publisher's capture time and not when the report left, so the time of leaving is remembered beside it.
type roundTrip struct {
	sent [4]struct {
		id uint32 // middle of the report's NTP timestamp
		at time.Time
	}
	next int
}

func (r *roundTrip) reported(ntp uint64, now time.Time) {
	r.sent[r.next].id, r.sent[r.next].at = uint32(ntp>>16), now
	r.next = (r.next + 1) % len(r.sent)
}

func (r *roundTrip) measure(block rtcp.ReceptionReport, now time.Time) (time.Duration, bool) {
	for _, s := range r.sent {
		if s.id == block.LastSenderReport && !s.at.IsZero() {
			held := time.Duration(float64(block.Delay) / 65536 * float64(time.Second))
			rtt := now.Sub(s.at) - held
			return max(rtt, time.Millisecond), true
		}
	}
	return 0, false
}

// onSenderReport remembers the publisher's report for the subscribers' own.
func (u *uplink) onSenderReport(now time.Time, report *rtcp.SenderReport) {
	for _, l := range u.layers() {
		if l.ssrc != report.SSRC {
			continue
		}
		u.participant.clock.observe(report.NTPTime, now)
		l.mu.Lock()
		l.report = senderReport{ntp: report.NTPTime, timestamp: report.RTPTime, arrived: now}
		l.mu.Unlock()
	}
}
