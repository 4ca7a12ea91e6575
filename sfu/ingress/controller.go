package ingress

import "time"

// Config bounds the limit; zero values mean DefaultConfig.
type Config struct {
	Start   int // bit/s allowed on a link of which nothing is known
	Floor   int // bit/s that are always allowed
	Ceiling int // bit/s from which on there is no limit
}

// DefaultConfig begins with what carries a voice and a small picture.
var DefaultConfig = Config{Start: 120_000, Floor: 20_000, Ceiling: 4_000_000}

const (
	evaluateInterval = 25 * time.Millisecond

	// A queue stands that has not been shorter than standWait for a quarter of a second, or than
	// steepWait for a few packets that did not come at once, as they do after a stall.
	standWait, standSpan = 40 * time.Millisecond, 100 * time.Millisecond
	standWindow          = 200 * time.Millisecond
	steepWait, steepSpan = 75 * time.Millisecond, 30 * time.Millisecond
	emptyWait            = 20 * time.Millisecond // of no queue
	// pictureSlack is how long a picture may wait for its encoder and pacer before its delay tells
	// of a queue.
	pictureSlack = 40 * time.Millisecond

	// A cut leaves keepShare of what the link carries, less the longer the queue is that must
	// drain: within drainTime, but never below leastShare.
	keepShare, leastShare = 0.88, 0.55
	drainTime             = 1500 * time.Millisecond
	// resumeShare of what the link carries is allowed once the queue is gone.
	resumeShare = 0.92
	cutInterval = 400 * time.Millisecond // a publisher needs that long to do what he is told
	cutAgain    = 150 * time.Millisecond
	outage      = 1200 * time.Millisecond // in which nothing comes at all: it tells of no rate
	busyLeast   = 100 * time.Millisecond  // to measure a rate
	growPause   = 300 * time.Millisecond  // after a queue is gone

	// Growth of the limit in a second: where the link was found full, below that, and where nothing
	// is known.
	gentleGrowth, returnGrowth, climbGrowth = 1.10, 1.4, 2.4
	// above the capacity found: there should be a queue by now
	doubtGrowth               = 1.2
	startGrowth, recallGrowth = 3.0, 3.5
	// bit/s: where links that are too thin for more are found
	carefulGrowth, carefulBelow = 1.8, 300_000
	returnBelow                 = 0.85 // of the capacity found
	// times the capacity found: the link carries more
	refuted = 1.1
	// times the capacity found: who sends less than he may proves nothing,
	unproven = 1.35
	// and a voice alone never would: it and a still picture are tried,
	tryable = provenFactor * provenFloor
	// bit/s: and a small picture that moves, tryAfter a queue
	tryableLater = 90_000
	// bit/s: a link that is said to carry no more will soon be full
	expectFull = 160_000
	// provenFactor is how far the limit may be above the most that got through lately without a
	// queue.
	provenFactor = 1.8
	provenWindow = 500 * time.Millisecond
	provenFloor  = 25_000 // bit/s: a voice
	provenHold   = 2 * time.Second
	tryAfter     = 10 * time.Second
	recallFor    = 90 * time.Second // how long the rate before a fall is worth coming back to
	recallShare  = 0.9              // of it is come back to fast
	fallShare    = 0.7              // of what got through before: the link has fallen

	// rebaseAfter is how long a delay must stay the same although less is sent than the link
	// carries, or nothing is lost: no queue does that.
	rebaseAfter = 1200 * time.Millisecond
	rebaseBand  = 25 * time.Millisecond
	rebaseShare = 0.85
	farLess     = 0.5 // of it: whatever is lost

	// A packet tells of the capacity when it should take tellingWait longer than one of smallPacket
	// bytes; quickPackets in a row, over quickSpan, that took less than quickShare of that say that
	// it is no longer so.
	tellingWait  = 12 * time.Millisecond
	smallPacket  = 200
	ownCaution   = 1.5 // the link may carry so much more than is known
	quickShare   = 0.5
	quickPackets = 8
	quickSpan    = 400 * time.Millisecond

	// A link has just fallen when fallPackets large ones in a row came late, by fallWait and each
	// by fallStep more than the one before it, so far apart that the rate is less than fallDeep of
	// what got through before. After a stall they come together, and a stall between two holds up
	// one alone. A small packet takes no time by itself: it tells of nothing but stalls.
	fallPackets         = 2
	fallSize            = 500 // bytes
	fallFirst, fallStep = 20 * time.Millisecond, 20 * time.Millisecond
	fallAgain           = 10 * time.Millisecond // the second of them may be smaller
	fallWait            = 50 * time.Millisecond
	fallDeep            = 0.5
	fallLasts           = 2 * time.Second
	// bit/s that got through before: on a thinner link any picture takes that long
	fallLeast = 200_000
	// The first of them is suspicious on a link where no large packet has come so late for
	// suspectCalm.
	suspectCalm = time.Second
	suspectWait = 40 * time.Millisecond

	maxClocks = 8
)

