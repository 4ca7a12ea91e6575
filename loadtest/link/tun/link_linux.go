package tun

import (
	"container/heap"
	"errors"
	"fmt"
	"net/netip"
	"os"
	"os/exec"
	"runtime"
	"sync"
	"sync/atomic"
	"time"

	"golang.org/x/sys/unix"

	"draille/loadtest/link"
)

// Supported reports whether links can be made here, or what is missing.
func Supported() error {
	if os.Geteuid() != 0 {
		return errors.New("tun: putting programs behind an emulated link needs root (network " +
			"namespaces, TUN devices): run as root, " +
			"or use virtual participants, whose links need no rights")
	}
	if _, err := os.Stat(devicePath); err != nil {
		return fmt.Errorf("tun: %s is missing: load the module (modprobe tun), or give the "+
			"container the device: %w", devicePath, err)
	}
	for _, tool := range []string{"ip", "nsenter"} {
		if _, err := exec.LookPath(tool); err != nil {
			return fmt.Errorf("tun: the command %q is missing: install iproute2 and util-linux: %w",
				tool, err)
		}
	}
	return nil
}

// Link moves the packets of one access link. Its methods may be called concurrently.
type Link struct {
	client, server [2]netip.Addr // IPv4, IPv6

	start    time.Time
	clientTo end // what the client sends, towards the server
	serverTo end
	pending  heapOfPackets
	order    uint64
	buffers  [][]byte
	broken   atomic.Bool // all packets are lost

	mu       sync.Mutex // guards what follows
	counts   Counters
	realTime bool
	restart  bool
	failure  error

	wake int // eventfd
	done chan struct{}
	once sync.Once
}

// end is a device and the direction that leads away from it.
type end struct {
	from, to *device
	model    *link.Direction
	count    *Way
}

// Open creates both devices, joins them by the link and starts to move packets.
func Open(c Config) (*Link, error) {
	if err := Supported(); err != nil {
		return nil, err
	}
	if c.Client == nil {
		return nil, errors.New("tun: no client namespace: make one with NewNamespace")
	}
	if c.Index < 0 || c.Index > MaxIndex {
		return nil, fmt.Errorf("tun: index %d: expected 0 to %d", c.Index, MaxIndex)
	}
	up, down, err := c.Profile.New(c.Seed)
	if err != nil {
		return nil, err
	}
	clientAddr, serverAddr := c.addresses()
	l := &Link{
		client: [2]netip.Addr{clientAddr[0].Addr(), clientAddr[1].Addr()},
		server: [2]netip.Addr{serverAddr[0].Addr(), serverAddr[1].Addr()},
		start:  time.Now(),
		done:   make(chan struct{}),
	}

	client, err := c.attach(c.Client, "access0", clientAddr, true)
	if err != nil {
		return nil, fmt.Errorf("client side: %w", err)
	}
	server, err := c.attach(c.Server, fmt.Sprintf("draille%d", c.Index), serverAddr, false)
	if err != nil {
		return nil, errors.Join(fmt.Errorf("server side: %w", err), client.close())
	}
	if l.wake, err = unix.Eventfd(0, unix.EFD_CLOEXEC|unix.EFD_NONBLOCK); err != nil {
		return nil, errors.Join(fmt.Errorf("tun: creating an eventfd: %w", err), client.close(),
			server.close())
	}
	l.clientTo = end{client, server, up, &l.counts.Up}
	l.serverTo = end{server, client, down, &l.counts.Down}
	started := make(chan struct{})
	go l.run(started)
	<-started
	return l, nil
}

// ClientAddr is the client's IPv4 address on the link.
func (l *Link) ClientAddr() netip.Addr { return l.client[0] }

// ServerAddr is the server's IPv4 address on the link.
func (l *Link) ServerAddr() netip.Addr { return l.server[0] }

// IPv6 returns the IPv6 addresses of both ends; ok is false where the kernel has no IPv6.
func (l *Link) IPv6() (client, server netip.Addr, ok bool) {
	return l.client[1], l.server[1], l.clientTo.from.v6 && l.serverTo.from.v6
}

// RealTime reports whether packets are moved with real-time priority; without it a busy machine
// delays them.
func (l *Link) RealTime() bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.realTime
}

// Counters tells what went through so far.
func (l *Link) Counters() Counters {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.counts
}

// Break loses all packets from now on, or none any more.
func (l *Link) Break(broken bool) { l.broken.Store(broken) }

// Restart begins the link's schedule (or trace) again: call it when the set-up of a test is done.
func (l *Link) Restart() {
	l.mu.Lock()
	l.restart = true
	l.mu.Unlock()
	l.signal()
}

// signal wakes the mover. An eventfd that is full wakes it as well.
func (l *Link) signal() {
	_, _ = unix.Write(l.wake, []byte{1, 0, 0, 0, 0, 0, 0, 0})
}

// Close removes the link and its devices. It returns what made the link fail earlier, if anything
// did.
func (l *Link) Close() error {
	l.once.Do(func() {
		l.mu.Lock()
		if l.failure == nil {
			l.failure = os.ErrClosed
		}
		l.mu.Unlock()
		l.signal()
		<-l.done
		err := errors.Join(l.clientTo.from.close(), l.serverTo.from.close(), unix.Close(l.wake))
		l.mu.Lock()
		defer l.mu.Unlock()
		if errors.Is(l.failure, os.ErrClosed) {
			l.failure = err
		}
	})
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.failure
}

