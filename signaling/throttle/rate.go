package throttle

import (
	"container/list"
	"net/netip"
	"sync"
	"time"

	"golang.org/x/time/rate"
)

// maxAddresses is how many addresses are remembered; about 200 bytes each.
const maxAddresses = 50_000

// Rate is a token bucket for each address. Its methods may be called concurrently.
type Rate struct {
	limit rate.Limit
	burst int
	most  int

	mu      sync.Mutex
	buckets map[netip.Addr]*list.Element
	order   *list.List // of *bucket, the one used last first
}

type bucket struct {
	address netip.Addr
	*rate.Limiter
}

// NewRate allows each address so many events a second, and burst at once.
func NewRate(perSecond float64, burst int) *Rate {
	return &Rate{
		limit:   rate.Limit(perSecond),
		burst:   burst,
		most:    maxAddresses,
		buckets: map[netip.Addr]*list.Element{},
		order:   list.New(),
	}
}

// Allow counts one event of an address and reports whether it may happen.
func (r *Rate) Allow(address netip.Addr, now time.Time) bool {
	address = key(address)
	r.mu.Lock()
	defer r.mu.Unlock()
	found, known := r.buckets[address]
	if known {
		r.order.MoveToFront(found)
	} else {
		if len(r.buckets) >= r.most {
			oldest := r.order.Back()
			delete(r.buckets, oldest.Value.(*bucket).address)
			r.order.Remove(oldest)
		}
		found = r.order.PushFront(&bucket{address, rate.NewLimiter(r.limit, r.burst)})
		r.buckets[address] = found
	}
	return found.Value.(*bucket).AllowN(now, 1)
}
