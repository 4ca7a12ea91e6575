package scenario

import (
	"fmt"
	"math"
	"slices"
	"time"

	"draille/loadtest/report"
)

// Spared holds what those behind a good link got in a call with thin links against the same call,
// from the same seed, without: nobody must notice another's thin link. Seconds in which somebody
// behind a thin link speaks do not count, for their own uplink limits what anybody can get of them.
func Spared(with, without *report.Run, plan *Plan, good string) []report.Outcome {
	var names []string
	for _, s := range plan.Seats {
		if s.Link.Name == good {
			names = append(names, s.Name)
		}
	}
	counts := undisturbed(plan, good)
	outcomes := make([]report.Outcome, 0, len(sparedFigures))
	for _, f := range sparedFigures {
		figure, err := report.FindFigure(f.name)
		if err != nil {
			panic(err) // a figure of this file
		}
		outcome := report.Outcome{
			Expectation: fmt.Sprintf("%s on %s as without thin links (within %.0f %%)", f.name,
				good, 100*sparedTolerance)}
		a, b := sparedMean(with, names, counts, f.of), sparedMean(without, names, counts, f.of)
		outcome.Came = fmt.Sprintf("%s with them, %s without",
			figure.Unit.Format(report.Measured(a)), figure.Unit.Format(report.Measured(b)))
		worse := a - b
		if !figure.Lower {
			worse = b - a
		}
		// of what was not measured it is not
		outcome.Met = worse <= max(sparedTolerance*math.Abs(b), figure.Noise)
		outcomes = append(outcomes, outcome)
	}
	return outcomes
}

const sparedTolerance = 0.05

// sparedFigures are those that depend on nobody else's link. Delays and freezes are of all voices
// and pictures together: those of a person behind a satellite take longer for everybody, which is
// no fault.
var sparedFigures = []struct {
	name string
	of   func(*report.PersonSample) report.Value
}{
	{"audio.concealed", func(s *report.PersonSample) report.Value { return s.AudioConcealed }},
	{"video.fps", func(s *report.PersonSample) report.Value { return s.FramesPerSecond }},
	{"video.height", func(s *report.PersonSample) report.Value { return s.Height }},
	{"link.rtt", func(s *report.PersonSample) report.Value { return s.RoundTripMillis }},
}

// sparedMean is the mean over the seconds that count of all those named; NaN if there is none.
func sparedMean(run *report.Run, names []string, counts func(float64) bool,
	of func(*report.PersonSample) report.Value) float64 {
	var values []float64
	for i := range run.Participants {
		p := &run.Participants[i]
		if !slices.Contains(names, p.Name) {
			continue
		}
		for j := range p.Samples {
			if s := &p.Samples[j]; counts(s.Second - 0.5) {
				values = appendKnown(values, of(s))
			}
		}
	}
	if len(values) == 0 {
		return math.NaN()
	}
	return mean(values)
}

const (
	beginning = 5 * time.Second // until everybody is in and sees the others
	aftermath = 2 * time.Second // until the next speaker's picture has come
)

// undisturbed tells of a moment of the plan, in seconds, whether everybody has come and the last to
// speak stands behind the link.
func undisturbed(plan *Plan, good string) func(second float64) bool {
	type spell struct{ from, to time.Duration }
	var thin []spell
	for _, s := range plan.Steps {
		if s.Do != Speak {
			continue
		}
		isGood := plan.Seats[s.Seat].Link.Name == good
		open := len(thin) > 0 && thin[len(thin)-1].to == 0
		switch {
		case isGood && open:
			thin[len(thin)-1].to = s.At + aftermath
		case !isGood && !open:
			thin = append(thin, spell{from: s.At})
		}
	}
	return func(second float64) bool {
		at := time.Duration(second * float64(time.Second))
		if at < beginning {
			return false
		}
		return !slices.ContainsFunc(thin, func(s spell) bool {
			return at >= s.from && (s.to == 0 || at < s.to)
		})
	}
}
