// Package bwe estimates how much one receiver's downlink carries, from what the sender knows: which
// packet left when, and when the receiver says that it arrived (transport-wide feedback). It
// follows the algorithms published as "Google Congestion Control" (draft-ietf-rmcat-gcc-02 and its
// descendants) and is pure: time and packets are arguments.
//
// The owner calls OnSent for every packet that leaves (audio, video, retransmissions and padding
// alike, with its size on the wire), OnFeedback for every feedback packet, Tick a few times a
// second, and reads Estimate afterwards. When somebody could use more than the estimate, Probe says
// whether and how to try for more.
//
// One file a concern, in the order in which a feedback passes through them:
//
//   - history.go: the packets sent lately. Feedback for anything else is ignored.
//   - interarrival.go, trendline.go: does a queue grow? Works on thin links too, where a packet's
//     own size is most of its delay, and with 17 packets a second.
//   - delay.go, acked.go: round trip, queueing delay, the rate that arrives.
//   - standing.go: does the queue stay, or was somebody only held up for a moment? Without it a
//     busy machine at either end passes for a thin link.
//   - loss.go: which loss is ours, and which is the line's.
//   - rival.go: a download that keeps the queue full whatever we do.
//   - collapse.go: capacity that has just fallen to a fraction; holds the pacing back until the
//     trendline is sure.
//   - step.go: the path has become longer. Its delay leaps and stays, which a queue's does not.
//   - flight.go: feedback that fails to come; holds the pacing back before there is anything to
//     judge.
//   - doubt.go: the other way of the line has just fallen; holds the pacing back until feedback
//     tells of this one.
//   - aimd.go: the rate that follows. It never rises beyond what has been proven by what arrived,
//     so that a source that sends little learns little.
//   - wider.go: large packets that take no longer than small ones: what was full carries more by
//     now.
//   - probe.go: how such a source learns more: short bursts at 1.5 times the estimate at most, and
//     only while somebody wants more. A rate that was carried before a drop is looked for every
//     other second.
//   - estimator.go: all of it together, and what happens when feedback fails to come.
//
// # What was tried and did not help
//
//   - Taking 95 % of what arrived of a probe that the link did not carry: it favours whoever has
//     more, two flows stayed at 600 and 350 kbit/s of 1 Mbit/s for minutes. 85 %, as after any
//     overuse, lets them meet.
//   - Letting a probe's own queue count as overuse: every probe that found nothing cost 15–28 % of
//     the rate.
//   - Lowering the rate by a fifth in the loss experiment whatever the loss: with a third lost that
//     stays above what the link carries, and a policer passes for a bad line. It goes below what
//     arrives now.
//   - Learning the line's own loss while a queue drains: each overload was followed by an
//     experiment.
//   - Forgetting the least delay after 30 s, as audio alone can keep a queue standing for longer on
//     a link thinner than itself; it then looks empty, and the rate climbs into it. Two minutes are
//     kept.
//   - Taking growing delays alone for overuse: on a machine whose processes wait 20–300 ms for a
//     processor, several times a second, the rate fell to what happened to arrive just then, 25
//     kbit/s on a free link, and the picture was paused.
//   - Calling a queue standing for as long as 500 ms after it grew, however short it is: it costs
//     2–3 % of the capacity of thin links. Above 80 ms it costs nothing.
//   - Holding against a link that a probe left late, or arrived in one piece: backing off after
//     these, audio alone took 5–16 s from 30 to 100 kbit/s on a busy machine, and often more than
//     30 s to 1 Mbit/s.
//   - Recognising a download by the share of our former rate that is left: one that was there
//     before us leaves none to compare with. What arrives against what is sent tells more.
//   - Following the losses as one TCP does (RFC 5348 with a weight of 1, less by 30 % at each
//     loss): 46 % of the capacity beside one download and 13 % beside ten. A call counts for four.
//   - Never yielding to what was taken for a download: two calls behind one line kept a queue of
//     300 ms full for minutes after the download had ended, or one of them starved.
//   - Leaving a rate where a stall had put it: the gap in what arrives passes for a slow link, and
//     a full link of 150 kbit/s was taken for 50 twice a minute. What comes out of the queue
//     afterwards corrects it.
//   - Beginning at 300 kbit/s: on 60 kbit/s the queue was full before the first feedback had come.
//   - Measuring a probe up to its last packet whatever its size: a small one at the end arrives
//     earlier, and hid the queue that the others had made.
//   - Not solved: a download that never lets the queue run empty from before the first packet on.
//     The least delay is then not known, and the share that remains for us is small.
package bwe

import "time"

