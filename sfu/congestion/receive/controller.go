package receive

import (
	"time"

	"draille/sfu/congestion/signal"
)

// Controller watches one transport of one publisher.
type Controller struct {
	config  Config
	origin  time.Time
	streams [maxStreams]followed
	meter   signal.Meter
	late    signal.Meter // of what came since the queue was last empty
	// bit/s that a link carried at most, for each of those to be so much later than the one before;
	// 0: any
	leap   float64
	hole   int64 // total when something was missing last
	losses losses
	number uint16 // of the latest packet

	total     int64
	arrived   time.Duration // when the latest packet came
	empty     mark          // when the queue was last empty
	evaluated time.Duration
	delay     time.Duration

	limit     float64
	capacity  float64 // that the link was found to carry; 0: never full
	expected  float64 // that it is said to carry; 0: nothing is said
	congested bool
	cutAt     time.Duration
	foundAt   time.Duration // when the queue that stands, or the latest, was found
	resumedAt time.Duration // when it was gone
	none      bool          // what waited in it did not come as from a queue
	fallen    bool          // the link carried less than got through before it
	growAt    time.Duration
	believed  struct { // before that
		limit   float64
		attempt attempt
	}
	attempt attempt
	proven  signal.Windowed[float64] // see provenRate
	recall  struct {
		rate float64
		at   time.Duration
	}
	began float64  // bit/s that arrived when the queue that stands was found
	flat  struct { // how the delay moved since
		since       time.Duration
		least, most time.Duration
	}
	rise       signal.CapacityRise
	experiment signal.LossExperiment
	trial      trial
	drop       signal.CapacityDrop
	dropped    float64       // see Dropped; 0: nothing to report
	droppedAt  time.Duration // when the capacity dropped last
	suspect    struct {
		last time.Duration // when a large packet came late last
		news bool
	}
}

type followed struct {
	streamDelay
	trust Trust
	late  time.Duration // of the latest packet
	total int64         // when it came
}

type mark struct {
	at    time.Duration
	total int64
}

// New returns a controller that knows nothing of the link.
func New(config Config) *Controller {
	config = config.withDefaults()
	return begin(config, float64(max(config.Start, config.Floor)))
}

// begin returns a controller with a limit to begin with.
func begin(config Config, limit float64) *Controller {
	return &Controller{
		config: config, limit: limit,
		meter:  signal.Meter{Keep: meterKeep},
		proven: signal.Windowed[float64]{Length: provenHold, Count: 2},
	}
}

// since converts a time into the controller's own, which began in 1970: 0 is long ago. It goes on
// when the machine's clock is set.
func (c *Controller) since(t time.Time) time.Duration {
	if c.origin.IsZero() {
		c.origin = t
	}
	return time.Duration(c.origin.UnixNano()) + t.Sub(c.origin)
}

// isOn reports whether a rule is on.
func (c *Controller) isOn(rule signal.Rules) bool { return !c.config.Without.Has(rule) }

// State tells what is believed.
func (c *Controller) State() State {
	limit, capacity := c.limit, c.capacity
	switch {
	case c.congested:
		limit = max(limit, resumeShare*capacity)
	case c.experiment.Running:
		limit, capacity = max(limit, c.experiment.Rate), c.trial.capacity
	}
	expected := max(float64(c.config.Start), unproven*c.expected)
	s := State{
		Limit: int(c.limit), Usual: int(limit), Delay: c.delay,
		Loss: c.losses.latest.Share, LossKnown: c.losses.known,
		Attempt: c.attempt.running, Found: c.congested || c.capacity > 0, Congested: c.congested,
		Full: c.congested || capacity > 0 || limit < expected,
	}
	s.Carried = int(c.capacity)
	s.Fell = c.droppedAt > 0 && c.evaluated-c.droppedAt < dropLasts
	if s.Limit >= c.config.Ceiling {
		s.Limit, s.Usual = 0, 0
	}
	return s
}

// Expect lowers the beginning to what the link carried before anything came over it, in bit/s: the
// page that loaded over it, for one. Once it has been full, or more than that has come over it
// lately, that changes nothing.
func (c *Controller) Expect(bitrate int) {
	if c.cutAt == 0 && c.provenRate() <= float64(bitrate) {
		if bitrate <= expectFull {
			c.expected = float64(bitrate)
		}
		c.lower(float64(bitrate))
	}
}

// PathChanged forgets the delay of the old path: packets may take another network. The limit stays
// as a beginning, not above that of an unknown link.
func (c *Controller) PathChanged() {
	*c = *begin(c.config, min(c.limit, float64(c.config.Start)))
}

