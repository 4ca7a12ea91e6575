package bwe

import (
	"math"
	"time"
)

const (
	rivalQueue     = 50 * time.Millisecond // a queue that is never shorter than this
	rivalFor       = 4000 * time.Millisecond
	rivalFalls     = 2           // although the rate fell so many times
	inPlace        = 0.1         // what arrives is what is sent, give or take this share
	inPlaceTau     = time.Second // over so long
	rivalGone      = 30 * time.Millisecond
	rivalDecrease  = 0.7
	rivalHold      = time.Second // after a decrease: time for the queue to show whether it was ours
	rivalLoss      = 0.005       // above the inherent loss and a standard deviation: the rate falls
	rivalLossGain  = 0.1         // by which the mean loss follows an observation
	minRivalLoss   = 0.0005
	rivalBar       = 15 * time.Second // after a rival that was none
	maxRivalGrowth = 0.15             // share of the rate by which it rises a second at most
)

// rival recognises traffic that fills the queue whatever we do, such as a download over TCP. Whoever heeds the delay
// beside it is left with nothing; so as long as it lasts the rate follows the losses, as TCP's does.
//
// A link whose queue is not empty is never idle. Were all of the queue ours, then all that leaves it would be ours too,
// and having lowered the rate we would see more arrive than we send until the queue is gone. So a queue that stands
// while just that arrives which is sent, after the rate fell, is somebody else's. The opposite sign ends it: less
// arrives than is sent, for then we are alone with a full link after all.
type rival struct {
	present bool
	long    bool          // the queue has been long
	since   time.Duration // since then
	falls   int           // of the rate since then
	share   float64       // of what is sent that arrives, smoothed
	updated time.Duration
	loss    float64 // above the inherent one, smoothed
	fell    time.Duration
	barred  time.Duration // none is recognised before
}

// update follows one feedback; sent is the rate that leaves.
func (r *rival) update(s signal, sent, inherentLoss float64) {
	elapsed := s.now - r.updated
	r.updated = s.now
	if s.queue < rivalQueue && !r.present || s.queue < rivalGone {
		r.present, r.long = false, false
		return
	}
	if !r.long {
		r.long, r.since, r.falls, r.share = true, s.now, 0, 1
	}
	if s.known && sent > 0 {
		gain := 1 - math.Exp(-float64(elapsed)/float64(inPlaceTau))
		r.share += gain * (s.acked/(1-inherentLoss)/sent - r.share)
	}
	switch {
	case r.present && r.share < 1-2*inPlace:
		r.present, r.long, r.barred = false, false, s.now+rivalBar
	case !r.present && s.now > r.barred && s.now-r.since > rivalFor+3*s.rtt && r.falls >= rivalFalls:
		r.present = math.Abs(r.share-1) < inPlace
	}
}

// lossSeen takes an observation of the loss and tells whether it calls for a lower rate.
func (r *rival) lossSeen(o observation) bool {
	r.loss += rivalLossGain * (max(0, o.loss-o.inherent) - r.loss)
	return r.present && o.loss > o.inherent+o.deviation+rivalLoss
}

// follow returns the rate to go on with beside a rival: a packet more each round trip, much less when packets are lost,
// but not less than what TCP would get from a path with such loss and such a round trip (RFC 5348 section 3.1,
// without the timeouts).
func (r *rival) follow(s signal, bitrate float64, losing bool, elapsed time.Duration) float64 {
	fair := packetBits / (s.rtt.Seconds() * math.Sqrt(max(minRivalLoss, r.loss)*2/3))
	if losing && bitrate > fair && s.now-r.fell > max(rivalHold, 2*s.rtt) {
		r.fell = s.now
		return max(bitrate*rivalDecrease, fair)
	}
	if s.limited || !s.known || bitrate > fair && s.now-r.fell < rivalHold {
		return bitrate
	}
	bitrate = max(bitrate, min(fair, decreaseFactor*s.acked)) // that much arrives already
	perSecond := min(packetBits/(s.rtt.Seconds()*s.rtt.Seconds()), maxRivalGrowth*bitrate)
	limit := max(bitrate, unprovenFactor*s.acked+unprovenMargin)
	return min(limit, bitrate+perSecond*elapsed.Seconds())
}
