package bwe

import "time"

const (
	baseBucket  = 20 * time.Second // the least delay is kept for each stretch of so long,
	baseBuckets = 6                // over so many stretches: a queue may stand for long, and clocks drift by 6 ms
	rttGain     = 0.2
)

// delays measures the round trip and how long packets now wait in queues.
type delays struct {
	rtt     time.Duration // smoothed
	queue   time.Duration // mean over the latest feedback
	base    time.Duration // the least one-way delay, by two clocks
	buckets [baseBuckets]time.Duration
	filled  int
	rotated time.Duration // when the current bucket began
}

// oneWay notes one-way delays (with an unknown offset between the clocks) of one feedback: the least of them, and the
// mean.
func (d *delays) oneWay(now, least, mean time.Duration) {
	if d.filled == 0 {
		d.filled, d.rotated, d.buckets[0] = 1, now, least
	} else if now-d.rotated >= baseBucket {
		copy(d.buckets[1:], d.buckets[:])
		d.buckets[0], d.rotated = least, now
		d.filled = min(baseBuckets, d.filled+1)
	}
	d.buckets[0] = min(d.buckets[0], least)
	d.base = d.buckets[0]
	for _, bucket := range d.buckets[1:d.filled] {
		d.base = min(d.base, bucket)
	}
	d.queue = mean - d.base
}

// roundTrip notes the time between the departure of the latest packet that a feedback acknowledges and its arrival here.
func (d *delays) roundTrip(rtt time.Duration) {
	if d.rtt == 0 {
		d.rtt = rtt
		return
	}
	d.rtt += time.Duration(rttGain * float64(rtt-d.rtt))
}
