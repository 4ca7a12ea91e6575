package report

import (
	"fmt"
	"html"
	"html/template"
	"math"
	"slices"
	"strings"
)

// chart is one small picture of figures over time, drawn as SVG: no script, sharp in print.
type chart struct {
	title string
	unit  Unit
	lines []line
	limit Value  // a bound to compare with, drawn dashed
	about string // what the bound is
	end   float64
	top   float64 // least height of the scale
}

// line is one curve. An area is drawn filled and in steps: what was there to be used.
type line struct {
	name   string
	class  string
	area   bool
	points []point
}

type point struct{ x, y Value }

// The size of a chart in its own units; the page scales it.
const (
	chartWidth, chartHeight = 280.0, 140.0
	plotLeft, plotRight     = 60.0, 266.0
	plotTop, plotBottom     = 10.0, 116.0
	chartPoints             = 300 // more are averaged: the eye sees no more
)

// series makes points of samples.
func series[S any](samples []S, second func(*S) float64, value func(*S) Value) []point {
	points := make([]point, len(samples))
	for i := range samples {
		points[i] = point{Measured(second(&samples[i])), value(&samples[i])}
	}
	return thin(points)
}

// thin averages neighbours until there are few enough.
func thin(points []point) []point {
	group := (len(points) + chartPoints - 1) / chartPoints
	if group <= 1 {
		return points
	}
	var kept []point
	for from := 0; from < len(points); from += group {
		sum, count := 0.0, 0
		part := points[from:min(from+group, len(points))]
		for _, p := range part {
			if p.y.known {
				sum += p.y.number
				count++
			}
		}
		mean := Value{}
		if count > 0 {
			mean = Measured(sum / float64(count))
		}
		kept = append(kept, point{part[0].x, mean})
	}
	return kept
}

// empty tells that there is nothing to draw.
func (c *chart) empty() bool {
	for _, l := range c.lines {
		for _, p := range l.points {
			if p.y.known && !l.area {
				return false
			}
		}
	}
	return true
}

// SVG draws the chart; nothing if there is nothing to draw.
func (c *chart) SVG() template.HTML {
	if c.empty() {
		return ""
	}
	top := c.scale()
	x := func(v float64) float64 { return plotLeft + (plotRight-plotLeft)*v/math.Max(c.end, 1) }
	y := func(v float64) float64 {
		return plotBottom - (plotBottom-plotTop)*math.Min(math.Max(v, 0), top)/top
	}
	var b strings.Builder
	fmt.Fprintf(&b, `<svg viewBox="0 0 %g %g" role="img" aria-label="%s">`, chartWidth, chartHeight,
		html.EscapeString(c.describe()))
	for i := range 3 {
		v := top * float64(i) / 2
		fmt.Fprintf(&b,
			`<line class="grid" x1="%g" x2="%g" y1="%.1f" y2="%.1f"/>`+
				`<text class="axis" text-anchor="end" x="%g" y="%.1f">%s</text>`,
			plotLeft, plotRight, y(v), y(v), plotLeft-6, y(v)+3.5,
			html.EscapeString(c.unit.Format(Measured(v))))
	}
	for _, second := range ticks(c.end) {
		fmt.Fprintf(&b, `<text class="axis" text-anchor="middle" x="%.1f" y="%g">%s s</text>`,
			x(second), plotBottom+15, trim(second))
	}
	for i := range c.lines {
		c.lines[i].draw(&b, x, y)
	}
	if bound, known := c.limit.Get(); known && bound <= top {
		fmt.Fprintf(&b,
			`<line class="limit" x1="%g" x2="%g" y1="%.1f" y2="%.1f"><title>%s</title></line>`,
			plotLeft, plotRight, y(bound), y(bound), html.EscapeString(c.about))
	}
	b.WriteString("</svg>")
	return template.HTML(b.String()) //nolint:gosec // every text in it was escaped above
}

