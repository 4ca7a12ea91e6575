package icemux

import (
	"net/netip"
	"sync"
	"sync/atomic"
)

const (
	// waitingDatagrams is how many datagrams may wait for Pion.
	waitingDatagrams = 64
	// maxDatagram is the longest of them, in bytes.
	maxDatagram = 2048
)

// alive is a datagram that Pion takes for a sign of life and throws away: no protocol begins with
// this byte (RFC 7983).
var alive = []byte{0xff}

// route is one connection as the mux knows it.
type route struct {
	mux     *Mux
	key     routeKey
	holders int // guarded by mux.mu
	media   atomic.Pointer[Receiver]
	// addresses and candidates are how many it has now and has ever had; guarded by mux.mu.
	addresses, candidates int

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

// receiver returns who takes the media; nil: nobody yet.
func (r *route) receiver() Receiver {
	if t := r.media.Load(); t != nil {
		return *t
	}
	return nil
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
