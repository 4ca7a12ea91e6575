package quota

import (
	"container/list"
	"time"

	"golang.org/x/time/rate"
)

// maxKeys is how many keys of one cost and one scope are remembered; about 250 bytes each.
const maxKeys = 50_000

// buckets holds a token bucket for each key. Its memory is bounded whatever comes: the key that was
// quiet longest is forgotten first.
type buckets struct {
	limit rate.Limit
	burst int
	most  int

	known map[string]*list.Element
	order *list.List // of *bucket, the one used last first
}

type bucket struct {
	key string
	*rate.Limiter
}

func newBuckets(r Rate) *buckets {
	return &buckets{
		limit: rate.Limit(r.PerSecond), burst: r.Burst, most: maxKeys,
		known: map[string]*list.Element{}, order: list.New(),
	}
}

// of returns the bucket of a key. One whose bounds are multiplied keeps the factor it began with.
func (b *buckets) of(key string, factor int) *bucket {
	found, ok := b.known[key]
	if ok {
		b.order.MoveToFront(found)
		return found.Value.(*bucket)
	}
	if len(b.known) >= b.most {
		oldest := b.order.Back()
		delete(b.known, oldest.Value.(*bucket).key)
		b.order.Remove(oldest)
	}
	made := &bucket{key, rate.NewLimiter(b.limit*rate.Limit(factor), b.burst*factor)}
	b.known[key] = b.order.PushFront(made)
	return made
}

// has reports whether the bucket holds a whole token.
func (b *bucket) has(now time.Time) bool { return b.TokensAt(now) >= 1 }
