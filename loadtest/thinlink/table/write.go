package table

import (
	"fmt"
	"io"
	"slices"
	"strings"

	"draille/loadtest/report"
)

// Result is what came of the calls of one row.
type Result struct {
	Row Row
	// Calls are the figures of each call that took place: one for each line.
	Calls [][]Figures
	// Remarks tell what weakens the figures, or why a call has none.
	Remarks []string
}

// line returns the medians of one line.
func (r *Result) line(i int) Figures {
	var calls []Figures
	for _, call := range r.Calls {
		calls = append(calls, call[i])
	}
	return Medians(calls)
}

// Missed lists the targets that were not met, in words.
func (r *Result) Missed() []string {
	var missed []string
	for i, line := range r.Row.Lines {
		figures := r.line(i)
		for c := range Column(columnCount) {
			if target, ok := line.Targets[c]; ok && !target.Met(figures[c]) {
				missed = append(missed,
					fmt.Sprintf("%s: %s %s, to be %s", line.Label, columns[c].head,
						format(c, figures[c]), target.String(columns[c].unit)))
			}
		}
	}
	return missed
}

// Write prints a Markdown table: the median of each column, and beside it the target, met (✓) or
// missed (✗).
func Write(w io.Writer, results []Result) error {
	used := usedColumns(results)
	var b strings.Builder
	b.WriteString("| link |")
	for _, c := range used {
		fmt.Fprintf(&b, " %s |", columns[c].head)
	}
	b.WriteString("\n| --- |" + strings.Repeat(" --- |", len(used)) + "\n")
	for r := range results {
		result := &results[r]
		for i, line := range result.Row.Lines {
			figures := result.line(i)
			fmt.Fprintf(&b, "| %s |", line.Label)
			for _, c := range used {
				fmt.Fprintf(&b, " %s |", line.cell(c, figures[c]))
			}
			b.WriteString("\n")
		}
	}
	for r := range results {
		for _, remark := range results[r].Remarks {
			fmt.Fprintf(&b, "\n%s: %s", results[r].Row.Name, remark)
		}
	}
	_, err := io.WriteString(w, strings.TrimRight(b.String(), "\n")+"\n")
	return err
}

// format writes a figure; of a time that never came it says so.
func format(c Column, v report.Value) string {
	if v.IsZero() && (c == Recovery || c == OtherBack || c == Readable) {
		return "not in the call"
	}
	return columns[c].unit.Format(v)
}

func usedColumns(results []Result) []Column {
	var used []Column
	for c := range Column(columnCount) {
		for _, r := range results {
			if slices.ContainsFunc(r.Row.Lines, func(l Line) bool {
				return slices.Contains(l.Columns, c)
			}) {
				used = append(used, c)
				break
			}
		}
	}
	return used
}
