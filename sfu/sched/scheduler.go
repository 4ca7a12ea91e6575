// Package sched runs what is due from time to time: one goroutine and one timer for all tasks of a
// room.
package sched

import (
	"container/heap"
	"sync"
	"time"

	"draille/sfu/udp"
)

const (
	// resolution is how far apart two rounds of a clockwork are at least: what is due within one is
	// done in one round.
	resolution = time.Millisecond
	// idle is when a clockwork looks again that has nothing to do.
	idle = time.Hour
)

// Task is something that is to be done from time to time. work does what is due and returns when it
// must be called next; what it sends it puts into out.
type Task interface {
	Run(now time.Time, out *udp.Batch) (next time.Time)
}

// Scheduler calls the duties of one room from one goroutine: a timer and a goroutine for each
// participant would wake a processor, and send what is to be sent, each for itself. What all send
// in one round leaves in one call.
type Scheduler struct {
	socket *udp.Conn
	kicked chan struct{}
	done   chan struct{}
	ended  sync.WaitGroup
	once   sync.Once

	mu      sync.Mutex
	waiting entries
	wakes   time.Time // when the goroutine looks next
}

// Entry is a duty and when it is due.
type Entry struct {
	task Task
	at   time.Time
	// asked is a time that was asked for while the duty was at work; zero: none.
	asked time.Time
	index int // in the heap; negative: it is at work, or was removed

	working sync.Mutex // held while the duty is at work
	removed bool       // guarded by working
}

func New(socket *udp.Conn) *Scheduler {
	c := &Scheduler{socket: socket, kicked: make(chan struct{}, 1), done: make(chan struct{})}
	c.ended.Go(c.run)
	return c
}

// Add makes a duty known; it is due at once.
func (c *Scheduler) Add(d Task, now time.Time) *Entry {
	a := &Entry{task: d, at: now}
	c.mu.Lock()
	heap.Push(&c.waiting, a)
	c.mu.Unlock()
	c.kick()
	return a
}

// Remove forgets a duty. When it returns, the duty is not at work and will not be again.
func (c *Scheduler) Remove(a *Entry) {
	a.working.Lock()
	a.removed = true
	a.working.Unlock()
	c.mu.Lock()
	defer c.mu.Unlock()
	if a.index >= 0 {
		heap.Remove(&c.waiting, a.index)
	}
}

// earlier asks for a duty to be done at a time, if it is not due before.
func (c *Scheduler) RunBy(a *Entry, at time.Time) {
	c.mu.Lock()
	if a.index < 0 {
		if a.asked.IsZero() || at.Before(a.asked) {
			a.asked = at
		}
	} else if at.Before(a.at) {
		a.at = at
		heap.Fix(&c.waiting, a.index)
	}
	late := at.Before(c.wakes)
	c.mu.Unlock()
	if late {
		c.kick()
	}
}

func (c *Scheduler) kick() {
	select {
	case c.kicked <- struct{}{}:
	default:
	}
}

// Stop ends the goroutine. It must not be called from a duty.
func (c *Scheduler) Stop() {
	c.once.Do(func() { close(c.done) })
	c.ended.Wait()
}

func (c *Scheduler) run() {
	timer := time.NewTimer(idle)
	defer timer.Stop()
	var due []*Entry
	for {
		select {
		case <-c.done:
			return
		case <-c.kicked:
		case <-timer.C:
		}
		now := time.Now()
		if due = c.take(now, due[:0]); len(due) > 0 {
			c.round(now, due)
		}
		timer.Reset(time.Until(c.rest(now)))
	}
}

// take returns the duties that are due.
func (c *Scheduler) take(now time.Time, due []*Entry) []*Entry {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.wakes = now // whoever asks for something meanwhile need not kick: rest looks at it
	for len(c.waiting) > 0 && !c.waiting[0].at.After(now) {
		a := heap.Pop(&c.waiting).(*Entry)
		a.asked = time.Time{}
		due = append(due, a)
	}
	return due
}

// round does what is due.
func (c *Scheduler) round(now time.Time, due []*Entry) {
	out := c.socket.Batch()
	defer c.socket.Release(out)
	for _, a := range due {
		a.working.Lock()
		if a.removed {
			a.working.Unlock()
			continue
		}
		next := a.task.Run(now, out)
		a.working.Unlock()
		c.mu.Lock()
		if !a.asked.IsZero() && a.asked.Before(next) {
			next = a.asked
		}
		a.at = next
		heap.Push(&c.waiting, a)
		c.mu.Unlock()
	}
}

// rest returns when the goroutine must look again.
func (c *Scheduler) rest(now time.Time) time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.wakes = now.Add(idle)
	if len(c.waiting) > 0 {
		c.wakes = c.waiting[0].at
	}
	if soonest := now.Add(resolution); c.wakes.Before(soonest) {
		c.wakes = soonest
	}
	return c.wakes
}

// appointments is a heap, the earliest first.
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