func (l *line) draw(b *strings.Builder, x, y func(float64) float64) {
	for _, run := range l.runs() {
		var path strings.Builder
		for i, p := range run {
			if l.area && i > 0 {
				fmt.Fprintf(&path, "H%.1f", x(p.x.number))
			}
			command := "L"
			if i == 0 {
				command = "M"
			}
			fmt.Fprintf(&path, "%s%.1f %.1f", command, x(p.x.number), y(p.y.number))
		}
		switch first, last := run[0], run[len(run)-1]; {
		case l.area:
			fmt.Fprintf(b, `<path class="area %s" d="%sV%.1fH%.1fZ"/>`, l.class, path.String(),
				y(0), x(first.x.number))
		case len(run) == 1:
			fmt.Fprintf(b, `<circle class="dot %s" r="1.6" cx="%.1f" cy="%.1f"/>`, l.class,
				x(last.x.number), y(last.y.number))
		default:
			fmt.Fprintf(b, `<path class="line %s" d="%s"/>`, l.class, path.String())
		}
	}
}

// runs cuts a line where nothing was measured.
func (l *line) runs() [][]point {
	var runs [][]point
	var run []point
	for _, p := range l.points {
		if !p.y.known {
			if run != nil {
				runs = append(runs, run)
			}
			run = nil
			continue
		}
		run = append(run, p)
	}
	if run != nil {
		runs = append(runs, run)
	}
	return runs
}

// scale is the top of the vertical axis. What a curve needs decides, and a bound if it is near; an
// area (a fast link) may leave the picture.
func (c *chart) scale() float64 {
	highest := 0.0
	for _, l := range c.lines {
		for _, p := range l.points {
			if !l.area {
				highest = math.Max(highest, p.y.number)
			}
		}
	}
	for _, l := range c.lines {
		for _, p := range l.points {
			if l.area && p.y.number <= 3*highest {
				highest = math.Max(highest, p.y.number)
			}
		}
	}
	return roundUp(math.Max(1.05*highest, c.top))
}

// roundUp is the next of 1, 2, 3, 4, 5, 6, 8 and 10 times a power of ten.
func roundUp(v float64) float64 {
	if v <= 0 {
		return 1
	}
	power := math.Pow(10, math.Floor(math.Log10(v)))
	for _, step := range []float64{1, 1.5, 2, 3, 4, 5, 6, 8} {
		if v <= step*power*1.0001 {
			return step * power
		}
	}
	return 10 * power
}

// ticks are at most five round seconds from 0 to end.
func ticks(end float64) []float64 {
	step := 1.0
	for _, s := range []float64{1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 1800, 3600} {
		step = s
		if end/s <= 4 {
			break
		}
	}
	var at []float64
	for s := 0.0; s <= end+0.01; s += step {
		at = append(at, s)
	}
	return at
}

// describe puts the curves into words, for those who cannot see them.
func (c *chart) describe() string {
	words := []string{c.title}
	for _, l := range c.lines {
		low, high, known := math.Inf(1), math.Inf(-1), false
		for _, p := range l.points {
			if p.y.known {
				low, high, known = math.Min(low, p.y.number), math.Max(high, p.y.number), true
			}
		}
		if known {
			words = append(words,
				fmt.Sprintf("%s from %s to %s", l.name, c.unit.Format(Measured(low)),
					c.unit.Format(Measured(high))))
		}
	}
	return strings.Join(words, "; ")
}

// Title names the chart.
func (c chart) Title() string { return c.title }

// Legend lists the curves that have points, when there is more than one.
func (c chart) Legend() []fact {
	var legend []fact
	for _, l := range c.lines {
		if slices.ContainsFunc(l.points, func(p point) bool { return p.y.known }) {
			legend = append(legend, fact{l.name, l.class})
		}
	}
	if len(legend) < 2 {
		return nil
	}
	return legend
}

// Picture draws it.
func (c chart) Picture() template.HTML { return c.SVG() }
