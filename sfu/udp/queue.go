package udp

import (
	"net"
	"net/netip"
	"os"
	"sync"
	"sync/atomic"
	"time"

	"github.com/pion/transport/v4/deadline"
)

// maxDatagram is the longest datagram accepted, in bytes. Media and TURN keep to an Ethernet frame;
// DTLS certificates of foreign clients may be longer.
const maxDatagram = 2048

type datagram struct {
	from   netip.AddrPort
	at     time.Time // when it was queued for a virtual peer
	length int
	data   [maxDatagram]byte
}

var datagrams = sync.Pool{New: func() any { return new(datagram) }}

// queue holds datagrams that wait for one reader. A full queue drops what comes, like the kernel's.
type queue struct {
	waiting  chan *datagram
	closed   chan struct{}
	once     sync.Once
	deadline *deadline.Deadline
	dropped  atomic.Uint64
	ages     bool // what has waited too long is not delivered
}

func newQueue(capacity int) *queue {
	return &queue{
		waiting:  make(chan *datagram, capacity),
		closed:   make(chan struct{}),
		deadline: deadline.New(),
	}
}

// push gives the datagram away; it must not be used afterwards.
func (q *queue) push(d *datagram) {
	select {
	case <-q.closed:
		datagrams.Put(d)
	case q.waiting <- d:
	default:
		q.dropped.Add(1)
		datagrams.Put(d)
	}
}

// pushCopy queues a copy of the datagram; what is longer than a datagram may be is dropped.
func (q *queue) pushCopy(data []byte, from netip.AddrPort) {
	if len(data) > maxDatagram {
		q.dropped.Add(1)
		return
	}
	d := datagrams.Get().(*datagram)
	d.from, d.at, d.length = from, time.Now(), copy(d.data[:], data)
	q.push(d)
}

func (q *queue) pop(buffer []byte) (int, netip.AddrPort, error) {
	select {
	case <-q.closed:
		return 0, netip.AddrPort{}, net.ErrClosed
	case <-q.deadline.Done():
		return 0, netip.AddrPort{}, os.ErrDeadlineExceeded
	default:
	}
	for {
		d, err := q.next()
		if err != nil {
			return 0, netip.AddrPort{}, err
		}
		n, from, late := copy(
			buffer, d.data[:d.length],
		), d.from, q.ages &&
			stale(d.data[:d.length], time.Since(d.at))
		datagrams.Put(d)
		if !late {
			return n, from, nil
		}
	}
}

func (q *queue) next() (*datagram, error) {
	select {
	case d := <-q.waiting:
		return d, nil
	case <-q.closed:
		return nil, net.ErrClosed
	case <-q.deadline.Done():
		return nil, os.ErrDeadlineExceeded
	}
}

func (q *queue) setDeadline(t time.Time) { q.deadline.Set(t) }

func (q *queue) close() { q.once.Do(func() { close(q.closed) }) }
