package thinlink

import (
	"context"
	"encoding/json"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"draille/loadtest/link"
	"draille/loadtest/link/tun"
	"draille/loadtest/report"
	"draille/loadtest/scenario"
)

func TestFramesAreMatchedToTheLatestDrawing(t *testing.T) {
	drawings := map[int][]drawn{1: {{5, 100}, {6, 150}, {5, 2100}}, 2: {{5, 90}}}
	got := matchFrames([]seen{
		{1, 5, 250}, {1, 6, 300}, {1, 5, 2150}, {2, 5, 95},
		{1, 7, 400}, // never drawn
		{1, 6, 120}, // before it was drawn
		{3, 5, 500}, // nobody we know
	}, drawings)
	assert.Equal(t, []delay{{250, 150}, {300, 150}, {2150, 50}, {95, 5}}, got)
}

func TestABeepIsMatchedToTheLatestBefore(t *testing.T) {
	beeps := map[int][]float64{1: {1000, 2400}, 2: {1100}}
	got := matchBeeps([]heard{{1, 1150}, {2, 1200}, {1, 2700},
		{1, 900},  // before any
		{2, 2400}, // too late to be told from one that was never noted
		{3, 1200}, // nobody we know
	}, beeps)
	assert.Equal(t, []delay{{1150, 150}, {1200, 100}, {2700, 300}}, got)
}

func TestSummaryOfDelays(t *testing.T) {
	var delays []delay
	for i := 1; i <= 100; i++ {
		delays = append(delays, delay{float64(i), float64(101 - i)})
	}
	all := summary(delays, 0, math.Inf(1))
	assert.Equal(t, []float64{50, 95, 99, 100}, []float64{all.P50, all.P95, all.P99, all.Max})
	assert.Equal(t, 100, all.Count)
	assert.Equal(t, 10, summary(delays, 90, 100).Count)
	assert.Zero(t, summary(delays, 200, 300))
}

// stay is a visit whose page was opened at 10 s, with a reading each second from 11 s on.
func stay(readings ...reading) *visit {
	v := &visit{}
	v.add(event{Event: "opened", At: 10_000})
	v.add(event{Event: "inside", At: 12_300})
	n := &notes{Participant: "p1", ConnectedAt: 11_200, FirstAudioAt: 12_500, FirstFrameAt: 12_700}
	for i, r := range readings {
		n.Readings = append(n.Readings, timedReading{float64(11_000 + 1000*i), r})
	}
	v.add(event{Event: "notes", Notes: n})
	return v
}

