package receive

import (
	"time"

	"draille/sfu/congestion/signal"
)

// streamDelay follows the delay of one stream of packets: arrival minus what its timestamps say.
type streamDelay struct {
	stream    uint32
	started   bool
	timestamp uint32        // of the latest packet
	media     time.Duration // on the stream's own time line, unwrapped
	arrived   time.Duration // of the latest packet
	origin    time.Duration
	rest      int64 // of a division by the clock rate
	latest    time.Duration
	last      [latestCount]instant // a ring
	at        int

	bins  signal.Windowed[bin]
	floor signal.Windowed[time.Duration]
}

func newStreamDelay(stream uint32) streamDelay {
	return streamDelay{
		stream: stream,
		bins:   signal.Windowed[bin]{Length: binLength, Count: binCount, Aligned: true},
		floor: signal.Windowed[time.Duration]{
			Length: floorLength, Count: floorCount, Aligned: true,
		},
	}
}

// instant is one packet's delay.
type instant struct {
	at    time.Duration
	delay time.Duration
}

// bin holds the least delay of some interval.
type bin struct {
	first, last time.Duration
	least       time.Duration
	samples     int
}

// add takes the first packet of each timestamp; those that come late tell nothing new. own is how
// much longer the packet itself took than a small one. It reports by how much the packet was later
// than one that finds the queue empty, and how long of that it waited.
func (c *streamDelay) add(now time.Duration, timestamp, rate uint32,
	own time.Duration) (late, wait time.Duration, ok bool) {
	ahead := int32(timestamp - c.timestamp)
	switch {
	case !c.started || now-c.arrived > restartGap:
		*c = newStreamDelay(c.stream)
		c.started, c.timestamp, c.origin, c.arrived = true, timestamp, now, now
	case ahead <= 0:
		return 0, 0, false
	default:
		ticks := int64(ahead)*int64(time.Second) + c.rest
		c.media += time.Duration(ticks / int64(rate))
		c.rest = ticks % int64(rate)
		c.timestamp, c.arrived = timestamp, now
	}
	c.latest = now - c.origin - c.media
	c.last[c.at%latestCount] = instant{now, c.latest}
	c.at++
	c.lower(now, c.latest)
	least := c.least(now)
	net := max(c.latest-own, least)
	b := c.bins.At(now, bin{first: now, least: net})
	b.last, b.samples, b.least = now, b.samples+1, min(b.least, net)
	return c.latest - least, net - least, true
}

// lower notes a delay for the least one.
func (c *streamDelay) lower(now, delay time.Duration) {
	least := c.floor.At(now, delay)
	*least = min(*least, delay)
}

// least returns the delay of an empty queue.
func (c *streamDelay) least(now time.Duration) time.Duration {
	least := c.latest
	for delay := range c.floor.Since(now - (floorCount-1)*floorLength) {
		least = min(least, delay)
	}
	return least
}

// rebase takes the present queue for an empty one: another path has another delay.
func (c *streamDelay) rebase(now, wait time.Duration) {
	least := c.least(now) + wait
	c.floor.Reset()
	c.lower(now, least)
}

// view is what a stream says of some recent time.
type view struct {
	wait    time.Duration // the least wait in the queue
	samples int
	span    time.Duration // between the first and the last packet
}

// look returns what was seen in the latest length of time.
func (c *streamDelay) look(now, length time.Duration) (v view) {
	var first, last, least time.Duration
	for b := range c.bins.Since(now - length) {
		if v.samples == 0 {
			first, last, least = b.first, b.last, b.least
		}
		first, last, least = min(first, b.first), max(last, b.last), min(least, b.least)
		v.samples += b.samples
	}
	if v.samples > 0 {
		v.wait, v.span = least-c.least(now), last-first
	}
	return v
}

// latestFew is look for the latest packets.
func (c *streamDelay) latestFew(now time.Duration) (v view) {
	first, last := c.last[0].at, c.last[0].at
	v.samples = min(c.at, latestCount)
	least := c.latest
	for _, i := range c.last[:v.samples] {
		first, last, least = min(first, i.at), max(last, i.at), min(least, i.delay)
	}
	v.wait, v.span = least-c.least(now), last-first
	return v
}

// latestStep returns the last two packets, with their waits; the zero value where there were fewer.
// size is that of the later one.
func (c *streamDelay) latestStep(now time.Duration, size int) (s signal.Step) {
	least := c.least(now)
	wait := func(before int) signal.Delivery {
		last := c.last[(c.at-1-before)%latestCount]
		return signal.Delivery{At: last.at, Delay: last.delay - least}
	}
	if c.at > 0 {
		s.Later = wait(0)
	}
	if c.at > 1 {
		s.Earlier = wait(1)
	}
	s.Later.Size = size
	return s
}