// Packet is one packet that arrived.
type Packet struct {
	Arrival  time.Time
	Size     int    // bytes on the wire
	Number   uint16 // transport-wide sequence number, if Numbered
	Numbered bool

	// Timestamp tells when the packet left, in units of ClockRate (Hz), as well as Trust says;
	// ClockRate is 0 when nothing does. Stream names the time line: timestamps of different streams
	// are not compared.
	Stream    uint32
	Timestamp uint32
	ClockRate uint32
	Trust     Trust
}

// Trust is how well a timestamp tells when its packet left.
type Trust int

// From the worst to the best.
const (
	OfPicture Trust = iota // when it was captured: it waited for its encoder and its pacer
	// when it was spoken: it leaves at once, but a busy machine loses a little of its sound now and
	// then
	OfVoice
	OfDeparture // when it left
)

// State is what is believed of an uplink.
type State struct {
	// bit/s that all media of the publisher together may take; 0: none known
	Limit int
	// bit/s that Limit will be at least once a queue that stands now is gone, or less was tried for
	// nothing; 0: none known
	Usual     int
	Delay     time.Duration // of the queue before him
	Loss      float64       // share of his packets that were lost in the last second, 0…1
	LossKnown bool          // there has been such a second
	// Limit is more than is believed, so that a picture may move and show what the link carries
	Attempt bool
	Found   bool // the link was found full at about Usual, and nothing has refuted that
	// a queue stands, and Limit is below what the link carries until it is gone
	Congested bool
	// lately: the publisher's own congestion control may not have noticed yet
	Fell bool
	// the link has been full, or is expected to be soon: it carries about Usual, whereas else that
	// is just what was tried
	Full bool
}

// Controller watches one transport of one publisher.
type Controller struct {
	config Config
	clocks [maxClocks]followed
	meter  meter
	burst  burst
	late   burst // of what came since the queue was last empty
	// bit/s that a link carried at most, for each of those to be so much later than the one before;
	// 0: any
	leap   float64
	hole   int64 // total when something was missing last
	losses losses
	number uint16 // of the latest packet

	total     int64
	arrived   time.Time // when the latest packet came
	empty     mark      // when the queue was last empty
	evaluated time.Time
	delay     time.Duration

	limit     float64
	capacity  float64 // that the link was found to carry; 0: never full
	expected  float64 // that it is said to carry; 0: nothing is said
	congested bool
	cutAt     time.Time
	foundAt   time.Time // when the queue that stands, or the latest, was found
	resumedAt time.Time // when it was gone
	none      bool      // what waited in it did not come as from a queue
	growAt    time.Time
	believed  struct { // before that
		limit, capacity float64
		attempt         attempt
	}
	attempt attempt
	proven  peak
	recall  struct {
		rate float64
		at   time.Time
	}
	began float64  // bit/s that arrived when the queue that stands was found
	flat  struct { // how the delay moved since
		since       time.Time
		least, most time.Duration
	}
	weight struct { // large packets in a row that came too quickly for the capacity found
		packets int
		since   time.Time
	}
	trial   trial
	slow    int       // large packets in a row that tell of a fall
	fallen  float64   // see Fallen; 0: nothing to report
	fellAt  time.Time // when it fell last
	suspect struct {
		last time.Time // when a large packet came late last
		news bool
	}
}

type followed struct {
	clock
	trust Trust
	late  time.Duration // of the latest packet
	total int64         // when it came
}

type mark struct {
	at    time.Time
	total int64
}

// New returns a controller that knows nothing of the link.
func New(config Config) *Controller {
	or := func(value *int, otherwise int) {
		if *value == 0 {
			*value = otherwise
		}
	}
	or(&config.Start, DefaultConfig.Start)
	or(&config.Floor, DefaultConfig.Floor)
	or(&config.Ceiling, DefaultConfig.Ceiling)
	return &Controller{config: config, limit: float64(max(config.Start, config.Floor))}
}

