package peers

import (
	"context"
	"errors"
	"io"
	"net"
	"os"
	"sync"
	"testing"
	"time"

	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// network is one in memory, in which virtual time passes. It can fail as networks do.
type network struct {
	mu        sync.Mutex
	listeners map[string]*listener
	lines     []*line
	accepted  int
}

func newNetwork() *network { return &network{listeners: map[string]*listener{}} }

// listener accepts what is dialled at one address.
type listener struct {
	network *network
	address string
	calls   chan net.Conn
	closed  chan struct{}
	once    sync.Once
}

func (n *network) listen(address string) *listener {
	n.mu.Lock()
	defer n.mu.Unlock()
	l := &listener{network: n, address: address, calls: make(chan net.Conn),
		closed: make(chan struct{})}
	n.listeners[address] = l
	return l
}

// dial connects to a listener.
func (n *network) dial(ctx context.Context, _, address string) (net.Conn, error) {
	n.mu.Lock()
	l := n.listeners[address]
	n.mu.Unlock()
	if l == nil {
		return nil, errors.New("connection refused")
	}
	here, there := n.pair(address)
	select {
	case l.calls <- there:
		return here, nil
	case <-l.closed:
		return nil, errors.New("connection refused")
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}

// pair makes both ends of a connection.
func (n *network) pair(address string) (here, there net.Conn) {
	one := &line{toward: newQueue(), back: newQueue()}
	n.mu.Lock()
	defer n.mu.Unlock()
	n.lines = append(n.lines, one)
	return &end{in: one.back, out: one.toward, address: address},
		&end{in: one.toward, out: one.back, address: "door"}
}

// cut lets all lines of now lose whatever is sent, as when a machine dies.
func (n *network) cut() {
	for _, l := range n.lines {
		l.toward.lose()
		l.back.lose()
	}
}

// freeze lets nothing be taken any more from all lines of now, so that writers wait.
func (n *network) freeze() {
	for _, l := range n.lines {
		l.toward.freeze()
		l.back.freeze()
	}
}

func (l *listener) Accept() (net.Conn, error) {
	select {
	case conn := <-l.calls:
		l.network.mu.Lock()
		l.network.accepted++
		l.network.mu.Unlock()
		return conn, nil
	case <-l.closed:
		return nil, net.ErrClosed
	}
}

func (l *listener) Close() error {
	l.once.Do(func() { close(l.closed) })
	return nil
}

func (l *listener) Addr() net.Addr { return addr(l.address) }

// addr is an address in memory.
type addr string

func (addr) Network() string  { return "memory" }
func (a addr) String() string { return string(a) }

// line is one connection.
type line struct{ toward, back *queue }

// kernelBytes is how much waits in one direction of a line: more than a stream's window, so that a
// single stream never blocks its writer. That holds a lock meanwhile for which others wait, which
// stops a bubble's time.
const kernelBytes = 48 << 10

// queue is one direction of a line: bytes that were written and not read.
type queue struct {
	mu             sync.Mutex
	bytes          []byte
	closed, frozen bool
	lost           bool
	changed        chan struct{}
}

func newQueue() *queue { return &queue{changed: make(chan struct{})} }

// change does something with the lock held, and wakes whoever waits.
func (q *queue) change(do func()) {
	q.mu.Lock()
	defer q.mu.Unlock()
	do()
	close(q.changed)
	q.changed = make(chan struct{})
}

func (q *queue) close()  { q.change(func() { q.closed = true }) }
func (q *queue) lose()   { q.change(func() { q.lost, q.bytes = true, nil }) }
func (q *queue) freeze() { q.change(func() { q.frozen = true }) }

// end is one end of a line.
type end struct {
	in, out     *queue
	address     string
	mu          sync.Mutex
	read, write time.Time // deadlines
	moved       chan struct{}
	gone        bool
}

// await waits until something about a queue or a deadline changes.
func (e *end) await(changed chan struct{}, deadline func() time.Time) error {
	e.mu.Lock()
	if e.moved == nil {
		e.moved = make(chan struct{})
	}
	moved, until, gone := e.moved, deadline(), e.gone
	e.mu.Unlock()
	if gone {
		return net.ErrClosed
	}
	var late <-chan time.Time
	if !until.IsZero() {
		left := time.Until(until)
		if left <= 0 {
			return os.ErrDeadlineExceeded
		}
		timer := time.NewTimer(left)
		defer timer.Stop()
		late = timer.C
	}
	select {
	case <-changed:
	case <-moved:
	case <-late:
		return os.ErrDeadlineExceeded
	}
	return nil
}

func (e *end) Read(b []byte) (int, error) {
	for {
		e.in.mu.Lock()
		changed := e.in.changed
		switch {
		case e.in.frozen:
		case len(e.in.bytes) > 0:
			n := copy(b, e.in.bytes)
			e.in.bytes = e.in.bytes[n:]
			e.in.mu.Unlock()
			e.in.change(func() {})
			return n, nil
		case e.in.closed && !e.in.lost:
			e.in.mu.Unlock()
			return 0, io.EOF
		}
		e.in.mu.Unlock()
		if err := e.await(changed, func() time.Time { return e.read }); err != nil {
			return 0, err
		}
	}
}

func (e *end) Write(b []byte) (n int, err error) {
	for n < len(b) {
		e.out.mu.Lock()
		changed := e.out.changed
		free := kernelBytes - len(e.out.bytes)
		lost, closed := e.out.lost, e.out.closed
		e.out.mu.Unlock()
		switch {
		case closed:
			return n, net.ErrClosed
		case lost:
			return len(b), nil
		case free > 0:
			part := b[n:min(len(b), n+free)]
			e.out.change(func() { e.out.bytes = append(e.out.bytes, part...) })
			n += len(part)
			continue
		}
		if err := e.await(changed, func() time.Time { return e.write }); err != nil {
			return n, err
		}
	}
	return n, nil
}

// deadline moves a deadline, and wakes whoever waits for one.
func (e *end) deadline(move func()) error {
	e.mu.Lock()
	defer e.mu.Unlock()
	move()
	if e.moved != nil {
		close(e.moved)
		e.moved = nil
	}
	return nil
}

func (e *end) SetReadDeadline(t time.Time) error  { return e.deadline(func() { e.read = t }) }
func (e *end) SetWriteDeadline(t time.Time) error { return e.deadline(func() { e.write = t }) }
func (e *end) SetDeadline(t time.Time) error {
	return e.deadline(func() { e.read, e.write = t, t })
}

func (e *end) Close() error {
	_ = e.deadline(func() { e.gone = true })
	e.in.close()
	e.out.close()
	return nil
}

func (e *end) LocalAddr() net.Addr  { return addr("here") }
func (e *end) RemoteAddr() net.Addr { return addr(e.address + ":1") }
