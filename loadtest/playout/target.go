package playout

import "time"

// Parameters of the target delay, those of NetEq.
const (
	startTarget    = 80 * time.Millisecond
	targetQuantile = 0.95
	targetForget   = 0.983 // of the histogram, an observation
	targetBucket   = 20 * time.Millisecond
	targetBuckets  = 100
	targetInterval = 500 * time.Millisecond // the worst delay of each is one observation
	baseWindow     = 2 * time.Second        // within which the fastest packet is the base
)

// target decides how long packets should wait, out of how much later than the fastest they arrive. The zero value is
// ready.
type target struct {
	arrivals []arrival // within baseWindow
	buckets  [targetBuckets]float64
	worst    time.Duration // of this interval
	since    time.Time     // its begin
	observed int
	delay    time.Duration
}

type arrival struct {
	at    time.Time
	media int64 // timestamp, samples
}

// arrived takes a packet that came in order.
func (t *target) arrived(now time.Time, media int64) {
	if t.since.IsZero() {
		t.since, t.delay = now, startTarget
	}
	kept := t.arrivals[:0]
	for _, a := range t.arrivals {
		if now.Sub(a.at) <= baseWindow {
			kept = append(kept, a)
		}
	}
	t.arrivals = append(kept, arrival{now, media})
	relative := time.Duration(0)
	for _, a := range t.arrivals {
		relative = max(relative, now.Sub(a.at)-samples(media-a.media))
	}
	t.worst = max(t.worst, relative)
	if now.Sub(t.since) < targetInterval {
		return
	}
	t.observe(t.worst)
	t.since, t.worst = now, 0
}

// forget starts over the relation of timestamps and time: another source, or a pause.
func (t *target) forget() { t.arrivals = t.arrivals[:0] }

func (t *target) observe(worst time.Duration) {
	// The first observations weigh more, or it would take long to leave the start value.
	t.observed++
	forget := min(targetForget, 1-2/float64(t.observed+1))
	for i := range t.buckets {
		t.buckets[i] *= forget
	}
	t.buckets[min(int(worst/targetBucket), targetBuckets-1)] += 1 - forget
	sum := 0.0
	for i, share := range t.buckets {
		if sum += share; sum >= targetQuantile {
			t.delay = time.Duration(i+1) * targetBucket
			return
		}
	}
}

// samples turns 48 kHz samples into time.
func samples(n int64) time.Duration { return time.Duration(n) * time.Second / 48_000 }