// State tells what is believed.
func (c *Controller) State() State {
	limit, capacity := c.limit, c.capacity
	switch {
	case c.congested:
		limit = max(limit, resumeShare*capacity)
	case c.trial.running:
		limit, capacity = max(limit, c.trial.limit), c.trial.found
	}
	expected := max(float64(c.config.Start), unproven*c.expected)
	s := State{
		Limit: int(c.limit), Usual: int(limit), Delay: c.delay,
		Loss: c.losses.share, LossKnown: c.losses.known,
		Attempt: c.attempt.running, Found: c.congested || c.capacity > 0, Congested: c.congested,
		Full: c.congested || capacity > 0 || limit < expected,
	}
	s.Fell = !c.fellAt.IsZero() && c.evaluated.Sub(c.fellAt) < fallLasts
	if s.Limit >= c.config.Ceiling {
		s.Limit, s.Usual = 0, 0
	}
	return s
}

// Expect lowers the beginning to what the link carried before anything came over it, in bit/s: the
// page that loaded over it, for one. Once it has been full, or more than that has come over it
// lately, that changes nothing.
func (c *Controller) Expect(bitrate int) {
	if c.cutAt.IsZero() && c.proven.value() <= float64(bitrate) {
		if bitrate <= expectFull {
			c.expected = float64(bitrate)
		}
		c.lower(float64(bitrate))
	}
}

// PathChanged forgets the delay of the old path: packets may take another network. The limit stays
// as a beginning, not above that of an unknown link.
func (c *Controller) PathChanged() {
	*c = Controller{config: c.config, limit: min(c.limit, float64(c.config.Start))}
}

// Arrived takes one packet, in the order of arrival.
func (c *Controller) Arrived(p Packet) {
	c.total += int64(p.Size)
	c.meter.add(p.Arrival, p.Size)
	c.burst.add(p.Arrival, p.Size)
	c.late.add(p.Arrival, p.Size)
	next := !p.Numbered || p.Number == c.number+1
	if !next {
		c.hole = c.total
	}
	if p.Numbered {
		c.number = p.Number
		c.losses.add(p.Arrival, p.Number)
	}
	if p.Arrival.Sub(c.arrived) >= outage {
		c.empty, c.late, c.leap = mark{p.Arrival, c.total}, burst{}, 0
	}
	c.arrived = p.Arrival
	if p.ClockRate > 0 {
		f := c.follow(p)
		late, wait, ok := f.add(p.Arrival, p.Timestamp, p.ClockRate, c.own(p))
		if ok {
			c.busy(p, f, late, wait)
		}
		if ok && p.Trust == OfDeparture {
			c.weigh(p.Arrival, p.Size, late)
			c.attempt.gauge(p.Size, late)
			if !next { // what was lost between two packets took its time on the link, too
				c.slow = 0
			} else if p.Size >= fallSize {
				c.watch(p.Arrival, p.Size, f.latestTwo(p.Arrival))
			}
		}
	}
	c.Tick(p.Arrival)
}

// own returns by how much longer a packet itself takes than a small one, at the most that the link
// is known to carry: on a thin link that is longer than a queue is allowed to be.
func (c *Controller) own(p Packet) time.Duration {
	if p.Trust != OfDeparture || p.Size <= smallPacket {
		return 0
	}
	bits := float64(8 * (p.Size - smallPacket))
	rate := max(c.limit, c.capacity, c.proven.value())
	if bits/rate > tellingWait.Seconds() {
		rate = max(rate, c.burst.rate(p.Arrival))
	}
	return time.Duration(bits / ownCaution / rate * float64(time.Second))
}

// busy notes since when the link has been busy, by a packet that was late and, if it is not merely
// large, waited. Until the first one began to come, the link may have had nothing to do.
func (c *Controller) busy(p Packet, f *followed, late, wait time.Duration) {
	first := c.empty.total == c.total-int64(p.Size)
	if wait < emptyWait {
		c.late, c.leap = burst{}, 0
	} else if step := late - f.late; step >= leapLeast && f.total >= c.hole {
		if most := float64(8*(c.total-f.total)) / step.Seconds(); c.leap == 0 || most < c.leap {
			c.leap = most
		}
	}
	f.late, f.total = late, c.total
	switch begun := p.Arrival.Add(-late); {
	case wait < emptyWait:
		c.empty = mark{p.Arrival, c.total}
	case first && p.Trust == OfDeparture && begun.After(c.empty.at):
		c.empty.at = begun
	}
}

// Fallen tells, once, that the link has just fallen, and to what share of what got through before.
// It is known after two late ones, a hundred milliseconds before a queue is sure to stand: somebody
// held up for a moment may look like it.
func (c *Controller) Fallen() (share float64, ok bool) {
	share, c.fallen = c.fallen, 0
	return share, share > 0
}