// Arrived takes one packet, in the order of arrival.
func (c *Controller) Arrived(p Packet) {
	now := c.since(p.Arrival)
	c.total += int64(p.Size)
	c.meter.Add(now, p.Size, false)
	c.late.Add(now, p.Size, false)
	next := !p.Numbered || p.Number == c.number+1
	if !next {
		c.hole = c.total
	}
	if p.Numbered {
		c.number = p.Number
		c.losses.add(now, p.Number)
	}
	if now-c.arrived >= outage {
		c.empty, c.leap = mark{now, c.total}, 0
		c.late.Forget()
	}
	c.arrived = now
	if p.ClockRate > 0 {
		c.judge(now, p, next)
	}
	c.tick(now)
}

// judge follows the delay of a packet that tells when it left; next: none is missing before it.
func (c *Controller) judge(now time.Duration, p Packet, next bool) {
	f := c.follow(p)
	late, wait, ok := f.add(now, p.Timestamp, p.ClockRate, c.own(now, p))
	if !ok {
		return
	}
	c.busy(now, p, f, late, wait)
	if p.Trust != OfDeparture {
		return
	}
	c.watchForRise(now, p.Size, late)
	c.attempt.gauge(p.Size, late)
	switch {
	case !next: // what was lost between two packets took its time on the link, too
		c.drop.Reset()
	case p.Size >= dropSize:
		c.watchForDrop(now, f.latestStep(now, p.Size))
	}
}

// own returns by how much longer a packet itself takes than a small one, at the most that the link
// is known to carry: on a thin link that is longer than a queue is allowed to be.
func (c *Controller) own(now time.Duration, p Packet) time.Duration {
	if p.Trust != OfDeparture || p.Size <= signal.SmallPacket || !c.isOn(packetTimeRule) {
		return 0
	}
	bits := float64(8 * (p.Size - signal.SmallPacket))
	rate := max(c.limit, c.capacity, c.provenRate())
	if bits/rate > signal.TellingWait.Seconds() {
		rate = max(rate, c.meter.Fastest(now))
	}
	return time.Duration(bits / ownCaution / rate * float64(time.Second))
}

// busy notes since when the link has been busy, by a packet that was late and, if it is not merely
// large, waited. Until the first one began to come, the link may have had nothing to do.
func (c *Controller) busy(now time.Duration, p Packet, f *followed, late, wait time.Duration) {
	first := c.empty.total == c.total-int64(p.Size)
	if wait < emptyWait {
		c.late.Forget()
		c.leap = 0
	} else if step := late - f.late; step >= leapLeast && f.total >= c.hole {
		if most := float64(8*(c.total-f.total)) / step.Seconds(); c.leap == 0 || most < c.leap {
			c.leap = most
		}
	}
	f.late, f.total = late, c.total
	switch begun := now - late; {
	case wait < emptyWait:
		c.empty = mark{now, c.total}
	case first && p.Trust == OfDeparture && begun > c.empty.at:
		c.empty.at = begun
	}
}

// follow returns the clock of a packet's stream, or takes the one that has been silent for longest.
func (c *Controller) follow(p Packet) *followed {
	silent := &c.streams[0]
	for i := range c.streams {
		f := &c.streams[i]
		if f.started && f.stream == p.Stream {
			return f
		}
		if f.arrived < silent.arrived {
			silent = f
		}
	}
	*silent = followed{streamDelay: newStreamDelay(p.Stream), trust: p.Trust}
	return silent
}

// Tick lets time pass. Call it ten times a second or more often.
func (c *Controller) Tick(now time.Time) { c.tick(c.since(now)) }

func (c *Controller) tick(now time.Duration) {
	elapsed := now - c.evaluated
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
		few.wait >= steepWait && few.span >= steepSpan && few.samples == latestCount &&
			c.isOn(steepRule)
	c.judgeLoss(now)
	flat := time.Duration(0)
	if long.wait >= emptyWait && c.isOn(rebaseRule) {
		flat = c.flatFor(now, long.wait)
	} else {
		c.flat.since = 0
	}
	switch {
	case flat >= rebaseAfter:
		c.rebase(now)
	case standing:
		if flat < rebaseAfter/2 {
			c.judgeQueue(now, max(long.wait, few.wait))
		}
	// in which a drop does not show yet
	case c.congested && long.wait < emptyWait && now-c.droppedAt >= standWindow:
		c.resume(now)
	case !c.congested && long.wait < emptyWait:
		c.attempted(now)
		c.grow(now, min(elapsed, maxGrowSpan))
	}
}

// look returns the queue of the last quarter of a second and of the latest packets, by the time
// line that waited least of those that are trusted most.
func (c *Controller) look(now time.Duration) (long, few view, known bool) {
	trust := OfPicture
	for i := range c.streams {
		f := &c.streams[i]
		if !f.started || now-f.arrived > standWindow || f.trust < trust {
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
