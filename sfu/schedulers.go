package sfu

import (
	"draille/sfu/sched"
	"draille/sfu/udp"
)

// roomsPerSchedulers is how many rooms share schedulers. What 64 consultations have to do at one
// moment takes one goroutine some 3 ms (go test ./sfu -bench 'Look|Tick', and again as much for
// what is not in the processor's cache); a large server has more rooms, and more processors.
const roomsPerSchedulers = 64

// schedulers run what rooms do from time to time. Looks at a large room take long: transports,
// whose packets wait for their pacers, do not wait for them.
type schedulers struct {
	transports, looks *sched.Scheduler
	rooms             int // guarded by Engine.mu
}

func newSchedulers(socket *udp.Conn) *schedulers {
	return &schedulers{transports: sched.New(socket), looks: sched.New(socket)}
}

func (s *schedulers) stop() {
	s.looks.Stop()
	s.transports.Stop()
}