// Suspects tells, once, that the latest packet may be the first of those from which a fall will be
// known in a moment. The sender may have been held up as well.
func (c *Controller) Suspects() bool {
	news := c.suspect.news
	c.suspect.news = false
	return news
}

// watch looks for a fall in a packet and the one before.
func (c *Controller) watch(now time.Time, size int, two [2]wait) {
	earlier, later := two[0], two[1]
	before, apart := c.proven.value(), later.at.Sub(earlier.at)
	if c.capacity > 0 {
		before = min(before, c.capacity) // it has fallen already
	}
	step := later.wait - earlier.wait
	if !c.congested && before >= fallLeast && (step >= fallStep || later.wait >= suspectWait) {
		c.suspect.news = now.Sub(c.suspect.last) >= suspectCalm
		c.suspect.last = now
	}
	least := fallStep
	if c.slow > 0 {
		least = fallAgain
	}
	late := earlier.wait >= fallFirst && later.wait >= fallWait && step >= least
	rate := float64(8*size) / apart.Seconds()
	if c.congested || !late || before < fallLeast || rate >= fallDeep*before {
		c.slow = 0
		return
	}
	if c.slow++; c.slow == fallPackets {
		c.slow, c.fallen, c.fellAt = 0, rate/before, now
		c.cut(now, later.wait, rate)
	}
}

// weigh compares how long a large packet took with what it takes on a link of the capacity found.
// If many in a row took far less, the link carries more by now, whether or not anything has been
// sent that would show it otherwise.
func (c *Controller) weigh(now time.Time, size int, late time.Duration) {
	expected := float64(8*(size-smallPacket)) / c.capacity
	if c.capacity == 0 || c.congested || expected < tellingWait.Seconds() {
		return
	}
	w := &c.weight
	if w.packets == 0 {
		w.since = now
	}
	w.packets++
	switch {
	case late.Seconds() > quickShare*expected:
		w.packets = 0
	case w.packets >= quickPackets && now.Sub(w.since) >= quickSpan:
		if now.Sub(c.recall.at) < recallFor { // it carries so much at least, and has carried more
			carries := min(resumeShare*c.capacity/quickShare, recallShare*c.recall.rate)
			c.limit = max(c.limit, carries)
		}
		w.packets, c.capacity = 0, 0
	}
}

// follow returns the clock of a packet's stream, or takes the one that has been silent for longest.
func (c *Controller) follow(p Packet) *followed {
	silent := &c.clocks[0]
	for i := range c.clocks {
		f := &c.clocks[i]
		if f.started && f.stream == p.Stream {
			return f
		}
		if f.arrived.Before(silent.arrived) {
			silent = f
		}
	}
	*silent = followed{clock: clock{stream: p.Stream}, trust: p.Trust}
	return silent
}

// Tick lets time pass. Call it ten times a second or more often.
func (c *Controller) Tick(now time.Time) {
	elapsed := now.Sub(c.evaluated)
	if elapsed < evaluateInterval {
		return
	}
	c.evaluated = now
	long, few, known := c.look(now)
	if !known {
		return // nothing arrives that could tell
	}
	c.delay = long.wait
	if c.congested {
		c.none = c.none || c.leapt(now, c.capacity)
	}
	standing := long.wait >= standWait && long.span >= standSpan ||
		few.wait >= steepWait && few.span >= steepSpan && few.samples == latestCount
	c.judgeLoss(now)
	flat := time.Duration(0)
	if long.wait >= emptyWait {
		flat = c.flatFor(now, long.wait)
	} else {
		c.flat.since = time.Time{}
	}
	switch {
	case flat >= rebaseAfter:
		c.rebase(now)
	case standing:
		if flat < rebaseAfter/2 {
			if carried := c.carried(now); !c.stalled(now, carried) {
				c.cut(now, max(long.wait, few.wait), max(carried, c.late.rate(now)/stallBurst))
			}
		}
	// in which a fall does not show yet
	case c.congested && long.wait < emptyWait && now.Sub(c.fellAt) >= standWindow:
		c.resume(now)
	case !c.congested && long.wait < emptyWait:
		c.attempted(now)
		c.grow(now, min(elapsed, 200*time.Millisecond))
	}
}

