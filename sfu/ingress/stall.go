package ingress

import "time"

const (
	// What has waited in a full link's queue comes no faster than the link carries. So it is rather
	// a machine that is out of breath, for stallLasts at most, where some of what is late comes
	// stallBurst times as fast as all of it together.
	stallLasts = time.Second
	stallBurst = 2
	// leapLeast is how much later than the one before a packet must be to tell: less is jitter.
	leapLeast = 60 * time.Millisecond
	// obeyTime is how long a publisher takes to send less; a queue that is gone sooner, without
	// loss, after some of it came
	//
	obeyTime = 400 * time.Millisecond

	burstPackets = 16
	burstWindow  = 500 * time.Millisecond
	// access points and modems hold packets back for less, and let them go together
	burstSpan = 40 * time.Millisecond
)

// burst finds out how fast packets come at most. A link that is full lets none come faster than it
// carries.
type burst struct {
	packets [burstPackets]arrival // a ring
	at      int
}

type arrival struct {
	at    time.Time
	bytes int
}

func (b *burst) add(now time.Time, size int) {
	b.packets[b.at%burstPackets] = arrival{now, size}
	b.at++
}

// rate returns the most that came lately within burstSpan, or within the time that two packets
// took, in bit/s. The first packet of a span does not count: it may have taken the time before.
func (b *burst) rate(now time.Time) float64 {
	most := 0.0
	for first := max(0, b.at-burstPackets); first < b.at; first++ {
		began, bytes := b.packets[first%burstPackets].at, 0
		if now.Sub(began) > burstWindow {
			continue
		}
		for next := first + 1; next < b.at; next++ {
			p := b.packets[next%burstPackets]
			bytes += p.bytes
			most = max(most, float64(8*bytes)/max(p.at.Sub(began), burstSpan).Seconds())
		}
	}
	return most
}

// stalled tells whether it is the publisher's machine or ours that is late rather than the link:
// nothing is lost, and so little is sent that no queue can come of it, or what is late comes faster
// than the link would let it.
func (c *Controller) stalled(now time.Time, carried float64) bool {
	if c.losses.share > lossFound {
		return false
	}
	if c.meter.rate(now, time.Second) < float64(c.config.Floor)/2 {
		return true
	}
	return !c.congested && now.Sub(c.empty.at) < stallLasts && c.leapt(now, carried)
}

// leapt reports whether what is late since the queue was last empty has not waited in the queue of
// a link that carries carried, in bit/s: a packet takes no longer on a link than its size, and none
// comes faster than the link lets it.
func (c *Controller) leapt(now time.Time, carried float64) bool {
	if c.leap > 0 {
		carried = min(carried, c.leap)
	}
	return carried < float64(c.config.Floor) && c.leap > 0 || c.late.rate(now) >= stallBurst*carried
}
