package send

import (
	"math"
	"time"

	"draille/sfu/congestion/signal"
)

// crossTraffic recognises traffic that fills the queue whatever we do, such as a download over TCP.
// Whoever heeds the delay beside it is left with nothing; so as long as it lasts the rate follows
// the losses, as TCP's does.
//
// A link whose queue is not empty is never idle. Were all of the queue ours, then all that leaves
// it would be ours too, and having lowered the rate we would see more arrive than we send until the
// queue is gone. So a queue that stands while just that arrives which is sent, after the rate fell,
// is somebody else's. The opposite sign ends it: less arrives than is sent, for then we are alone
// with a full link after all.
//
// Two calls that share a link would take each other for a download, each the reason for the other's
// queue, long after the real one has ended. So now and then the rate yields for a moment: if that
// empties the queue, the delay is heeded again, until it stands once more, which is then believed
// sooner.
type crossTraffic struct {
	without signal.Rules
	present bool
	long    bool          // the queue has been long
	since   time.Duration // since then
	falls   int           // of the rate since then
	most    float64       // bit/s sent since then
	share   float64       // of what is sent that arrives, smoothed
	updated time.Duration
	loss    float64 // above the inherent one, smoothed
	fell    time.Duration
	barred  time.Duration // none is recognised before
	seen    time.Duration // when it was last there
	yield   yield
}

// yield is the experiment that tells whether cross traffic is still there.
type yield struct {
	running bool
	next    time.Duration // when to begin
	every   time.Duration
	end     time.Duration
	before  float64 // bit/s
}

// update follows one feedback; sent is the rate that leaves.
func (r *crossTraffic) update(s report, sent, inherentLoss float64) {
	elapsed := s.now - r.updated
	r.updated = s.now
	if r.without.Has(crossRule) {
		return
	}
	if s.queue < crossQueue && !r.present || s.queue < crossGone {
		r.present, r.long = false, false
		return
	}
	if !r.long {
		r.long, r.since, r.falls, r.most, r.share = true, s.now, 0, 0, 1
	}
	if s.known && sent > 0 {
		gain := 1 - math.Exp(-float64(elapsed)/float64(inPlaceTau))
		r.share += gain * (s.acked/(1-inherentLoss)/sent - r.share)
	}
	r.most = max(r.most, sent)
	switch {
	case r.present && r.share < crossAlone && sent > crossTells:
		r.present, r.long, r.barred = false, false, s.now+crossBar
	case r.present:
		r.seen = s.now
	case s.now > r.barred && r.stood(s) && sent < crossLowered*r.most &&
		(math.Abs(r.share-1) < inPlace || sent < crossTells):
		if !r.lately(s.now) {
			r.yield.every = yieldFirst
		}
		r.present, r.seen = true, s.now
		r.yield.running, r.yield.next = false, s.now+r.yield.every
	}
}

func (r *crossTraffic) lately(now time.Duration) bool {
	return r.seen > 0 && now-r.seen < crossLately
}

// stood tells whether the queue has been long for long enough.
func (r *crossTraffic) stood(s report) bool {
	if r.lately(s.now) {
		return s.now-r.since > crossAgain+s.rtt && r.falls > 0
	}
	return s.now-r.since > crossFor+crossRTTs*s.rtt && r.falls >= crossFalls
}

// lossSeen takes an observation of the loss and tells whether it calls for a lower rate.
func (r *crossTraffic) lossSeen(o observation) bool {
	r.loss += crossLossGain * (max(0, o.loss-o.inherent) - r.loss)
	return r.present && o.loss > o.inherent+o.deviation+crossLoss
}

// back returns the rate to go on with when yielding has shown that it is gone; 0: it has
// not.
func (r *crossTraffic) back() float64 {
	if r.present || !r.yield.running {
		return 0
	}
	r.yield.running = false
	return yieldBack * r.yield.before
}

// follow returns the rate to go on with beside it: more each round trip, less when packets are
// lost, but not less than what crossWeight TCPs would get from a path with such loss and such a
// round trip (RFC 5348 section 3.1, without the timeouts) while the loss is bearable.
func (r *crossTraffic) follow(s report, bitrate float64, losing bool,
	elapsed time.Duration) float64 {
	if y := &r.yield; !r.without.Has(yieldRule) && (y.running || s.now >= y.next) {
		return y.follow(s, bitrate)
	}
	fair := crossWeight * packetBits / (s.rtt.Seconds() * math.Sqrt(max(minCrossLoss, r.loss)*2/3))
	if r.loss > crossMostLoss {
		fair = 0
	}
	if losing && bitrate > fair && s.now-r.fell > max(crossHold, 2*s.rtt) {
		r.fell = s.now
		return max(bitrate*crossDecrease, fair)
	}
	if s.limited || !s.known || bitrate > fair && s.now-r.fell < crossHold {
		return bitrate
	}
	bitrate = max(bitrate, min(fair, decreaseFactor*s.acked)) // that much arrives already
	perSecond := min(crossWeight*packetBits/(s.rtt.Seconds()*s.rtt.Seconds()),
		maxCrossGrowth*bitrate)
	limit := max(bitrate, unprovenFactor*s.acked+unprovenMargin)
	return min(limit, bitrate+perSecond*elapsed.Seconds())
}

// follow returns the rate while the experiment runs, and the former one at its end.
func (y *yield) follow(s report, bitrate float64) float64 {
	switch {
	case !y.running:
		y.running, y.before, y.end = true, bitrate, s.now+yieldFor+s.rtt
		y.every = min(yieldMost, 2*y.every)
		return yieldShare * bitrate
	case s.now < y.end:
		return bitrate
	default:
		y.running, y.next = false, s.now+y.every
		return y.before
	}
}
