package table

import (
	"fmt"
	"math"
	"slices"
	"time"

	"draille/loadtest/report"
)

// Figures are the columns of one line, out of one call.
type Figures [columnCount]report.Value

// Measure reads the figures of each line from a call between the thin one and the other of these
// names. It fails if one of them did not take part to the end.
func (r *Row) Measure(run *report.Run, thin, other string) ([]Figures, error) {
	here, err := find(run, thin)
	if err != nil {
		return nil, err
	}
	there, err := find(run, other)
	if err != nil {
		return nil, err
	}
	figures := make([]Figures, len(r.Lines))
	for i, line := range r.Lines {
		figures[i] = line.measure(here, there)
	}
	return figures, nil
}

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

func (l *Line) measure(here, there *report.Participant) Figures {
	var f Figures
	since := here.Joined.Or(0)
	switch l.Part {
	case Whole:
		f[Concealed], f[Other] = here.Figures.AudioConcealed, there.Figures.AudioConcealed
		f[FrameRate], f[RoundTrip] = here.Figures.FramesPerSecond, here.Figures.RoundTripMillis
		f[Lines] = lines(here.Samples)
		f[Frozen] = frozen(here.Samples)
	case Span:
		samples, others := l.within(here.Samples, since), l.within(there.Samples, since)
		f[Concealed], f[Other] = mean(samples, concealed), mean(others, concealed)
		f[FrameRate], f[RoundTrip] = mean(samples, frameRate), mean(samples, roundTrip)
		f[Lines] = lines(samples)
		f[Frozen] = frozen(samples)
		f[Readable] = here.Figures.DocumentReadable
	case Return:
		f[Recovery] = l.recovery(here.Samples, since)
		f[OtherBack] = l.recovery(there.Samples, since)
	}
	return f
}

// within returns the seconds whose middle lies in the span: samples are taken at any fraction of a
// second.
func (l *Line) within(samples []report.PersonSample, since float64) []report.PersonSample {
	from, to := since+l.From.Seconds(), since+l.To.Seconds()
	var chosen []report.PersonSample
	for _, s := range samples {
		if middle := s.Second - 0.5; middle >= from && middle < to {
			chosen = append(chosen, s)
		}
	}
	return chosen
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

// recovery is how long after the end of the span the received rate is back: the time until a second
// begins that reaches 95 % of the median of the ten seconds before the drop, and with which five
// seconds begin whose median does. Unknown if there is none.
func (l *Line) recovery(samples []report.PersonSample, since float64) report.Value {
	rate := func(s *report.PersonSample) report.Value { return s.ReceivedBits }
	reference := Line{From: l.From - before, To: l.From}
	wanted, ok := median(known(reference.within(samples, since), rate)).Get()
	if !ok {
		return report.Value{}
	}
	back := since + l.To.Seconds()
	for i := range samples {
		if samples[i].Second-0.5 < back || i+rollSeconds > len(samples) {
			continue
		}
		if least := recovered * wanted; rate(&samples[i]).Or(0) >= least &&
			median(known(samples[i:i+rollSeconds], rate)).Or(0) >= least {
			return report.Measured(math.Max(0, samples[i].Second-1-back))
		}
	}
	return report.Value{}
}

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
