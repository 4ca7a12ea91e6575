package report

import (
	"bytes"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// matrixOf is a run with a room for each level, called like its link.
func matrixOf(lost map[string]float64) *Run {
	run := &Run{DurationSeconds: 60, Scenario: Scenario{Name: "matrix", Rooms: len(lost)},
		Matrix: &Matrix{Scenario: "consultation"}}
	for _, link := range []string{"fibre", "thin", "edge"} {
		n, known := lost[link]
		if !known {
			continue
		}
		for _, name := range []string{"Psychiatrist", "Nurse"} {
			p := Participant{Name: name, Room: link, Link: link,
				Figures: PersonFigures{AudioConcealed: Measured(n / 2),
					FramesPerSecond: Measured(20), Height: Measured(360),
					FrozenRatio: Measured(0), AudioDelay: Delays{P95: Measured(120)}}}
			if name == "Nurse" {
				p.Figures.AudioConcealed = Measured(n)
			}
			run.Participants = append(run.Participants, p)
		}
		cell := JudgeRoom(run, link)
		cell.Link, cell.Summary = link, "a link called "+link
		run.Matrix.Cells = append(run.Matrix.Cells, cell)
	}
	Judge(run)
	return run
}

func TestARoomIsJudgedByItself(t *testing.T) {
	run := matrixOf(map[string]float64{"fibre": 0.002, "thin": 0.03, "edge": 0.2})
	cells := run.Matrix.Cells
	assert.Equal(t, []Level{Good, Fair, Bad},
		[]Level{cells[0].Verdict.Level, cells[1].Verdict.Level, cells[2].Verdict.Level})
	assert.Empty(t, cells[0].Weak)
	assert.Equal(t, []string{"audio.concealed"}, cells[1].Weak)
	assert.InDelta(t, 0.03, cells[1].Concealed.Or(0), 1e-9, "the worst of both")
	cells[1].Why = []string{"it carries 60 kbit/s down at its worst",
		"it loses 5 % of what goes up"}
	assert.Contains(t, cells[1].Text(), "up to 3 % of the voice was lost (Nurse, thin). Of the "+
		"link: it carries 60 kbit/s down at its worst; it loses 5 % of what goes up.")
	assert.Equal(t, Void, JudgeRoom(run, "nowhere").Verdict.Level)
}

func TestTheVerdictOfAMatrix(t *testing.T) {
	for want, lost := range map[string]map[string]float64{
		"The call did not hold on 1 of 3 links: edge. With reservations on 1: thin.": {"fibre": 0,
			"thin": 0.03, "edge": 0.2},
		"The voice held on every link. With reservations on 1: thin.": {"fibre": 0, "thin": 0.03},
		"The call held on all 1 links.":                               {"fibre": 0},
		"Nothing was measured: no participant took part.":             {},
	} {
		assert.Equal(t, want, matrixOf(lost).Verdict.Sentence)
	}
	m := &Matrix{Cells: []MatrixCell{{Link: "a", Verdict: Verdict{Level: Void}},
		{Link: "b", Verdict: Verdict{Level: Good}}}}
	assert.Equal(t, Verdict{Good, "The call held on all 1 links. Nothing is known of a: the " +
		"generator was at its limit, or nothing was heard."}, m.judge())
	m.Cells = m.Cells[:1]
	assert.Equal(t, Void, m.judge().Level)
	assert.Equal(t, Void, (&Matrix{}).judge().Level)
}

func TestAMatrixIsShown(t *testing.T) {
	run := matrixOf(map[string]float64{"fibre": 0.002, "thin": 0.03})
	run.Matrix.Repeated = 2
	var table, page bytes.Buffer
	require.NoError(t, WriteTable(&table, run))
	assert.Regexp(t, `thin +Fair +3 % +20/s +360 px +0 % +120 ms`, table.String())
	assert.Contains(t, table.String(), "\nthin: The voice held, with reservations: up to 3 %")
	assert.NotContains(t, table.String(), "\nfibre: ")
	require.NoError(t, WriteHTML(&page, run))
	text := page.String()
	assert.Contains(t, text, "<h2>Link by link</h2>")
	assert.Contains(t, text, `<span class="badge fair">! Fair</span>`)
	assert.Contains(t, text, "2 parts were played again")
	assert.Equal(t, 2, strings.Count(text, "a link called "))
	var file bytes.Buffer
	require.NoError(t, Write(&file, run))
	again, err := Read(&file)
	require.NoError(t, err)
	assert.Equal(t, run.Matrix.Cells[1].Verdict, again.Matrix.Cells[1].Verdict)
	assert.InDelta(t, 0.03, again.Matrix.Cells[1].Concealed.Or(0), 1e-9)
}
