package send

import (
	"time"

	"draille/sfu/congestion/signal"
)

// OnSent notes a packet that left.
func (e *Estimator) OnSent(s Sent) {
	at := e.since(s.At)
	e.history.add(packet{seq: s.Seq, sent: at, size: s.Size, probe: s.Probe, outcome: inFlight})
	e.sent.Add(at, s.Size, false)
	if !e.waiting {
		e.waiting, e.waitingFrom = true, at
	}
}

// OnFeedback takes one feedback packet: acks in rising order of Seq, those not received included.
// Feedback for packets that never left, or that were acknowledged before, is ignored.
func (e *Estimator) OnFeedback(now time.Time, acks []Ack) {
	at := e.since(now)
	var f feedback
	for i := range acks {
		e.onAck(at, &acks[i], &f)
	}
	e.settleLosses()
	if f.fresh == 0 {
		return
	}
	e.waiting, e.now = false, at
	if f.received > 0 {
		e.acks.heard(at - f.firstSent)
		e.resume(at, f.received == f.fresh)
		e.delays.roundTrip(max(0, at-f.lastSent))
		e.delays.update(f.sum/time.Duration(f.received), e.trendline.msPerByte())
		if e.isOn(dropRule) {
			e.drop.update(at, e.delays.base)
		}
		e.settleReverse(at, &f)
	}
	e.update(at)
}

// feedback sums up one feedback packet.
type feedback struct {
	fresh, received int
	sum             time.Duration // of one-way delays, without what the packets' own sizes cost
	firstSent       time.Duration // of the packets not spoken of before
	lastSent        time.Duration
}

func (e *Estimator) onAck(now time.Duration, ack *Ack, f *feedback) {
	p := e.history.find(ack.Seq)
	if p == nil || p.outcome == received || p.outcome == lost && !ack.Received {
		return
	}
	if p.sent < e.changed {
		p.outcome = lost
		return
	}
	first := p.outcome == inFlight
	if first && e.reported > 0 && p.seq > e.reported+1 && e.history.inFlight(e.reported+1) {
		p.afterHole = true
	}
	e.reported = max(e.reported, p.seq)
	if first && (f.fresh == 0 || p.sent < f.firstSent) {
		f.firstSent = p.sent
	}
	f.fresh++
	p.outcome = lost
	if !ack.Received {
		e.losses = append(e.losses, p)
		return
	}
	p.outcome, p.arrived = received, ack.Arrival
	e.acks.newest = max(e.acks.newest, p.seq)
	e.onArrival(now, p, f)
	e.settleLosses()
	if first { // one that was reported lost and came late has been counted
		e.loss.onKnown(p)
		e.longer.onKnown(p)
		e.prober.onKnown(p)
	}
}

// settleLosses counts packets lost in a row, unless the row is so long that the link was
// interrupted: that says nothing of its rate.
func (e *Estimator) settleLosses() {
	n := len(e.losses)
	interrupted := n > 0 && e.isOn(outageRule) && e.losses[n-1].sent-e.losses[0].sent > outage
	for _, p := range e.losses {
		if !interrupted {
			e.loss.onKnown(p)
			e.longer.onKnown(p)
		}
		e.prober.onKnown(p)
	}
	e.losses = e.losses[:0]
}

func (e *Estimator) onArrival(now time.Duration, p *packet, f *feedback) {
	if a := &e.arrival; a.known && ((p.arrived-a.last)-(now-a.here)).Abs() > maxClockJump {
		e.forgetClock()
	}
	e.arrival = arrivals{known: true, here: now, last: p.arrived}
	e.acked.Add(p.arrived, p.size, p.afterHole)
	if e.isOn(riseRule) && e.prober.seeks(now) &&
		e.rise.Add(now, p.size, p.arrived-p.sent-e.delays.least, e.aimd.bitrate) {
		e.prober.hasten(now)
	}
	e.drop.add(p)
	if d, ok := e.interArrival.add(p); ok {
		e.trendline.add(d)
	}
	f.sum += e.delays.arrived(now, p, e.trendline.msPerByte())
	e.longer.leap(now, e.delays.later, e.aimd.bitrate)
	f.received++
	f.lastSent = max(f.lastSent, p.sent)
}

// forgetClock drops what depends on the receiver's clock.
func (e *Estimator) forgetClock() {
	e.acked, e.interArrival = signal.Meter{}, interArrivalDelta{}
	e.trendline = newTrendlineEstimator(e.config.Without)
	e.drop, e.rise, e.longer = capacityDrop{}, signal.CapacityRise{}, delayStep{}
	rtt := e.delays.rtt
	e.delays = newDelays()
	e.delays.rtt = rtt
	e.arrival = arrivals{}
}
