// Package userspace puts the UDP sockets of a program behind an emulated link, without root and
// without the kernel's help: what a Pion client sends leaves its socket when the link says so, and
// what arrives is handed over when the link says so.
//
// A [Link] is the access of one participant: all its sockets share the two directions. Give
// [Link.Net] to webrtc.SettingEngine.SetNet, or put [Link.Wrap] around the socket of an ICE UDP
// mux:
//
//	scheduler := userspace.NewScheduler()
//	defer scheduler.Close()
//	access, err := userspace.NewLink(scheduler, profile, seed)
//	settings.SetNet(access.Net(stdNet))
//
// Datagrams alone are emulated: TCP (the websocket, ICE-TCP, TURN over TCP) goes through at full
// speed. Where that matters, use the TUN driver.
package userspace

import (
	"container/heap"
	"sync"
	"time"
)

// Scheduler moves packets when their time has come. One serves any number of links.
type Scheduler struct {
	start time.Time

	mu      sync.Mutex
	packets packetHeap
	count   uint64

	wake chan struct{}
	stop chan struct{}
	done chan struct{}
	once sync.Once
}

// NewScheduler starts a scheduler. Close it in the end.
func NewScheduler() *Scheduler {
	s := &Scheduler{
		start: time.Now(),
		wake:  make(chan struct{}, 1),
		stop:  make(chan struct{}),
		done:  make(chan struct{}),
	}
	go s.run()
	return s
}

// Close stops the scheduler. Packets on their way are gone.
func (s *Scheduler) Close() {
	s.once.Do(func() { close(s.stop) })
	<-s.done
}

func (s *Scheduler) now() time.Duration { return time.Since(s.start) }

// add plans the arrival of a packet at p.at.
func (s *Scheduler) add(p *packet) {
	s.mu.Lock()
	s.count++
	p.order = s.count
	heap.Push(&s.packets, p)
	first := s.packets[0] == p
	s.mu.Unlock()
	if first {
		select {
		case s.wake <- struct{}{}:
		default:
		}
	}
}

func (s *Scheduler) run() {
	defer close(s.done)
	timer := time.NewTimer(time.Hour)
	defer timer.Stop()
	var due []*packet
	for {
		var wait time.Duration
		due, wait = s.take(due[:0])
		for _, p := range due {
			p.arrive()
		}
		if len(due) > 0 {
			continue // more may have come due meanwhile
		}
		timer.Reset(wait)
		select {
		case <-s.stop:
			return
		case <-s.wake:
		case <-timer.C:
		}
	}
}

// take removes what is due and tells how long until the next.
func (s *Scheduler) take(due []*packet) ([]*packet, time.Duration) {
	s.mu.Lock()
	defer s.mu.Unlock()
	now := s.now()
	for len(s.packets) > 0 && s.packets[0].at <= now {
		due = append(due, heap.Pop(&s.packets).(*packet))
	}
	if len(s.packets) == 0 {
		return due, time.Hour
	}
	return due, s.packets[0].at - now
}

type packetHeap []*packet

func (h packetHeap) Len() int { return len(h) }
func (h packetHeap) Less(i, j int) bool {
	if h[i].at != h[j].at {
		return h[i].at < h[j].at
	}
	return h[i].order < h[j].order
}
func (h packetHeap) Swap(i, j int) { h[i], h[j] = h[j], h[i] }
func (h *packetHeap) Push(x any)   { *h = append(*h, x.(*packet)) }
func (h *packetHeap) Pop() any {
	old := *h
	last := old[len(old)-1]
	old[len(old)-1] = nil
	*h = old[:len(old)-1]
	return last
}
