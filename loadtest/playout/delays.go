package playout

import (
	"time"

	"draille/loadtest/figures"
)

const (
	delayStep = 5 * time.Millisecond
	delaySpan = 10 * time.Second
)

// Delays is a histogram of delays. The zero value is empty.
type Delays struct {
	counts []uint32 // by delayStep; the last holds all that is longer
	count  int
	sum    time.Duration
	max    time.Duration
}

// Add counts one delay. A negative one, of clocks that differ a little, counts as none.
func (d *Delays) Add(delay time.Duration) {
	delay = max(delay, 0)
	bucket := min(int(delay/delayStep), int(delaySpan/delayStep))
	for len(d.counts) <= bucket {
		d.counts = append(d.counts, 0)
	}
	d.counts[bucket]++
	d.count++
	d.sum += delay
	d.max = max(d.max, delay)
}

// Merge adds all of another's.
func (d *Delays) Merge(other *Delays) {
	for len(d.counts) < len(other.counts) {
		d.counts = append(d.counts, 0)
	}
	for i, n := range other.counts {
		d.counts[i] += n
	}
	d.count += other.count
	d.sum += other.sum
	d.max = max(d.max, other.max)
}

// Sum returns the count and the sum of all delays, to take means of intervals.
func (d *Delays) Sum() (count int, sum time.Duration) { return d.count, d.sum }

// Quantile returns the delay that a share of all does not exceed, to 5 ms.
func (d *Delays) Quantile(share float64) time.Duration {
	seen := 0
	for i, n := range d.counts {
		seen += int(n)
		if n > 0 && float64(seen) >= share*float64(d.count) {
			return min(time.Duration(i)*delayStep+delayStep/2, d.max)
		}
	}
	return 0
}

// Figures sums up.
func (d *Delays) Figures() figures.Delays {
	return figures.Delays{Count: d.count, P50: ms(d.Quantile(0.5)), P95: ms(d.Quantile(0.95)),
		P99: ms(d.Quantile(0.99)), Max: ms(d.max)}
}

func ms(d time.Duration) float64 { return float64(d) / float64(time.Millisecond) }
