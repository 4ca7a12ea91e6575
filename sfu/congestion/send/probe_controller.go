package send

import (
	"math"
	"time"

	"draille/sfu/congestion/signal"
)

// Cluster is a probe to send: Bytes at Bitrate, made of media that waits anyway, retransmissions or
// padding, every packet marked with ID in Sent.Probe.
type Cluster struct {
	ID       int
	Bitrate  int           // bit/s at which its packets leave, all traffic included
	Bytes    int           // in all, media included
	Duration time.Duration // Bytes at Bitrate
	Packets  int           // at least so many packets: smaller ones rather than fewer
}

// probeController decides when to try for more and judges the outcome.
type probeController struct {
	without  signal.Rules
	id       int
	open     bool // a cluster is on its way
	cluster  Cluster
	deadline time.Duration
	judged   time.Duration // when the last one was
	next     time.Duration // no probe before
	backoff  time.Duration
	retry    time.Duration

	memory   float64 // bit/s carried before the last drop; 0: nothing to look for
	memoryAt time.Duration

	known, bytes int // bytes whose fate is known, and that were received
	counted      int // of those received, up to the last packet that counts
	// bytes lost since then, and among those that count: they left like the others
	missing, between         int
	received, lost           int // packets
	firstSent, lastSent      time.Duration
	firstArrived, lastArrive time.Duration
	firstSize, lastSize      int
	least                    [2]time.Duration // one-way delays in its first and its second half
	halves                   [2]bool          // that are known
}

// remember keeps the rate before a drop.
func (p *probeController) remember(now time.Duration, bitsPerSecond float64) {
	if p.without.Has(memoryRule) {
		return
	}
	if now-p.memoryAt > memoryFor || bitsPerSecond > p.memory {
		p.memory = bitsPerSecond
	}
	p.memoryAt = now
}

// seeks tells whether there is a rate to come back to, for which it is not yet time to look again.
func (p *probeController) seeks(now time.Duration) bool {
	return !p.open && p.memory > 0 && now-p.memoryAt < memoryFor && now < p.next
}

// hasten makes that time now.
func (p *probeController) hasten(now time.Duration) { p.next, p.backoff = now, 0 }

// begin opens a cluster when the time has come. The first one, before anything is known of the
// link, is a small one.
func (p *probeController) begin(now time.Duration, first bool, estimate, wanted,
	most float64) (Cluster, bool) {
	aim := min(wanted*probeReserve, most)
	if p.open || now < p.next || wanted <= estimate || estimate >= most {
		return Cluster{}, false
	}
	bitrate := min(probeFactor*estimate, max(aim, minProbeFactor*estimate))
	duration := probeDuration
	if bitrate > wideProbe || first {
		duration = probeShort
	}
	bytes := max(int(bitrate*duration.Seconds()/8), probePackets*probeMinPacket)
	p.id++
	*p = probeController{
		without: p.without, id: p.id, open: true, next: p.next, backoff: p.backoff,
		retry: p.retry, memory: p.memory, memoryAt: p.memoryAt,
		cluster: Cluster{
			ID: p.id, Bitrate: int(bitrate), Bytes: bytes, Packets: probePackets,
			Duration: time.Duration(float64(bytes*8) / bitrate * float64(time.Second)),
		},
	}
	p.deadline = now + 2*p.cluster.Duration + probeWait
	return p.cluster, true
}

// onKnown notes what became of a packet of a cluster.
func (p *probeController) onKnown(k *packet) {
	if !p.open || k.probe != p.id {
		return
	}
	p.known += k.size
	if k.outcome == lost {
		p.lost++
		if p.received > 0 {
			p.missing += k.size
		}
		return
	}
	if p.received == 0 || k.sent < p.firstSent {
		p.firstSent = k.sent
	}
	if p.received == 0 || k.arrived < p.firstArrived {
		p.firstArrived, p.firstSize = k.arrived, k.size
	}
	half := 0
	if 2*p.bytes >= p.cluster.Bytes {
		half = 1
	}
	if delay := k.arrived - k.sent; !p.halves[half] || delay < p.least[half] {
		p.halves[half], p.least[half] = true, delay
	}
	p.received++
	p.bytes += k.size
	// A small packet at the end takes less time than the large one at the beginning, and hides a
	// queue that grew.
	if k.sent >= p.lastSent && float64(k.size) >= probeEqualSize*float64(p.firstSize) {
		p.lastSent, p.lastSize, p.lastArrive, p.counted = k.sent, k.size,
			max(p.lastArrive, k.arrived), p.bytes
		p.between, p.missing = p.between+p.missing, 0
	}
}

