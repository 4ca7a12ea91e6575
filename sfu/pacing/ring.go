package pacing

import "time"

// queued is an item with the time at which it began to wait.
type queued[T any] struct {
	item  Item[T]
	since time.Time
}

// ring is a queue in a circular buffer that grows when it must and never shrinks: in steady state
// it allocates nothing.
type ring[T any] struct {
	slots []queued[T] // its length is a power of two
	head  int
	count int
	bytes int
}

func (r *ring[T]) at(i int) *queued[T] { return &r.slots[(r.head+i)&(len(r.slots)-1)] }

func (r *ring[T]) push(q queued[T]) {
	if r.count == len(r.slots) {
		grown := make([]queued[T], max(16, 2*len(r.slots)))
		for i := range r.count {
			grown[i] = *r.at(i)
		}
		r.slots, r.head = grown, 0
	}
	r.count++
	*r.at(r.count - 1) = q
	r.bytes += q.item.Size
}

func (r *ring[T]) pop() queued[T] {
	slot := r.at(0)
	q := *slot
	*slot = queued[T]{} // lets go of what Value refers to
	r.head = (r.head + 1) & (len(r.slots) - 1)
	r.count--
	r.bytes -= q.item.Size
	return q
}

// filter keeps, in order, the items for which keep returns true.
func (r *ring[T]) filter(keep func(*Item[T]) bool) {
	kept := 0
	for i := range r.count {
		q := *r.at(i)
		if keep(&q.item) {
			*r.at(kept) = q
			kept++
		} else {
			r.bytes -= q.item.Size
		}
	}
	for i := kept; i < r.count; i++ {
		*r.at(i) = queued[T]{}
	}
	r.count = kept
}
