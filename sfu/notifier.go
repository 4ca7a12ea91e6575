package sfu

import "sync"

// notifier calls a participant's Listener from one goroutine at a time, in order. What is replaced
// before it was told is not told: a slow listener hears the latest state and holds nobody up. There
// is a goroutine only while there is something to tell.
type notifier struct {
	listener Listener
	ended    sync.WaitGroup

	mu      sync.Mutex // no other is taken under it
	order   []string   // kinds waiting, by first arrival
	waiting map[string]func(Listener)
	running bool
	closed  bool
}

func newNotifier(l Listener) *notifier {
	return &notifier{listener: l, waiting: map[string]func(Listener){}}
}

// tell queues a call. It replaces a call of the same kind that still waits.
func (n *notifier) tell(kind string, call func(Listener)) {
	n.mu.Lock()
	defer n.mu.Unlock()
	if n.closed {
		return
	}
	if _, replaces := n.waiting[kind]; !replaces {
		n.order = append(n.order, kind)
	}
	n.waiting[kind] = call
	if !n.running {
		n.running = true
		n.ended.Go(n.run)
	}
}

func (n *notifier) run() {
	for call := n.next(); call != nil; call = n.next() {
		call(n.listener)
	}
}

// next returns the next call; nil: the goroutine is to end.
func (n *notifier) next() func(Listener) {
	n.mu.Lock()
	defer n.mu.Unlock()
	if n.closed || len(n.order) == 0 {
		n.running = false
		return nil
	}
	kind := n.order[0]
	n.order = n.order[1:]
	call := n.waiting[kind]
	delete(n.waiting, kind)
	return call
}

// close lets nothing more be told, without waiting: the listener itself may be the one who closes.
func (n *notifier) close() {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.closed = true
}
