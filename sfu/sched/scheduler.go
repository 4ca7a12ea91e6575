// Package sched runs periodic work: one goroutine and one timer for the tasks of many rooms.
package sched

import (
	"container/heap"
	"sync"
	"time"

	"draille/sfu/udp"
)

const (
	// resolution is how far apart two rounds of a scheduler are at least: what is due within one is
	// done in one round.
	resolution = time.Millisecond
	// idle is when a scheduler looks again that has nothing to do.
	idle = time.Hour
)

// Task is something that is to be done from time to time. Run does what is due and returns when it
// must be called next; what it sends it puts into out.
type Task interface {
	Run(now time.Time, out *udp.Batch) (next time.Time)
}

// Scheduler runs tasks from one goroutine: a timer and a goroutine for each participant, or for
// each room, would wake a processor, and send what is to be sent, each for itself. What all send in
// one round leaves in one call.
type Scheduler struct {
	socket *udp.Conn
	kicked chan struct{}
	done   chan struct{}
	ended  sync.WaitGroup
	once   sync.Once

	mu      sync.Mutex // taken under any lock of a task's; none is taken under it
	waiting entries
	wakes   time.Time   // when the goroutine looks next; while it does, long ago
	timer   *time.Timer // until then
}

// Entry is a task of a scheduler and when it is due.
type Entry struct {
	task Task
	at   time.Time
	// asked is a time that was asked for while the task was running; zero: none.
	asked time.Time
	index int // in the heap; negative: it is running, or was removed

	// running is held while the task is running, with no lock of the scheduler's.
	running sync.Mutex
	removed bool // guarded by running
}

// New starts a scheduler. Tasks send over the socket.
func New(socket *udp.Conn) *Scheduler {
	s := &Scheduler{socket: socket, kicked: make(chan struct{}, 1), done: make(chan struct{}),
		timer: time.NewTimer(idle)}
	s.wakes = time.Now().Add(idle)
	s.ended.Go(s.run)
	return s
}

// Add makes a task known, and when it is due first.
func (s *Scheduler) Add(task Task, at time.Time) *Entry {
	a := &Entry{task: task, at: at}
	s.mu.Lock()
	defer s.mu.Unlock()
	heap.Push(&s.waiting, a)
	s.wakeBy(at)
	return a
}

// Remove forgets a task. When it returns, the task is not running and will not run again.
func (s *Scheduler) Remove(a *Entry) {
	a.running.Lock()
	a.removed = true
	a.running.Unlock()
	s.mu.Lock()
	defer s.mu.Unlock()
	if a.index >= 0 {
		heap.Remove(&s.waiting, a.index)
	}
}

// RunBy makes sure that a task runs at that time, at the latest.
func (s *Scheduler) RunBy(a *Entry, at time.Time) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if a.index < 0 {
		if a.asked.IsZero() || at.Before(a.asked) {
			a.asked = at
		}
	} else if at.Before(a.at) {
		a.at = at
		heap.Fix(&s.waiting, a.index)
	}
	s.wakeBy(at)
}

// wakeBy makes the goroutine look at that time, at the latest; s.mu is held. What is still to come
// wakes nobody now, only to set a timer.
func (s *Scheduler) wakeBy(at time.Time) {
	if !at.Before(s.wakes) {
		return
	}
	s.wakes = at
	if wait := time.Until(at); wait > 0 {
		s.timer.Reset(wait)
		return
	}
	select {
	case s.kicked <- struct{}{}:
	default:
	}
}

// Stop ends the goroutine. It must not be called by a task.
func (s *Scheduler) Stop() {
	s.once.Do(func() { close(s.done) })
	s.ended.Wait()
}

func (s *Scheduler) run() {
	defer s.timer.Stop()
	var due []*Entry
	for {
		select {
		case <-s.done:
			return
		case <-s.kicked:
		case <-s.timer.C:
		}
		now := time.Now()
		if due = s.take(now, due[:0]); len(due) > 0 {
			s.round(now, due)
		}
		s.rest(now)
	}
}

// take returns the tasks that are due.
func (s *Scheduler) take(now time.Time, due []*Entry) []*Entry {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.wakes = time.Time{} // whoever asks for something meanwhile need not kick: rest looks at it
	for len(s.waiting) > 0 && !s.waiting[0].at.After(now) {
		a := heap.Pop(&s.waiting).(*Entry)
		a.asked = time.Time{}
		due = append(due, a)
	}
	return due
}

// round does what is due.
func (s *Scheduler) round(now time.Time, due []*Entry) {
	out := s.socket.Batch()
	defer s.socket.Release(out)
	for _, a := range due {
		a.running.Lock()
		if a.removed {
			a.running.Unlock()
			continue
		}
		next := a.task.Run(now, out)
		a.running.Unlock()
		s.mu.Lock()
		if !a.asked.IsZero() && a.asked.Before(next) {
			next = a.asked
		}
		a.at = next
		heap.Push(&s.waiting, a)
		s.mu.Unlock()
	}
}

// rest sets the timer to when the goroutine must look again.
func (s *Scheduler) rest(now time.Time) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.wakes = now.Add(idle)
	if len(s.waiting) > 0 {
		s.wakes = s.waiting[0].at
	}
	if soonest := now.Add(resolution); s.wakes.Before(soonest) {
		s.wakes = soonest
	}
	s.timer.Reset(time.Until(s.wakes))
}

// entries is a heap, the earliest first.
type entries []*Entry

func (a entries) Len() int           { return len(a) }
func (a entries) Less(i, j int) bool { return a[i].at.Before(a[j].at) }
func (a entries) Swap(i, j int) {
	a[i], a[j] = a[j], a[i]
	a[i].index, a[j].index = i, j
}

// Push implements heap.Interface.
func (a *entries) Push(x any) {
	one := x.(*Entry)
	one.index = len(*a)
	*a = append(*a, one)
}

// Pop implements heap.Interface.
func (a *entries) Pop() any {
	last := len(*a) - 1
	one := (*a)[last]
	one.index = -1
	(*a)[last] = nil
	*a = (*a)[:last]
	return one
}
