package receive

import (
	"time"

	"draille/sfu/congestion/signal"
)

// Dropped tells, once, that the capacity of the link has just dropped, and to what share of what
// got through before. It is known after two late packets, a hundred milliseconds before a queue is
// sure to stand: somebody held up for a moment may look like it.
func (c *Controller) Dropped() (share float64, ok bool) {
	share, c.dropped = c.dropped, 0
	return share, share > 0
}

// Suspects tells, once, that the latest packet may be the first of those from which a drop will be
// known in a moment. The sender may have been held up as well.
func (c *Controller) Suspects() bool {
	news := c.suspect.news
	c.suspect.news = false
	return news
}

// watchForDrop looks for a drop in a packet and the one before.
func (c *Controller) watchForDrop(now time.Duration, s signal.Step) {
	before := c.provenRate()
	if c.capacity > 0 {
		before = min(before, c.capacity) // it has dropped already
	}
	if !c.congested && before >= dropLeast &&
		(s.Growth() >= dropStep || s.Later.Delay >= suspectWait) {
		c.suspect.news = now-c.suspect.last >= suspectCalm
		c.suspect.last = now
	}
	least := dropStep
	if c.drop.Begun() {
		least = dropAgain
	}
	late := s.Earlier.Delay >= dropFirst && s.Later.Delay >= dropWait && s.Growth() >= least
	rate := float64(8*s.Later.Size) / s.Apart().Seconds()
	deep := before >= dropLeast && rate < dropDeep*before
	if c.drop.Add(s, !c.congested && late && deep) && c.isOn(dropRule) {
		c.drop.Reset()
		c.dropped, c.droppedAt = rate/before, now
		c.cut(now, s.Later.Delay, rate)
	}
}

// watchForRise compares how long a large packet took with what it takes on a link of the capacity
// found. If many in a row took far less, the link carries more by now, whether or not anything has
// been sent that would show it otherwise.
func (c *Controller) watchForRise(now time.Duration, size int, late time.Duration) {
	if c.capacity == 0 || c.congested || !c.isOn(riseRule) ||
		!c.rise.Add(now, size, late, c.capacity) {
		return
	}
	if now-c.recall.at < recallFor { // it carries so much at least, and has carried more
		carries := min(resumeShare*c.capacity/signal.RiseShare, recallShare*c.recall.rate)
		c.limit = max(c.limit, carries)
	}
	c.capacity = 0
}
