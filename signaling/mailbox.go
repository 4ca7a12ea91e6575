package signaling

import "sync"

// mailbox is an unbounded queue with one reader. It is unbounded because the media plane must never
// block on a room that is itself waiting for the media plane; what websockets put in is bounded by
// their rate limit.
type mailbox[T any] struct {
	mu     sync.Mutex
	items  []T
	closed bool
	wake   chan struct{}
}

func newMailbox[T any]() *mailbox[T] {
	return &mailbox[T]{wake: make(chan struct{}, 1)}
}

// put returns false when the mailbox is closed.
func (m *mailbox[T]) put(item T) bool {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.closed {
		return false
	}
	m.items = append(m.items, item)
	select {
	case m.wake <- struct{}{}:
	default:
	}
	return true
}

// take returns everything that has come, in order.
func (m *mailbox[T]) take() []T {
	m.mu.Lock()
	defer m.mu.Unlock()
	items := m.items
	m.items = nil
	return items
}

// putBack puts items that were taken in front of what has come since.
func (m *mailbox[T]) putBack(items []T) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.items = append(items, m.items...)
}

// close refuses what comes from now on and returns what had come before.
func (m *mailbox[T]) close() []T {
	m.mu.Lock()
	m.closed = true
	m.mu.Unlock()
	return m.take()
}
