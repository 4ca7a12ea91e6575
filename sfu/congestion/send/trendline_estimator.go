package send

import (
	"math"
	"time"

	"draille/sfu/congestion/signal"
)

// State is what the delay of the latest packets says of the link.
type State uint8

// States of the link.
const (
	Normal     State = iota
	Overusing        // a queue is growing
	Underusing       // a queue is draining
)

// point is the accumulated delay at a time, both in ms.
type point struct{ at, delay float64 }

// trendlineEstimator tells from the slope of the queueing delay whether a queue grows
// (draft-ietf-rmcat-gcc-02 section 5.3 with a least-squares line instead of the Kalman filter, and
// the adaptive threshold of section 5.4, as in Carlucci et al., "Analysis and Design of the Google
// Congestion Control for WebRTC", 2016).
//
// Two things are added for thin links. The window and the smoothing are bounded in time as well as
// in groups. And what a packet's own size adds to its delay (a packet of 1,200 bytes takes 64 ms on
// 150 kbit/s, one of audio 5 ms) is learnt and taken off: the sum of these corrections is bounded
// by one packet's time, so that a wrong guess is noise, never a trend.
type trendlineEstimator struct {
	without     signal.Rules
	origin      time.Duration
	begun       bool
	trust       float64
	delay       float64 // ms, accumulated
	size        int     // bytes, accumulated: that of the present packet less that of the first
	smoothed    float64
	points      []point
	slope       float64
	threshold   float64
	overFor     time.Duration
	overCount   int
	state       State
	sxx, sxy    float64 // moments of size and delay differences
	lastArrival time.Duration
}

func newTrendlineEstimator(without signal.Rules) trendlineEstimator {
	return trendlineEstimator{without: without, threshold: threshold0}
}

// add takes the difference between two groups.
func (t *trendlineEstimator) add(d delta) {
	if !t.begun {
		t.begun, t.origin, t.lastArrival = true, d.at, d.at
	}
	gradient := milliseconds(d.arrived - d.sent)
	t.learnSize(d.size, gradient)
	t.delay += gradient
	t.size += d.size
	keep := math.Exp(-float64(d.arrived) / float64(trendTau))
	keep = min(maxSmoothing, max(minSmoothing, keep))
	t.smoothed = keep*t.smoothed + (1-keep)*(t.delay-t.msPerByte()*float64(t.size))
	t.points = append(t.points, point{milliseconds(d.at - t.origin), t.smoothed})
	t.prune()
	t.trust = min(trendMaxTrust, t.trust+max(1, float64(d.arrived)/float64(trendPerTrust)))
	if len(t.points) >= trendMinPoints {
		t.detect(d)
	}
	t.lastArrival = d.at
}

func (t *trendlineEstimator) prune() {
	drop := 0
	for drop < len(t.points)-trendMinPoints {
		span := t.points[len(t.points)-1].at - t.points[drop].at
		enough := len(t.points)-drop > trendPoints && span > milliseconds(trendMinSpan)
		if !enough && span <= milliseconds(trendMaxSpan) {
			break
		}
		drop++
	}
	if drop > 0 {
		t.points = t.points[:copy(t.points, t.points[drop:])]
	}
}

// learnSize fits the delay that a byte costs.
func (t *trendlineEstimator) learnSize(size int, gradient float64) {
	if size < minSizeDelta && size > -minSizeDelta {
		return
	}
	t.sxx = t.sxx*sizeForgetting + float64(size)*float64(size)
	t.sxy = t.sxy*sizeForgetting + float64(size)*gradient
}

// msPerByte returns the delay that a byte costs, in ms.
func (t *trendlineEstimator) msPerByte() float64 {
	if t.sxx == 0 || t.without.Has(packetTimeRule) {
		return 0
	}
	return max(0, t.sxy/t.sxx)
}

// detect compares the slope with the threshold.
func (t *trendlineEstimator) detect(d delta) {
	former := t.slope
	t.slope = slope(t.points)
	modified := t.trust * t.slope * trendGain
	switch {
	case modified > t.threshold:
		if t.overCount == 0 {
			t.overFor = d.sent / 2
		} else {
			t.overFor += d.sent
		}
		t.overCount++
		if t.overFor > overuseTime && t.overCount > 1 && t.slope >= former {
			t.state = Overusing
		}
	case modified < -t.threshold:
		t.overFor, t.overCount, t.state = 0, 0, Underusing
	default:
		t.overFor, t.overCount, t.state = 0, 0, Normal
	}
	t.adapt(math.Abs(modified), min(maxThresholdDt, d.at-t.lastArrival))
}

// adapt lets the threshold follow the jitter of the path.
func (t *trendlineEstimator) adapt(modified float64, elapsed time.Duration) {
	if modified > t.threshold+maxExcess {
		return
	}
	k := thresholdUp
	if modified < t.threshold {
		k = thresholdDown
	}
	t.threshold += k * (modified - t.threshold) * milliseconds(elapsed)
	t.threshold = min(maxThreshold, max(minThreshold, t.threshold))
}

// slope fits a line by least squares.
func slope(points []point) float64 {
	var at, delay float64
	for _, p := range points {
		at += p.at
		delay += p.delay
	}
	at /= float64(len(points))
	delay /= float64(len(points))
	var covariance, variance float64
	for _, p := range points {
		covariance += (p.at - at) * (p.delay - delay)
		variance += (p.at - at) * (p.at - at)
	}
	if variance == 0 {
		return 0
	}
	return covariance / variance
}

func milliseconds(d time.Duration) float64 { return float64(d) / float64(time.Millisecond) }
