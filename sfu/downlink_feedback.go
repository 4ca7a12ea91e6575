package sfu

import (
	"time"

	"github.com/pion/rtcp"

	"draille/sfu/voice"
)

// onFeedback takes transport-wide feedback.
func (d *downlink) onFeedback(now time.Time, packet []byte) {
	d.mu.Lock()
	defer d.mu.Unlock()
	acks := d.feedback.Read(packet, d.next)
	for i := range acks {
		d.hearing.losses.Reported(acks[i].Seq, acks[i].Received)
	}
	before := d.estimator.Estimate().Likely
	d.estimator.OnFeedback(now, acks)
	if after := d.estimator.Estimate().Likely; float64(after) < fallShare*float64(before) {
		d.fell(now)
	}
	d.pacer.SetRate(now, d.estimator.Estimate().Pacing)
	d.probe(now)
	d.drain(now, nil)
}

// hesitation is how long a suspicion takes to be confirmed: two more large packets on a link that has become thin.
const hesitation = 80 * time.Millisecond

// hesitate hears that what comes from the participant may have become slow, which will be known in a moment: meanwhile nothing but
// the voice leaves. If it was nothing, a picture comes a little late once.
func (d *downlink) hesitate(now time.Time) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.pacer.Hold(now.Add(hesitation))
}

// doubt hears that what comes from the participant has just become slow: most lines that fall do so both ways.
func (d *downlink) doubt(now time.Time, share float64) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.closed {
		return
	}
	d.estimator.Doubt(now, share)
	d.pacer.SetRate(now, d.estimator.Estimate().Pacing)
	d.fell(now)
}

// fell makes those who are watched hear of a link that carries far less, at once.
func (d *downlink) fell(now time.Time) {
	if now.Sub(d.fellAt) > 2*adaptWithin {
		d.fellAt = now
	}
	d.allocate(now)
	d.participant.room.kick()
}

// expect lowers the beginning of the estimate.
func (d *downlink) expect(now time.Time, bitrate int) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.estimator.Expect(bitrate)
	d.pacer.SetRate(now, d.estimator.Estimate().Pacing)
	d.hearing.listener = voice.Listener{} // it has not become thinner: it begins
}

// pathChanged begins the estimate anew: after an ICE restart packets may take another network.
func (d *downlink) pathChanged(now time.Time) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.estimator.PathChanged(now, 0)
	d.pacer.SetRate(now, d.estimator.Estimate().Pacing)
	d.measure, d.greeted = 0, time.Time{}
	d.hearing.losses, d.hearing.listener = voice.Losses{}, voice.Listener{}
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
func (d *downlink) onNACK(now time.Time, packet *rtcp.TransportLayerNack) {
	d.mu.Lock()
	defer d.mu.Unlock()
	s := d.bySSRC(packet.MediaSSRC)
	if s == nil || s.publication == nil || d.closed {
		return
	}
	var numbers []uint16
	for _, pair := range packet.Nacks {
		numbers = append(numbers, pair.PacketList()...)
	}
	s.retransmit(now, numbers)
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
		if d.measure == 0 {
			d.measure = rtt
		}
		d.measure += (rtt - d.measure) / 4
	}
}

// sendReports sends the sender reports of all slots in one packet.
func (d *downlink) sendReports(now time.Time) {
	d.mu.Lock()
	var reports []rtcp.Packet
	for _, s := range d.subs {
		if report := s.report(now); report != nil {
			reports = append(reports, report)
		}
	}
	d.mu.Unlock()
	if len(reports) > 0 {
		d.transport.writeRTCP(reports...)
	}
}