// Sent is one packet that left for the receiver.
type Sent struct {
	Seq   int64 // transport-wide sequence number, unwrapped: strictly rising, not negative
	Size  int   // bytes on the wire, IP and UDP headers included
	At    time.Time
	Probe int // ID of the Cluster that the packet belongs to; 0: none
}

// Ack is what the receiver says of one packet.
type Ack struct {
	Seq      int64 // unwrapped like Sent.Seq
	Received bool
	// by the receiver's clock, from an arbitrary origin; meaningless unless Received
	Arrival time.Duration
}

// Estimate is what the estimator believes of the link.
type Estimate struct {
	Bitrate int // bit/s to share out among media, headers included
	// bit/s that may leave now: Bitrate, or less for a moment when the link seems to collapse; see
	// Pacing
	Pacing int
	// Bitrate, or less for a moment when the link may have fallen: what publishers should prepare
	// for; see Doubt
	Likely int
	State  State         // delay signal
	RTT    time.Duration // smoothed; 0: not known yet
	// what packets now wait in queues on their way, above the least delay seen lately
	QueueDelay time.Duration
	Loss       float64 // share of packets lost lately, 0…1
	Acked      int     // bit/s that arrived lately; 0: not known yet
	Rival      bool    // somebody else keeps the queue full; the rate follows the losses
}

const (
	feedbackTimeout = 1500 * time.Millisecond // silence after which the estimate decays
	feedbackRTTs    = 3                       // the silence is at least so many round trips
	decayInterval   = 500 * time.Millisecond
	decayFactor     = 0.7
	outage          = 400 * time.Millisecond // in which everything is lost
	// a receiver that did not report for longer was not just busy
	busyFor = 3 * time.Second
	// of the rate before a silence: where it goes on afterwards
	resumeShare = 0.25
	provenShare = 0.9 // of the estimate arrives: it is proven
	// who sends less than this share of the estimate has less to send
	limitedShare  = 0.75
	standingQueue = 180 * time.Millisecond // a queue that long is overuse even if it does not grow,
	grownQueue    = 80 * time.Millisecond  // or even that long
	grownFor      = 500 * time.Millisecond // if it grew so lately: it may be full
	// after a fall, until the queue is shorter than this and one packet's time,
	drainQueue  = 80 * time.Millisecond
	drainFactor = 0.8 // only this share of the estimate is sent
	// between what passed here and there: the receiver's clock was set
	maxClockJump = 10 * time.Second
)

// Estimator estimates the bandwidth of one receiver's downlink. Its methods must not be called
// concurrently.
type Estimator struct {
	config Config
	origin time.Time
	begun  bool

	history      history
	interarrival interarrival
	trendline    trendline
	delays       delays
	aimd         aimd
	loss         lossControl
	rival        rival
	collapse     collapse
	flight       flight
	doubt        doubt
	wider        wider
	step         step
	sent, acked  meter
	flow         flow
	prober       prober

	arrival     arrivals
	proven      bool // the rate is more than a guess
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
		aimd:      aimd{bitrate: float64(config.StartBitrate)},
		loss:      newLossControl(),
		trendline: newTrendline(),
	}
}

// since converts a time into the estimator's own.
func (e *Estimator) since(t time.Time) time.Duration {
	if !e.begun {
		e.begun, e.origin = true, t
	}
	return t.Sub(e.origin)
}

// OnSent notes a packet that left.
func (e *Estimator) OnSent(s Sent) {
	at := e.since(s.At)
	e.history.add(packet{seq: s.Seq, sent: at, size: s.Size, probe: s.Probe, outcome: inFlight})
	e.sent.add(at, s.Size, false)
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
		e.flight.heard(at - f.firstSent)
		e.resume(at, f.received == f.fresh)
		e.delays.roundTrip(max(0, at-f.lastSent))
		e.delays.update(f.sum/time.Duration(f.received), e.trendline.msPerByte())
		e.collapse.update(at, e.delays.base)
		e.settleDoubt(at, &f)
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
	e.flight.newest = max(e.flight.newest, p.seq)
	e.onArrival(now, p, f)
	e.settleLosses()
	if first { // one that was reported lost and came late has been counted
		e.loss.onKnown(p)
		e.step.onKnown(p)
		e.prober.onKnown(p)
	}
}

