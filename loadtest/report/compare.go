package report

import (
	"fmt"
	"io"
	"math"
	"slices"
	"strings"
	"text/tabwriter"
)

// Comparison is what changed from one run to another.
type Comparison struct {
	Changes []Change
	// Unlike lists, in words, in what the two runs differ apart from their results: each weakens
	// the comparison.
	Unlike []string
}

// Change is one figure in both runs: the mean over those behind one link, or the whole run's (Link
// is then empty).
type Change struct {
	Figure        *Figure
	Link          string
	Before, After Value
	Direction     Direction
}

// Direction says whether a figure got better.
type Direction string

// Directions of a change. Less than the noise of a figure, or less than 5 %, is the same.
const (
	Better Direction = "better"
	Worse  Direction = "worse"
	Same   Direction = "same"
)

const leastChange = 0.05

// Compare compares two runs of, ideally, the same scenario.
func Compare(before, after *Run) Comparison {
	var c Comparison
	c.Unlike = unlike(before, after)
	for i := range figures {
		figure := &figures[i]
		links := []string{""}
		if figure.Personal() {
			links = commonLinks(before, after)
		}
		for _, link := range links {
			a, b := figure.Mean(before, link), figure.Mean(after, link)
			if a.known && b.known {
				c.Changes = append(c.Changes,
					Change{figure, link, a, b, figure.direction(a.number, b.number)})
			}
		}
	}
	return c
}

// commonLinks are the links of both runs, in the order of the first.
func commonLinks(before, after *Run) []string {
	var links []string
	for i := range before.Participants {
		link := before.Participants[i].Link
		inAfter := slices.ContainsFunc(after.Participants, func(p Participant) bool {
			return p.Link == link
		})
		if inAfter && !slices.Contains(links, link) {
			links = append(links, link)
		}
	}
	return links
}

func unlike(a, b *Run) []string {
	var list []string
	differ := func(what, before, after string) {
		if before != after {
			list = append(list,
				fmt.Sprintf("%s: %s, then %s", what, or(before, "none"), or(after, "none")))
		}
	}
	differ("scenario", a.Scenario.Name, b.Scenario.Name)
	differ("rooms", fmt.Sprint(a.Scenario.Rooms), fmt.Sprint(b.Scenario.Rooms))
	differ("participants in a room", fmt.Sprint(a.Scenario.ParticipantsPerRoom),
		fmt.Sprint(b.Scenario.ParticipantsPerRoom))
	differ("links", linkNames(a), linkNames(b))
	differ("processor", a.Machine.Processor, b.Machine.Processor)
	differ("cores", fmt.Sprint(a.Machine.Cores), fmt.Sprint(b.Machine.Cores))
	differ("generator", a.Generator, b.Generator)
	if ratio := a.DurationSeconds / b.DurationSeconds; ratio < 0.8 || ratio > 1.25 {
		differ("duration", trim(a.DurationSeconds)+" s", trim(b.DurationSeconds)+" s")
	}
	differ("generator at its limit", yes(a.Load.Limit != ""), yes(b.Load.Limit != ""))
	return list
}

func yes(is bool) string {
	if is {
		return "yes"
	}
	return "no"
}

func linkNames(r *Run) string {
	names := make([]string, len(r.Links))
	for i, l := range r.Links {
		names[i] = l.Name
	}
	return strings.Join(names, ", ")
}

// Write prints the comparison: what got worse first, then what got better, then what stayed.
func (c Comparison) Write(w io.Writer) error {
	var b strings.Builder
	for _, u := range c.Unlike {
		fmt.Fprintf(&b, "Not alike in %s\n", u)
	}
	if len(c.Unlike) > 0 {
		b.WriteString("\n")
	}
	table := tabwriter.NewWriter(&b, 0, 0, 2, ' ', 0)
	count := map[Direction]int{}
	for _, direction := range []Direction{Worse, Better, Same} {
		for _, change := range c.Changes {
			if change.Direction != direction {
				continue
			}
			count[direction]++
			unit := change.Figure.Unit
			fmt.Fprintf(table, "%s\t%s\t%s\t%s\t→ %s\t%s\n", direction, change.Figure.Name,
				change.Link, unit.Format(change.Before),
				unit.Format(change.After), change.percent())
		}
	}
	table.Flush()
	if len(c.Changes) == 0 {
		b.WriteString("The two runs have no figure in common: nothing can be compared.\n")
	} else {
		fmt.Fprintf(&b, "\n%d worse, %d better, %d the same.\n", count[Worse], count[Better],
			count[Same])
	}
	_, err := io.WriteString(w, b.String())
	return err
}

func (c Change) percent() string {
	if c.Before.number == 0 || c.Direction == Same {
		return ""
	}
	return fmt.Sprintf("%+.0f %%", 100*(c.After.number-c.Before.number)/math.Abs(c.Before.number))
}