func TestFiguresOfAVisit(t *testing.T) {
	v := stay(
		reading{},
		reading{Samples: 0, Others: 1},
		reading{Samples: 48_000, Concealed: 9_600, Silent: 4_800, Frames: 10, MainFrames: 10,
			Width: 320, Height: 180, Others: 1, BytesReceived: 1000, PacketsReceived: 10,
			FramesSent: 5, BytesSent: 500},
		reading{Samples: 96_000, Concealed: 9_600, Silent: 4_800, Frames: 25, MainFrames: 25,
			Width: 320, Height: 180, Others: 1, BytesReceived: 11_000, PacketsReceived: 30,
			FramesSent: 20, BytesSent: 2500, RoundTrip: 60},
		reading{Samples: 144_000, Concealed: 14_400, Silent: 4_800, Frames: 25, MainFrames: 25,
			Width: 640, Height: 360, Others: 1, BytesReceived: 12_000, PacketsReceived: 32,
			RoundTrip: 70},
		reading{Samples: 192_000, Concealed: 14_400, Silent: 4_800, Frames: 40, MainFrames: 40,
			Width: 320, Height: 180, Others: 1, BytesReceived: 20_000, PacketsReceived: 60,
			RoundTrip: 80},
	)
	for at := 12_700.0; at < 14_100; at += 100 {
		v.Shown = append(v.Shown, at)
	}
	v.Shown = append(v.Shown, 15_200)
	f := v.figures(9_000, []float64{8_000, 12_200, 13_000},
		waits{frames: []delay{{13_500, 200}, {14_500, 300}},
			voices: []delay{{8_000, 900}, {13_100, 150}, {13_600, 90}}})

	assert.Equal(t, "p1", f.ID)
	assert.InDelta(t, 1200, f.Join.Connected, 0)
	assert.InDelta(t, 2200, f.Join.Admitted, 0, "the tap before they came in, not the one after")
	assert.InDelta(t, 2500, f.Join.FirstAudio, 0)
	assert.InDelta(t, 2700, f.Join.FirstFrame, 0)
	assert.InDelta(t, 500, f.Join.AdmissionToFirstFrame, 0)
	assert.InDelta(t, 4000, f.Audio.Total, 0)
	assert.InDelta(t, 300, f.Audio.Concealed, 0)
	assert.InDelta(t, 200, f.Audio.Audible, 0)
	assert.InDelta(t, 0.05, f.Audio.AudibleShare(), 1e-9)
	assert.Equal(t, 40, f.Video.Frames)
	assert.Equal(t, 180, f.Video.Height)
	assert.Equal(t, 2, f.Video.Freezes)
	assert.InDelta(t, 2000, f.Video.Frozen, 1e-9, "from 14 s to 15.2 s, and since then")
	assert.InDelta(t, 1000, f.Seconds[4].Frozen, 1e-9)
	assert.InDelta(t, 3000, f.Video.Watched, 0)
	assert.Equal(t, 2, f.Video.Delay.Count)
	assert.Equal(t, 2, f.Audio.Delay.Count, "what was heard before is another call's")
	assert.InDelta(t, 150, f.Audio.Delay.P95, 0)
	assert.InDelta(t, 90, f.Seconds[3].AudioDelay, 0)
	require.Len(t, f.Seconds, 6)
	assert.InDelta(t, 5, f.Seconds[3].At, 1e-9)
	assert.Equal(t, 15, f.Seconds[3].MainFrames)
	assert.Equal(t, 80_000, f.Seconds[3].ReceivedBps)
	assert.InDelta(t, 200, f.Seconds[2].AudioConcealed, 0)
	assert.InDelta(t, 100, f.Seconds[2].AudioAudible, 0)
	assert.Zero(t, f.Seconds[3].Paused)
	assert.Zero(t, f.Seconds[4].Paused, "nothing counts twice")
	assert.InDelta(t, 200, f.Seconds[3-0].VideoDelay, 0)
	assert.Zero(t, f.Seconds[0].Paused, "nothing is expected before the first frame")
}

func TestFiguresOfSomebodyWhoWasThereBefore(t *testing.T) {
	v := stay(
		reading{Samples: 480_000, Concealed: 48_000, Frames: 100, MainFrames: 100, Others: 1,
			BytesReceived: 1e6},
		reading{Samples: 528_000, Concealed: 48_000, Frames: 115, MainFrames: 115, Others: 1,
			BytesReceived: 1.01e6},
		reading{Samples: 576_000, Concealed: 48_480, Frames: 115, MainFrames: 115},
	)
	f := v.figures(11_500, nil, waits{})
	assert.InDelta(t, 0, f.Join.FirstFrame, 0, "they did not join now")
	assert.Positive(t, f.Join.Connected)
	assert.InDelta(t, 2000, f.Audio.Total, 0)
	assert.InDelta(t, 10, f.Audio.Audible, 0)
	require.Len(t, f.Seconds, 2)
	assert.Equal(t, 15, f.Seconds[0].MainFrames)
	assert.Zero(t, f.Seconds[1].Paused, "nobody was there any more")
	assert.Empty(t, v.figures(20_000, nil, waits{}).Seconds)
}

