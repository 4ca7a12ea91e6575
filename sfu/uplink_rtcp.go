package sfu

import (
	"time"

	"github.com/pion/rtcp"

	"draille/sfu/rtcpx"
)

// onSenderReport remembers the publisher's report for the subscribers' own.
func (u *uplink) onSenderReport(now time.Time, report *rtcp.SenderReport) {
	for _, l := range u.layers() {
		if l.ssrc != report.SSRC {
			continue
		}
		u.clock.Observe(report.NTPTime, now)
		l.setReport(rtcpx.SenderReport{
			NTP: report.NTPTime, Timestamp: report.RTPTime, Arrived: now,
		})
	}
}

// sendLimit tells the publisher's own congestion control how much may come while a queue stands: it
// obeys before the page has changed what is encoded, and holds back what it has encoded already,
// behind the voice.
func (u *uplink) sendLimit(now time.Time) {
	b, limit := &u.remb, 0
	s := u.linkState()
	switch {
	case s.Congested:
		part := min(max(1-float64(s.Delay)/float64(rembDelay), rembLeast), rembTop)
		limit = max(int(part*float64(s.Limit)), rembFloor)
	case s.Fell:
		limit = s.Limit // they would send as much as before, and fill the queue again
	}
	if changed := limit - b.limit; limit == 0 && b.limit != 0 ||
		max(changed, -changed) > b.limit/rembChange {
		b.limit, b.left, b.at = limit, rembTimes, time.Time{}
	}
	if b.left == 0 || now.Sub(b.at) < rembInterval {
		return
	}
	b.left, b.at = b.left-1, now
	packet := rtcp.ReceiverEstimatedMaximumBitrate{
		SenderSSRC: u.control.ssrc,
		Bitrate:    float32(limit),
	}
	if limit == 0 {
		packet.Bitrate = rembNone
	}
	for _, l := range u.layers() {
		packet.SSRCs = append(packet.SSRCs, l.ssrc)
	}
	u.control.write(&packet)
}

// repair asks for what is lost and for keyframes that are due. It returns when to be called again
// at the latest.
func (u *uplink) repair(
	now time.Time, rtt time.Duration, scratch []uint16,
) (next time.Time, reuse []uint16) {
	u.sendLimit(now)
	fell := u.fell()
	for _, l := range u.layers() {
		asks, keyframe, at := l.feedback(now, rtt, fell, scratch)
		scratch = asks
		if len(asks) > 0 {
			u.control.write(
				&rtcp.TransportLayerNack{
					SenderSSRC: u.control.ssrc,
					MediaSSRC:  l.ssrc,
					Nacks:      rtcp.NackPairsFromSequenceNumbers(asks),
				},
			)
		}
		if keyframe {
			u.requestKeyframe(l.ssrc)
		}
		if !at.IsZero() && (next.IsZero() || at.Before(next)) {
			next = at
		}
	}
	return next, scratch
}

// fell reports whether a queue stands because the link has just fallen: what is lost is only the
// beginning.
func (u *uplink) fell() bool {
	s := u.linkState()
	return s.Congested && s.Fell
}

// requestKeyframe implements origin.
func (u *uplink) requestKeyframe(ssrc uint32) {
	u.env.counters.keyframeRequests.Add(1)
	u.control.write(&rtcp.PictureLossIndication{SenderSSRC: u.control.ssrc, MediaSSRC: ssrc})
}

// record notes for feedback when a packet came.
func (u *uplink) record(ssrc uint32, number uint16, now time.Time) {
	u.feedback.Lock()
	defer u.feedback.Unlock()
	u.feedback.recorder.Record(ssrc, number, now.Sub(u.started).Microseconds())
}

func (u *uplink) feedbackPackets() []rtcp.Packet {
	u.feedback.Lock()
	defer u.feedback.Unlock()
	return u.feedback.recorder.BuildFeedbackPacket()
}

// sendFeedback tells the publisher's own congestion control what arrived when.
func (u *uplink) sendFeedback() {
	for _, packet := range u.feedbackPackets() {
		u.control.write(packet)
	}
}

// sendReport tells the publisher how its streams arrive (RFC 3550 section 6.4.2).
func (u *uplink) sendReport(now time.Time) {
	report := rtcp.ReceiverReport{SSRC: u.control.ssrc}
	for _, l := range u.layers() {
		if block, ok := l.receptionReport(now); ok {
			report.Reports = append(report.Reports, block)
		}
	}
	if len(report.Reports) > 0 {
		u.control.write(&report)
	}
}
