package send

import (
	"time"

	"draille/sfu/congestion/signal"
)

// Estimator estimates the bandwidth of one receiver's downlink. Its methods must not be called
// concurrently.
type Estimator struct {
	config Config
	origin time.Time
	begun  bool

	history      history
	interArrival interArrivalDelta
	trendline    trendlineEstimator
	delays       delays
	aimd         aimdRateControl
	loss         lossBasedControl
	cross        crossTraffic
	drop         capacityDrop
	rise         signal.CapacityRise
	acks         ackTimer
	reverse      reverseDrop
	longer       delayStep
	sent, acked  signal.Meter
	peak         recentPeak
	prober       probeController

	arrival     arrivals
	proven      bool // the rate is more than a guess
	saturated   int  // probes in a row that the link did not carry
	full        bool // it was found to carry no more
	calmSince   time.Duration
	grewAt      time.Duration // when a queue grew last, or something that looked like one
	draining    bool
	waiting     bool          // something is in flight since the last feedback,
	waitingFrom time.Duration // which left then
	decayed     time.Duration
	losses      []*packet     // in a row, not yet counted
	changed     time.Duration // when the path did: what left before took another one
	reported    int64         // the newest packet that a feedback spoke of
	silenced    float64       // bit/s before the present silence; 0: there is none
	silencedAt  time.Duration // when it was noticed
	ackedRate   float64
	now         time.Duration
}

// arrivals relates the two clocks.
type arrivals struct {
	known      bool
	here, last time.Duration
}

// New returns an estimator that begins with config.StartBitrate.
func New(config Config) *Estimator {
	config = config.withDefaults()
	return &Estimator{
		config:    config,
		aimd:      aimdRateControl{bitrate: float64(config.StartBitrate), without: config.Without},
		loss:      newLossBasedControl(config.Without),
		delays:    newDelays(),
		trendline: newTrendlineEstimator(config.Without),
		cross:     crossTraffic{without: config.Without},
		prober:    probeController{without: config.Without},
	}
}

// since converts a time into the estimator's own.
func (e *Estimator) since(t time.Time) time.Duration {
	if !e.begun {
		e.begun, e.origin = true, t
	}
	return t.Sub(e.origin)
}

// isOn reports whether a rule is on.
func (e *Estimator) isOn(rule signal.Rules) bool { return !e.config.Without.Has(rule) }

// Estimate returns the current estimate.
func (e *Estimator) Estimate() Estimate {
	bitrate := e.bitrate()
	return Estimate{
		Bitrate:      int(bitrate),
		Cautious:     int(max(float64(e.config.MinBitrate), e.reverse.expected(e.now, bitrate))),
		Pacing:       e.pacing(e.now, bitrate),
		State:        e.state(),
		RTT:          e.delays.rtt,
		QueueDelay:   e.delays.queue,
		Loss:         e.loss.reported,
		Acked:        int(e.ackedRate),
		CrossTraffic: e.cross.present,
		Full: e.full || e.loss.limit() < e.aimd.bitrate ||
			bitrate >= float64(e.config.MaxBitrate),
	}
}

// Waits reports whether something is under way that no feedback has spoken of yet: until one does,
// Tick has something to do.
func (e *Estimator) Waits() bool { return e.waiting }

// Pacing returns the bit rate that may leave now, as Estimate does: ask whenever something is to
// leave, for it falls while feedback is overdue.
func (e *Estimator) Pacing(now time.Time) int {
	return e.pacing(max(e.now, e.since(now)), e.bitrate())
}

func (e *Estimator) pacing(now time.Duration, bitrate float64) int {
	limit := min(e.drop.limit(now, bitrate), e.reverse.limit(now, bitrate))
	if e.isOn(ackTimerRule) {
		limit = min(limit, e.acks.limit(now, &e.history, bitrate))
	}
	return int(max(float64(e.config.MinBitrate), limit))
}

// bitrate is what may be sent now.
func (e *Estimator) bitrate() float64 {
	bitrate := min(e.aimd.bitrate, e.loss.limit())
	if e.draining {
		bitrate *= drainFactor
	}
	return max(float64(e.config.MinBitrate), bitrate)
}

// bound keeps the delay-based rate within the configuration and near the loss-based one, so that it
// does not have to come down from far away when the latter lifts.
func (e *Estimator) bound() {
	e.aimd.bitrate = min(e.aimd.bitrate, e.loss.cap)
	e.aimd.bitrate = min(float64(e.config.MaxBitrate),
		max(float64(e.config.MinBitrate), e.aimd.bitrate))
}

// packetTime is how long a full packet occupies the link.
func (e *Estimator) packetTime() time.Duration {
	return time.Duration(packetBits / e.aimd.bitrate * float64(time.Second))
}
