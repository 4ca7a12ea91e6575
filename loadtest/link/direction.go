package link

import (
	"fmt"
	"math"
	"math/rand/v2"
	"time"
)

// Fate is what becomes of a packet.
type Fate uint8

// Fates of a packet.
const (
	// Delivered at Departure.At.
	Delivered Fate = iota
	// QueueFull: dropped on entry, at once.
	QueueFull
	// Lost after it left the queue.
	Lost
	// Stuck in front of a link which its schedule has stopped for good.
	Stuck
)

// String names the fate.
func (f Fate) String() string {
	switch f {
	case Delivered:
		return "delivered"
	case QueueFull:
		return "queue full"
	case Lost:
		return "lost"
	case Stuck:
		return "stuck"
	default:
		return fmt.Sprintf("fate %d", uint8(f))
	}
}

// Departure tells when and how a packet leaves the link.
type Departure struct {
	// At is when the packet arrives at the other end. For a lost packet, when it
	// would have; for one that found the queue full, when it came.
	At time.Duration
	// Left is when its last bit left the queue: At without delay and jitter.
	Left time.Duration
	// Fate reports whether it arrives at all.
	Fate Fate
}

// Direction is one way of a link. It is not safe for concurrent use.
type Direction struct {
	queueTime  time.Duration
	queueBytes int
	overhead   Overhead
	schedule   schedule
	trace      *playback // nil without a trace
	traceRate  Bitrate

	queue      []waiting // packets not yet served, from head on
	head       int
	queuedSize int // bytes on the wire of queue[head:]
	busyUntil  time.Duration
	lastArrive time.Duration
	lastNow    time.Duration

	rng    *rand.Rand
	bursts burstState
	noise  float64 // standard normal behind the jitter of the last packet
}

// waiting is a packet in the queue: it counts until its last bit has left.
type waiting struct {
	left time.Duration
	wire int
}

// NewDirection creates one way of a link at time 0. Equal seeds give equal links.
func NewDirection(c Config, seed uint64) (*Direction, error) {
	if err := c.Validate(); err != nil {
		return nil, err
	}
	d := &Direction{
		queueTime:  c.Queue,
		queueBytes: c.QueueBytes,
		overhead:   c.Overhead,
		schedule:   newSchedule(&c),
		rng:        rand.New(rand.NewPCG(seed, 0x6472_6169_6c6c_6521)),
	}
	if c.Trace != nil {
		d.trace = newPlayback(c.Trace, 0)
		d.traceRate = c.Trace.Rate()
	}
	d.noise = d.rng.NormFloat64()
	return d, nil
}

// Send gives the link an IP packet of size bytes at now and returns its fate. now
// must not go back; if it does, the packet counts as sent at the latest time seen.
func (d *Direction) Send(now time.Duration, size int) Departure {
	now = max(now, d.lastNow)
	d.lastNow = now
	d.expire(now)

	wire := d.overhead.Wire(size)
	if d.full(now, wire) {
		return Departure{At: now, Left: now, Fate: QueueFull}
	}
	start := max(now, d.busyUntil)
	var left time.Duration
	if d.trace != nil {
		left = d.trace.serve(start, wire)
	} else {
		left = d.schedule.serve(start, wire)
	}
	d.busyUntil = left
	d.push(waiting{left, wire})
	if left == forever {
		return Departure{At: forever, Left: forever, Fate: Stuck}
	}

	cond, _ := d.schedule.at(left)
	dep := Departure{At: left + cond.Delay, Left: left}
	// The draws are made for every packet, lost or not, so that a lossy link and
	// a clean one of the same seed jitter alike.
	dep.At += d.jitter(&cond.Jitter)
	lost := cond.Loss > 0 && d.rng.Float64() < cond.Loss
	if d.bursts.lose(&cond.Bursts, left, d.rng) || lost {
		dep.Fate = Lost
		return dep
	}
	if !cond.Jitter.Reorder {
		dep.At = max(dep.At, d.lastArrive)
	}
	d.lastArrive = max(d.lastArrive, dep.At)
	return dep
}

// Queued tells how many packets, and bytes on the wire, wait at now (the one being
// sent included).
func (d *Direction) Queued(now time.Duration) (packets, bytes int) {
	d.expire(max(now, d.lastNow))
	return len(d.queue) - d.head, d.queuedSize
}