// settleLosses counts packets lost in a row, unless the row is so long that the link was
// interrupted: that says nothing of its rate.
func (e *Estimator) settleLosses() {
	n := len(e.losses)
	interrupted := n > 0 && e.losses[n-1].sent-e.losses[0].sent > outage
	for _, p := range e.losses {
		if !interrupted {
			e.loss.onKnown(p)
			e.step.onKnown(p)
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
	e.acked.add(p.arrived, p.size, p.afterHole)
	if e.prober.seeks(now) && e.wider.add(now, p, e.delays.least, e.aimd.bitrate) {
		e.prober.hasten(now)
	}
	e.collapse.add(p)
	if d, ok := e.interarrival.add(p); ok {
		e.trendline.add(d)
	}
	f.sum += e.delays.arrived(now, p, e.trendline.msPerByte())
	e.step.leap(now, e.delays.later, e.aimd.bitrate)
	f.received++
	f.lastSent = max(f.lastSent, p.sent)
}

// forgetClock drops what depends on the receiver's clock.
func (e *Estimator) forgetClock() {
	e.acked, e.interarrival, e.trendline = meter{}, interarrival{}, newTrendline()
	e.collapse, e.wider, e.step = collapse{}, wider{}, step{}
	e.delays = delays{rtt: e.delays.rtt}
	e.arrival = arrivals{}
}

// update draws the conclusions of a feedback.
func (e *Estimator) update(now time.Duration) {
	if e.trendline.state == Overusing {
		e.grewAt = now
	}
	s := signal{now: now, state: e.state(), queue: e.delays.queue, rtt: e.delays.rtt}
	sent, _ := e.sent.rate()
	e.flow.add(now, sent)
	s.acked, s.known = e.acked.rate()
	if !s.known && e.delays.stands(emptyQueue) && e.delays.served > 0 {
		// most of the feedback is lost, but the link was full
		s.acked, s.known = e.delays.served, true
	}
	if s.known {
		if sent > 0 {
			s.acked = min(s.acked, unprovenFactor*sent)
		}
		e.ackedRate = s.acked
	}
	s.limited = sent < limitedShare*e.bitrate()
	// a mean over pauses says less of the link than what came out of its queue
	if s.limited && e.delays.sure {
		s.acked = max(s.acked, min(e.delays.served, unprovenFactor*sent))
	}
	if e.step.update(now, &e.delays, e.loss.inherent) {
		e.onStep(now)
		s.state, s.queue = e.state(), 0
	}
	s.stands = e.delays.stands(rivalQueue)
	s.sent = sent * (1 - e.loss.experiment.trusted)
	e.rival.update(s, sent, e.loss.inherent)
	if rate := e.rival.back(); rate > 0 {
		e.aimd.bitrate = rate
	}
	losing := false
	if o, closed := e.loss.update(s, e.aimd.bitrate, sent, e.rival.present); closed {
		losing = e.rival.lossSeen(o)
	}
	if s.state == Overusing && now < e.doubt.holds {
		s.state = Underusing
	}
	e.follow(s, losing)
	if s.state == Overusing {
		e.calmSince = now
	}
	e.draining = e.draining && s.queue > drainQueue+e.packetTime() && !e.rival.present
	e.judgeProbe(now)
	e.bound()
}

// packetTime is how long a full packet occupies the link.
func (e *Estimator) packetTime() time.Duration {
	return time.Duration(packetBits / e.aimd.bitrate * float64(time.Second))
}

// follow lets the rate follow the delay or, beside a rival, the loss.
func (e *Estimator) follow(s signal, losing bool) {
	if e.rival.present {
		elapsed := min(maxIncreaseSpan, s.now-e.aimd.updated)
		e.aimd.bitrate, e.aimd.updated = e.rival.follow(s, e.aimd.bitrate, losing, elapsed), s.now
		return
	}
	before := e.aimd.bitrate
	e.proven = e.proven || s.known && s.acked > provenShare*before
	if e.aimd.update(s) {
		e.proven = true
		e.rival.falls++
		if e.aimd.bitrate < 0.8*before {
			e.prober.remember(s.now, before)
		}
		e.draining = true
	}
}

// state is the trendline's, corrected where a queue stands without growing, where delays grow that
// do not stand, and where a queue is the doing of a probe: the verdict on that probe says more.
func (e *Estimator) state() State {
	grows := e.trendline.state == Overusing
	switch {
	case e.rival.present:
		return Normal
	case e.trendline.state == Normal && e.delays.stands(e.longQueue()):
		return Overusing
	case grows && e.delays.stand < probeQueue && e.prober.disturbs(e.now, e.delays.rtt):
		return Underusing
	case grows && e.delays.stands(emptyQueue):
		return Overusing
	case grows:
		return Underusing // wait and see
	}
	return e.trendline.state
}

// longQueue is how long a queue must be to be overuse although it does not grow any more.
func (e *Estimator) longQueue() time.Duration {
	if e.grewAt > 0 && e.now-e.grewAt < grownFor {
		return grownQueue
	}
	return standingQueue
}

func (e *Estimator) judgeProbe(now time.Duration) {
	v, proven := e.prober.verdict(now, e.delays.rtt, e.loss.reported)
	if v == pending {
		return
	}
	won := proven > e.aimd.bitrate
	switch {
	case won:
		e.aimd.proven(proven)
		e.loss.proven(proven)
	case v == saturated && !e.proven && proven > 0: // what was assumed at the start was too much
		e.aimd.bitrate = proven
	}
	e.proven = e.proven || v == carried || v == saturated
	e.prober.conclude(now, v, won, e.aimd.bitrate)
}

// bound keeps the delay-based rate within the configuration and near the loss-based one, so that it
// does not have to come down from far away when the latter lifts.
func (e *Estimator) bound() {
	e.aimd.bitrate = min(e.aimd.bitrate, e.loss.cap)
	e.aimd.bitrate = min(float64(e.config.MaxBitrate),
		max(float64(e.config.MinBitrate), e.aimd.bitrate))
}

// Tick lets time pass: the estimate decays while feedback fails to come. Call it every 100 ms or
// so.
func (e *Estimator) Tick(now time.Time) {
	at := e.since(now)
	e.now = max(e.now, at)
	silence := max(feedbackTimeout, feedbackRTTs*e.delays.rtt)
	if latest := e.history.find(e.history.newest); e.waiting &&
		at-latest.sent >= silence-decayInterval {
		// Feedback that was lost is not repeated, and there will be none before something arrives.
		e.waiting, e.flight.newest = false, latest.seq
	}
	if !e.waiting || at-e.waitingFrom < silence || at-e.decayed < decayInterval {
		return
	}
	e.decayed = at
	if e.silenced == 0 {
		e.silenced, e.silencedAt = e.aimd.bitrate, at
	}
	e.prober.remember(at, e.aimd.bitrate)
	e.aimd.bitrate *= decayFactor
	e.bound()
}

// resume goes on after a silence: most links come back as they were, and probes soon tell. When
// nothing was lost it was not the link that was silent but the receiver, too busy to report; and
// before its first feedback it may not have had the keys yet to read anything.
func (e *Estimator) resume(now time.Duration, complete bool) {
	if e.silenced == 0 {
		return
	}
	share := resumeShare
	if first := e.delays.rtt == 0; first || complete && now-e.silencedAt < busyFor {
		share = 1
	}
	e.aimd.proven(share * e.silenced)
	e.prober.next, e.silenced = 0, 0
}

// Estimate returns the current estimate.
func (e *Estimator) Estimate() Estimate {
	bitrate := e.bitrate()
	return Estimate{
		Bitrate:    int(bitrate),
		Likely:     int(max(float64(e.config.MinBitrate), e.doubt.likely(e.now, bitrate))),
		Pacing:     e.pacing(e.now, bitrate),
		State:      e.state(),
		RTT:        e.delays.rtt,
		QueueDelay: e.delays.queue,
		Loss:       e.loss.reported,
		Acked:      int(e.ackedRate),
		Rival:      e.rival.present,
	}
}

// Pacing returns the bit rate that may leave now, as Estimate does: ask whenever something is to
// leave, for it falls while feedback is overdue.
func (e *Estimator) Pacing(now time.Time) int {
	return e.pacing(max(e.now, e.since(now)), e.bitrate())
}

func (e *Estimator) pacing(now time.Duration, bitrate float64) int {
	limit := min(e.collapse.limit(now, bitrate), e.flight.limit(now, &e.history, bitrate),
		e.doubt.limit(now, bitrate))
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

// Probe says whether to send a probe now, given the bitrate that the receiver could use (bit/s;
// what it would take to show all that its page wants, and no more). It returns false while a probe
// is on its way, while the link is busy or when the last ones proved that there is nothing to win.
// Ask after every feedback and tick; once it has returned a cluster, send it.
func (e *Estimator) Probe(now time.Time, wanted int) (Cluster, bool) {
	at := e.since(now)
	unheard := e.waiting && at-e.waitingFrom > feedbackTimeout/2+e.delays.rtt
	busy := unheard || e.delays.rtt == 0 || e.trendline.state == Overusing ||
		e.delays.stand > probeCalm || e.draining ||
		e.loss.experiment.running || e.aimd.everFell && at-e.calmSince < probeSettle
	if busy {
		return Cluster{}, false
	}
	first := !e.proven && e.prober.retry == 0
	return e.prober.begin(at, first, e.bitrate(), float64(wanted), float64(e.config.MaxBitrate))
}
