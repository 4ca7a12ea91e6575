package main

import (
	"bytes"
	"fmt"
	"math"
	"os"
	"slices"
	"strings"
	"time"
)

const (
	// sure is by how many standard errors of the paired seeds a figure must change,
	sure = 3
	// telling is by what share of it,
	telling = 0.05
	// shown is how many figures of a rule stand in the table.
	shown = 3
)

// least is by how much a figure of that unit must change at least to matter to anybody. What takes
// seconds is a mean over histories, most of which take no time.
var least = map[string]float64{"%": 0.3, "ms": 5, "s": 0.05}

// change is what became of a figure without a rule.
type change struct {
	name            string // without its unit
	unit            string
	before, without float64
	weight          float64 // by which it is sorted: in multiples of what matters
}

// changes compares two outcomes seed by seed. Positive weights are worse, negative ones better.
func changes(with, without outcome) (worse, better []change) {
	for name, before := range with.figures {
		unit := name[strings.LastIndexByte(name, ' ')+1:]
		var n, sum, squares, mean float64
		for seed, value := range before {
			d := without.figures[name][seed] - value
			n, sum, squares, mean = n+1, sum+d, squares+d*d, mean+value
		}
		d := sum / n
		mean /= n
		deviation := math.Sqrt(max(0, squares/n-d*d) / max(1, n-1))
		matters := max(least[unit], telling*mean)
		if math.Abs(d) < max(sure*deviation, matters) {
			continue
		}
		c := change{strings.TrimSuffix(name, " "+unit), unit, mean, mean + d, d / matters}
		if d > 0 {
			worse = append(worse, c)
		} else {
			better = append(better, c)
		}
	}
	by := func(a, b change) int {
		if a.weight != b.weight {
			if math.Abs(a.weight) > math.Abs(b.weight) {
				return -1
			}
			return 1
		}
		return strings.Compare(a.name, b.name)
	}
	slices.SortFunc(worse, by)
	slices.SortFunc(better, by)
	return worse, better
}

func (c change) String() string {
	return fmt.Sprintf("%s %.3g → %.3g %s", c.name, c.before, c.without, c.unit)
}

// list names the first few changes.
func list(all []change, most int) string {
	var texts []string
	for _, c := range all[:min(most, len(all))] {
		texts = append(texts, c.String())
	}
	if more := len(all) - most; more > 0 {
		texts = append(texts, fmt.Sprintf("%d more", more))
	}
	return strings.Join(texts, "; ")
}

// tableOf is the table of witnesses in Markdown.
func tableOf(ablations []*ablation) string {
	var b strings.Builder
	fmt.Fprintf(&b, "`make ablate`, %s: means over seeds with all rules → without the one; "+
		"more is worse.\n\n", time.Now().Format("2 January 2006"))
	b.WriteString("| without | what gets worse | what gets better | tests that fail |\n" +
		"| --- | --- | --- | --- |\n")
	witnessed := 0
	for _, a := range ablations {
		worse, better := changes(a.with, a.without)
		if len(worse)+len(a.without.failed) > 0 {
			witnessed++
		}
		fmt.Fprintf(&b, "| %s | %s | %s | %s |\n", a.name, list(worse, shown), list(better, 1),
			strings.Join(a.without.failed, ", "))
	}
	fmt.Fprintf(&b, "\n%d of %d rules have a witness.\n", witnessed, len(ablations))
	return b.String()
}

// The marks between which the table stands.
const (
	begins = "<!-- ablation -->\n"
	ends   = "<!-- end of ablation -->\n"
)

// insert writes the table into a file.
func insert(file, table string) error {
	text, err := os.ReadFile(file)
	if err != nil {
		return err
	}
	before, rest, found := bytes.Cut(text, []byte(begins))
	_, after, closed := bytes.Cut(rest, []byte(ends))
	if !found || !closed {
		return fmt.Errorf("%s has no place for the table: expected a line %q and then a line %q",
			file, begins, ends)
	}
	whole := slices.Concat(before, []byte(begins+"\n"+table+"\n"+ends), after)
	return os.WriteFile(file, whole, 0o644)
}
