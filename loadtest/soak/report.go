package soak

import (
	"fmt"
	"io"
	"slices"
	"strings"
	"time"
)

// Report is what happened.
type Report struct {
	Rounds   int
	Joined   int
	Mishaps  []Mishap
	Idle     []Idle // the first before anybody came
	Failures []string
}

// broken counts the failures; a soak in which nothing works any more need not go on.
func (r *Report) broken() int { return len(r.Failures) }

// judge compares the figures at rest of the end with those after the first round.
func (r *Report) judge(servers float64) {
	if len(r.Idle) < 3 {
		r.Failures = append(r.Failures,
			"fewer than two rounds came to their end: nothing can be said about growth")
		return
	}
	first, last := r.Idle[0], r.Idle[len(r.Idle)-1]
	if servers > 1 { // what they open towards each other in the first round stays open
		first = r.Idle[1]
	}
	grown := func(what string, from, to, loose float64, unit string) {
		if to > from+loose {
			r.Failures = append(r.Failures,
				fmt.Sprintf("%s grew from %.0f to %.0f%s at rest", what, from, to, unit))
		}
	}
	grown("goroutines", first.Goroutines, last.Goroutines, servers*looseGoroutines, "")
	grown("open files", first.Files, last.Files, servers*looseFiles, "")
	// Memory is compared between thirds, since a single reading may be taken in the middle of a
	// collection.
	played := r.Idle[1:]
	third := max(1, len(played)/3)
	memory := func(all []Idle) float64 {
		var values []float64
		for _, i := range all {
			values = append(values, i.MemoryBytes)
		}
		slices.Sort(values)
		return values[len(values)/2]
	}
	grown("memory", memory(played[:third])/(1<<20), memory(played[len(played)-third:])/(1<<20),
		servers*looseMemory/(1<<20), " MB")
}

// WriteTable writes what happened and what became of it, in Markdown.
func (r *Report) WriteTable(out io.Writer) error {
	var text strings.Builder
	fmt.Fprintf(&text, "%d rounds, %d joined, %d mishaps, %d failures\n\n", r.Rounds, r.Joined,
		len(r.Mishaps), len(r.Failures))
	text.WriteString("| mishap | times | recovered | median until everybody was well | slowest " +
		"|\n| --- | ---: | ---: | ---: | ---: |\n")
	byKind := map[string][]Mishap{}
	for _, m := range r.Mishaps {
		byKind[m.Kind] = append(byKind[m.Kind], m)
	}
	for _, kind := range slices.Sorted(func(yield func(string) bool) {
		for kind := range byKind {
			if !yield(kind) {
				return
			}
		}
	}) {
		var took []time.Duration
		for _, m := range byKind[kind] {
			if m.Failure == "" {
				took = append(took, m.Took)
			}
		}
		slices.Sort(took)
		median, slowest := 0.0, 0.0
		if len(took) > 0 {
			median, slowest = took[len(took)/2].Seconds(), took[len(took)-1].Seconds()
		}
		fmt.Fprintf(&text, "| %s | %d | %d | %.1f s | %.1f s |\n", kind, len(byKind[kind]),
			len(took), median, slowest)
	}
	r.writeSilences(&text)
	text.WriteString("\n| the server at rest | goroutines | files | resident | heap |\n| --- | " +
		"---: | ---: | ---: | ---: |\n")
	for i, idle := range r.Idle {
		if i > 1 && i < len(r.Idle)-1 {
			continue
		}
		when := fmt.Sprintf("after round %d", idle.Round)
		if idle.Round == 0 {
			when = "before anybody came"
		}
		fmt.Fprintf(&text, "| %s | %.0f | %.0f | %.1f MB | %.1f MB |\n", when, idle.Goroutines,
			idle.Files, idle.MemoryBytes/(1<<20), idle.HeapBytes/(1<<20))
	}
	for _, failure := range r.Failures {
		text.WriteString("\nFAILED " + failure)
	}
	if len(r.Failures) == 0 {
		text.WriteString("\nClean: everybody recovered from everything, and nothing grew.")
	}
	_, err := io.WriteString(out, text.String()+"\n")
	return err
}

// writeSilences writes what it cost that servers went away.
func (r *Report) writeSilences(out io.Writer) {
	told := false
	for _, kind := range goneKinds {
		var took []time.Duration
		times := 0
		for _, m := range r.Mishaps {
			if m.Kind == kind {
				times++
				took = append(took, m.Silences...)
			}
		}
		if times == 0 {
			continue
		}
		if !told {
			told = true
			fmt.Fprint(out, "\n| a server goes away | times | people whose call it took with it "+
				"| without a voice, median | most |\n| --- | ---: | ---: | ---: | ---: |\n")
		}
		median, most := "–", "–" // nobody had to find out
		if slices.Sort(took); len(took) > 0 {
			median = fmt.Sprintf("%.1f s", took[len(took)/2].Seconds())
			most = fmt.Sprintf("%.1f s", took[len(took)-1].Seconds())
		}
		fmt.Fprintf(out, "| %s | %d | %d | %s | %s |\n", kind, times, len(took), median, most)
	}
}
