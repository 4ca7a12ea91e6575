package send

import (
	"time"

	"draille/sfu/congestion/signal"
)

// delays measures the round trip and how long packets now wait in queues.
type delays struct {
	rtt   time.Duration // smoothed
	queue time.Duration // mean over the latest feedback
	// the part of it that does not go: of the latest packets, the one that waited least
	stand  time.Duration
	served float64 // bit/s that arrived meanwhile
	sure   bool    // those were enough packets to say that a queue stands
	// the least one-way delay, by two clocks, without what the packets' own sizes cost
	base   time.Duration
	least  time.Duration // the same of whatever size
	latest standingQueue
	ways   signal.Windowed[leastWays]
	before oneWay        // of the packet before
	later  time.Duration // by which the latest packet was later than that
}

func newDelays() delays {
	return delays{ways: signal.Windowed[leastWays]{Length: baseBucket, Count: baseBuckets}}
}

// oneWay is a packet's way: the time from here to there (by two clocks) and the bytes that took it.
type oneWay struct {
	delay time.Duration
	size  int
}

// less returns the delay without what the packet's own size costs.
func (o oneWay) less(msPerByte float64) time.Duration {
	return o.delay - time.Duration(msPerByte*float64(o.size)*float64(time.Millisecond))
}

// leastWays are the shortest of some packets' ways: as it was, and without what the packets' own
// sizes cost. What a byte costs is a guess that changes, so the size is kept and the delay judged
// again by every later guess.
type leastWays struct{ plain, net oneWay }

func (l *leastWays) add(o oneWay, msPerByte float64) {
	if o.delay < l.plain.delay {
		l.plain = o
	}
	if o.less(msPerByte) < l.net.less(msPerByte) {
		l.net = o
	}
}

// arrived notes a packet and returns its one-way delay, without what its own size costs.
func (d *delays) arrived(now time.Duration, p *packet, msPerByte float64) time.Duration {
	o := oneWay{delay: p.arrived - p.sent, size: p.size}
	d.later = 0
	if !d.ways.IsEmpty() {
		d.later = o.less(msPerByte) - d.before.less(msPerByte)
	}
	d.before = o
	d.latest.add(p, o, msPerByte)
	d.ways.At(now, leastWays{o, o}).add(o, msPerByte)
	return o.less(msPerByte)
}

// update draws the conclusions of a feedback; mean is of its one-way delays without the packets'
// own sizes.
func (d *delays) update(mean time.Duration, msPerByte float64) {
	least := *d.ways.Latest()
	for ways := range d.ways.Earlier() {
		least.add(ways.plain, msPerByte)
		least.add(ways.net, msPerByte)
	}
	d.base, d.least = least.net.less(msPerByte), least.plain.delay
	d.queue = mean - d.base
	// A wrong guess makes small packets seem to wait, no guess makes large ones: a queue is what
	// both agree on.
	latest, served, sure := d.latest.least(d.base, msPerByte)
	d.stand = min(latest.plain.delay-least.plain.delay, latest.net.less(msPerByte)-d.base)
	d.served, d.sure = served, sure
}

// rebase forgets all but the latest delays.
func (d *delays) rebase(now time.Duration, msPerByte float64) {
	latest, _, _ := d.latest.least(d.base, msPerByte)
	d.ways.Reset()
	d.ways.At(now, latest)
	d.base, d.least = latest.net.less(msPerByte), latest.plain.delay
	d.queue, d.stand = 0, 0
}

// stands tells whether a queue has been there for a while, and is no shorter than that.
func (d *delays) stands(queue time.Duration) bool { return d.sure && d.stand > queue }

// roundTrip notes the time between the departure of the latest packet that a feedback acknowledges
// and its arrival here.
func (d *delays) roundTrip(rtt time.Duration) {
	if d.rtt == 0 {
		d.rtt = rtt
		return
	}
	d.rtt += time.Duration(rttGain * float64(rtt-d.rtt))
}
