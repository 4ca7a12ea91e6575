package table

import (
	"fmt"
	"io"
	"strings"

	"draille/loadtest/report"
)

// Visit is how long it took somebody from following their link on, in seconds, and what went over
// their link until the first frame, in KiB of IP packets.
type Visit struct {
	Connected    report.Value // the media connection stands
	Voice, Frame report.Value
	AfterTap     report.Value // first frame, since the host let them in
	Down, Up     report.Value
}

// Kind says in which state a visitor's browser was.
type Kind int

// Kinds of visit.
const (
	Empty   Kind = iota // never there before: nothing is in the cache
	Warm                // there before
	Waiting             // there before; they wait, connected, until the host lets them in
	kindCount
)

var kinds = [kindCount]string{Empty: "empty cache", Warm: "warm cache",
	Waiting: "has waited for the host"}

func (k Kind) String() string { return kinds[k] }

// Joining are the visits of each kind.
type Joining struct {
	Visits  [kindCount][]Visit
	Remarks []string
}

type visitColumn struct {
	head    string
	of      func(*Visit) report.Value
	format  func(report.Value) string
	targets map[Kind]Target
	kinds   []Kind // nil: all
}

var visitColumns = []visitColumn{
	{head: "connected", of: func(v *Visit) report.Value { return v.Connected },
		format: report.Seconds.Format},
	{head: "first voice", of: func(v *Visit) report.Value { return v.Voice },
		format: report.Seconds.Format, kinds: []Kind{Empty, Warm}},
	{head: "first frame", of: func(v *Visit) report.Value { return v.Frame },
		format: report.Seconds.Format, kinds: []Kind{Empty, Warm},
		targets: map[Kind]Target{Empty: below(6), Warm: below(4)}},
	{head: "after the host's tap", of: func(v *Visit) report.Value { return v.AfterTap },
		format:  report.Seconds.Format,
		targets: map[Kind]Target{Waiting: below(1.5)}},
	{head: "voice before the frame", of: lead, format: report.Seconds.Format,
		targets: map[Kind]Target{Empty: atLeast(0), Warm: atLeast(0), Waiting: atLeast(0)}},
	{head: "down", of: func(v *Visit) report.Value { return v.Down }, format: kibibytes,
		kinds: []Kind{Empty, Warm}, targets: map[Kind]Target{Empty: below(110)}},
	{head: "up", of: func(v *Visit) report.Value { return v.Up }, format: kibibytes,
		kinds: []Kind{Empty, Warm}},
}

// lead is by how much the voice came before the picture.
func lead(v *Visit) report.Value {
	voice, known := v.Voice.Get()
	if !known {
		return report.Value{}
	}
	frame, known := v.Frame.Get()
	if !known {
		return report.Value{}
	}
	return report.Measured(frame - voice)
}

func kibibytes(v report.Value) string {
	n, known := v.Get()
	if !known {
		return "–"
	}
	return fmt.Sprintf("%.0f KiB", n)
}

func (c *visitColumn) target(t Target) string {
	sign := "<"
	if t.AtLeast {
		sign = "≥"
	}
	return sign + " " + c.format(report.Measured(t.Bound))
}

// value is the median of a column, and whether its kind has it.
func (j *Joining) value(c *visitColumn, k Kind) (v report.Value, has bool) {
	if c.kinds != nil {
		has = false
		for _, each := range c.kinds {
			has = has || each == k
		}
		if !has {
			return v, false
		}
	}
	var values []float64
	for i := range j.Visits[k] {
		if n, known := c.of(&j.Visits[k][i]).Get(); known {
			values = append(values, n)
		}
	}
	return median(values), true
}

// Missed lists the targets that were not met, in words.
func (j *Joining) Missed() []string {
	var missed []string
	for k := range Kind(kindCount) {
		for i := range visitColumns {
			c := &visitColumns[i]
			v, _ := j.value(c, k)
			if t, ok := c.targets[k]; ok && !t.Met(v) {
				missed = append(missed, fmt.Sprintf("%s: %s %s, to be %s", k, c.head, c.format(v),
					c.target(t)))
			}
		}
	}
	return missed
}

// Write prints a Markdown table: a line for each kind of visit, medians, targets met (✓) or missed
// (✗).
func (j *Joining) Write(w io.Writer) error {
	var b strings.Builder
	b.WriteString("| visit |")
	for _, c := range visitColumns {
		fmt.Fprintf(&b, " %s |", c.head)
	}
	b.WriteString("\n| --- |" + strings.Repeat(" --- |", len(visitColumns)) + "\n")
	for k := range Kind(kindCount) {
		fmt.Fprintf(&b, "| %s |", k)
		for i := range visitColumns {
			c := &visitColumns[i]
			v, has := j.value(c, k)
			text := ""
			if has {
				text = c.format(v)
			}
			if t, ok := c.targets[k]; ok {
				mark := "✓"
				if !t.Met(v) {
					mark = "✗"
				}
				text += fmt.Sprintf(" %s (%s)", mark, c.target(t))
			}
			fmt.Fprintf(&b, " %s |", text)
		}
		b.WriteString("\n")
	}
	for _, remark := range j.Remarks {
		b.WriteString("\n" + remark + "\n")
	}
	_, err := io.WriteString(w, b.String())
	return err
}
