package bwe

import (
	"math"
	"time"
)

const (
	rivalQueue   = 50 * time.Millisecond // a queue that is never shorter than this
	rivalFor     = 4 * time.Second       // and three round trips,
	rivalFalls   = 2                     // although the rate fell so many times,
	rivalLowered = 0.9                   // and what is sent to this share at most
	inPlace      = 0.1                   // what arrives is what is sent, give or take this share
	inPlaceTau   = time.Second           // over so long
	// of what is sent arrives: no rival, a full link that is ours alone
	rivalAlone  = 0.7
	rivalTells  = 60_000                // bit/s that are sent: of less, a few packets decide
	rivalBar    = 15 * time.Second      // after a rival that was none
	rivalGone   = 30 * time.Millisecond // a queue shorter than this
	rivalLately = 10 * time.Second      // after it was last there a rival is recognised after
	rivalAgain  = time.Second           // and a round trip and one fall

	rivalWeight = 4 // downloads that a call counts for
	// what losses leave of the rate: so many downloads lose about that when one of them halves its
	// window
	rivalDecrease  = 0.85
	rivalHold      = time.Second // after a decrease: time for the queue to show whether it was ours
	rivalLoss      = 0.005       // above the inherent loss and a standard deviation: the rate falls
	rivalMostLoss  = 0.035       // on average: from here on it falls whatever its share is
	rivalLossGain  = 0.1         // by which the mean loss follows an observation
	minRivalLoss   = 0.0005
	maxRivalGrowth = 0.25 // share of the rate by which it rises a second at most

	// after a rival was recognised the rate yields for the first time, then after twice as long
	yieldFirst = 15 * time.Second
	yieldMost  = 30 * time.Second // at most
	yieldFor   = time.Second      // and a round trip
	yieldShare = 0.25             // of the rate that is left meanwhile
	yieldBack  = 0.85             // of the rate before, when the queue went
)

// rival recognises traffic that fills the queue whatever we do, such as a download over TCP.
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
type rival struct {
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

// yield is the experiment that tells whether a rival is still there.
type yield struct {
	running bool
	next    time.Duration // when to begin
	every   time.Duration
	end     time.Duration
	before  float64 // bit/s
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
		r.long, r.since, r.falls, r.most, r.share = true, s.now, 0, 0, 1
	}
	if s.known && sent > 0 {
		gain := 1 - math.Exp(-float64(elapsed)/float64(inPlaceTau))
		r.share += gain * (s.acked/(1-inherentLoss)/sent - r.share)
	}
	r.most = max(r.most, sent)
	switch {
	case r.present && r.share < rivalAlone && sent > rivalTells:
		r.present, r.long, r.barred = false, false, s.now+rivalBar
	case r.present:
		r.seen = s.now
	case s.now > r.barred && r.stood(s) && sent < rivalLowered*r.most &&
		(math.Abs(r.share-1) < inPlace || sent < rivalTells):
		if !r.lately(s.now) {
			r.yield.every = yieldFirst
		}
		r.present, r.seen = true, s.now
		r.yield.running, r.yield.next = false, s.now+r.yield.every
	}
}

func (r *rival) lately(now time.Duration) bool { return r.seen > 0 && now-r.seen < rivalLately }

// stood tells whether the queue has been long for long enough.
func (r *rival) stood(s signal) bool {
	if r.lately(s.now) {
		return s.now-r.since > rivalAgain+s.rtt && r.falls > 0
	}
	return s.now-r.since > rivalFor+3*s.rtt && r.falls >= rivalFalls
}

// lossSeen takes an observation of the loss and tells whether it calls for a lower rate.
func (r *rival) lossSeen(o observation) bool {
	r.loss += rivalLossGain * (max(0, o.loss-o.inherent) - r.loss)
	return r.present && o.loss > o.inherent+o.deviation+rivalLoss
}

// back returns the rate to go on with when yielding has shown that the rival is gone; 0: it has
// not.
func (r *rival) back() float64 {
	if r.present || !r.yield.running {
		return 0
	}
	r.yield.running = false
	return yieldBack * r.yield.before
}

// follow returns the rate to go on with beside a rival: more each round trip, less when packets are
// lost, but not less than what rivalWeight TCPs would get from a path with such loss and such a
// round trip (RFC 5348 section 3.1, without the timeouts) while the loss is bearable.
func (r *rival) follow(s signal, bitrate float64, losing bool, elapsed time.Duration) float64 {
	if y := &r.yield; y.running || s.now >= y.next {
		return y.follow(s, bitrate)
	}
	fair := rivalWeight * packetBits / (s.rtt.Seconds() * math.Sqrt(max(minRivalLoss, r.loss)*2/3))
	if r.loss > rivalMostLoss {
		fair = 0
	}
	if losing && bitrate > fair && s.now-r.fell > max(rivalHold, 2*s.rtt) {
		r.fell = s.now
		return max(bitrate*rivalDecrease, fair)
	}
	if s.limited || !s.known || bitrate > fair && s.now-r.fell < rivalHold {
		return bitrate
	}
	bitrate = max(bitrate, min(fair, decreaseFactor*s.acked)) // that much arrives already
	perSecond := min(rivalWeight*packetBits/(s.rtt.Seconds()*s.rtt.Seconds()),
		maxRivalGrowth*bitrate)
	limit := max(bitrate, unprovenFactor*s.acked+unprovenMargin)
	return min(limit, bitrate+perSecond*elapsed.Seconds())
}

// follow returns the rate while the experiment runs, and the former one at its end.
func (y *yield) follow(s signal, bitrate float64) float64 {
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
