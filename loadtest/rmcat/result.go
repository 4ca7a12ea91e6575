package rmcat

import (
	"slices"
	"strconv"
	"time"

	"draille/loadtest/link"
)

// Result is what a controller achieved in one case.
type Result struct {
	Case, Title string
	// Utilisation is the media that arrived (headers counted, padding not) as a share of the
	// capacity over the whole case. With TCP beside it, less than 1 is fair.
	Utilisation float64
	// QueueP50 and QueueP95 are percentiles of the time that media packets spent at the
	// bottleneck, their own serialisation included.
	QueueP50, QueueP95 time.Duration
	// Loss is the share of media packets lost.
	Loss float64
	// Rises are the start and each rise of capacity, where no TCP competes.
	Rises []Rise
	// Drained is the longest time, after a fall of capacity, until a packet waited less than
	// DrainedBelow. It ends with the case where none did.
	Drained time.Duration
	// Flows is each media flow's share of the capacity while all of them sent, and TCP that of all
	// TCP flows together.
	Flows []float64
	TCP   float64
}

// DrainedBelow is the queueing delay at which a fall of capacity counts as digested.
const DrainedBelow = 100 * time.Millisecond

// Rise is a moment from which more capacity is there.
type Rise struct {
	At time.Duration
	To link.Bitrate
	// Took is the time until goodput over half a second reached 95 % of the capacity;
	// meaningless unless Reached, which is false when the next change came first.
	Took    time.Duration
	Reached bool
}

// Tolerances of Better.
const (
	sameShare = 0.03 // of the capacity
	sameWait  = 5 * time.Millisecond
)

// Better reports whether a result is better than another of the same case: no worse in the capacity
// used nor in the 95th percentile of the queue, and clearly better in one of the two.
func (r *Result) Better(than *Result) bool {
	worse := r.Utilisation < than.Utilisation-sameShare || r.QueueP95 > than.QueueP95+sameWait
	return !worse &&
		(r.Utilisation > than.Utilisation+sameShare || r.QueueP95 < than.QueueP95-sameWait)
}

// Mean is the mean of several runs of one case. A rise counts as reached if it was in each run.
func Mean(runs []Result) Result {
	m := runs[0]
	m.Rises, m.Flows = slices.Clone(m.Rises), slices.Clone(m.Flows)
	for _, r := range runs[1:] {
		m.Utilisation += r.Utilisation
		m.QueueP50 += r.QueueP50
		m.QueueP95 += r.QueueP95
		m.Loss += r.Loss
		m.Drained += r.Drained
		m.TCP += r.TCP
		for i := range m.Flows {
			m.Flows[i] += r.Flows[i]
		}
		for i := range m.Rises {
			m.Rises[i].Took += r.Rises[i].Took
			m.Rises[i].Reached = m.Rises[i].Reached && r.Rises[i].Reached
		}
	}
	n := len(runs)
	m.Utilisation, m.Loss, m.TCP = m.Utilisation/float64(n), m.Loss/float64(n), m.TCP/float64(n)
	m.QueueP50, m.QueueP95, m.Drained = m.QueueP50/time.Duration(n), m.QueueP95/time.Duration(n),
		m.Drained/time.Duration(n)
	for i := range m.Flows {
		m.Flows[i] /= float64(n)
	}
	for i := range m.Rises {
		m.Rises[i].Took /= time.Duration(n)
	}
	return m
}

func summarise(c Case, flows []*flow, tcps []*tcp) Result {
	r := Result{Case: c.Name, Title: c.Title}
	sorted := waits(flows)
	r.QueueP50, r.QueueP95 = percentile(sorted, 0.5), percentile(sorted, 0.95)

	var sent, lost, media int
	for _, f := range flows {
		sent += f.stats.packets
		lost += f.stats.lost
		media += total(f.stats.goodput, 0, c.Duration)
	}
	if sent > 0 {
		r.Loss = float64(lost) / float64(sent)
	}
	r.Utilisation = float64(media*8) /
		(bits(c.Forward, 0, c.Duration) + bits(c.Backward, 0, c.Duration))

	for _, way := range []struct {
		capacities []Capacity
		backward   bool
	}{{c.Forward, false}, {c.Backward, true}} {
		var here []*flow
		for _, f := range flows {
			if f.config.Backward == way.backward {
				here = append(here, f)
			}
		}
		if len(c.TCP) == 0 {
			r.Rises = append(r.Rises, rises(way.capacities, here, c.Duration)...)
		}
		r.Drained = max(r.Drained, drained(way.capacities, here, c.Duration))
	}
	r.fairness(c, flows, tcps)
	return r
}

