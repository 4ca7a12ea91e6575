package report

import (
	"fmt"
	"regexp"
	"strings"
)

// Expectation is a bound on a figure. A personal figure must keep it for every participant who has
// a value, or for every one behind the link that is named.
type Expectation struct {
	Text   string
	Figure *Figure
	Link   string
	op     string
	bound  float64
}

var expectationForm = regexp.MustCompile(`^\s*([a-z0-9.-]+)(?:@([A-Za-z0-9-]+))?` +
	`\s*(<=|>=|<|>)\s*(\S.*?)\s*$`)

// ParseExpectation reads "audio.concealed<1%" or, for those behind one link,
// "video.fps@adsl-end>=10".
func ParseExpectation(text string) (Expectation, error) {
	parts := expectationForm.FindStringSubmatch(text)
	if parts == nil {
		return Expectation{}, fmt.Errorf("%q is not an expectation: expected a figure, one of < "+
			"<= > >=, and a value, as in audio.concealed<1%% or video.fps@adsl-end>=10", text)
	}
	figure, err := FindFigure(parts[1])
	if err != nil {
		return Expectation{}, err
	}
	if parts[2] != "" && !figure.Personal() {
		return Expectation{},
			fmt.Errorf("%q asks for the link %s, but %s belongs to the whole run: leave out @%s",
				text, parts[2], figure.Name, parts[2])
	}
	bound, err := figure.Unit.Parse(parts[4])
	if err != nil {
		return Expectation{}, fmt.Errorf("%s: %w", figure.Name, err)
	}
	return Expectation{Text: strings.Join(strings.Fields(text), ""), Figure: figure, Link: parts[2],
		op: parts[3], bound: bound}, nil
}

// Check holds the expectation against a run. What was never measured does not meet it.
func (e Expectation) Check(r *Run) Outcome {
	outcome := Outcome{Expectation: e.Text}
	worst, who := e.extreme(r)
	value, known := worst.Get()
	if !known {
		outcome.Came = "it was not measured in this run"
		if e.Link != "" {
			outcome.Came = "nobody behind " + e.Link + " measured it in this run"
		}
		return outcome
	}
	outcome.Met = e.holds(value)
	outcome.Came = e.Figure.Unit.Format(worst)
	if who != nil {
		outcome.Came += " (" + who.Label() + ")"
	}
	return outcome
}

// extreme is the value that breaks the bound if any does: the highest under an upper bound,
// whatever is better.
func (e Expectation) extreme(r *Run) (Value, *Participant) {
	figure := *e.Figure
	figure.Lower = strings.HasPrefix(e.op, "<")
	return figure.Worst(r, e.Link)
}

func (e Expectation) holds(value float64) bool {
	switch e.op {
	case "<":
		return value < e.bound
	case "<=":
		return value <= e.bound
	case ">":
		return value > e.bound
	default:
		return value >= e.bound
	}
}
