package bwe

import (
	"math"
	"time"
)

const (
	lossInterval    = 250 * time.Millisecond // one observation covers so long at least
	lossPackets     = 25                     // and so many packets, unless that takes longer than
	lossMaxInterval = 1500 * time.Millisecond
	lossReportGain  = 0.3
	// by which the inherent loss follows what is seen on a calm link
	inherentGain = 0.2
	// from this queueing delay on losses may come from a full queue
	loadedQueue     = 50 * time.Millisecond
	lossMargin      = 0.02 // above the inherent loss that is forgiven,
	lossDeviations  = 2.0  // and so many standard deviations of the observation
	lossSlope       = 0.5  // share of the excess by which the rate falls
	suspicious      = 0.06 // loss on a calm link that asks for the experiment
	experimentDepth = 0.8  // of the rate at most, while the experiment lasts,
	experimentBelow = 0.9  // and of what arrives of it
	experimentCount = 80   // packets that it lasts,
	// unless there are fewer: then the loss counts as the line's own
	experimentLasts = 5 * time.Second
	// bit/s: a voice that loses packets needs what there is for its repetitions
	experimentLeast = thinRate
	// the loss was congestion if less than this share of it is left
	vanished    = 0.6
	trustFor    = 45 * time.Second // an inherent loss proven by experiment is believed so long,
	maxTrustFor = 6 * time.Minute  // doubled up to this when proven again
	// share by which the rate may rise a second after loss proved congestion
	policedGrowth = 0.02
)

// lossControl bounds the rate by the loss. Loss on a link whose queue is short is taken for
// inherent (radio, a bad line) and costs nothing; loss above that while the queue is long is
// congestion. One kind of congestion shows no queue: a policer, or a router with a very short
// buffer. So when a calm link loses much, an experiment decides: the rate is lowered a little for a
// moment; if the loss goes, it was ours.
type lossControl struct {
	reported float64 // smoothed, for the estimate

	began   time.Duration // of the present observation
	packets int
	lost    int
	loaded  bool // the queue was long in some part of it

	inherent float64 // what a calm link loses
	cap      float64 // bit/s; +Inf: none

	experiment experiment
}

// observation is the loss of a stretch of time.
type observation struct {
	loss, inherent, deviation float64
}

// experiment lowers the rate to see whether the loss follows.
type experiment struct {
	running     bool
	settled     time.Duration // what is known from then on left at the lower rate
	ends        time.Duration // at the latest
	before      float64       // loss
	rate        float64       // bit/s before
	packets     int
	lost        int
	trusted     float64 // inherent loss that the last experiment found
	trustedFrom time.Duration
	trustedFor  time.Duration
}

func newLossControl() lossControl { return lossControl{cap: math.Inf(1)} }

// onKnown counts what became of a packet.
func (l *lossControl) onKnown(p *packet) {
	l.packets++
	if p.outcome == lost {
		l.lost++
	}
	if e := &l.experiment; e.running && p.sent >= e.settled {
		e.packets++
		if p.outcome == lost {
			e.lost++
		}
	}
}

// update closes the present observation when it is long enough. bitrate is the estimate, sent the
// rate that leaves, shared says that somebody else keeps the queue full: then the loss bounds
// nothing here.
func (l *lossControl) update(s signal, bitrate, sent float64,
	shared bool) (o observation, closed bool) {
	l.loaded = l.loaded || s.queue > loadedQueue || s.state == Overusing
	elapsed := s.now - l.began
	if elapsed < lossInterval || l.packets < lossPackets && elapsed < lossMaxInterval ||
		l.packets == 0 {
		return o, false
	}
	loss := float64(l.lost) / float64(l.packets)
	deviation := math.Sqrt(max(loss*(1-loss), 0.01) / float64(l.packets))
	l.reported += lossReportGain * (loss - l.reported)
	l.grow(elapsed)
	o = observation{loss: loss, inherent: l.inherent, deviation: deviation}
	switch clear := loss - l.inherent - lossMargin - lossDeviations*deviation; {
	case shared:
		l.cap = math.Inf(1)
	case l.loaded && clear > 0 && s.known:
		l.cap = max(min(bitrate, s.acked/(1-loss))*(1-lossSlope*clear), 0.5*bitrate)
	case !l.loaded && !l.experiment.running:
		l.inherent += inherentGain * (loss - l.inherent)
		l.suspect(s, min(bitrate, sent))
	}
	l.conclude(s)
	l.began, l.packets, l.lost, l.loaded = s.now, 0, 0, false
	return o, true
}

// grow lifts the cap slowly; one that is far above the estimate is none.
func (l *lossControl) grow(elapsed time.Duration) {
	l.cap *= 1 + policedGrowth*elapsed.Seconds()
}

// suspect begins an experiment when the loss of a calm link is neither small nor known to be
// inherent.
func (l *lossControl) suspect(s signal, rate float64) {
	e := &l.experiment
	known := s.now-e.trustedFrom < e.trustedFor && l.inherent < 1.5*e.trusted+lossMargin
	if l.inherent < suspicious || known || rate < experimentLeast {
		return
	}
	e.running, e.before, e.rate, e.packets, e.lost = true, l.inherent, rate, 0, 0
	e.ends = s.now + experimentLasts
	e.settled = s.now + s.rtt/2 // what leaves before may still follow the former rate
}

// conclude ends the experiment when it has seen enough.
func (l *lossControl) conclude(s signal) {
	e := &l.experiment
	enough := e.packets >= experimentCount
	if !e.running || !enough && s.now < e.ends {
		return
	}
	e.running, e.trustedFrom = false, s.now
	loss := float64(e.lost) / float64(max(e.packets, 1))
	if enough && loss < vanished*e.before {
		e.trusted, l.inherent, e.trustedFor = loss, loss, trustFor
		l.cap = e.rate * (1 - e.before)
		return
	}
	e.trusted, e.trustedFor = max(loss, e.before), min(maxTrustFor, max(trustFor, 2*e.trustedFor))
	l.inherent = e.trusted
}

// limit returns the bound on the rate in bit/s.
func (l *lossControl) limit() float64 {
	if e := &l.experiment; e.running {
		return min(l.cap, e.rate*min(experimentDepth, experimentBelow*(1-e.before)))
	}
	return l.cap
}

// proven lifts the cap to what a probe has carried without loss above the ordinary.
func (l *lossControl) proven(bitsPerSecond float64) { l.cap = max(l.cap, bitsPerSecond) }
