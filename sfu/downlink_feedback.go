package sfu

import (
	"time"

	"github.com/pion/rtcp"

	"draille/sfu/pacing"
	"draille/sfu/rtpx"
	"draille/sfu/udp"
	"draille/sfu/voice"
)

// Not measured apart from whole calls, but for reportedParts: a mean like that of RFC 6298 section
// 2.3, which takes an eighth, but of reports that come once a second.
const (
	// An estimate that falls below this share of what it was is no matter for the next tick.
	fallShare = 0.7
	// adaptWithin is how long after such a fall a picture counts as what its publisher is told to
	// make of it: what is measured still holds what came before.
	adaptWithin = 1300 * time.Millisecond
	// fellParts of adaptWithin lie between two falls: a link that goes on falling has fallen once.
	fellParts = 2
	// reportedParts: by one of so many parts of the difference does the mean round trip follow a
	// report.
	reportedParts = 4
)

// onFeedback takes transport-wide feedback.
func (d *downlink) onFeedback(now time.Time, packet []byte, out *udp.Batch) {
	d.mu.Lock()
	defer d.mu.Unlock()
	acks := d.feedback.Read(packet, d.next)
	for i := range acks {
		d.voices.losses.Reported(acks[i].Seq, acks[i].Received)
	}
	before := d.estimator.Estimate().Cautious
	d.estimator.OnFeedback(now, acks)
	if after := d.estimator.Estimate().Cautious; float64(after) < fallShare*float64(before) {
		d.fell(now)
	}
	d.pacer.SetRate(now, d.estimator.Estimate().Pacing)
	d.probe(now)
	d.drain(now, nil, out)
}

// suspicionHold is how long a suspicion takes to be confirmed: two more large packets on a link
// that has become thin. Not measured apart from whole calls.
const suspicionHold = 80 * time.Millisecond

// uplinkSuspected hears that what comes from the participant may have become slow, which will be
// known in a moment: meanwhile nothing but the voice leaves. If it was nothing, a picture comes a
// little late once.
func (d *downlink) uplinkSuspected(now time.Time) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.pacer.Hold(now.Add(suspicionHold))
}

// uplinkFell hears that what comes from the participant has just become slow: most lines that fall
// do so both ways.
func (d *downlink) uplinkFell(now time.Time, share float64) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.closed {
		return
	}
	d.estimator.ReverseDropped(now, share)
	d.pacer.SetRate(now, d.estimator.Estimate().Pacing)
	d.fell(now)
}

// fell makes those who are watched hear of a link that carries far less, at once.
func (d *downlink) fell(now time.Time) {
	if now.Sub(d.fellAt) > fellParts*adaptWithin {
		d.fellAt = now
	}
	d.allocate(now)
	d.env.kick()
}

// bySSRC returns the slot that sends under that SSRC, as media or as retransmission.
func (d *downlink) bySSRC(ssrc uint32) *subscription {
	for _, s := range d.subs {
		if s.sender.ssrc == ssrc && ssrc != 0 {
			return s
		}
	}
	return nil
}

// onNACK answers a NACK.
func (d *downlink) onNACK(now time.Time, packet *rtcp.TransportLayerNack, out *udp.Batch) {
	d.mu.Lock()
	defer d.mu.Unlock()
	s := d.bySSRC(packet.MediaSSRC)
	if s == nil || s.publication == nil || d.closed {
		return
	}
	rtt, bitrate := d.rtt(), d.estimator.Estimate().Bitrate
	if !s.video && rtt > voice.RepairWithin {
		return
	}
	for _, pair := range packet.Nacks {
		pair.Range(func(number uint16) bool {
			d.retransmit(now, s, number, rtt, bitrate)
			return true
		})
	}
	d.drain(now, nil, out)
}

// retransmit queues what a NACK asks for, as far as it comes in time and the link carries it. The
// packet is copied out of the history when it leaves, not before.
func (d *downlink) retransmit(
	now time.Time, s *subscription, number uint16, rtt time.Duration, bitrate int,
) {
	again, ok := s.rewriter.Sent(number)
	if !ok {
		return
	}
	l := s.layerOf(again.Source)
	if l == nil {
		return
	}
	size, ok := l.history.Size(again.InSequenceNumber)
	size += rtpx.PacketOverhead
	if !ok || !d.responder.Allow(now, s.sender.ssrc, number, size, rtt, bitrate) {
		return
	}
	class := pacing.Retransmission
	if !s.video {
		class = pacing.AudioRedundancy
	}
	d.pacer.Push(now, pacing.Item[outgoing]{
		Value: outgoing{sub: s, layer: l, again: again}, Class: class, Size: size,
	})
}

// onKeyframeRequest passes a PLI or FIR on to the publisher.
func (d *downlink) onKeyframeRequest(now time.Time, ssrc uint32) {
	d.mu.Lock()
	defer d.mu.Unlock()
	s := d.bySSRC(ssrc)
	if s == nil || !s.video || d.closed {
		return
	}
	if l := s.layerOf(s.rewriter.Target().Source); l != nil && !s.patient(now) {
		l.requestKeyframe(now)
	}
}

// onReport takes a reception report of one slot.
func (d *downlink) onReport(now time.Time, block rtcp.ReceptionReport) {
	d.mu.Lock()
	defer d.mu.Unlock()
	s := d.bySSRC(block.SSRC)
	if s == nil {
		return
	}
	if rtt, ok := s.trip.Measure(block, now); ok {
		if d.reportedRTT == 0 {
			d.reportedRTT = rtt
		}
		d.reportedRTT += (rtt - d.reportedRTT) / reportedParts
	}
}

// sendReports sends the sender reports of all slots in one packet.
func (d *downlink) sendReports(now time.Time) {
	if reports := d.reports(now); len(reports) > 0 {
		d.control.write(reports...)
	}
}

func (d *downlink) reports(now time.Time) (reports []rtcp.Packet) {
	d.mu.Lock()
	defer d.mu.Unlock()
	for _, s := range d.subs {
		if report := s.report(now); report != nil {
			reports = append(reports, report)
		}
	}
	return reports
}
