package table

import (
	"fmt"
	"math"
	"slices"
	"time"

	"draille/loadtest/report"
)

// Line is a span of a call.
type Line struct {
	Label string
	// Part is the span that is measured.
	Part Part
	// From and To are since the thin side began to join.
	From, To time.Duration
	Columns  []Column
	Targets  map[Column]Target
}

func (l *Line) measure(here, there *report.Participant) Figures {
	var f Figures
	since := here.Joined.Or(0)
	switch l.Part {
	case Whole:
		f[Concealed], f[Other] = here.Figures.AudioConcealed, there.Figures.AudioConcealed
		f[FrameRate], f[RoundTrip] = here.Figures.FramesPerSecond, here.Figures.RoundTripMillis
		f[Voice], f[VoiceTail] = here.Figures.AudioDelay.P50, here.Figures.AudioDelay.P95
		f[OtherVoice], f[OtherTail] = there.Figures.AudioDelay.P50, there.Figures.AudioDelay.P95
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

func (l *Line) cell(c Column, v report.Value) string {
	if !slices.Contains(l.Columns, c) {
		return ""
	}
	text := format(c, v)
	target, ok := l.Targets[c]
	if !ok {
		return text
	}
	mark := "✓"
	if !target.Met(v) {
		mark = "✗"
	}
	return fmt.Sprintf("%s %s (%s)", text, mark, target.String(columns[c].unit))
}
