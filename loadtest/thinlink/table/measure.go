package table

import (
	"fmt"
	"slices"
	"time"

	"draille/loadtest/report"
)

// Figures are the columns of one line, out of one call.
type Figures [columnCount]report.Value

func find(run *report.Run, name string) (*report.Participant, error) {
	for i := range run.Participants {
		p := &run.Participants[i]
		if p.Name != name {
			continue
		}
		if p.Failure != "" {
			return nil, fmt.Errorf("%s: %s", name, p.Failure)
		}
		return p, nil
	}
	return nil, fmt.Errorf("%s did not take part", name)
}

func concealed(s *report.PersonSample) report.Value { return s.AudioConcealed }
func frameRate(s *report.PersonSample) report.Value { return s.FramesPerSecond }
func roundTrip(s *report.PersonSample) report.Value { return s.RoundTripMillis }

func known(samples []report.PersonSample, of func(*report.PersonSample) report.Value) []float64 {
	var values []float64
	for i := range samples {
		if n, ok := of(&samples[i]).Get(); ok {
			values = append(values, n)
		}
	}
	return values
}

func mean(samples []report.PersonSample, of func(*report.PersonSample) report.Value) report.Value {
	values := known(samples, of)
	sum := 0.0
	for _, v := range values {
		sum += v
	}
	return report.Measured(sum / float64(len(values))) // of nothing: not measured
}

// lines is the median height of what was seen.
func lines(samples []report.PersonSample) report.Value {
	return median(known(samples, func(s *report.PersonSample) report.Value {
		if s.FramesPerSecond.Or(0) == 0 {
			return report.Value{}
		}
		return s.Height
	}))
}

// frozen is the time without a new frame, whoever stopped the picture: the person sees it stand
// still.
func frozen(samples []report.PersonSample) report.Value {
	return sum(known(samples, func(s *report.PersonSample) report.Value {
		if s.FrozenSeconds.IsZero() && s.PausedSeconds.IsZero() {
			return report.Value{}
		}
		return report.Measured(min(1, s.FrozenSeconds.Or(0)+s.PausedSeconds.Or(0)))
	}))
}

func sum(values []float64) report.Value {
	if len(values) == 0 {
		return report.Value{}
	}
	total := 0.0
	for _, v := range values {
		total += v
	}
	return report.Measured(total)
}

// median of what is known; the lower of the middle two.
func median(values []float64) report.Value {
	if len(values) == 0 {
		return report.Value{}
	}
	slices.Sort(values)
	return report.Measured(values[(len(values)-1)/2])
}

const (
	recovered = 0.95
	before    = 10 * time.Second // whose mean rate is what must come back
	// of the median that must reach it: single seconds vary, with keyframes for one
	rollSeconds = 5
)

// Medians of several calls, column by column. What fewer than half of them measured is not known.
func Medians(calls []Figures) Figures {
	var out Figures
	for c := range columnCount {
		var values []float64
		for i := range calls {
			if n, ok := calls[i][c].Get(); ok {
				values = append(values, n)
			}
		}
		if 2*len(values) > len(calls) {
			out[c] = median(values)
		}
	}
	return out
}
