package table

import (
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"draille/loadtest/report"
)

func value(n float64) report.Value { return report.Measured(n) }

// person joined at 2 s; of describes the second that ends so many seconds after.
func person(name string, seconds int, of func(second int) report.PersonSample) report.Participant {
	p := report.Participant{Name: name, Joined: value(2)}
	for s := 1; s <= seconds; s++ {
		sample := of(s)
		sample.Second = 2 + float64(s) + 0.2 // readings come at any fraction of a second
		p.Samples = append(p.Samples, sample)
	}
	return p
}

func TestEveryRowHasItsLink(t *testing.T) {
	for _, row := range Rows() {
		profile, err := row.Link()
		require.NoError(t, err)
		assert.NotEmpty(t, row.Lines)
		for _, line := range row.Lines {
			assert.LessOrEqual(t, line.To, row.Length)
			for column := range line.Targets {
				assert.Contains(t, line.Columns, column, "a target that nobody sees")
			}
		}
		if row.Losses != nil {
			assert.Equal(t, row.Name, profile.Name)
			assert.EqualValues(t, 300_000, profile.Down.Rate)
			assert.Equal(t, profile.Up, profile.Down)
			assert.Equal(t, []any{row.Losses.Loss, row.Losses.Bursts},
				[]any{profile.Down.Loss, profile.Down.Bursts})
		}
		if row.Profile == "drop-30s" {
			assert.Equal(t, profile.Up, profile.Down, "it is thin both ways")
			low, _ := profile.Down.RateAt(dropAt, dropAt+dropFor)
			assert.EqualValues(t, 250_000, low)
			high, _ := profile.Down.RateAt(dropAt+dropFor, row.Length)
			assert.EqualValues(t, 2_000_000, high)
		}
	}
	chosen, err := Select([]string{"telestaff", "thin-60"})
	require.NoError(t, err)
	assert.Equal(t, []string{"telestaff", "thin-60"}, []string{chosen[0].Name, chosen[1].Name})
	all, err := Select(nil)
	require.NoError(t, err)
	assert.Len(t, all, len(Rows()))
	_, err = Select([]string{"thin-1"})
	require.ErrorContains(t, err, "expected one of fibre, fine, fine-drop, thin-60, "+
		"thin-150, thin-300-lossy, loss-20, bursts-5, drop-30s, document, telestaff")
}

func row(t *testing.T, name string) Row {
	t.Helper()
	chosen, err := Select([]string{name})
	require.NoError(t, err)
	return chosen[0]
}

func TestACallOnOneLink(t *testing.T) {
	nurse := person("nurse", 10, func(s int) report.PersonSample {
		return report.PersonSample{FramesPerSecond: value(12), Height: value(180),
			FrozenSeconds: value(0.1), PausedSeconds: value(float64(s / 10))}
	})
	nurse.Figures = report.PersonFigures{AudioConcealed: value(0.004), FramesPerSecond: value(12),
		RoundTripMillis: value(180), AudioDelay: report.Delays{P50: value(210), P95: value(280)}}
	doctor := report.Participant{Name: "doctor",
		Figures: report.PersonFigures{AudioConcealed: value(0.002),
			AudioDelay: report.Delays{P50: value(190), P95: value(310)}}}
	r := row(t, "thin-150")
	figures, err := r.Measure(&report.Run{Participants: []report.Participant{doctor, nurse}},
		"nurse", "doctor")
	require.NoError(t, err)
	f := figures[0]
	assert.InDelta(t, 0.004, f[Concealed].Or(-1), 1e-9)
	assert.InDelta(t, 0.002, f[Other].Or(-1), 1e-9)
	assert.InDelta(t, 180, f[Lines].Or(-1), 1e-9)
	assert.InDelta(t, 1.9, f[Frozen].Or(-1), 1e-9, "nothing counts twice")
	result := Result{Row: r, Calls: [][]Figures{figures}}
	assert.Equal(t, []string{"150 kbit/s: p95 there 310 ms, to be < 300 ms"}, result.Missed())

	_, err = r.Measure(&report.Run{Participants: []report.Participant{nurse}}, "nurse", "doctor")
	require.ErrorContains(t, err, "doctor did not take part")
	nurse.Failure = "was never let in"
	_, err = r.Measure(&report.Run{Participants: []report.Participant{nurse}}, "nurse", "doctor")
	require.ErrorContains(t, err, "nurse: was never let in")
}