func TestTheTapIsTheOneBeforeTheFirstVoice(t *testing.T) {
	v := stay(reading{})
	assert.InDelta(t, 2400, v.join(9_000, []float64{9_900, 11_000, 12_400, 12_600}).Admitted, 0)
	assert.InDelta(t, 2300, v.join(9_000, nil).Admitted, 0, "nobody had to let them in")
	v.FirstAudioAt = 0
	assert.InDelta(t, 2600, v.join(9_000, []float64{12_400, 12_600}).Admitted, 0,
		"the picture came first")
}

func TestWhatWentWrongAndWhatWasSeenAreKept(t *testing.T) {
	v := stay(reading{})
	assert.True(t, v.began())
	v.add(event{Event: "picture", At: 12_000, Caption: "first", PNG: []byte{1}})
	v.add(event{Event: "failed", Reason: "one"})
	v.add(event{Event: "failed", Reason: "two"})
	v.add(event{Event: "left"})
	assert.True(t, v.left)
	assert.Equal(t, "one", v.failure)
	assert.Len(t, v.pictures, 1)
}

func TestEventsOfTheDriverAreRead(t *testing.T) {
	var e event
	require.NoError(t,
		json.Unmarshal([]byte(`{"event":"picture","at":1.5,"caption":"c","png":"AQID"}`), &e))
	assert.Equal(t, event{Event: "picture", At: 1.5, Caption: "c", PNG: []byte{1, 2, 3}}, e)
	require.NoError(t, json.Unmarshal([]byte(`{"event":"notes","notes":{"participant":"x","firstFrameAt":3,"taps":[1],
		"readings":[{"at":2,"reading":{"samples":7,"others":1}}],"drawn":[{"frame":1,"at":2}],"seen":[{"who":1,"frame":2,"at":3}],"likeness":[{"at":1,"ssim":0.9}]}}`), &e))
	assert.Equal(t, "x", e.Notes.Participant)
	assert.InDelta(t, 7, e.Notes.Readings[0].Reading.Samples, 0)
	assert.Equal(t, seen{1, 2, 3}, e.Notes.Seen[0])
	assert.InDelta(t, 0.9, e.Notes.Likeness[0].SSIM, 0)
}

func TestWhenADocumentIsReadable(t *testing.T) {
	document := func(at float64, lines int, ssim float64) likeness {
		return likeness{At: at, Who: 9, Lines: lines, SSIM: ssim}
	}
	all := []likeness{
		document(900, 720, 0.99),                            // one that was shared before
		{At: 1100, Who: 1, Lines: 360, SSIM: 0.97},          // a camera
		document(1500, 720, 0.7), document(2500, 360, 0.96), // too small is not sharp
		document(3500, 720, 0.96), document(5900, 720, 0.98), document(6500, 720, 0.99),
	}
	after5, seconds := readDocument(all, 1000)
	assert.InDelta(t, 0.98, after5.Or(-1), 0)
	assert.InDelta(t, 2.5, seconds.Or(-1), 1e-9)
	after5, seconds = readDocument(all[:4], 1000)
	assert.InDelta(t, 0.96, after5.Or(-1), 0)
	assert.True(t, seconds.IsZero(), "never")
	assert.InDelta(t, 0.97, meanLikeness(all, 0).Or(-1), 0, "documents are not counted")
}

func TestADocumentIsSharedBeforeTheyLeave(t *testing.T) {
	plan := Document("host", "guest", Local(), 20*time.Second, 40*time.Second, 1)
	require.Len(t, plan.Steps, 7)
	assert.Equal(t, scenario.Step{At: 20 * time.Second, Seat: 0, Do: scenario.Share}, plan.Steps[4])
	assert.Contains(t, plan.Summary, "shares a page of text")
}

func TestPicturesOfTheWorstMoments(t *testing.T) {
	var w worst
	var taken []float64
	for second := range 60 {
		frames := 15.0
		switch second {
		case 3, 20, 22, 30, 40, 50:
			frames = 12 - float64(second)/10
		}
		if w.next(float64(second), frames) != "" {
			taken = append(taken, float64(second))
		}
	}
	assert.Equal(t, []float64{8, 20, 40}, taken,
		"not at the beginning, not twice in a row, not for a frame less, not more than a few")
}

