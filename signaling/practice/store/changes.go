package store

import (
	"sync"
	"sync/atomic"

	"draille/signaling/practice"
)

// watcherBacklog is how many commits a watcher may be behind before it has to read everything
// again.
const watcherBacklog = 256

// hub tells watchers of changes. Its zero value is ready.
type hub struct {
	revision atomic.Uint64 // grows with whatever is told

	mu       sync.Mutex
	watchers map[*watcher]struct{}
	closed   bool
}

type watcher struct {
	changes chan []practice.Change
	behind  bool // the last in the backlog is nil
}

func (h *hub) watch() (<-chan []practice.Change, func()) {
	h.mu.Lock()
	defer h.mu.Unlock()
	w := &watcher{changes: make(chan []practice.Change, watcherBacklog)}
	if h.closed {
		close(w.changes)
		return w.changes, func() {}
	}
	if h.watchers == nil {
		h.watchers = map[*watcher]struct{}{}
	}
	h.watchers[w] = struct{}{}
	return w.changes, func() { h.leave(w) }
}

func (h *hub) leave(w *watcher) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if _, there := h.watchers[w]; there {
		delete(h.watchers, w)
		close(w.changes)
	}
}

// tell never waits. Nil stands for changes that nobody knows.
func (h *hub) tell(changes []practice.Change) {
	h.revision.Add(1) // first: whoever is told reads what is new
	h.mu.Lock()
	defer h.mu.Unlock()
	for w := range h.watchers {
		w.put(changes)
	}
}

// put adds to the backlog. The last place in it is for nil: while that is unread, whatever else
// happens is in what the watcher then reads.
func (w *watcher) put(changes []practice.Change) {
	if w.behind && len(w.changes) > 0 {
		return
	}
	w.behind = changes == nil || len(w.changes) == cap(w.changes)-1
	if w.behind {
		changes = nil
	}
	w.changes <- changes // there is room: nobody else puts anything in
}

func (h *hub) close() {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.closed = true
	for w := range h.watchers {
		close(w.changes)
	}
	h.watchers = nil
}
