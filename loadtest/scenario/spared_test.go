package scenario

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"draille/loadtest/report"
)

// staffPlan: two on fibre, one on adsl-end, who speaks from 10 to 14 s and, at the end, from 30 s
// on.
func staffPlan(t *testing.T) *Plan {
	t.Helper()
	links := profiles(t, "fibre", "adsl-end")
	return &Plan{Length: 40 * time.Second,
		Seats: []Seat{{Name: "Chair", Link: links[0]}, {Name: "Clinician 2", Link: links[0]},
			{Name: "Clinician 3", Link: links[1]}},
		Steps: []Step{{2 * time.Second, 0, Speak}, {10 * time.Second, 2, Speak},
			{12 * time.Second, 2, Hush}, {12 * time.Second, 2, Speak}, {14 * time.Second, 2, Hush},
			{15 * time.Second, 1, Speak}, {30 * time.Second, 2, Speak}}}
}

func TestSecondsOfAThinSpeakerDoNotCount(t *testing.T) {
	counts := undisturbed(staffPlan(t), "fibre")
	for second, want := range map[float64]bool{2: false, 6: true, 9.9: true, 10.1: false,
		14.5: false, 16.9: false, 17.1: true, 29: true, 31: false, 39: false} {
		require.Equal(t, want, counts(second), second)
	}
}

// callOf gives everybody frames, and fewer while the thin one speaks.
func callOf(frames float64) *report.Run {
	run := &report.Run{}
	for _, name := range []string{"Chair", "Clinician 2", "Clinician 3"} {
		p := report.Participant{Name: name}
		for s := 1; s <= 40; s++ {
			sample := report.PersonSample{Second: float64(s),
				AudioConcealed: report.Measured(0.001), FramesPerSecond: report.Measured(frames),
				Height:          report.Measured(360),
				RoundTripMillis: report.Measured(12)}
			if s > 30 || s >= 11 && s <= 17 || name == "Clinician 3" {
				sample.FramesPerSecond = report.Measured(3)
			}
			p.Samples = append(p.Samples, sample)
		}
		run.Participants = append(run.Participants, p)
	}
	return run
}

func TestNobodyOnFibreNoticesThinLinks(t *testing.T) {
	plan := staffPlan(t)
	for _, o := range Spared(callOf(19.5), callOf(20), plan, "fibre") {
		require.True(t, o.Met, o)
	}
	worse := Spared(callOf(17), callOf(20), plan, "fibre")
	require.Equal(t,
		report.Outcome{Expectation: "video.fps on fibre as without thin links (within 5 %)",
			Met: false, Came: "17/s with them, 20/s without"}, worse[1])
	for i, o := range worse {
		require.Equal(t, i != 1, o.Met, o)
	}
	better := Spared(callOf(25), callOf(20), plan, "fibre")
	require.True(t, better[1].Met, "more is not worse")
	for _, o := range Spared(&report.Run{}, callOf(20), plan, "fibre") {
		require.False(t, o.Met, "what was not measured is not the same")
	}
}
