// Package virtual runs links in virtual time: an event loop whose clock jumps from one
// event to the next. Hours of call take milliseconds, and equal seeds give equal runs.
package virtual

import (
	"container/heap"
	"time"

	"draille/loadtest/link"
)

// Loop executes functions in order of their time; those of equal time in the order
// in which they were asked for. It belongs to one goroutine.
type Loop struct {
	now    time.Duration
	events events
	count  uint64

	// Advance, if set, is called before the clock moves to a later time. It lets code
	// that reads another clock follow (a synctest bubble, for one).
	Advance func(to time.Duration)
}

// Now is the virtual time since the start.
func (l *Loop) Now() time.Duration { return l.now }

// At calls f at t; at once, but after what is due, when t has passed.
func (l *Loop) At(t time.Duration, f func()) {
	l.count++
	heap.Push(&l.events, event{at: max(t, l.now), order: l.count, run: f})
}

// After calls f when d has passed.
func (l *Loop) After(d time.Duration, f func()) { l.At(l.now+d, f) }

// Every calls f each interval, for the first time after one, until it returns false.
func (l *Loop) Every(interval time.Duration, f func() bool) {
	l.After(interval, func() {
		if f() {
			l.Every(interval, f)
		}
	})
}

// Run executes everything due up to and including until, then stands at until.
func (l *Loop) Run(until time.Duration) {
	for len(l.events) > 0 && l.events[0].at <= until {
		e := heap.Pop(&l.events).(event)
		l.move(e.at)
		e.run()
	}
	l.move(until)
}

func (l *Loop) move(to time.Duration) {
	if to <= l.now {
		return
	}
	if l.Advance != nil {
		l.Advance(to)
	}
	l.now = to
}

// Pipe carries values of any type through one direction of a link.
type Pipe[P any] struct {
	loop    *Loop
	link    *link.Direction
	deliver func(P)
	counts  Counts
}

// Counts is what went through a pipe. At any time
// Sent = Delivered + Queue + Lost + Stuck + InFlight.
type Counts struct {
	Sent, Delivered    int // packets
	Queue, Lost, Stuck int // dropped packets, by reason
	InFlight           int // packets in the queue or on the way
	SentBytes          int
	DeliveredBytes     int
}

// NewPipe makes a pipe that calls deliver when a packet arrives.
func NewPipe[P any](l *Loop, d *link.Direction, deliver func(P)) *Pipe[P] {
	return &Pipe[P]{loop: l, link: d, deliver: deliver}
}

// Send puts a packet of size bytes (IP header included) on the link now.
func (p *Pipe[P]) Send(packet P, size int) link.Departure {
	p.counts.Sent++
	p.counts.SentBytes += size
	dep := p.link.Send(p.loop.now, size)
	switch dep.Fate {
	case link.QueueFull:
		p.counts.Queue++
	case link.Lost:
		p.counts.Lost++
	case link.Stuck:
		p.counts.Stuck++
	case link.Delivered:
		p.counts.InFlight++
		p.loop.At(dep.At, func() {
			p.counts.InFlight--
			p.counts.Delivered++
			p.counts.DeliveredBytes += size
			p.deliver(packet)
		})
	}
	return dep
}

// Counts tells what went through so far.
func (p *Pipe[P]) Counts() Counts { return p.counts }

type event struct {
	at    time.Duration
	order uint64
	run   func()
}

type events []event

func (e events) Len() int { return len(e) }
func (e events) Less(i, j int) bool {
	if e[i].at != e[j].at {
		return e[i].at < e[j].at
	}
	return e[i].order < e[j].order
}
func (e events) Swap(i, j int) { e[i], e[j] = e[j], e[i] }
func (e *events) Push(x any)   { *e = append(*e, x.(event)) }
func (e *events) Pop() any {
	old := *e
	last := old[len(old)-1]
	old[len(old)-1] = event{}
	*e = old[:len(old)-1]
	return last
}
