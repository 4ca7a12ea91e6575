package ingress

import "time"

const (
	binLength = 50 * time.Millisecond
	binCount  = 6 // 250 ms and the bin that has just begun

	// A floor is the least delay of floorCount buckets of floorLength: long enough to see an empty
	// queue in a busy call, short enough for clocks that drift by 100 ppm.
	floorLength = 6 * time.Second
	floorCount  = 5

	latestCount = 2 // packets in a row tell of a queue that grows fast

	// restartGap is a pause after which the timestamps of a stream may have stood still.
	restartGap = 2 * time.Second
)

// clock follows the delay of one stream of packets: arrival minus what its timestamps say.
type clock struct {
	stream    uint32
	started   bool
	timestamp uint32        // of the latest packet
	media     time.Duration // on the stream's own time line, unwrapped
	arrived   time.Time     // of the latest packet
	origin    time.Time
	rest      int64 // of a division by the clock rate
	latest    time.Duration
	last      [latestCount]instant // a ring
	at        int

	bins  [binCount]bin
	floor [floorCount]bin
}

// instant is one packet's delay.
type instant struct {
	at    time.Time
	delay time.Duration
}

// bin holds the least delay of some interval.
type bin struct {
	number      int64
	first, last time.Time
	least       time.Duration
	samples     int
}

// add takes the first packet of each timestamp; those that come late tell nothing new. own is how
// much longer the packet itself took than a small one. It reports by how much the packet was later
// than one that finds the queue empty, and how long of that it waited.
func (c *clock) add(now time.Time, timestamp, rate uint32,
	own time.Duration) (late, wait time.Duration, ok bool) {
	ahead := int32(timestamp - c.timestamp)
	switch {
	case !c.started || now.Sub(c.arrived) > restartGap:
		*c = clock{stream: c.stream, started: true, timestamp: timestamp, origin: now, arrived: now}
	case ahead <= 0:
		return 0, 0, false
	default:
		ticks := int64(ahead)*int64(time.Second) + c.rest
		c.media += time.Duration(ticks / int64(rate))
		c.rest = ticks % int64(rate)
		c.timestamp, c.arrived = timestamp, now
	}
	c.latest = now.Sub(c.origin) - c.media
	c.last[c.at%latestCount] = instant{now, c.latest}
	c.at++
	put(c.floor[:], now, floorLength, c.latest)
	least := c.least(now)
	net := max(c.latest-own, least)
	put(c.bins[:], now, binLength, net)
	return c.latest - least, net - least, true
}

func put(bins []bin, now time.Time, length, delay time.Duration) {
	number := now.UnixNano() / int64(length)
	b := &bins[number%int64(len(bins))]
	if b.number != number {
		*b = bin{number: number, first: now, least: delay}
	}
	b.last, b.samples, b.least = now, b.samples+1, min(b.least, delay)
}

// least returns the delay of an empty queue.
func (c *clock) least(now time.Time) time.Duration {
	least := c.latest
	oldest := now.UnixNano()/int64(floorLength) - floorCount
	for _, b := range c.floor {
		if b.samples > 0 && b.number > oldest {
			least = min(least, b.least)
		}
	}
	return least
}

// rebase takes the present queue for an empty one: another path has another delay.
func (c *clock) rebase(now time.Time, wait time.Duration) {
	least := c.least(now) + wait
	c.floor = [floorCount]bin{}
	put(c.floor[:], now, floorLength, least)
}

// view is what a clock says of some recent time.
type view struct {
	wait    time.Duration // the least wait in the queue
	samples int
	span    time.Duration // between the first and the last packet
}

func (c *clock) look(now time.Time, length time.Duration) (v view) {
	oldest := now.Add(-length).UnixNano() / int64(binLength)
	var first, last time.Time
	least := time.Duration(0)
	for i := range c.bins {
		b := &c.bins[i]
		if b.samples == 0 || b.number < oldest {
			continue
		}
		if v.samples == 0 || b.least < least {
			least = b.least
		}
		if v.samples == 0 || b.first.Before(first) {
			first = b.first
		}
		if v.samples == 0 || b.last.After(last) {
			last = b.last
		}
		v.samples += b.samples
	}
	if v.samples > 0 {
		v.wait, v.span = least-c.least(now), last.Sub(first)
	}
	return v
}

// latestFew is look for the latest packets.
func (c *clock) latestFew(now time.Time) (v view) {
	first, last := c.last[0], c.last[0]
	v.samples = min(c.at, latestCount)
	least := c.latest
	for _, i := range c.last[:v.samples] {
		if i.at.Before(first.at) {
			first = i
		}
		if i.at.After(last.at) {
			last = i
		}
		least = min(least, i.delay)
	}
	v.wait, v.span = least-c.least(now), last.at.Sub(first.at)
	return v
}

// wait is how much later a packet came than one that finds the queue empty.
type wait struct {
	at   time.Time
	wait time.Duration
}

// latestTwo returns the waits of the last two packets, the earlier first; the zero value where
// there were fewer.
func (c *clock) latestTwo(now time.Time) (two [2]wait) {
	least := c.least(now)
	for i := range min(c.at, 2) {
		last := c.last[(c.at-1-i)%latestCount]
		two[1-i] = wait{last.at, last.delay - least}
	}
	return two
}
