package simulation

import (
	"container/heap"
	"time"
)

// queue holds what is going to happen, in the order of time.
type queue struct {
	now   time.Duration
	items items
	count uint64
}

// item happens at an instant; of two at one, the first that was put in.
type item struct {
	at    time.Duration
	count uint64
	do    func()
}

type items []item

func (s items) Len() int { return len(s) }

func (s items) Less(i, j int) bool {
	return s[i].at < s[j].at || s[i].at == s[j].at && s[i].count < s[j].count
}

func (s items) Swap(i, j int) { s[i], s[j] = s[j], s[i] }

// Push is for container/heap.
func (s *items) Push(x any) { *s = append(*s, x.(item)) }

// Pop is for container/heap.
func (s *items) Pop() any {
	last := len(*s) - 1
	x := (*s)[last]
	(*s)[last] = item{}
	*s = (*s)[:last]
	return x
}

// after lets something happen after a while.
func (q *queue) after(wait time.Duration, do func()) {
	q.count++
	heap.Push(&q.items, item{q.now + max(wait, 0), q.count, do})
}

// run lets happen what is due until an instant.
func (q *queue) run(until time.Duration) {
	for len(q.items) > 0 && q.items[0].at <= until {
		next := heap.Pop(&q.items).(item)
		q.now = next.at
		next.do()
	}
	q.now = until
}