// look returns the queue of the last quarter of a second and of the latest packets, by the time
// line that waited least of those that are trusted most.
func (c *Controller) look(now time.Time) (long, few view, known bool) {
	trust := OfPicture
	for i := range c.clocks {
		f := &c.clocks[i]
		if !f.started || now.Sub(f.arrived) > standWindow || f.trust < trust {
			continue
		}
		l, s := f.look(now, standWindow), f.latestFew(now)
		if f.trust == OfPicture {
			l.wait, s.wait = max(0, l.wait-pictureSlack), max(0, s.wait-pictureSlack)
		}
		if !known || f.trust > trust || l.wait < long.wait {
			long, few, known, trust = l, s, true, f.trust
		}
	}
	return long, few, known
}

// cut sets the limit below what the link carries.
func (c *Controller) cut(now time.Time, wait time.Duration, carried float64) {
	interval := cutInterval
	if carried < fallShare*c.capacity {
		interval = cutAgain // it falls further
	}
	if c.congested && now.Sub(c.cutAt) < interval {
		return
	}
	if before := c.proven.value(); !c.congested && carried < fallShare*before {
		c.recall.rate, c.recall.at = before, now
	}
	if !c.congested {
		c.believed.limit, c.believed.capacity, c.believed.attempt = c.limit, c.capacity, c.attempt
		c.none = false
	}
	if !c.congested || carried < c.capacity {
		c.find(carried)
	}
	share := max(keepShare-(wait-standWait).Seconds()/drainTime.Seconds(), leastShare)
	c.lower(share * carried)
	if !c.congested {
		c.flat.since, c.began, c.foundAt = time.Time{}, carried, now
	}
	c.congested, c.cutAt = true, now
	c.trial.end()
	c.attempt.fail(now)
}

// resume ends a queue that is gone.
func (c *Controller) resume(now time.Time) {
	c.congested = false
	c.limit = max(c.limit, resumeShare*c.capacity)
	c.growAt, c.resumedAt = now.Add(growPause), now
	b := &c.believed
	if a := &c.attempt; a.failed.Equal(c.foundAt) && !c.none && now.Sub(c.foundAt) >= obeyTime {
		a.wait = max(a.wait, attemptSure)
	}
	if now.Sub(c.foundAt) < obeyTime && c.losses.share <= lossFound/2 && c.none {
		c.limit, c.capacity = max(c.limit, b.limit), b.capacity
		c.recover()
	}
}

// recover undoes the failure of an attempt that was none.
func (c *Controller) recover() {
	need := c.attempt.need
	c.attempt = c.believed.attempt
	c.attempt.need = need
}

// find notes what the link was found to carry. The floor is allowed anyway: below it nothing is
// found out any more.
func (c *Controller) find(rate float64) { c.capacity = max(rate, float64(c.config.Floor)) }

// lower sets the limit, never upwards.
func (c *Controller) lower(limit float64) {
	c.limit = max(min(c.limit, limit), float64(c.config.Floor))
}

// carried returns what the link carries: all that arrived since the queue was last empty.
func (c *Controller) carried(now time.Time) float64 {
	busy := now.Sub(c.empty.at)
	switch {
	case busy >= time.Second:
		return c.meter.rate(now, provenWindow)
	case busy < busyLeast:
		return c.meter.rate(now, busyLeast)
	}
	return float64(8*(c.total-c.empty.total)) / busy.Seconds()
}

// flatFor returns for how long the delay has stayed the same although less arrives than when the
// queue was found, or nothing at all is lost: then it is that of another path, or the sender has
// lost some sound.
func (c *Controller) flatFor(now time.Time, wait time.Duration) time.Duration {
	f := &c.flat
	lost := c.losses.lately(now)
	arrives := c.meter.rate(now, time.Second)
	less := lost <= lossFound && arrives <= rebaseShare*c.began || arrives <= farLess*c.began
	if lost > 0 && c.congested && !less || lost > lossFound && !c.congested {
		f.since = time.Time{}
		return 0
	}
	if f.since.IsZero() {
		f.since, f.least, f.most = now, wait, wait
	}
	f.least, f.most = min(f.least, wait), max(f.most, wait)
	if f.most-f.least > rebaseBand {
		f.since = time.Time{}
		return 0
	}
	return now.Sub(f.since)
}

func (c *Controller) rebase(now time.Time) {
	for i := range c.clocks {
		if f := &c.clocks[i]; f.started {
			f.rebase(now, f.look(now, standWindow).wait)
		}
	}
	if c.congested {
		c.limit, c.capacity = max(c.limit, c.began, c.believed.limit), 0
		c.recover()
	}
	c.congested, c.flat.since, c.resumedAt = false, time.Time{}, now
}
