package cluster

import (
	"sync/atomic"
	"time"

	"go.uber.org/zap"

	"draille/signaling/tenure"
)

// Cause is why a room came to live here.
type Cause string

// The causes.
const (
	Opened  Cause = "opened"  // it lived nowhere
	Dead    Cause = "dead"    // its node had died, or could not renew its lease
	Given   Cause = "given"   // its node handed it over
	Resumed Cause = "resumed" // it lived here before a restart
)

// Causes are all of them.
var Causes = []Cause{Opened, Dead, Given, Resumed}

func causeOf(e tenure.Held, self string) Cause {
	switch {
	case e.Given:
		return Given
	case e.Before == "":
		return Opened
	case e.Before == self:
		return Resumed
	}
	return Dead
}

// Stats is a snapshot for whoever watches the node. Counters count since its start.
type Stats struct {
	Rooms    int              // that live here
	Claims   map[Cause]uint64 // rooms that came to live here
	Ended    uint64           // rooms that went on elsewhere
	Islanded uint64           // seconds in which nothing could be decided
	Lease    time.Duration    // that is left
	Register time.Duration    // that it takes to answer
	Slow     bool             // the register
	Full     bool             // the register, so that no new room is opened
}

type counts struct {
	opened, dead, given, resumed, ended atomic.Uint64
	rooms, lease, register              atomic.Int64
	islanded                            atomic.Uint64
	joined                              atomic.Bool // the node had a lease before
	slow, full                          atomic.Bool // the register, as was said last
	refuses                             atomic.Bool // the register, for want of room
}

func (c *counts) of(cause Cause) *atomic.Uint64 {
	switch cause {
	case Dead:
		return &c.dead
	case Given:
		return &c.given
	case Resumed:
		return &c.resumed
	default:
		return &c.opened
	}
}

func (c *counts) claimed(cause Cause) { c.of(cause).Add(1) }

// look notes, each second, how many rooms there are, what is left of the lease, and how long the
// register takes.
func (c *counts) look(rooms int, lease, register time.Duration) {
	c.register.Store(int64(register))
	c.rooms.Store(int64(rooms))
	c.lease.Store(int64(lease))
	switch {
	case lease > 0:
		c.joined.Store(true)
	case c.joined.Load():
		c.islanded.Add(1)
	}
}

// Stats returns a snapshot; the lease is that of the last second, and a room that came since then
// is not counted.
func (c *Cluster) Stats() Stats {
	stats := Stats{
		Rooms: int(c.counts.rooms.Load()), Ended: c.counts.ended.Load(),
		Islanded: c.counts.islanded.Load(), Lease: time.Duration(c.counts.lease.Load()),
		Register: time.Duration(c.counts.register.Load()), Slow: c.counts.slow.Load(),
		Full: c.counts.full.Load(), Claims: map[Cause]uint64{},
	}
	for _, cause := range Causes {
		stats.Claims[cause] = c.counts.of(cause).Load()
	}
	return stats
}

// noteSlow says once that the register is slow, and once that it is no more.
func (c *Cluster) noteSlow(slow bool, takes time.Duration) {
	was := c.counts.slow.Swap(slow)
	switch {
	case slow && !was:
		c.config.Log.Warn("the register takes long to answer: calls go on, but whoever comes, is "+
			"admitted or removed waits for it; look at the disks of its keepers and at the "+
			"network between them", zap.Duration("takes", takes))
	case !slow && was:
		c.config.Log.Info("the register answers soon again", zap.Duration("takes", takes))
	}
}
