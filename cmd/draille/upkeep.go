package main

import (
	"runtime/debug"
	"time"

	"go.uber.org/zap"
)

const (
	upkeepEvery = 5 * time.Second
	// idleFor is how long the last room has been gone before the memory of the call is given back:
	// shorter, and people who come back at once would pay for it.
	idleFor = 10 * time.Second
	// clockTolerance is by how much the clock of the day may run away from the one that only goes
	// forward.
	clockTolerance = 2 * time.Second
	renewEvery     = time.Minute
)

// upkeep does what has to be done now and then while the server runs. Each part is told the time.
type upkeep struct {
	server  *server
	idle    idleness
	clock   clock
	renewed time.Time
}

func newUpkeep(s *server) *upkeep {
	return &upkeep{server: s, idle: idleness{free: debug.FreeOSMemory}}
}

// run goes on until done is closed.
func (u *upkeep) run(done <-chan struct{}) {
	ticker := time.NewTicker(upkeepEvery)
	defer ticker.Stop()
	start := time.Now()
	for {
		u.tick(time.Since(start), time.Now())
		select {
		case <-done:
			return
		case <-ticker.C:
		}
	}
}

// tick takes the time since the start, by the clock that only goes forward, and the time of day.
func (u *upkeep) tick(running time.Duration, day time.Time) {
	u.idle.tick(running, u.server.signaling.Stats().Rooms)
	if step := u.clock.tick(running, day); step != 0 {
		u.server.logger.Warn("the clock of this machine was stepped: invitations are judged by "+
			"the new time, calls go on",
			zap.Duration("step", step))
		u.server.practice.clockStepped()
	}
	u.revoke(day)
	if day.Sub(u.renewed).Abs() >= renewEvery {
		u.renewed = day
		for _, c := range u.server.certificates() {
			if renewed, err := c.renew(); renewed {
				u.server.logCertificate(c, err)
			}
			c.remind(day, u.server.logger)
		}
	}
}

// revoke puts out whoever is inside with an invitation that has been withdrawn since.
func (u *upkeep) revoke(day time.Time) {
	ids, err := revocations(u.server.config).List(day)
	if err != nil {
		u.server.logger.Warn("the list of withdrawn invitations cannot be read", zap.Error(err))
	}
	if len(ids) > 0 {
		u.server.signaling.Revoke(ids)
	}
	u.server.tellRevoked(ids)
}

// idleness gives memory back to the system once after the last room has closed. Go does so by
// itself, but takes minutes for it, and keeps what it expects to need again.
type idleness struct {
	free  func()
	used  bool          // there was a room since memory was freed
	empty bool          // there is none
	since time.Duration // when empty became true
}

func (i *idleness) tick(now time.Duration, rooms int) {
	switch {
	case rooms > 0:
		i.used, i.empty = true, false
	case i.used && !i.empty:
		i.empty, i.since = true, now
	case i.used && now-i.since >= idleFor:
		i.used = false
		i.free()
	}
}

// clock notices that the time of day was set.
type clock struct {
	begun bool
	at    time.Duration
	day   time.Time
}

// tick returns by how much the time of day was stepped since the last tick; 0: it was not. Drift is
// no step.
func (c *clock) tick(at time.Duration, day time.Time) time.Duration {
	day = day.Round(0) // without the reading of the other clock
	step := day.Sub(c.day) - (at - c.at)
	begun := c.begun
	c.begun, c.at, c.day = true, at, day
	if !begun || step.Abs() < clockTolerance {
		return 0
	}
	return step
}
