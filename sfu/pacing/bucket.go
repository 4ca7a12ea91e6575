package pacing

import (
	"math"
	"time"
)

// maxDebt bounds, in time at the current rate, what audio may run up: after a collapse of the
// estimate video waits so long at most before it gets its share again.
//
// Measured: TestAudioDebtIsBounded, TestRateIsKept.
const maxDebt = time.Second

// bucket is a leaky bucket: what leaves fills it, time empties it at the rate. A packet may leave
// while no more than the burst is in it.
type bucket struct {
	rate  float64 // bytes/s; 0: unlimited
	burst time.Duration
	level float64 // bytes
	at    time.Time
}

// leak lets time pass.
func (b *bucket) leak(now time.Time) {
	if elapsed := now.Sub(b.at); elapsed > 0 {
		b.level = max(0, b.level-b.rate*elapsed.Seconds())
		b.at = now
	}
}

func (b *bucket) setRate(now time.Time, bytesPerSecond float64) {
	b.leak(now)
	b.rate = bytesPerSecond
	b.level = min(b.level, b.rate*maxDebt.Seconds())
}

func (b *bucket) fill(bytes int) {
	b.level += float64(bytes)
	b.level = min(b.level, max(float64(bytes), b.rate*maxDebt.Seconds()))
}

// excess returns by how many bytes the bucket is too full for another packet; 0 or less: one may
// leave.
func (b *bucket) excess() float64 {
	if b.rate == 0 {
		return 0
	}
	return b.level - b.rate*b.burst.Seconds()
}

// ready returns when another packet may leave, rounded up so that excess is gone by then.
func (b *bucket) ready(now time.Time) time.Time {
	b.leak(now)
	excess := b.excess()
	if excess <= 0 {
		return now
	}
	return now.Add(time.Duration(math.Ceil(excess/b.rate*1e6)) * time.Microsecond)
}