func TestBytesBetweenMoments(t *testing.T) {
	var m meter
	for i, bytes := range []int{0, 0, 100, 100, 300} {
		m.add(float64(10*i), bytes, 2*bytes)
	}
	up, down := m.between(15, 40)
	assert.Equal(t, []int{300, 600}, []int{up, down})
	up, down = m.between(25, 39)
	assert.Equal(t, []int{0, 0}, []int{up, down})
	up, _ = m.between(-5, 25)
	assert.Equal(t, 100, up)
}

func TestCPUOfAFamilyOfProcesses(t *testing.T) {
	proc := t.TempDir()
	stat := func(pid, line string) {
		require.NoError(t, os.Mkdir(filepath.Join(proc, pid), 0o755))
		require.NoError(t, os.WriteFile(filepath.Join(proc, pid, "stat"), []byte(line), 0o644))
	}
	rest := " 1 1 0 -1 0 0 0 0 0 "
	stat("10", "10 (node) S 1"+rest+"100 50 25 25 20 0 1")
	stat("11", "11 (a (strange) name) S 10"+rest+"100 0 0 0 20 0 1")
	stat("12", "12 (grandchild) R 11"+rest+"0 300 0 0 20 0 1")
	stat("13", "13 (stranger) S 1"+rest+"900 0 0 0 20 0 1")
	stat("14", "14 (broken")
	assert.InDelta(t, 6, familySeconds(proc, []int{10}), 1e-9)
	assert.InDelta(t, 4, familySeconds(proc, []int{11, 12}), 1e-9, "nobody counts twice")
	assert.Zero(t, familySeconds(proc, []int{99}))
	assert.Positive(t, familySeconds("/proc", []int{os.Getpid()})+1)
}

func runWith(name string, concealed, frames report.Value) *report.Run {
	return &report.Run{Participants: []report.Participant{{Name: "other"},
		{Name: name, Link: "thin-150",
			Figures: report.PersonFigures{AudioConcealed: concealed, FramesPerSecond: frames}}}}
}

func TestComparisonWithTheRealReceiver(t *testing.T) {
	value := report.Measured[float64]
	for _, c := range []struct {
		realConcealed, realFrames, concealed, frames report.Value
		holdsVoice, holdsFrames                      bool
	}{
		{value(0.01), value(15), value(0.035), value(12.5), true, true},
		{value(0.01), value(15), value(0.045), value(11.9), false, false},
		{value(0.05), value(10), value(0.021), value(11.9), true, true},
		{value(0.05), value(10), value(0.019), value(12.1), false, false},
		{value(0), report.Value{}, value(0), value(12), true, false},
		{report.Value{}, value(12), value(0), value(12), false, true},
	} {
		comparison, err := Compare("nurse", runWith("nurse", c.realConcealed, c.realFrames),
			runWith("nurse", c.concealed, c.frames))
		require.NoError(t, err)
		voice, frames := comparison.Holds()
		assert.Equal(t, []bool{c.holdsVoice, c.holdsFrames}, []bool{voice, frames}, "%+v", c)
		var out strings.Builder
		require.NoError(t, comparison.Write(&out))
		assert.Contains(t, out.String(), "nurse on thin-150")
		assert.Equal(t, !voice || !frames, strings.Contains(out.String(), "DOES NOT HOLD"))
	}
	_, err := Compare("nobody", runWith("nurse", value(0), value(1)),
		runWith("nurse", value(0), value(1)))
	require.ErrorContains(t, err, "nobody, with a real browser, did not take part")
	_, err = Compare("nurse", runWith("nurse", value(0), value(1)),
		runWith("else", value(0), value(1)))
	require.ErrorContains(t, err, "nurse, virtual, did not take part")
}

