package moving

import (
	"slices"
	"time"

	"draille/loadtest/figures"
)

const (
	// A picture stands that has no new frame for longer than standing.
	standing = 500 * time.Millisecond
	// backSpan is for how long a picture must reach backShare of its frames to be back.
	backSpan, backShare = 3 * time.Second, 0.7
	// conceals is for how long after a fall the voice is judged apart.
	conceals = 5 * time.Second
)

// Played is what became of a call.
type Played struct {
	Call    Call
	Samples []Sample
	Figures [sides]figures.Participant
}

// Outcome is how one side fared for some time.
type Outcome struct {
	Concealed float64       // share of the voice
	Framerate float64       // frames/s
	Lines     int           // of the latest frame
	Frozen    time.Duration // without a new frame, in gaps longer than standing
	Oldest    time.Duration // the longest that a picture stood
	QueueP95  time.Duration // of the way to this side, in the time of its packets
	QueueMost time.Duration
	Share     float64 // of the link's capacity that carried something
}

// between returns the samples of a span, one before its beginning included.
func (p *Played) between(from, to time.Duration) []Sample {
	first, _ := slices.BinarySearchFunc(p.Samples, from, func(s Sample, at time.Duration) int {
		return int(s.At - at)
	})
	last, _ := slices.BinarySearchFunc(p.Samples, to, func(s Sample, at time.Duration) int {
		return int(s.At - at)
	})
	return p.Samples[max(0, first-1):last]
}

// Measure returns how one side fared in a span of the call.
func (p *Played) Measure(side Side, from, to time.Duration) Outcome {
	var o Outcome
	samples := p.between(from, to)
	if len(samples) < 2 {
		return o
	}
	first, last := samples[0], samples[len(samples)-1]
	before, after := first.Views[side], last.Views[side]
	if total := after.Total - before.Total; total > 0 {
		o.Concealed = (after.Audible - before.Audible) / total
	}
	took := last.At - first.At
	o.Framerate, o.Lines = float64(after.Frames-before.Frames)/took.Seconds(), after.Height
	o.Frozen, o.Oldest = gaps(samples, side)
	var queues []time.Duration
	for _, s := range samples {
		queues = append(queues, s.Queue[side])
	}
	slices.Sort(queues)
	o.QueueP95, o.QueueMost = queues[len(queues)*95/100], queues[len(queues)-1]
	way := &p.Call.Link.Down
	if side == Doctor {
		way = &p.Call.Link.Up
	}
	if rate, limited := way.RateAt(first.At, last.At); limited && rate > 0 {
		carried := float64(8 * (last.Carried[side] - first.Carried[side]))
		o.Share = carried / took.Seconds() / float64(rate)
	}
	return o
}

// gaps returns for how long the picture stood in all, and at most.
func gaps(samples []Sample, side Side) (all, longest time.Duration) {
	since := samples[0].At
	end := func(at time.Duration) {
		if gap := at - since; gap > standing {
			all += gap - standing
			longest = max(longest, gap)
		}
	}
	for i := 1; i < len(samples); i++ {
		if samples[i].Views[side].Frames > samples[i-1].Views[side].Frames {
			end(samples[i].At)
			since = samples[i].At
		}
	}
	end(samples[len(samples)-1].At)
	return all, longest
}

// Back returns how long after a moment the picture is what a link that is steady would carry: from
// when on for some seconds it has most of those frames. What never comes is back at the end.
func (p *Played) Back(side Side, after time.Duration, framerate float64) time.Duration {
	span := max(backSpan, time.Duration(2/max(framerate, 0.1)*float64(time.Second)))
	wanted := backShare * framerate * span.Seconds()
	samples := p.between(after, p.Call.Length)
	width := int(span / sampleEvery)
	for i := 0; i+width < len(samples); i++ {
		frames := samples[i+width].Views[side].Frames - samples[i].Views[side].Frames
		if float64(frames) >= wanted {
			return max(0, samples[i].At-after)
		}
	}
	return p.Call.Length - after
}
