package signaling

import "sync"

// outbox is what one websocket has still to be sent. It is bounded: a client that does not read
// must not cost memory.
type outbox struct {
	mu       sync.Mutex
	messages [][]byte
	bytes    int
	// sent when there is nothing else; not counted, since what fills it is bounded
	later [][]byte
	// part of a photo, sent when there is nothing else at all; nil: none waits
	part  []byte
	limit int  // messages
	final bool // the last message is in, nothing is accepted any more
	// somebody else writes to the websocket from here on
	handed bool
	wake   chan struct{}
}

// outboxBytes bounds the bytes in an outbox; one message is always accepted.
const outboxBytes = 1 << 20

func newOutbox(limit int) *outbox {
	return &outbox{limit: limit, wake: make(chan struct{}, 1)}
}

// put returns false when there is no room left. After finish, it drops the message. What it takes
// is counted before the client can have it: whoever has read a message finds it counted.
func (o *outbox) put(message []byte, count func()) bool {
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.final {
		return true
	}
	if len(o.messages) >= o.limit || o.bytes > 0 && o.bytes+len(message) > outboxBytes {
		return false
	}
	count()
	o.append(message)
	return true
}

// finish puts the last message; with skip, what waited before it is dropped. Without a message the
// outbox just ends. Only the first finish counts, as put does; it returns whether this was it.
func (o *outbox) finish(message []byte, skip bool, count func()) bool {
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.final {
		return false
	}
	count()
	if skip {
		o.messages, o.bytes = nil, 0
	}
	o.final, o.later, o.part = true, nil, nil
	o.append(message)
	return true
}

func (o *outbox) append(message []byte) {
	if message != nil {
		o.messages = append(o.messages, message)
		o.bytes += len(message)
	}
	select {
	case o.wake <- struct{}{}:
	default:
	}
}

// hand ends the outbox without a goodbye, since somebody else is to write to the websocket from
// here on. It reports whether it had not ended yet.
func (o *outbox) hand() bool {
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.final {
		return false
	}
	o.final, o.later, o.part, o.handed = true, nil, nil, true
	o.append(nil)
	return true
}

// isHanded reports whether somebody else writes.
func (o *outbox) isHanded() bool {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.handed
}

// putLater queues a message behind all others, and behind those that come after it, and counts it
// as put does. It reports whether there is still somebody to send it to.
func (o *outbox) putLater(message []byte, count func()) bool {
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.final {
		return false
	}
	count()
	o.later = append(o.later, message)
	o.append(nil)
	return true
}

// putPart queues a part of a photo behind everything else. It reports whether there was room: one
// waits at most, so that a slow link is given no more than it takes.
func (o *outbox) putPart(part []byte) bool {
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.final || o.part != nil {
		return false
	}
	o.part = part
	o.append(nil)
	return true
}

// hasPart reports whether a part of a photo waits.
func (o *outbox) hasPart() bool {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.part != nil
}

// take returns the next message, nil if there is none, whether it is a part of a photo, and whether
// nothing can follow it.
func (o *outbox) take() (message []byte, part, last bool) {
	o.mu.Lock()
	defer o.mu.Unlock()
	switch {
	case len(o.messages) > 0:
		message = o.messages[0]
		o.messages = o.messages[1:]
		o.bytes -= len(message)
	case len(o.later) > 0:
		message, o.later = o.later[0], o.later[1:]
	case o.part != nil:
		message, o.part, part = o.part, nil, true
	}
	return message, part, o.final && len(o.messages) == 0
}

func (o *outbox) finished() bool {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.final
}
