package receive

import "time"

// Need says how many bit/s a publisher's media would take with a picture that moves, while it does
// not for want of limit; 0 while it does, or while nobody wants it. Then so much is allowed now and
// then, whatever is believed.
func (c *Controller) Need(bitrate int) { c.attempt.need, c.attempt.slow = float64(bitrate), false }

// NeedVoice says the same of a publisher of whom a voice alone is wanted, with a voice that is
// encoded better by one step. It is encoded so late, and proves less than it needs: an attempt goes
// on until another need shows that it is.
func (c *Controller) NeedVoice(bitrate int) {
	c.attempt.need, c.attempt.slow = float64(bitrate), true
}

// attempted begins an attempt that is due, and ends one that has proved itself; no queue stands.
func (c *Controller) attempted(now time.Duration) {
	a := &c.attempt
	if a.running && a.slow && a.need == a.goal {
		a.since = now
	}
	lasted, proven := now-a.since, c.provenRate() >= attemptProven*a.goal
	switch {
	case a.running && (lasted >= attemptLasts || lasted >= attemptFirst && proven):
		a.running, a.wait = false, 0
	case a.running || a.need == 0 || !c.isOn(attemptRule) || c.experiment.Running:
	case now-c.resumedAt < attemptFirst, a.quick < quickLarge && now-a.failed < a.wait:
	default:
		a.running, a.since, a.goal = true, now, a.need
		c.limit = min(max(c.limit, attemptShare*a.need), float64(c.config.Ceiling))
	}
}
