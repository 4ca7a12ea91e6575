package pacing

import "time"

// probeGrace is how long after its due end a probe that did not get its bytes stays open.
//
// Measured: TestAProbeSurvivesALateCaller, TestAProbeThatGetsNoBytesEnds.
const probeGrace = 250 * time.Millisecond

// probe is a burst at a rate of its own.
type probe struct {
	id       int // 0: none is open
	left     int // bytes to go
	deadline time.Time
}

func (p probe) open() bool { return p.id != 0 }

// Probe opens a probe: until so many bytes have left, of whatever class, they leave at that rate,
// and Cluster returns id (not 0) for them. Push as many bytes of Padding right after; what media
// made needless is dropped when the probe is full. A probe that is still open ends.
func (p *Pacer[T]) Probe(now time.Time, id, bitsPerSecond, bytes int) {
	rate := float64(bitsPerSecond) / 8
	due := time.Duration(float64(bytes) / rate * float64(time.Second))
	p.probe = probe{id: id, left: bytes, deadline: now.Add(due + probeGrace)}
	if p.rate > 0 { // an unpaced receiver stays unpaced
		p.bucket.setRate(now, rate)
		p.bucket.level = 0 // what the voice ran up before is not part of the probe
	}
}

func (p *Pacer[T]) expireProbe(now time.Time) {
	if p.probe.open() && now.After(p.probe.deadline) {
		p.closeProbe(now)
	}
}

func (p *Pacer[T]) closeProbe(now time.Time) {
	p.probe = probe{}
	p.bucket.setRate(now, p.rate)
	// what follows does not pay for it
	p.steady.level = min(p.steady.level, p.steady.rate*p.steady.burst.Seconds())
	p.queues[Padding].filter(func(item *Item[T]) bool {
		p.dropped(*item, false)
		return false
	})
}
