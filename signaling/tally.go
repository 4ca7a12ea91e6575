package signaling

import (
	"maps"
	"sync"
)

// tally counts by name. Signalling is some hundreds of messages a second: one lock is enough.
type tally[K comparable] struct {
	mu     sync.Mutex
	counts map[K]uint64
}

func (t *tally[K]) add(name K) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.counts == nil {
		t.counts = map[K]uint64{}
	}
	t.counts[name]++
}

func (t *tally[K]) snapshot() map[K]uint64 {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.counts == nil {
		return map[K]uint64{}
	}
	return maps.Clone(t.counts)
}
