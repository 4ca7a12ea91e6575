// Package table is the list of thin links that calls are judged on, what must be reached on each,
// and how it is read out of the reports of calls.
//
// A [Row] is one call: its link, its scenario and how long it lasts. Out of it come one or several
// [Line]s, each a span of the call with the targets of some columns. [Row.Measure] reads a line's
// figures from one [report.Run], [Write] prints the medians of several runs as Markdown. Nothing
// here knows whether real browsers or virtual participants took part.
package table

import (
	"fmt"
	"strings"
	"time"

	"draille/loadtest/link"
	"draille/loadtest/report"
)

// Column is one kind of figure in the table.
type Column int

// Columns, in the order in which they are printed.
const (
	Concealed   Column = iota // share of the voice that the thin side hears made up
	FrameRate                 // of the picture that the thin side looks at, frames/s
	Lines                     // of that picture
	Frozen                    // time without a new frame there, s
	RoundTrip                 // of the thin side, ms
	Voice                     // from mouth to ear, the median that the thin side hears, ms
	VoiceTail                 // the 95th percentile of it
	Other                     // share of the voice that the other side hears made up
	OtherVoice                // from mouth to ear, the median that the other side hears, ms
	OtherTail                 // the 95th percentile of it
	Recovery                  // until the thin side receives 95 % of the rate again, s
	OtherBack                 // until the other side does
	Readable                  // until a page of text that is shared is readable on the thin side, s
	columnCount = iota
)

var columns = [columnCount]struct {
	head string
	unit report.Unit
}{
	Concealed:  {"concealed", report.Ratio},
	FrameRate:  {"frames/s", report.Count},
	Lines:      {"lines", report.Count},
	Frozen:     {"frozen", report.Seconds},
	RoundTrip:  {"RTT", report.Milliseconds},
	Voice:      {"mouth to ear p50", report.Milliseconds},
	VoiceTail:  {"p95", report.Milliseconds},
	Other:      {"other side hears concealed", report.Ratio},
	OtherVoice: {"mouth to ear there p50", report.Milliseconds},
	OtherTail:  {"p95 there", report.Milliseconds},
	Recovery:   {"95 % of the rate back after", report.Seconds},
	OtherBack:  {"other side's back after", report.Seconds},
	Readable:   {"a shared page readable after", report.Seconds},
}

// Target is a bound that a figure must keep.
type Target struct {
	AtLeast bool // otherwise it must be less
	Bound   float64
}

func below(bound float64) Target   { return Target{Bound: bound} }
func atLeast(bound float64) Target { return Target{AtLeast: true, Bound: bound} }

// Met reports whether a figure keeps the bound. What was not measured does not.
func (t Target) Met(v report.Value) bool {
	n, known := v.Get()
	return known && (t.AtLeast && n >= t.Bound || !t.AtLeast && n < t.Bound)
}

func (t Target) String(unit report.Unit) string {
	sign := "<"
	if t.AtLeast {
		sign = "≥"
	}
	return sign + " " + unit.Format(report.Measured(t.Bound))
}

// Part says which of a call is measured.
type Part int

// Parts of a call.
const (
	Whole  Part = iota
	Span        // From to To
	Return      // how long the rate that there was before From takes to come back after To
)

const (
	callLength = time.Minute
	sharedAt   = 20 * time.Second
	dropAt     = 30 * time.Second // of the profile drop-30s
	dropFor    = 30 * time.Second
	watched    = 40 * time.Second // for the rate to come back
)