func TestThePlanIsAConsultationOfTwo(t *testing.T) {
	profile, err := link.Find("thin-150")
	require.NoError(t, err)
	plan := Plan("h", "g", profile, time.Minute, 7)
	assert.Equal(t, 2, plan.Participants())
	assert.Equal(t, "thin-150", plan.Seats[1].Link.Name)
	assert.Equal(t, scenario.Leave, plan.Steps[len(plan.Steps)-1].Do)
}

func TestATelestaffOfBrowsersAndOthers(t *testing.T) {
	profile, err := link.Find("thin-200-down")
	require.NoError(t, err)
	plan, err := Telestaff(4, profile, time.Minute, 7)
	require.NoError(t, err)
	var links []string
	for _, s := range plan.Seats {
		links = append(links, s.Link.Name)
		assert.True(t, s.Small)
	}
	assert.Equal(t, []string{"local", "fibre", "fibre", "thin-200-down"}, links)
	silent := map[int]bool{}
	for _, s := range plan.Steps {
		switch s.Do {
		case scenario.Hush:
			silent[s.Seat] = true
		case scenario.Speak:
			assert.True(t, silent[s.Seat], "nobody speaks before they have been told to be silent")
		}
	}
	_, err = Telestaff(1, profile, time.Minute, 7)
	require.ErrorContains(t, err, "too few")
}

func TestWhatIsMissingIsSaid(t *testing.T) {
	if tun.Supported() != nil {
		_, err := Prepare(context.Background(), "../../web")
		require.ErrorContains(t, err, "root")
		t.Skip("the rest needs root")
	}
	_, err := Prepare(t.Context(), t.TempDir())
	require.ErrorContains(t, err, "is not the folder web of the sources")
	web := t.TempDir()
	require.NoError(t, os.MkdirAll(filepath.Join(web, sources), 0o755))
	_, err = Prepare(t.Context(), web)
	require.ErrorContains(t, err, "cannot find Playwright")
	require.NoError(t, os.MkdirAll(filepath.Join(web, playwright), 0o755))
	t.Setenv("PATH", pathWithout(t, "node"))
	_, err = Prepare(t.Context(), web)
	require.ErrorContains(t, err, "node is missing")
	t.Setenv("PATH", pathWithout(t, chromiumNames...))
	_, err = findChromium()
	require.ErrorContains(t, err, "chromium is missing: install it")
}

// pathWithout is a folder with links to what the tests need, but not to these programs.
func pathWithout(t *testing.T, names ...string) string {
	t.Helper()
	folder := t.TempDir()
	for _, directory := range filepath.SplitList(os.Getenv("PATH")) {
		entries, _ := os.ReadDir(directory)
		for _, entry := range entries {
			excluded := false
			for _, name := range names {
				excluded = excluded || entry.Name() == name
			}
			if !excluded {
				_ = os.Symlink(filepath.Join(directory, entry.Name()),
					filepath.Join(folder, entry.Name()))
			}
		}
	}
	return folder
}

func TestFreezes(t *testing.T) {
	var shown []float64
	for at := 0.0; at < 3000; at += 50 {
		shown = append(shown, at)
	}
	steady := slices.Clone(shown)
	assert.Empty(t, freezes(steady, 3100), "the last frame is not yet late")
	assert.Equal(t, []span{{2950, 3200}}, freezes(steady, 3200), "a freeze that goes on")
	assert.Equal(t, []span{{2950, 3150}}, freezes(append(shown, 3150, 3200), 3210), "δ + 150 ms")
	slow := []float64{0, 400, 800, 1200}
	assert.Empty(t, freezes(append(slow, 1700), 1800), "a slow picture is not a frozen one")
	assert.Equal(t, []span{{1200, 2400}}, freezes(append(slow, 2400), 2500), "3 δ")
	assert.Empty(t, freezes(nil, 1000))
	assert.Empty(t, freezes([]float64{5}, 1000), "one frame has no distance")
}
