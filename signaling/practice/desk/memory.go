package desk

import (
	"context"
	"errors"
	"sync"
	"time"

	"draille/signaling/practice/store"
)

// memory remembers what was read of the store until anything there changes, at most for
// rememberFor. It holds no rights: whoever takes something out decides what is shown to whom.
//
// What a writer of this node was told is written is never missing: the revision grows before Write
// returns, and what was read is kept under the revision from before it was read.
type memory[K comparable, V any] struct {
	store *store.Store
	most  int // entries

	mu       sync.Mutex
	revision uint64
	since    time.Time // of the oldest
	known    map[K]*remembered[V]
}

// rememberFor bounds how long another node's change can be missed when a firewall between this node
// and the database drops what is said about it, and nobody notices.
const rememberFor = 10 * time.Second

// remembered is read once, by the first who asks; the others wait for it.
type remembered[V any] struct {
	ready chan struct{} // closed once value and err are there
	value V
	err   error
}

func newMemory[K comparable, V any](from *store.Store, most int) *memory[K, V] {
	return &memory[K, V]{store: from, most: most, known: map[K]*remembered[V]{}}
}

// get returns what read makes of the store as it is now. The value is shared: nobody changes it.
func (m *memory[K, V]) get(ctx context.Context, key K, read func(*store.Tx) (V, error)) (V, error) {
	entry, first := m.entry(key)
	if first {
		entry.err = m.store.Read(ctx, func(tx *store.Tx) (err error) {
			entry.value, err = read(tx)
			return err
		})
		if entry.err != nil {
			m.forget(key, entry)
		}
		close(entry.ready)
		return entry.value, entry.err
	}
	select {
	case <-entry.ready:
	case <-ctx.Done():
		var nothing V
		return nothing, ctx.Err()
	}
	if errors.Is(entry.err, context.Canceled) { // whoever read it has gone, not whoever asks now
		return m.get(ctx, key, read)
	}
	return entry.value, entry.err
}

// entry returns that of a key, and whether the caller is the first and has to read it.
func (m *memory[K, V]) entry(key K) (entry *remembered[V], first bool) {
	m.mu.Lock()
	defer m.mu.Unlock()
	now := m.store.Revision()
	if now != m.revision || len(m.known) >= m.most || time.Since(m.since) > rememberFor {
		m.revision, m.since = now, time.Now()
		clear(m.known)
	}
	if entry, first = m.known[key], false; entry == nil {
		entry, first = &remembered[V]{ready: make(chan struct{})}, true
		m.known[key] = entry
	}
	return entry, first
}

// forget lets the next one try again.
func (m *memory[K, V]) forget(key K, entry *remembered[V]) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.known[key] == entry {
		delete(m.known, key)
	}
}
