package ingress

import "time"

const (
	// Where hardly anything gets through, it is rather a machine that is out of breath than a queue as long as some of it comes at
	// once: at most stallBelow, for stallLasts at most, and stallBurst times as fast at times.
	stallBelow = 60_000 // bit/s
	stallLasts = time.Second
	stallBurst = 3

	burstPackets = 16
	burstWindow  = 500 * time.Millisecond
	burstSpan    = 40 * time.Millisecond // access points and modems hold packets back for less, and let them go together
)

// burst finds out how fast packets come at most. A link that is full lets none come faster than it carries.
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

// rate returns the most that came lately within burstSpan, or within the time that two packets took, in bit/s. The first packet of a
// span does not count: it may have taken the time before.
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

// stalled tells whether it is the publisher's machine or ours that is late rather than the link: nothing is lost, and so little is sent
// that no queue can come of it, or what is late comes faster than the link would let it.
func (c *Controller) stalled(now time.Time, carried float64) bool {
	if c.losses.share > lossFound {
		return false
	}
	if c.meter.rate(now, time.Second) < float64(c.config.Floor)/2 {
		return true
	}
	return carried < stallBelow && now.Sub(c.empty.at) < stallLasts && c.burst.rate(now) >= stallBurst*carried
}