// fairness fills the shares of the time in which every media flow sends.
func (r *Result) fairness(c Case, flows []*flow, tcps []*tcp) {
	var from, pauseFrom, pauseTo time.Duration
	for _, f := range flows {
		from = max(from, f.config.Start)
		if f.config.PauseTo > 0 {
			pauseFrom, pauseTo = f.config.PauseFrom, f.config.PauseTo
		}
	}
	together := func(bins []int) int {
		return total(bins, from, c.Duration) - total(bins, pauseFrom, pauseTo)
	}
	offered := func(capacities []Capacity) float64 {
		return bits(capacities, from, c.Duration) - bits(capacities, pauseFrom, pauseTo)
	}
	for _, f := range flows {
		capacities := c.Forward
		if f.config.Backward {
			capacities = c.Backward
		}
		r.Flows = append(r.Flows, float64(together(f.stats.goodput)*8)/offered(capacities))
	}
	for _, t := range tcps {
		r.TCP += float64(together(t.delivered)*8) / offered(c.Forward)
	}
}

// bits that the capacities carry in [from, to).
func bits(capacities []Capacity, from, to time.Duration) float64 {
	var sum float64
	for i, step := range capacities {
		start, end := max(step.At, from), min(until(capacities, i, to), to)
		if end > start {
			sum += float64(step.Rate) * (end - start).Seconds()
		}
	}
	return sum
}

// until is when step i ends.
func until(capacities []Capacity, i int, end time.Duration) time.Duration {
	if i+1 < len(capacities) {
		return capacities[i+1].At
	}
	return end
}

// rises finds how long goodput needed to follow each rise of capacity.
func rises(capacities []Capacity, flows []*flow, end time.Duration) []Rise {
	const window = 500 * time.Millisecond
	var found []Rise
	for i, step := range capacities {
		if i > 0 && step.Rate < capacities[i-1].Rate {
			continue
		}
		rise := Rise{At: step.At, To: step.Rate}
		enough := 0.95 * float64(step.Rate) / 8 * window.Seconds()
		for from := step.At; from+window <= until(capacities, i, end); from += bin {
			sum := 0
			for _, f := range flows {
				sum += total(f.stats.goodput, from, from+window)
			}
			if float64(sum) >= enough {
				rise.Took, rise.Reached = from+window-step.At, true
				break
			}
		}
		found = append(found, rise)
	}
	return found
}

// drained finds the longest time that a fall of capacity kept packets waiting.
func drained(capacities []Capacity, flows []*flow, end time.Duration) time.Duration {
	var worst time.Duration
	for i := 1; i < len(capacities); i++ {
		if capacities[i].Rate >= capacities[i-1].Rate {
			continue
		}
		for _, f := range flows {
			worst = max(worst, f.drained(capacities[i].At, until(capacities, i, end)))
		}
	}
	return worst
}

func (r *Result) verdict(first *Result) string {
	switch {
	case r.Better(first):
		return "better"
	case first.Better(r):
		return "worse"
	default:
		return "neither"
	}
}

func (r *Result) row(name string, first bool) []string {
	label, title := "", ""
	if first {
		label, title = r.Case, r.Title
	}
	return []string{
		label, title, name,
		percent(r.Utilisation), millis(r.QueueP50), millis(r.QueueP95),
		strconv.FormatFloat(100*r.Loss, 'f', 2, 64) + " %",
		risesText(r.Rises), drainedText(r.Drained), sharesText(r),
	}
}
