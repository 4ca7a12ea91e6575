package rmcat

import (
	"fmt"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"
)

// Judged is the results of one controller, case by case.
type Judged struct {
	Name    string
	Results []Result
}

// Table compares controllers case by case, in aligned text, or in Markdown; the verdict is against
// the first. Every controller has the same cases in the same order.
func Table(judged []Judged, markdown bool) string {
	rows := [][]string{{"case", "", "estimator", "capacity used", "queue p50", "p95", "lost",
		"95 % after", "drained", "flows' shares", "verdict"}}
	if len(judged) > 0 {
		for i := range judged[0].Results {
			for n, j := range judged {
				verdict := ""
				if n > 0 {
					verdict = j.Results[i].verdict(&judged[0].Results[i])
				}
				rows = append(rows, append(j.Results[i].row(j.Name, n == 0), verdict))
			}
		}
	}
	if markdown {
		return markdownTable(rows)
	}
	return alignedTable(rows) + Legend
}

// Legend explains the columns.
const Legend = `capacity used: media that arrived, headers included, as a share of the bottleneck's
capacity queue: time of media packets at the bottleneck; its queue holds 300 ms 95 % after: seconds
from the start and from each rise of capacity until goodput over 0.5 s reached 95 % of it; –: never
drained: longest time after a fall of capacity until a packet waited less than 100 ms flows'
shares: of the capacity, while all flows send; TCP together verdict: better than the first: no
worse (3 % of the capacity, 5 ms) in the capacity used nor in the queue's p95, and clearly better
in one of them. Beside TCP the queue is full whatever the first or the second do
`

func risesText(rises []Rise) string {
	var parts []string
	for _, rise := range rises {
		if rise.Reached {
			parts = append(parts, strconv.FormatFloat(rise.Took.Seconds(), 'f', 1, 64))
		} else {
			parts = append(parts, "–")
		}
	}
	return strings.Join(parts, " ")
}

func drainedText(d time.Duration) string {
	if d == 0 {
		return ""
	}
	return strconv.FormatFloat(d.Seconds(), 'f', 1, 64) + " s"
}

func sharesText(r *Result) string {
	var parts []string
	if len(r.Flows) > 1 || r.TCP > 0 {
		for _, share := range r.Flows {
			parts = append(parts, strconv.Itoa(int(100*share+0.5)))
		}
	}
	if r.TCP > 0 {
		parts = append(parts, fmt.Sprintf("TCP %.0f", 100*r.TCP))
	}
	return strings.Join(parts, " ")
}

func percent(share float64) string { return strconv.Itoa(int(100*share+0.5)) + " %" }

func millis(d time.Duration) string {
	return strconv.FormatInt(d.Round(time.Millisecond).Milliseconds(), 10) + " ms"
}

func trimFloat(f float64) string { return strconv.FormatFloat(f, 'f', -1, 64) }

func alignedTable(rows [][]string) string {
	widths := make([]int, len(rows[0]))
	for _, row := range rows {
		for i, cell := range row {
			widths[i] = max(widths[i], utf8.RuneCountInString(cell))
		}
	}
	var b strings.Builder
	for n, row := range rows {
		if n > 0 && row[0] != "" {
			b.WriteByte('\n')
		}
		var line strings.Builder
		for i, cell := range row {
			pad := strings.Repeat(" ", widths[i]-utf8.RuneCountInString(cell))
			if numeric := i >= 3 && i <= 6; numeric {
				line.WriteString(pad + cell + "  ")
			} else {
				line.WriteString(cell + pad + "  ")
			}
		}
		b.WriteString(strings.TrimRight(line.String(), " ") + "\n")
	}
	return b.String()
}

func markdownTable(rows [][]string) string {
	var b strings.Builder
	for n, row := range rows {
		b.WriteString("| " + strings.Join(row, " | ") + " |\n")
		if n == 0 {
			b.WriteString(strings.Repeat("| --- ", len(row)) + "|\n")
		}
	}
	return b.String()
}
