package send

import (
	"math"
	"time"

	"draille/sfu/congestion/signal"
)

// lossBasedControl bounds the rate by the loss. Loss on a link whose queue is short is taken for
// inherent (radio, a bad line) and costs nothing; loss above that while the queue is long is
// congestion. One kind of congestion shows no queue: a policer, or a router with a very short
// buffer. So when a calm link loses much, an experiment decides: the rate is lowered a little for a
// moment; if the loss goes, it was ours.
type lossBasedControl struct {
	without  signal.Rules
	reported float64 // smoothed, for the estimate

	began   time.Duration // of the present observation
	packets int
	lost    int
	loaded  bool // the queue was long in some part of it

	inherent float64 // what a calm link loses
	cap      float64 // bit/s; +Inf: none

	experiment signal.LossExperiment
	settled    time.Duration // what is known from then on left at the experiment's lower rate
}

// observation is the loss of a stretch of time.
type observation struct {
	loss, inherent, deviation float64
}

func newLossBasedControl(without signal.Rules) lossBasedControl {
	return lossBasedControl{without: without, cap: math.Inf(1)}
}

// onKnown counts what became of a packet.
func (l *lossBasedControl) onKnown(p *packet) {
	l.packets++
	if p.outcome == lost {
		l.lost++
	}
	if l.experiment.Running && p.sent >= l.settled {
		l.experiment.Count(p.outcome == lost)
	}
}

// update closes the present observation when it is long enough. bitrate is the estimate, sent the
// rate that leaves, shared says that somebody else keeps the queue full: then the loss bounds
// nothing here.
func (l *lossBasedControl) update(s report, bitrate, sent float64,
	shared bool) (o observation, closed bool) {
	l.loaded = l.loaded || s.queue > loadedQueue || s.state == Overusing
	elapsed := s.now - l.began
	if elapsed < lossInterval || l.packets < lossPackets && elapsed < lossMaxInterval ||
		l.packets == 0 {
		return o, false
	}
	loss := float64(l.lost) / float64(l.packets)
	deviation := math.Sqrt(max(loss*(1-loss), leastVariance) / float64(l.packets))
	l.reported += lossReportGain * (loss - l.reported)
	l.grow(elapsed)
	o = observation{loss: loss, inherent: l.inherent, deviation: deviation}
	switch clear := loss - l.inherent - lossMargin - lossDeviations*deviation; {
	case shared:
		l.cap = math.Inf(1)
	case l.loaded && clear > 0 && s.known && !l.without.Has(lossRule):
		l.cap = max(min(bitrate, s.acked/(1-loss))*(1-lossSlope*clear), lossLeast*bitrate)
	case !l.loaded && !l.experiment.Running:
		l.inherent += inherentGain * (loss - l.inherent)
		l.suspect(s, min(bitrate, sent))
	}
	l.conclude(s)
	l.began, l.packets, l.lost, l.loaded = s.now, 0, 0, false
	return o, true
}

// grow lifts the cap slowly; one that is far above the estimate is none.
func (l *lossBasedControl) grow(elapsed time.Duration) {
	l.cap *= 1 + policedGrowth*elapsed.Seconds()
}

// suspect begins an experiment when the loss of a calm link is neither small nor known to be
// inherent.
func (l *lossBasedControl) suspect(s report, rate float64) {
	known := l.experiment.Excuses(s.now, l.inherent, lossMargin)
	if l.inherent < suspicious || known || rate < experimentLeast ||
		l.without.Has(experimentRule) {
		return
	}
	l.experiment.Begin(s.now+experimentLasts, signal.Loss{Share: l.inherent}, rate)
	l.settled = s.now + s.rtt/2 // what leaves before may still follow the former rate
}

// conclude ends the experiment when it has seen enough.
func (l *lossBasedControl) conclude(s report) {
	e := &l.experiment
	after := e.Counted()
	enough := after.Packets >= experimentCount
	if !e.Running || !enough && !e.IsOver(s.now) {
		return
	}
	if e.Conclude(after, experiment) && enough {
		e.Distrust()
		e.Believe(s.now, after.Share, trustFor, maxTrustFor)
		l.inherent, l.cap = after.Share, e.Rate*(1-e.Before.Share)
		return
	}
	e.Believe(s.now, max(after.Share, e.Before.Share), trustFor, maxTrustFor)
	l.inherent = e.Inherent
}

// limit returns the bound on the rate in bit/s.
func (l *lossBasedControl) limit() float64 {
	if e := &l.experiment; e.Running {
		return min(l.cap, e.Rate*min(experimentDepth, experimentBelow*(1-e.Before.Share)))
	}
	return l.cap
}

// proven lifts the cap to what a probe has carried without loss above the ordinary.
func (l *lossBasedControl) proven(bitsPerSecond float64) { l.cap = max(l.cap, bitsPerSecond) }
