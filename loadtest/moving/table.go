package moving

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"time"

	"draille/loadtest/link"
)

// Row is one call of one side, as it is judged.
type Row struct {
	Group string
	Side  Side
	Link  string
	Outcome
	// First is the share of the voice concealed in the first seconds after a fall, and Back the
	// time until the picture of the steady link is there; negative: not judged.
	First float64
	Back  time.Duration
}

// Steady tells the frames/s that a steady link carries towards a side.
type Steady func(rate link.Bitrate, way link.Way, side Side) float64

// Read returns the rows of a call.
func Read(plan Plan, played *Played, steady Steady) []Row {
	var rows []Row
	for side := range sides {
		if f := plan.Fall; f != nil && (side == Nurse && f.Way == link.Upwards ||
			side == Doctor && f.Way == link.Downwards) {
			continue // nothing has fallen for them
		}
		r := Row{Group: plan.Group, Side: side, Link: plan.Call.Link.Name, First: -1, Back: -1}
		from := settles
		if plan.Steady > 0 {
			from = plan.Steady
			way := link.BothWays
			if plan.Fall != nil {
				way = plan.Fall.Way
			}
			r.First = played.Measure(side, from, from+conceals).Concealed
			if framerate := steady(plan.SteadyRate, way, side); framerate > 0 {
				r.Back = played.Back(side, from, framerate)
			}
		}
		r.Outcome = played.Measure(side, from, plan.Call.Length)
		rows = append(rows, r)
	}
	return rows
}

// column is one figure of the table: its median and 95th percentile are printed, that of the worse
// end.
type column struct {
	head   string
	of     func(r *Row) float64
	format string
	worse  float64 // percentile that is bad
}

func seconds(d time.Duration) float64 { return d.Seconds() }

var columns = []column{
	{"concealed %", func(r *Row) float64 { return 100 * r.Concealed }, "%.2f", 0.95},
	{"first 5 s %", func(r *Row) float64 { return 100 * r.First }, "%.2f", 0.95},
	{"frames/s", func(r *Row) float64 { return r.Framerate }, "%.1f", 0.05},
	{"frozen s", func(r *Row) float64 { return seconds(r.Frozen) }, "%.1f", 0.95},
	{"oldest s", func(r *Row) float64 { return seconds(r.Oldest) }, "%.1f", 0.95},
	{"back s", func(r *Row) float64 { return seconds(r.Back) }, "%.1f", 0.95},
	{"queue ms", func(r *Row) float64 { return 1000 * seconds(r.QueueP95) }, "%.0f", 0.95},
	{"most ms", func(r *Row) float64 { return 1000 * seconds(r.QueueMost) }, "%.0f", 0.95},
	{"share %", func(r *Row) float64 { return 100 * r.Share }, "%.0f", 0.05},
}

// Table prints how the figures are distributed: of each group and side the median and the 95th
// percentile of the worse end.
func Table(rows []Row) string {
	type key struct {
		group string
		side  Side
	}
	var order []key
	groups := map[key][]Row{}
	for _, r := range rows {
		k := key{r.Group, r.Side}
		if groups[k] == nil {
			order = append(order, k)
		}
		groups[k] = append(groups[k], r)
	}
	var b strings.Builder
	b.WriteString("| links | seen by | calls |")
	for _, c := range columns {
		fmt.Fprintf(&b, " %s |", c.head)
	}
	b.WriteString("\n|" + strings.Repeat(" --- |", len(columns)+3) + "\n")
	for _, k := range order {
		fmt.Fprintf(&b, "| %s | %s | %d |", k.group, k.side, len(groups[k]))
		for _, c := range columns {
			b.WriteString(" " + c.cell(groups[k]) + " |")
		}
		b.WriteString("\n")
	}
	return b.String()
}

func (c *column) cell(rows []Row) string {
	var values []float64
	for i := range rows {
		if v := c.of(&rows[i]); v >= 0 {
			values = append(values, v)
		}
	}
	if len(values) == 0 {
		return "–"
	}
	slices.Sort(values)
	at := func(share float64) float64 { return values[int(share*float64(len(values)-1)+0.5)] }
	return fmt.Sprintf(c.format+" / "+c.format, at(0.5), at(c.worse))
}

// badness ranks rows: a second without a picture counts as much as a percent of the voice.
func (r *Row) badness() float64 {
	return 100*max(r.Concealed, r.First) + seconds(max(r.Back, r.Oldest))
}

// Worst returns the links of the worst rows, the worst first, each once.
func Worst(rows []Row, count int) []Row {
	sorted := slices.Clone(rows)
	slices.SortStableFunc(sorted, func(a, b Row) int {
		return cmp.Compare(b.badness(), a.badness())
	})
	var worst []Row
	for _, r := range sorted {
		if len(worst) < count &&
			!slices.ContainsFunc(worst, func(o Row) bool { return o.Link == r.Link }) {
			worst = append(worst, r)
		}
	}
	return worst
}

// String writes a row on a line.
func (r *Row) String() string {
	var b strings.Builder
	fmt.Fprintf(&b, "%-30s %-6s at %3d lines", r.Link, r.Side, r.Lines)
	for _, c := range columns {
		if v := c.of(r); v >= 0 {
			fmt.Fprintf(&b, ", %s "+c.format, c.head, v)
		}
	}
	return b.String()
}
