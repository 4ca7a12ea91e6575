package rtcpx

import (
	"sync"
	"time"
)

// Clock maps the NTP clock of one participant onto the server's, the same way for all of their
// streams, so that a listener plays voice and picture of one person in step, and mixes people on
// one time line. The offset is the smallest difference seen between arrival and sending: the
// fastest report crossed the emptiest queues.
type Clock struct {
	mu     sync.Mutex // no other is taken under it
	offset int64      // server's minus participant's, NTP units
	known  bool
}

// clockStep is how much the offset may grow a report, in NTP units: participants' clocks drift (100
// ppm is 0.1 ms a second), and a route may become longer for good.
const clockStep = 1 << 32 / 1000

func (c *Clock) Observe(ntp uint64, arrived time.Time) {
	c.mu.Lock()
	defer c.mu.Unlock()
	difference := int64(NtpTime(arrived) - ntp)
	if !c.known || difference < c.offset {
		c.offset, c.known = difference, true
		return
	}
	c.offset += min(difference-c.offset, clockStep)
}

func (c *Clock) ToServer(ntp uint64) uint64 {
	c.mu.Lock()
	defer c.mu.Unlock()
	return ntp + uint64(c.offset)
}