// run moves packets until the link is closed, on a thread of its own.
func (l *Link) run(started chan<- struct{}) {
	defer close(l.done)
	runtime.LockOSThread() // never unlocked: the thread's priority ends with it
	priority := unix.SchedAttr{Size: unix.SizeofSchedAttr, Policy: unix.SCHED_FIFO, Priority: 10}
	l.realTime = unix.SchedSetAttr(0, &priority, 0) == nil
	addProcessor(+1)
	defer addProcessor(-1)
	close(started)

	fds := []unix.PollFd{
		{Fd: int32(l.clientTo.from.fd), Events: unix.POLLIN},
		{Fd: int32(l.serverTo.from.fd), Events: unix.POLLIN},
		{Fd: int32(l.wake), Events: unix.POLLIN},
	}
	for l.step() {
		var timeout *unix.Timespec
		if len(l.pending) > 0 {
			wait := unix.NsecToTimespec(int64(max(0, l.pending[0].at-time.Since(l.start))))
			timeout = &wait
		}
		if _, err := unix.Ppoll(fds, timeout, nil); err != nil && !errors.Is(err, unix.EINTR) {
			l.fail(fmt.Errorf("tun: waiting for packets: %w", err))
		}
	}
}

var processors sync.Mutex

// addProcessor changes how many goroutines may run at once. A thread that wakes up from the
// kernel, however high its priority, waits until Go's scheduler has a place for it: the mover
// brings its own.
func addProcessor(n int) {
	processors.Lock()
	defer processors.Unlock()
	runtime.GOMAXPROCS(runtime.GOMAXPROCS(0) + n)
}

// step does what is to be done now, under the lock, and reports whether to go on.
func (l *Link) step() bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	var counter [8]byte
	_, _ = unix.Read(l.wake, counter[:]) // empties it; EAGAIN when it was empty
	if l.restart {
		l.restart = false
		now := time.Since(l.start)
		l.clientTo.model.Restart(now)
		l.serverTo.model.Restart(now)
	}
	for _, e := range []*end{&l.clientTo, &l.serverTo} {
		if err := l.drain(e); err != nil && l.failure == nil {
			l.failure = err
		}
	}
	l.deliver()
	return l.failure == nil
}

func (l *Link) fail(err error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.failure == nil {
		l.failure = err
	}
}

// drain puts on the link what the kernel has sent.
func (l *Link) drain(e *end) error {
	const batch = 64 // then the other direction has its turn
	for range batch {
		buf := l.buffer()
		n, err := e.from.read(buf)
		if err != nil || n == 0 {
			l.buffers = append(l.buffers, buf)
			return err
		}
		if l.broken.Load() {
			l.buffers = append(l.buffers, buf)
			continue
		}
		e.count.Packets++
		e.count.Bytes += n
		dep := e.model.Send(time.Since(l.start), n)
		switch dep.Fate {
		case link.Delivered:
			l.order++
			heap.Push(&l.pending, pendingPacket{at: dep.At, order: l.order, end: e, data: buf[:n]})
			continue
		case link.QueueFull:
			e.count.QueueFull++
		default:
			e.count.Lost++
		}
		l.buffers = append(l.buffers, buf)
	}
	return nil
}

// deliver hands over what has arrived.
func (l *Link) deliver() {
	for len(l.pending) > 0 {
		late := time.Since(l.start) - l.pending[0].at
		if late < 0 {
			return
		}
		p := heap.Pop(&l.pending).(pendingPacket)
		if late > time.Millisecond {
			l.counts.Late++
			l.counts.WorstMicros = max(l.counts.WorstMicros, int(late.Microseconds()))
		}
		if p.end.to.write(p.data) {
			p.end.count.DeliveredPackets++
			p.end.count.DeliveredBytes += len(p.data)
		} else {
			p.end.count.Refused++
		}
		l.buffers = append(l.buffers, p.data[:cap(p.data)])
	}
}

func (l *Link) buffer() []byte {
	if n := len(l.buffers); n > 0 {
		buf := l.buffers[n-1]
		l.buffers = l.buffers[:n-1]
		return buf
	}
	return make([]byte, 1600)
}

type pendingPacket struct {
	at    time.Duration
	order uint64
	end   *end
	data  []byte
}

type heapOfPackets []pendingPacket

func (h heapOfPackets) Len() int { return len(h) }
func (h heapOfPackets) Less(i, j int) bool {
	if h[i].at != h[j].at {
		return h[i].at < h[j].at
	}
	return h[i].order < h[j].order
}
func (h heapOfPackets) Swap(i, j int) { h[i], h[j] = h[j], h[i] }
func (h *heapOfPackets) Push(x any)   { *h = append(*h, x.(pendingPacket)) }
func (h *heapOfPackets) Pop() any {
	old := *h
	last := old[len(old)-1]
	old[len(old)-1] = pendingPacket{}
	*h = old[:len(old)-1]
	return last
}