// Rows lists them. The links are thin both ways with 25 ms each way and 300 ms of drop-tail queue,
// but for fibre and for the telestaff's, which is thin downwards alone.
//
// Long: a table.
func Rows() []Row {
	voiceAndPicture := []Column{Concealed, FrameRate, Lines, RoundTrip, Voice, VoiceTail, Other,
		OtherVoice, OtherTail}
	consultation := func(profile, label string, targets map[Column]Target) Row {
		return Row{Name: profile, Profile: profile, Length: callLength,
			Lines: []Line{{Label: label, Columns: voiceAndPicture, Targets: targets}}}
	}
	lossy := func(name, label string, losses link.Conditions) Row {
		row := consultation("thin-300-lossy", label,
			map[Column]Target{Concealed: below(0.02), Other: below(0.02)})
		row.Name, row.Losses = name, &losses
		return row
	}
	fine := func(name, profile string, length time.Duration, line Line) Row {
		return Row{Name: name, Profile: profile, Length: length, Fine: true, Lines: []Line{line}}
	}
	return []Row{
		consultation("fibre", "fibre",
			map[Column]Target{Concealed: below(0.001), FrameRate: atLeast(18), Other: below(0.001),
				VoiceTail: below(150), OtherTail: below(150)}),
		fine("fine", "fibre", callLength, Line{Label: "fibre, cameras of 1280×720",
			Columns: voiceAndPicture,
			Targets: map[Column]Target{Concealed: below(0.001), FrameRate: atLeast(24),
				Lines: atLeast(720), Other: below(0.001)}}),
		fine("fine-drop", "fibre-drop-30s", dropAt+dropFor, Line{
			Label: "first 5 s after 50 Mbit/s → 250 kbit/s, cameras of 1280×720", Part: Span,
			From: dropAt, To: dropAt + 5*time.Second,
			Columns: []Column{Concealed, FrameRate, Lines, Frozen, RoundTrip, Other},
			Targets: map[Column]Target{Concealed: below(0.01), Frozen: below(1)}}),
		consultation("thin-60", "60 kbit/s",
			map[Column]Target{Concealed: below(0.01), RoundTrip: below(250), Other: below(0.01),
				VoiceTail: below(400), OtherTail: below(400)}),
		consultation("thin-150", "150 kbit/s",
			map[Column]Target{Concealed: below(0.005), FrameRate: atLeast(10),
				RoundTrip: below(200), Other: below(0.005), VoiceTail: below(300),
				OtherTail: below(300)}),
		consultation("thin-300-lossy", "300 kbit/s, 5 % random loss",
			map[Column]Target{Concealed: below(0.005), FrameRate: atLeast(15),
				Other: below(0.005)}),
		lossy("loss-20", "300 kbit/s, 20 % random loss", link.Conditions{Loss: 0.2}),
		lossy("bursts-5", "300 kbit/s, 5 % lost in bursts of 5 packets",
			link.Conditions{Bursts: link.PacketBursts(0.05, 5)}),
		{Name: "drop-30s", Profile: "drop-30s", Length: dropAt + dropFor + watched, Lines: []Line{
			{Label: "first 5 s after 2 Mbit/s → 250 kbit/s", Part: Span, From: dropAt,
				To:      dropAt + 5*time.Second,
				Columns: []Column{Concealed, FrameRate, Lines, Frozen, RoundTrip, Other},
				Targets: map[Column]Target{Concealed: below(0.01), Frozen: below(1)}},
			{Label: "the 25 s after that", Part: Span, From: dropAt + 5*time.Second,
				To:      dropAt + dropFor,
				Columns: []Column{Concealed, FrameRate, Lines, Frozen, RoundTrip, Other},
				Targets: map[Column]Target{Concealed: below(0.001), FrameRate: atLeast(15),
					Lines: atLeast(270)}},
			{Label: "2 Mbit/s again", Part: Return, From: dropAt, To: dropAt + dropFor,
				Columns: []Column{Recovery, OtherBack},
				Targets: map[Column]Target{Recovery: below(5), OtherBack: below(5)}},
		}},
		{Name: "document", Profile: "thin-300-lossy", Losses: &link.Conditions{}, Shared: sharedAt,
			Length: 2 * sharedAt, Lines: []Line{
				{Label: "300 kbit/s, a page of text is shared", Part: Span, From: sharedAt,
					To:      2 * sharedAt,
					Columns: []Column{Concealed, RoundTrip, Other, Readable},
					Targets: map[Column]Target{Concealed: below(0.005), Other: below(0.005),
						Readable: below(5)}}}},
		{Name: "telestaff", Profile: "thin-200-down", Staff: 4, Length: callLength,
			Lines: []Line{{Label: "telestaff of 4, 320×180, one on 200 kbit/s down",
				Columns: voiceAndPicture,
				Targets: map[Column]Target{Concealed: below(0.005), FrameRate: atLeast(10),
					RoundTrip: below(150)}}}},
	}
}

// Select returns the rows of these names, or all if none is named.
func Select(names []string) ([]Row, error) {
	all := Rows()
	if len(names) == 0 {
		return all, nil
	}
	var chosen []Row
	for _, name := range names {
		found := false
		for _, row := range all {
			if row.Name == name {
				chosen, found = append(chosen, row), true
			}
		}
		if !found {
			known := make([]string, len(all))
			for i, row := range all {
				known[i] = row.Name
			}
			return nil, fmt.Errorf("%q is not a row of the table: expected one of %s", name,
				strings.Join(known, ", "))
		}
	}
	return chosen, nil
}
