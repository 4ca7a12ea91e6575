package ingress

import "time"

const (
	// A picture that does not move for want of limit is given what it needs, whatever is believed,
	// attemptFirst after the queue was last found empty; after each attempt that a queue or loss
	// ended, the next comes twice as late, attemptMost at most.
	attemptFirst = time.Second
	attemptMost  = 30 * time.Second
	// One that a queue ended that stood for longer than obeyTime, and came as from a full link, is
	// believed: the next comes attemptSure later at least.
	attemptSure = 3 * time.Second
	// attemptShare of what it needs is allowed.
	attemptShare = 1.1
	// attemptProven of what it needed has got through without a queue: it is proven.
	attemptProven = 0.8
	// attemptLasts without a queue is how long an attempt takes to prove itself.
	attemptLasts = 5 * time.Second
	// quickLarge large packets in a row that took no longer than on a link of quickMargin times
	// what is needed say that the next attempt is due now.
	quickLarge  = 1
	quickMargin = 1.5
)

// attempt allows what a moving picture needs although the link is believed to carry less. What is
// believed follows from what was sent, and what is sent from what is believed: without it a wrong
// belief would last for ever.
type attempt struct {
	need    float64 // bit/s of everything with a picture that moves; 0: it does, or nobody wants it
	goal    float64 // need when it began
	running bool
	wait    time.Duration // before the next
	since   time.Time     // of the one that runs
	failed  time.Time     // when the latest failed
	quick   int           // large packets in a row that came quickly
}

// Need says how many bit/s a publisher's media would take with a picture that moves, while it does
// not for want of limit; 0 while it does, or while nobody wants it. Then so much is allowed now and
// then, whatever is believed.
func (c *Controller) Need(bitrate int) { c.attempt.need = float64(bitrate) }

// gauge takes the lateness of a large packet.
func (a *attempt) gauge(size int, late time.Duration) {
	if a.need == 0 || size < fallSize {
		return
	}
	if float64(8*(size-smallPacket)) >= quickMargin*a.need*late.Seconds() {
		a.quick++
	} else {
		a.quick = 0
	}
}

// attempted begins an attempt that is due, and ends one that has proved itself; no queue stands.
func (c *Controller) attempted(now time.Time) {
	a := &c.attempt
	lasted, proven := now.Sub(a.since), c.proven.value() >= attemptProven*a.goal
	switch {
	case a.running && (lasted >= attemptLasts || lasted >= attemptFirst && proven):
		a.running, a.wait = false, 0
	case a.running || a.need == 0 || c.trial.running:
	case now.Sub(c.resumedAt) < attemptFirst, a.quick < quickLarge && now.Sub(a.failed) < a.wait:
	default:
		a.running, a.since, a.goal = true, now, a.need
		c.limit = min(max(c.limit, attemptShare*a.need), float64(c.config.Ceiling))
	}
}

// fail ends an attempt because a queue stands, or much is lost.
func (a *attempt) fail(now time.Time) {
	if a.running {
		a.running, a.failed, a.quick = false, now, 0
		a.wait = min(max(2*a.wait, 2*attemptFirst), attemptMost)
	}
}