// Waiting is how long a packet that comes now would wait until those before it have left.
func (d *Direction) Waiting(now time.Duration) time.Duration {
	return max(0, d.busyUntil-max(now, d.lastNow))
}

// Restart begins the schedule, or the trace, again at now: a test that needs time to
// set up starts the clock when it is ready. Packets in the queue keep their departure.
func (d *Direction) Restart(now time.Duration) {
	d.schedule.origin = now
	if d.trace != nil {
		d.trace = newPlayback(d.trace.trace, now)
	}
}

// full reports whether a packet that costs wire bytes finds no room. An empty
// queue has room for any packet, or a large one could never pass.
func (d *Direction) full(now time.Duration, wire int) bool {
	if d.head == len(d.queue) {
		return false
	}
	if d.queueBytes > 0 && d.queuedSize+wire > d.queueBytes {
		return true
	}
	if d.queueTime == 0 {
		return false
	}
	rate := d.traceRate
	if d.trace == nil {
		cond, _ := d.schedule.at(now)
		if cond.Stopped {
			rate = d.nextRate(now)
		} else {
			rate = cond.Rate
		}
	}
	return rate > 0 && d.queuedSize+wire > rate.Bytes(d.queueTime)
}

// nextRate is the rate at which a stopped link will go on. A link that is
// stopped for good, or goes on without limit, holds what QueueBytes allows.
func (d *Direction) nextRate(now time.Duration) Bitrate {
	for {
		cond, end := d.schedule.at(now)
		if !cond.Stopped || end == forever {
			return cond.Rate
		}
		now = end
	}
}

// expire forgets the packets that have left by now.
func (d *Direction) expire(now time.Duration) {
	for d.head < len(d.queue) && d.queue[d.head].left <= now {
		d.queuedSize -= d.queue[d.head].wire
		d.head++
	}
}

func (d *Direction) push(w waiting) {
	if d.head == len(d.queue) {
		d.queue, d.head = d.queue[:0], 0
	} else if d.head > 64 && d.head > len(d.queue)/2 {
		n := copy(d.queue, d.queue[d.head:])
		d.queue, d.head = d.queue[:n], 0
	}
	d.queue = append(d.queue, w)
	d.queuedSize += w.wire
}

// jitter draws the extra delay of the next packet: an autoregressive Gaussian,
// mapped to the exponential distribution.
func (d *Direction) jitter(j *Jitter) time.Duration {
	if j.Mean == 0 {
		return 0
	}
	d.noise = j.Correlation*d.noise + math.Sqrt(1-j.Correlation*j.Correlation)*d.rng.NormFloat64()
	above := math.Erfc(d.noise/math.Sqrt2) / 2 // probability of more than this
	return time.Duration(-math.Log(max(above, 1e-12)) * float64(j.Mean))
}

// burstState is where a Gilbert–Elliott process is.
type burstState struct {
	bad   bool
	known bool
	at    time.Duration
}

// lose advances the process to a packet that leaves at t and reports whether it is lost.
func (s *burstState) lose(b *Bursts, t time.Duration, rng *rand.Rand) bool {
	if b.Share == 0 {
		s.known = false
		return false
	}
	toBad := b.Share // of the stationary distribution, when nothing is known of the past
	if s.known {
		toBad = s.transition(b, t-s.at)
	}
	s.bad = rng.Float64() < toBad
	s.known, s.at = true, t
	loss := b.LossGood
	if s.bad {
		loss = b.LossBad
	}
	return rng.Float64() < loss
}

// transition is the probability of being in the bad state one packet, or elapsed, later.
func (s *burstState) transition(b *Bursts, elapsed time.Duration) float64 {
	if b.Time == 0 {
		leave := 1 / b.Packets
		if s.bad {
			return 1 - leave
		}
		return leave * b.Share / (1 - b.Share)
	}
	// A two-state Markov chain in continuous time forgets its state at the sum of
	// both rates: 1/T out of the bad state, S/((1−S)·T) into it.
	forget := math.Exp(-elapsed.Seconds() / (b.Time.Seconds() * (1 - b.Share)))
	if s.bad {
		return b.Share + (1-b.Share)*forget
	}
	return b.Share * (1 - forget)
}
