package report

import (
	"fmt"
	"io"
	"strings"
	"text/tabwriter"
)

// Matrix is what came of the same call over each of many links.
type Matrix struct {
	Scenario string       `json:"scenario"`
	Cells    []MatrixCell `json:"cells"`
	// Repeated counts the parts that were played again with fewer rooms, because the generator had
	// not kept up.
	Repeated int `json:"repeated,omitempty"`
}

// MatrixCell is one link of it. The figures are the worst that anybody in the room got.
type MatrixCell struct {
	Link       string   `json:"link"`
	Summary    string   `json:"summary,omitempty"`
	Verdict    Verdict  `json:"verdict"`
	Weak       []string `json:"weak,omitempty"` // names of the figures that were not good
	Why        []string `json:"why,omitempty"`  // what of the link explains them
	Concealed  Value    `json:"audioConcealedRatio,omitzero"`
	Frames     Value    `json:"framesPerSecond,omitzero"`
	Lines      Value    `json:"height,omitzero"`
	Frozen     Value    `json:"frozenRatio,omitzero"`
	AudioDelay Value    `json:"audioDelayMillisecondsP95,omitzero"`
}

// JudgeRoom judges the participants of one room.
func JudgeRoom(r *Run, room string) MatrixCell {
	part := Run{Load: r.Load, Interrupted: r.Interrupted, DurationSeconds: r.DurationSeconds}
	for _, p := range r.Participants {
		if p.Room == room {
			p.Room = "" // the room is known
			part.Participants = append(part.Participants, p)
		}
	}
	cell := MatrixCell{Verdict: judge(&part)}
	for _, c := range criteria {
		if v, who := mustFind(c.figure).Worst(&part, ""); who != nil && c.level(v.number) != Good {
			cell.Weak = append(cell.Weak, c.figure)
		}
	}
	worst := func(figure string) Value {
		v, _ := mustFind(figure).Worst(&part, "")
		return v
	}
	cell.Concealed, cell.Frames, cell.Lines = worst("audio.concealed"), worst("video.fps"),
		worst("video.height")
	cell.Frozen, cell.AudioDelay = worst("video.frozen"), worst("audio.delay.p95")
	return cell
}

// mustFind returns a figure that this package knows.
func mustFind(name string) *Figure {
	figure, err := FindFigure(name)
	if err != nil {
		panic(err)
	}
	return figure
}

// Text is the verdict of a cell with its explanation.
func (c *MatrixCell) Text() string {
	if len(c.Why) == 0 {
		return c.Verdict.Sentence
	}
	return c.Verdict.Sentence + " Of the link: " + strings.Join(c.Why, "; ") + "."
}

// Mark is the verdict's mark.
func (c *MatrixCell) Mark() string { return marks[c.Verdict.Level] }

// Word is the verdict's word.
func (c *MatrixCell) Word() string { return words[c.Verdict.Level] }

// Figures are those of the link as people read them, in the order of the page's columns.
func (c *MatrixCell) Figures() []cell {
	var cells []cell
	for _, f := range []struct {
		name  string
		value Value
	}{{"audio.concealed", c.Concealed}, {"video.fps", c.Frames}, {"video.height", c.Lines},
		{"video.frozen", c.Frozen}, {"audio.delay.p95", c.AudioDelay}} {
		cells = append(cells, cell{mustFind(f.name).Unit.Format(f.value), levelOf(f.name, f.value)})
	}
	return cells
}

var matrixHeads = []string{"voice lost", "frames", "picture", "frozen", "voice delay p95"}

// judge is the verdict of all links together.
func (m *Matrix) judge() Verdict {
	links := map[Level][]string{}
	for _, c := range m.Cells {
		links[c.Verdict.Level] = append(links[c.Verdict.Level], c.Link)
	}
	unknown := ""
	if n := len(links[Void]); n > 0 {
		unknown = fmt.Sprintf(
			" Nothing is known of %s: the generator was at its limit, or nothing was heard.",
			strings.Join(links[Void], ", "))
	}
	fair := ""
	if n := len(links[Fair]); n > 0 {
		fair = fmt.Sprintf(" With reservations on %d: %s.", n, strings.Join(links[Fair], ", "))
	}
	switch {
	case len(m.Cells) == 0:
		return Verdict{Void, "Nothing was played."}
	case len(links[Bad]) > 0:
		return Verdict{Bad, fmt.Sprintf("The call did not hold on %d of %d links: %s.%s%s",
			len(links[Bad]), len(m.Cells), strings.Join(links[Bad], ", "), fair, unknown)}
	case len(links[Void]) == len(m.Cells):
		return Verdict{Void, strings.TrimSpace(unknown)}
	case fair != "":
		return Verdict{Fair, fmt.Sprintf("The voice held on every link.%s%s", fair, unknown)}
	default:
		return Verdict{Good, fmt.Sprintf("The call held on all %d links.%s", len(links[Good]),
			unknown)}
	}
}

func (m *Matrix) write(w io.Writer) {
	table := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	fmt.Fprintf(table, "%s over\tverdict\t%s\n", m.Scenario, strings.Join(matrixHeads, "\t"))
	for i := range m.Cells {
		c := &m.Cells[i]
		fmt.Fprintf(table, "%s\t%s", c.Link, c.Word())
		for _, figure := range c.Figures() {
			fmt.Fprintf(table, "\t%s", figure.Text)
		}
		fmt.Fprintln(table)
	}
	table.Flush()
	for i := range m.Cells {
		if c := &m.Cells[i]; c.Verdict.Level != Good {
			fmt.Fprintf(w, "\n%s: %s", c.Link, c.Text())
		}
	}
	fmt.Fprintln(w)
}
