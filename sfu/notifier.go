package sfu

import "sync"

// notifier calls a participant's Listener from one goroutine, in order. What is replaced before it was told is not told:
// a slow listener hears the latest state and holds nobody up.
type notifier struct {
	listener Listener
	mu       sync.Mutex
	order    []string // kinds waiting, by first arrival
	waiting  map[string]func(Listener)
	changed  chan struct{}
	done     chan struct{}
	once     sync.Once
	ended    sync.WaitGroup
}

func newNotifier(l Listener) *notifier {
	n := &notifier{listener: l, waiting: map[string]func(Listener){}, changed: make(chan struct{}, 1), done: make(chan struct{})}
	n.ended.Go(n.run)
	return n
}

// tell queues a call. It replaces a call of the same kind that still waits.
func (n *notifier) tell(kind string, call func(Listener)) {
	n.mu.Lock()
	if _, replaces := n.waiting[kind]; !replaces {
		n.order = append(n.order, kind)
	}
	n.waiting[kind] = call
	n.mu.Unlock()
	select {
	case n.changed <- struct{}{}:
	default:
	}
}

func (n *notifier) run() {
	for {
		select {
		case <-n.done:
			return
		case <-n.changed:
		}
		for call := n.next(); call != nil; call = n.next() {
			select {
			case <-n.done:
				return
			default:
				call(n.listener)
			}
		}
	}
}

func (n *notifier) next() func(Listener) {
	n.mu.Lock()
	defer n.mu.Unlock()
	if len(n.order) == 0 {
		return nil
	}
	kind := n.order[0]
	n.order = n.order[1:]
	call := n.waiting[kind]
	delete(n.waiting, kind)
	return call
}

// close ends the goroutine without waiting: the listener itself may be the one who closes.
func (n *notifier) close() { n.once.Do(func() { close(n.done) }) }
