package sfu

import (
	"net/netip"
	"sync"
	"time"
)

// maxWaitingRTCP is how many datagrams of RTCP may wait for one transport: half a second of a busy
// browser's.
const maxWaitingRTCP = 32

// rtcpQueue holds a transport's RTCP as it came, protected, until the room has time for it. What it
// asks for may be much work, which must not keep the goroutine that reads the socket for all rooms.
// Its buffers are used again and again.
type rtcpQueue struct {
	mu      sync.Mutex // no other is taken under it
	waiting []waitingRTCP
	taken   []waitingRTCP // of who reads alone
}

type waitingRTCP struct {
	data []byte
	from netip.AddrPort
	at   time.Time
}

// push keeps a copy; false: too much waits already.
func (q *rtcpQueue) push(data []byte, from netip.AddrPort, at time.Time) bool {
	q.mu.Lock()
	defer q.mu.Unlock()
	n := len(q.waiting)
	if n >= maxWaitingRTCP {
		return false
	}
	if n < cap(q.waiting) {
		q.waiting = q.waiting[:n+1]
	} else {
		q.waiting = append(q.waiting, waitingRTCP{})
	}
	w := &q.waiting[n]
	w.data, w.from, w.at = append(w.data[:0], data...), from, at
	return true
}

// take returns what waits, valid until the next call.
func (q *rtcpQueue) take() []waitingRTCP {
	q.mu.Lock()
	defer q.mu.Unlock()
	q.waiting, q.taken = q.taken[:0], q.waiting
	return q.taken
}
