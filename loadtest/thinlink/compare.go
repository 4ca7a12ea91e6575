package thinlink

import (
	"fmt"
	"io"
	"math"
	"text/tabwriter"

	"draille/loadtest/report"
)

// Comparison holds a virtual receiver against a real one: the same link, the same server, the same
// person opposite.
type Comparison struct {
	Real, Virtual *report.Participant
	// SentReal and SentVirtual are what the person opposite sent in each call, frames/s of all
	// encodings together.
	SentReal, SentVirtual report.Value
}

// How near a virtual participant must come for its figures to be believed.
const (
	concealmentTolerance = 0.03 // of all sound
	frameRateTolerance   = 0.20 // of the real browser's
)

// Compare finds the person of that name in both runs.
func Compare(name string, realRun, virtualRun *report.Run) (Comparison, error) {
	find := func(run *report.Run, what string) (*report.Participant, error) {
		for i := range run.Participants {
			if run.Participants[i].Name == name && run.Participants[i].Failure == "" {
				return &run.Participants[i], nil
			}
		}
		return nil, fmt.Errorf(
			"there is nothing to compare: %s, %s, did not take part in the call to its end", name,
			what)
	}
	real, err := find(realRun, "with a real browser")
	if err != nil {
		return Comparison{}, err
	}
	virtual, err := find(virtualRun, "virtual")
	return Comparison{Real: real, Virtual: virtual}, err
}

// Holds tells, for each of the two criteria, whether the virtual receiver came near enough. What
// one of them did not measure does not hold.
func (c Comparison) Holds() (concealment, frameRate bool) {
	a, knownA := c.Real.Figures.AudioConcealed.Get()
	b, knownB := c.Virtual.Figures.AudioConcealed.Get()
	concealment = knownA && knownB && math.Abs(a-b) <= concealmentTolerance
	a, knownA = c.Real.Figures.FramesPerSecond.Get()
	b, knownB = c.Virtual.Figures.FramesPerSecond.Get()
	frameRate = knownA && knownB && math.Abs(a-b) <= frameRateTolerance*a
	return concealment, frameRate
}

var compared = []string{"audio.concealed", "video.fps", "video.frozen", "video.height",
	"link.received", "link.rtt", "audio.first", "video.first", "video.admitted"}

// Write prints both, figure by figure.
func (c Comparison) Write(w io.Writer) error {
	concealment, frameRate := c.Holds()
	table := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	fmt.Fprintf(table, "%s on %s\treal\tvirtual\t\n", c.Real.Name, c.Real.Link)
	for _, name := range compared {
		figure, err := report.FindFigure(name)
		if err != nil {
			return err
		}
		note := ""
		switch name {
		case "audio.concealed":
			note = fmt.Sprintf("%s: within %.0f points", verdict(concealment),
				100*concealmentTolerance)
		case "video.fps":
			note = fmt.Sprintf("%s: within %.0f %%", verdict(frameRate), 100*frameRateTolerance)
		}
		fmt.Fprintf(table, "%s\t%s\t%s\t%s\n", name, figure.Unit.Format(figure.Of(c.Real)),
			figure.Unit.Format(figure.Of(c.Virtual)), note)
	}
	fmt.Fprintf(table, "sent to %s\t%s\t%s\t\n", c.Real.Name, report.PerSecond.Format(c.SentReal),
		report.PerSecond.Format(c.SentVirtual))
	return table.Flush()
}

func verdict(holds bool) string {
	if holds {
		return "holds"
	}
	return "DOES NOT HOLD"
}
