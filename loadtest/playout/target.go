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

	// What comes after later packets (repaired by redundancy, or overtaken) is worth a longer delay
	// if there is enough of it: 20 ms for each percent.
	repairForget  = 0.9993
	repairPerCent = 20 * time.Millisecond
	// of the first observations, which weigh more, or it would take long to leave the start value
	firstWeight = 2.0
)

// target decides how long packets should wait, out of how much later than the fastest they arrive.
// The zero value is ready.
type target struct {
	arrivals []arrival // within baseWindow
	buckets  [targetBuckets]float64
	repairs  [targetBuckets]float64 // of all packets, those in order in the first
	packets  int
	worst    time.Duration // of this interval
	since    time.Time     // its begin
	observed int
	jitter   time.Duration // delay for those that come in order
	delay    time.Duration
	least    time.Duration // that the page asks for
}

type arrival struct {
	at    time.Time
	media int64 // timestamp, samples
}

// arrived takes a packet; one that repairs comes after later ones.
func (t *target) arrived(now time.Time, media int64, length time.Duration, repairs bool) {
	if t.since.IsZero() {
		t.since, t.delay, t.jitter = now, max(startTarget, t.least), startTarget
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
	bucket := 0
	if repairs {
		bucket = int(relative / targetBucket)
	} else {
		t.worst = max(t.worst, relative)
	}
	t.packets++
	observe(&t.repairs, bucket, t.packets, repairForget)
	if now.Sub(t.since) >= targetInterval {
		t.observed++
		observe(&t.buckets, int(t.worst/targetBucket), t.observed, targetForget)
		t.jitter, t.since, t.worst = t.quantile(), now, 0
	}
	t.delay = max(t.jitter, t.worthRepairing(), length, t.least)
}

// observe adds an observation to a histogram whose sum is 1.
func observe(buckets *[targetBuckets]float64, bucket, count int, forget float64) {
	forget = min(forget, max(0, 1-firstWeight/float64(count+1)))
	for i := range buckets {
		buckets[i] *= forget
	}
	buckets[min(bucket, targetBuckets-1)] += 1 - forget
}

// quantile is the delay that all but a few intervals need for their worst packet.
func (t *target) quantile() time.Duration {
	sum := 0.0
	for i, share := range t.buckets {
		if sum += share; sum >= targetQuantile {
			return time.Duration(i+1) * targetBucket
		}
	}
	return targetBuckets * targetBucket
}

// worthRepairing is the delay at which waiting longer for repairs costs more than it saves.
func (t *target) worthRepairing() time.Duration {
	missed, best, least := 1.0, 0, time.Duration(1<<62)
	for i, share := range t.repairs {
		missed -= share
		cost := max(0, time.Duration(i)*targetBucket-t.jitter) +
			time.Duration(100*missed*float64(repairPerCent))
		if cost < least {
			best, least = i, cost
		}
	}
	return time.Duration(best+1) * targetBucket
}

// forget starts over the relation of timestamps and time: another source, or a pause.
func (t *target) forget() { t.arrivals = t.arrivals[:0] }

// samples turns 48 kHz samples into time.
func samples(n int64) time.Duration { return time.Duration(n) * time.Second / 48_000 }
