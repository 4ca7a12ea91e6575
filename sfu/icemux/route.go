package icemux

import (
	"net/netip"
	"sync"
	"sync/atomic"
	"time"

	"draille/sfu/udp"
)

const (
	// waitingDatagrams is how many datagrams may wait for Pion.
	waitingDatagrams = 64
	// maxDatagram is the longest of them, in bytes.
	maxDatagram = 2048
	// aliveInterval is how often Pion learns that media comes in.
	aliveInterval = 500 * time.Millisecond
)

// alive is a datagram that Pion takes for a sign of life and throws away: no protocol begins with
// this byte (RFC 7983).
var alive = []byte{0xff}

// route is one connection as the mux knows it.
type route struct {
	mux      *Mux
	key      routeKey
	holders  int // guarded by mux.mu
	media    atomic.Pointer[Receiver]
	notified atomic.Int64 // when Pion was last told that media comes in

	waiting chan *waitingDatagram
	done    chan struct{}
	once    sync.Once
}

type waitingDatagram struct {
	from   netip.AddrPort
	length int
	data   [maxDatagram]byte
}

var waitingDatagramPool = sync.Pool{New: func() any { return new(waitingDatagram) }}

func newRoute(m *Mux, key routeKey) *route {
	return &route{
		mux:     m,
		key:     key,
		waiting: make(chan *waitingDatagram, waitingDatagrams),
		done:    make(chan struct{}),
	}
}

func (r *route) close() { r.once.Do(func() { close(r.done) }) }

func (r *route) receive(
	data []byte, from netip.AddrPort, local netip.Addr, at time.Time, out *udp.Batch,
) {
	t := r.media.Load()
	if t == nil {
		return
	}
	if now := at.UnixNano(); now-r.notified.Load() > int64(aliveInterval) {
		r.notified.Store(now)
		r.queue(alive, from)
	}
	(*t).ReceiveMedia(data, from, local, at, out)
}

// queue gives Pion a copy of a datagram.
func (r *route) queue(data []byte, from netip.AddrPort) {
	if len(data) > maxDatagram {
		return
	}
	d := waitingDatagramPool.Get().(*waitingDatagram)
	d.from, d.length = from, copy(d.data[:], data)
	select {
	case <-r.done:
		waitingDatagramPool.Put(d)
	case r.waiting <- d:
	default: // like a full socket
		waitingDatagramPool.Put(d)
	}
}
