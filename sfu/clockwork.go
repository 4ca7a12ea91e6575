package sfu

import (
	"draille/sfu/sched"
	"draille/sfu/udp"
)

// clockworkRooms is how many rooms share a clockwork. What 64 consultations have to do at one
// moment takes one goroutine some 3 ms (go test ./sfu -bench 'Look|Tick', and again as much for
// what is not in the processor's cache); a large server has more rooms, and more processors.
const clockworkRooms = 64

// clockwork runs what rooms do from time to time. Looks at a large room take long: transports,
// whose packets wait for their pacers, do not wait for them.
type clockwork struct {
	transports, looks *sched.Scheduler
	rooms             int // guarded by Engine.mu
}

func newClockwork(socket *udp.Conn) *clockwork {
	return &clockwork{transports: sched.New(socket), looks: sched.New(socket)}
}

func (c *clockwork) stop() {
	c.looks.Stop()
	c.transports.Stop()
}