func TestACallWhoseLinkDropsAndReturns(t *testing.T) {
	nurse := person("nurse", 100, func(s int) report.PersonSample {
		sample := report.PersonSample{AudioConcealed: value(0), FramesPerSecond: value(20),
			Height: value(360), FrozenSeconds: value(0), RoundTripMillis: value(55),
			ReceivedBits: value(700e3)}
		switch {
		case s > 30 && s <= 35: // the first 5 s
			sample.AudioConcealed, sample.FramesPerSecond = value(0.02), value(5)
			sample.FrozenSeconds, sample.RoundTripMillis = value(0.3), value(300)
			sample.ReceivedBits, sample.Height = value(200e3), value(180)
		case s > 35 && s <= 60:
			sample.FramesPerSecond, sample.Height, sample.ReceivedBits = value(16), value(270),
				value(220e3)
		case s > 60 && s <= 63:
			sample.ReceivedBits = value(400e3)
		case s == 70: // one bad second does not matter
			sample.ReceivedBits = value(100e3)
		}
		return sample
	})
	doctor := person("doctor", 100, func(s int) report.PersonSample {
		sample := report.PersonSample{AudioConcealed: value(0.001), ReceivedBits: value(700e3)}
		if s > 30 {
			sample.ReceivedBits = value(200e3)
		}
		return sample
	})
	r := row(t, "drop-30s")
	figures, err := r.Measure(&report.Run{Participants: []report.Participant{nurse, doctor}},
		"nurse", "doctor")
	require.NoError(t, err)
	first, after, back := figures[0], figures[1], figures[2]
	assert.InDelta(t, 0.02, first[Concealed].Or(-1), 1e-9)
	assert.InDelta(t, 1.5, first[Frozen].Or(-1), 1e-9)
	assert.InDelta(t, 5, first[FrameRate].Or(-1), 1e-9)
	assert.InDelta(t, 300, first[RoundTrip].Or(-1), 1e-9)
	assert.InDelta(t, 180, first[Lines].Or(-1), 1e-9)
	assert.InDelta(t, 0, after[Concealed].Or(-1), 1e-9)
	assert.InDelta(t, 16, after[FrameRate].Or(-1), 1e-9)
	assert.InDelta(t, 270, after[Lines].Or(-1), 1e-9)
	assert.InDelta(t, 0.001, after[Other].Or(-1), 1e-9)
	assert.InDelta(t, 3.2, back[Recovery].Or(-1), 1e-9,
		"the first second of the old rate begins 63.2 s after they joined")
	assert.True(t, back[OtherBack].IsZero(), "it never came back")

	result := Result{Row: r, Calls: [][]Figures{figures}, Remarks: []string{"the machine was busy"}}
	missed := strings.Join(result.Missed(), "\n")
	assert.Contains(t, missed, "first 5 s after 2 Mbit/s → 250 kbit/s: concealed 2 %, to be < 1 %")
	assert.Contains(t, missed, "frozen 1.5 s, to be < 1 s")
	assert.Contains(t, missed, "other side's back after not in the call, to be < 5 s")
	assert.Len(t, result.Missed(), 3)

	var out strings.Builder
	require.NoError(t, Write(&out, []Result{result}))
	want := []string{
		"| link | concealed | frames/s | lines | frozen | RTT | other side hears concealed | 95 " +
			"% of the rate back after | other side's back after |",
		"| first 5 s after 2 Mbit/s → 250 kbit/s | 2 % ✗ (< 1 %) | 5 | 180 | 1.5 s ✗ (< 1 s) | " +
			"300 ms | 0.1 % |  |  |",
		"| the 25 s after that | 0 % ✓ (< 0.1 %) | 16 ✓ (≥ 15) | 270 ✓ (≥ 270) | 0 s | 55 ms | " +
			"0.1 % |  |  |",
		"| 2 Mbit/s again |  |  |  |  |  |  | 3.2 s ✓ (< 5 s) | not in the call ✗ (< 5 s) |",
		"drop-30s: the machine was busy",
	}
	for _, line := range want {
		assert.Contains(t, out.String(), line+"\n")
	}
}

func TestMedians(t *testing.T) {
	calls := make([]Figures, 3)
	for i, n := range []float64{3, 1, 2} {
		calls[i][Concealed] = value(n)
	}
	calls[1][Frozen] = value(4)
	calls[0][Lines], calls[2][Lines] = value(5), value(9)
	m := Medians(calls)
	assert.InDelta(t, 2, m[Concealed].Or(-1), 0)
	assert.True(t, m[Frozen].IsZero(), "one of three says nothing")
	assert.InDelta(t, 5, m[Lines].Or(-1), 0)
	assert.Equal(t, Figures{}, Medians(nil))
}

func TestNothingMeasuredMeetsNoTarget(t *testing.T) {
	r := row(t, "drop-30s")
	empty := report.Participant{Name: "a"}
	other := report.Participant{Name: "b"}
	figures, err := r.Measure(&report.Run{Participants: []report.Participant{empty, other}}, "a",
		"b")
	require.NoError(t, err)
	result := Result{Row: r, Calls: [][]Figures{figures}}
	assert.Len(t, result.Missed(), 7)
	assert.False(t, below(1).Met(report.Value{}))
	assert.Equal(t, time.Duration(0), r.Lines[2].To-60*time.Second)
}
