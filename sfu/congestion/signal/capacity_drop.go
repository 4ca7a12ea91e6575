package signal

import "time"

// Delivery is a packet that arrived.
type Delivery struct {
	At    time.Duration // when it arrived
	Delay time.Duration // on its way, above any base: only differences tell
	Size  int           // bytes on the wire
}

// Step is two deliveries, one after the other.
type Step struct{ Earlier, Later Delivery }

// Growth returns by how much the later one was later than the earlier one.
func (s Step) Growth() time.Duration { return s.Later.Delay - s.Earlier.Delay }

// Apart returns the time between the two.
func (s Step) Apart() time.Duration { return s.Later.At - s.Earlier.At }

// CapacityDrop sees a link whose capacity has just fallen to a fraction, some hundred milliseconds
// before a trend is sure: the first few packets that leave the new bottleneck arrive far apart,
// each more delayed than the one before. dropSteps of them in a row tell. How late they must be is
// for the caller to say, who sees single packets or what a feedback says of several. A stall of a
// radio link looks the same for a moment.
type CapacityDrop struct {
	steps [dropSteps]Step // the latest, oldest first
	count int
}

// Add takes a step; later says whether its packets are late enough. It reports whether enough in a
// row were.
func (d *CapacityDrop) Add(s Step, later bool) (complete bool) {
	if !later {
		d.Reset()
		return false
	}
	copy(d.steps[:], d.steps[1:])
	d.steps[dropSteps-1] = s
	d.count = min(dropSteps, d.count+1)
	return d.Complete()
}

// Begun reports whether the step before was of that kind.
func (d *CapacityDrop) Begun() bool { return d.count > 0 }

// Complete reports whether the latest steps are enough.
func (d *CapacityDrop) Complete() bool { return d.count == dropSteps }

// Latest returns the latest step.
func (d *CapacityDrop) Latest() Step { return d.steps[dropSteps-1] }

// Spans returns the times between the first packet and the last one, as they left and as they
// arrived, and the bytes of all but the first one.
func (d *CapacityDrop) Spans() (sent, arrived time.Duration, bytes int) {
	first, last := d.steps[0].Earlier, d.Latest().Later
	for _, s := range d.steps {
		bytes += s.Later.Size
	}
	arrived = last.At - first.At
	return arrived - (last.Delay - first.Delay), arrived, bytes
}

// Reset forgets the steps.
func (d *CapacityDrop) Reset() { d.count = 0 }
