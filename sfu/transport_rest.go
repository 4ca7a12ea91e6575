package sfu

import "time"

// restInterval is tickInterval, and roomInterval, where nothing goes either way: what lets time
// pass then only waits for something to begin, and what begins ends the rest (env.stir, Room.kick).
const restInterval = time.Second

// rest says when to tick next, after a tick at now.
func (t *transport) rest(now time.Time) (next time.Time) {
	t.resting.Store(true) // before it is looked at: what comes meanwhile ends it again
	if t.idle(now) {
		return now.Truncate(restInterval).Add(restInterval)
	}
	t.resting.Store(false)
	return now.Truncate(tickInterval).Add(tickInterval)
}

// readAt returns when to read RTCP that came at a time. While nothing goes it tells nothing that
// cannot wait for that of others: each by itself would wake a processor.
func (t *transport) readAt(came time.Time) time.Time {
	if t.resting.Load() {
		return came.Truncate(tickInterval).Add(tickInterval)
	}
	return came
}

// idle reports whether nothing has come or gone since the tick before, and nothing is due to. Of
// Run alone.
func (t *transport) idle(now time.Time) bool {
	before := t.moved
	t.moved = t.env.traffic.in.Load() + t.env.traffic.out.Load()
	return t.moved == before && t.protected.Load() && t.path.connected.Load() &&
		t.path.isProven(now) && t.up.idle() && t.down.idle()
}

// idle reports whether the publisher has nothing to be told of their link.
func (u *uplink) idle() bool { return u.remb.left == 0 && !u.linkState().Congested }

// idle reports whether nothing waits to leave, nothing that left is unanswered, and nothing is
// probed for.
func (d *downlink) idle() bool {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.probeTarget == 0 && d.paceAt.IsZero() && !d.estimator.Waits()
}
