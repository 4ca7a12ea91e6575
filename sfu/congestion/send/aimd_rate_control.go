package send

import (
	"math"
	"time"

	"draille/sfu/congestion/signal"
)

// linkCapacity is what the link carried when it was full: mean and deviation of the rate that
// arrived then.
type linkCapacity struct {
	mean     float64 // kbit/s; 0: not known
	variance float64 // divided by the mean
}

func (c *linkCapacity) add(bitsPerSecond float64) {
	sample := bitsPerSecond / 1000
	if c.mean == 0 {
		c.mean, c.variance = sample, minCapacityDev
		return
	}
	c.mean += capacityGain * (sample - c.mean)
	deviation := sample - c.mean
	c.variance = (1-capacityGain)*c.variance + capacityGain*deviation*deviation/max(1, c.mean)
	c.variance = min(maxCapacityDev, max(minCapacityDev, c.variance))
}

// around tells whether a rate is within some standard deviations of the capacity; above says on
// which side it is.
func (c *linkCapacity) around(bitsPerSecond float64) (near, above bool) {
	if c.mean == 0 {
		return false, false
	}
	deviation := capacityOutliers * math.Sqrt(c.variance*c.mean)
	distance := bitsPerSecond/1000 - c.mean
	return math.Abs(distance) <= deviation, distance > deviation
}

// aimdRateControl is the delay-based rate: it rises while the delay is calm, multiplicatively until
// the neighbourhood of the link's capacity is reached and additively there, and falls below what
// arrives when the delay grows (draft-ietf-rmcat-gcc-02 section 5.5).
type aimdRateControl struct {
	without   signal.Rules
	bitrate   float64
	capacity  linkCapacity
	updated   time.Duration
	decreased time.Duration
	everFell  bool
	fell      time.Duration // when the rate last became lower,
	from      float64       // bit/s before it did, and before whatever falls came shortly before
}

// report is what a feedback says.
type report struct {
	now   time.Duration
	state State
	queue time.Duration
	rtt   time.Duration
	acked float64 // bit/s that arrived
	known bool    // acked is
	// bit/s that left, less what is known to be lost for other reasons than the rate
	sent    float64
	limited bool // the sender had less to send than it might
	stands  bool // the queue is not empty: what arrives is what the link carries
}

// update follows one feedback and tells whether the rate fell.
func (a *aimdRateControl) update(s report) (fell bool) {
	elapsed := min(maxIncreaseSpan, s.now-a.updated)
	a.updated = s.now
	a.correct(s)
	switch s.state {
	case Overusing:
		return a.decrease(s)
	case Normal:
		if s.known && !s.limited {
			a.increase(s, elapsed)
		}
	}
	return false
}

func (a *aimdRateControl) decrease(s report) bool {
	if !s.known {
		return false
	}
	target := decreaseFactor * s.acked
	if s.queue < shortQueue && !a.without.Has(gentleRule) {
		target = max(target, decreaseFactor*a.bitrate*decreaseFactor)
	}
	if settling := a.everFell && s.now-a.decreased < s.rtt+responseTime; settling &&
		target > settlingShare*a.bitrate {
		return false // what this rate does to the link is not known yet
	}
	if !s.limited {
		if near, _ := a.capacity.around(s.acked); !near {
			a.capacity = linkCapacity{}
		}
		a.capacity.add(s.acked)
	}
	fell := target < a.bitrate
	if fell {
		if !a.everFell || s.now-a.fell > correctWithin {
			a.from = a.bitrate
		}
		a.fell = s.now
	}
	a.bitrate = min(a.bitrate, target)
	a.decreased, a.everFell = s.now, true
	return fell
}

// fall lowers the rate to what is known otherwise.
func (a *aimdRateControl) fall(now time.Duration, bitsPerSecond float64) {
	a.from, a.bitrate = a.bitrate, min(a.bitrate, bitsPerSecond)
	a.fell, a.decreased, a.everFell = now, now, true
}

// correct takes a fall back that was too deep. Whoever was held up for a moment, the sender's
// kernel or a radio link, leaves a gap in what arrives, and then a queue: the gap passes for a slow
// link until what comes out of that queue is known.
func (a *aimdRateControl) correct(s report) {
	deep := a.bitrate < deepFall*a.from && !a.without.Has(correctRule)
	if deep && s.known && s.stands && s.now-a.fell < correctWithin {
		a.bitrate = max(a.bitrate, decreaseFactor*min(a.from, s.acked))
	}
}

func (a *aimdRateControl) increase(s report, elapsed time.Duration) {
	near, above := a.capacity.around(s.acked)
	if above {
		a.capacity = linkCapacity{}
	}
	perSecond := a.bitrate * increasePerSec
	if near {
		perSecond = a.additive(s.rtt)
	}
	limit := max(a.bitrate, unprovenFactor*s.acked+unprovenMargin)
	if full := 1000 * a.capacity.mean; s.queue < shortQueue && full > 0 &&
		a.bitrate > knownShare*full && !a.without.Has(knownRule) {
		limit = max(a.bitrate, knownFactor*s.acked)
	}
	if s.sent > unexplained*s.acked && !a.without.Has(unexplainedRule) {
		limit = max(a.bitrate, s.acked)
	}
	a.bitrate = min(limit, a.bitrate+max(minIncrease, perSecond)*elapsed.Seconds())
}

// additive returns the increase in bit/s each second: about half a packet each response time.
func (a *aimdRateControl) additive(rtt time.Duration) float64 {
	frame := a.bitrate / framesPerSecond
	packet := frame / math.Ceil(frame/packetBits)
	return packet / (2 * (rtt + responseTime).Seconds())
}

// proven raises the rate to what a probe has proven.
func (a *aimdRateControl) proven(bitsPerSecond float64) {
	a.bitrate = max(a.bitrate, bitsPerSecond)
}