// verdict is what a probe told.
type verdict uint8

const (
	pending   verdict = iota // not enough is known yet
	unclear                  // it did not leave as it should, or its packets were held up together
	saturated                // the link does not carry that rate
	carried                  // it does
)

// verdict judges the open cluster once enough of it is known. The bit rate is what is proven; 0:
// nothing.
func (p *probeController) verdict(now, rtt time.Duration,
	ordinaryLoss float64) (v verdict, bitsPerSecond float64) {
	if !p.open {
		return pending, 0
	}
	complete := 100*p.known >= probeKnown*p.cluster.Bytes
	if !complete && now < p.deadline+rtt+rtt/2 {
		return pending, 0
	}
	p.open, p.judged = false, now
	packets := float64(p.lost + p.received)
	excess := float64(p.lost)/packets - ordinaryLoss - probeMaxLoss
	if p.lost >= probeLeastLost && excess > 0 {
		// Of so few packets chance may have taken a third.
		deviation := math.Sqrt(max(ordinaryLoss*(1-ordinaryLoss), unknownVariance) / packets)
		if excess > lossDeviations*deviation {
			return saturated, 0
		}
		return unclear, 0
	}
	sent, received := p.lastSent-p.firstSent, p.lastArrive-p.firstArrived
	if p.received < probeTells*probePackets ||
		float64(p.counted) < probeTells*float64(p.cluster.Bytes) || sent <= 0 || received <= 0 {
		return unclear, 0
	}
	sentRate := float64(8*(p.counted+p.between-p.lastSize)) / sent.Seconds()
	receivedRate := float64(8*(p.counted-p.firstSize)) / received.Seconds()
	// A last packet that is longer than the first one takes so much longer on a link that just
	// carries the probe.
	longer := time.Duration(float64(8*(p.lastSize-p.firstSize)) / float64(p.cluster.Bitrate) *
		float64(time.Second))
	stretch := float64(received-max(0, longer)) / float64(sent)
	switch {
	case stretch*probeMaxSpeedup < 1:
		return unclear, 0
	case stretch*probeCarried > 1 &&
		p.least[1]-p.least[0] < time.Duration(probeGrowth*float64(received-sent)):
		return unclear, 0
	case stretch*probeCarried > 1:
		return saturated, probeSaturated * receivedRate
	case sentRate < probeBelow*float64(p.cluster.Bitrate):
		return unclear, sentRate / max(1, stretch)
	default:
		return carried, sentRate / max(1, stretch)
	}
}

// disturbs tells whether a delay that grows now may be the doing of a probe.
func (p *probeController) disturbs(now, rtt time.Duration) bool {
	return p.id > 0 && (p.open || now-p.judged < rtt+probeEcho)
}

// conclude sets when the next probe may begin. won tells whether the estimate rose.
func (p *probeController) conclude(now time.Duration, v verdict, won bool, estimate float64) {
	thin := estimate < thinRate && !p.without.Has(thinProbeRule)
	switch {
	case won && v != saturated:
		p.next, p.backoff, p.retry = now, 0, 0
		if estimate >= memoryFound*p.memory {
			p.memory = 0
		}
		return
	case v == unclear && !p.without.Has(retryRule):
		most := probeBackoff
		if thin {
			most = probeThinMax
		}
		p.retry = min(most, max(probeRetry, 2*p.retry))
		p.next = now + p.retry
		return
	}
	least := probeBackoff
	if thin {
		least = probeThinRetry
	}
	p.backoff = min(probeMaxBackoff, max(least, 2*p.backoff))
	if p.memory > 0 && now-p.memoryAt < memoryFor {
		p.backoff = min(p.backoff, probeBackoff)
	}
	p.next = now + p.backoff
}
