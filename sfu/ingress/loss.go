package ingress

import (
	"math"
	"time"
)

const (
	lossWindow  = time.Second
	lossMemory  = 2 * time.Second
	lossPackets = 20 // too few tell nothing: the window goes on
)

// losses counts what is missing of one line of sequence numbers, over windows of a second.
type losses struct {
	started  bool
	highest  int64
	begun    time.Time
	opened   time.Time // when the latest completed window began
	from     int64     // highest when the window began
	received int
	share    float64
	packets  int // that it is of
	known    bool
	windows  int // completed
}

// add takes a packet's number. What is reordered counts as received in whichever window it arrives.
func (l *losses) add(now time.Time, number uint16) {
	if !l.started {
		*l = losses{started: true, highest: int64(number), from: int64(number) - 1, begun: now}
	}
	step := int64(int16(number - uint16(l.highest)))
	l.highest = max(l.highest, l.highest+step)
	l.received++
	expected := int(l.highest - l.from)
	if now.Sub(l.begun) < lossWindow || expected < lossPackets {
		return
	}
	l.share, l.packets = max(0, 1-float64(l.received)/float64(expected)), expected
	l.known = true
	l.windows++
	l.opened = l.begun
	l.begun, l.from, l.received = now, l.highest, 0
}

// lately returns the share that is missing of the latest window, as far as it is still true: where
// hardly anything is sent the next takes its time.
func (l *losses) lately(now time.Time) float64 {
	if now.Sub(l.begun) > lossMemory {
		return 0
	}
	return l.share
}

const (
	// Shares from which on loss may be congestion: in two windows in a row, or in one. Where a
	// twentieth is lost by chance, one window in twenty-five has twice that.
	lossFound, lossPlain = 0.1, 0.2

	trialShare = 0.75
	// trialMost is how long it takes at most: where hardly anything is sent it shows nothing.
	trialMost   = 3 * time.Second
	trialLength = 2 // windows that end after the limit was lowered: the first is half from before
	// eased is by how much the loss must fall for having been congestion, and by so many standard
	// deviations.
	eased           = 0.5
	easedDeviations = 2.0
	// A link on which loss did not fall is taken for a bad one up to excuse times that loss, for
	// excuseFor.
	excuse    = 1.5
	excuseFor = time.Minute
)

// trial finds out whether loss comes of sending too much, by sending less.
type trial struct {
	running bool
	since   time.Time
	seen    int     // losses.windows looked at
	again   bool    // the last of them had as much loss
	ends    int     // losses.windows at which the outcome is known
	share   float64 // before
	packets int     // that it was of
	limit   float64 // before, and
	found   float64 // the capacity
	excused float64
	until   time.Time
}

func (t *trial) end() { t.running = false }

// eased tells whether what is lost now proves that it was congestion: of few packets chance takes a
// fifth now and a tenth then.
func (t *trial) eased(l *losses) bool {
	before, now := float64(t.packets), float64(l.packets)
	pooled := (before*t.share + now*l.share) / (before + now)
	deviation := math.Sqrt(pooled * (1 - pooled) * (1/before + 1/now))
	return l.share < eased*t.share && t.share-l.share > easedDeviations*deviation
}

// judgeLoss looks at each window of the loss once.
func (c *Controller) judgeLoss(now time.Time) {
	t := &c.trial
	if t.seen == c.losses.windows {
		if t.running && now.Sub(t.since) >= trialMost {
			t.end()
			c.limit, c.capacity = max(c.limit, t.limit), t.found
		}
		return
	}
	t.seen = c.losses.windows
	share := c.losses.share
	if now.After(t.until) {
		t.excused = 0
	}
	much := share >= max(lossFound, t.excused)
	sure := much && (t.again || share >= lossPlain)
	t.again = much
	switch {
	case t.running && t.seen >= t.ends:
		t.end()
		if t.eased(&c.losses) {
			return // less is sent, less is lost: so it stays
		}
		t.excused, t.until = excuse*max(share, t.share), now.Add(excuseFor)
		c.limit, c.capacity = max(c.limit, t.limit), t.found
	case t.running, c.congested, !sure:
	case c.losses.opened.Before(c.resumedAt): // it was lost in a queue that is known already
	default:
		*t = trial{
			running: true, since: now, seen: t.seen, ends: t.seen + trialLength,
			share: share, packets: c.losses.packets, limit: c.limit, found: c.capacity,
			excused: t.excused, until: t.until,
		}
		rate := c.meter.rate(now, time.Second)
		if c.capacity == 0 || rate < c.capacity {
			c.find(rate)
		}
		c.lower(trialShare * rate)
		c.attempt.fail(now)
	}
}
