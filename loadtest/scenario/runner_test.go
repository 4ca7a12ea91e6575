package scenario

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"draille/loadtest/figures"
	"draille/loadtest/report"
	"draille/signaling/protocol"
)

// fakeStage lets fakes in. Their calls go as it says.
type fakeStage struct {
	refuse func(Seat) error
	begin  func(*fakePerson)

	mu     sync.Mutex
	people []*fakePerson
}

func (s *fakeStage) Join(ctx context.Context, seat Seat) (Participant, error) {
	select { // a round trip or two
	case <-time.After(300 * time.Millisecond):
	case <-ctx.Done():
		return nil, ctx.Err()
	}
	if s.refuse != nil {
		if err := s.refuse(seat); err != nil {
			return nil, err
		}
	}
	p := &fakePerson{seat: seat, joined: time.Now(), ended: make(chan struct{}), frames: 20,
		admitted: true}
	s.mu.Lock()
	p.id = fmt.Sprintf("p%d", len(s.people)+1)
	s.people = append(s.people, p)
	s.mu.Unlock()
	if s.begin != nil {
		s.begin(p)
	}
	return p, nil
}

type fakePerson struct {
	seat     Seat
	id       string
	joined   time.Time
	ended    chan struct{}
	frames   int
	admitted bool

	mu             sync.Mutex
	err            error
	spoke, shared  int
	speaks, shares bool
	left           bool
	leftAt         time.Time
}

func (p *fakePerson) Speak(speaking bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.speaks = speaking
	if speaking {
		p.spoke++
	}
}

func (p *fakePerson) Share(sharing bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.shares = sharing
	if sharing {
		p.shared++
	}
}

func (p *fakePerson) Leave() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.left, p.leftAt = true, time.Now()
}

func (p *fakePerson) Ended() <-chan struct{} { return p.ended }

func (p *fakePerson) Err() error {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.err
}

func (p *fakePerson) end(err error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.err = err
	close(p.ended)
}

// Figures are those of a call in which two in a hundred words are lost.
func (p *fakePerson) Figures() figures.Participant {
	f := figures.Participant{ID: p.id}
	since := time.Since(p.joined)
	if p.admitted {
		f.Join = figures.Join{Connected: 200, Admitted: 300, FirstAudio: 700, FirstFrame: 900,
			AdmissionToFirstFrame: 600}
		f.Audio = figures.Audio{Total: float64(since.Milliseconds()),
			Concealed: 0.03 * float64(since.Milliseconds()),
			Audible:   0.02 * float64(since.Milliseconds()),
			Delay:     figures.Delays{Count: 10, P50: 90, P95: 120, P99: 140}}
		f.Video = figures.Video{Watched: float64(since.Milliseconds()), Frozen: 100, Freezes: 1,
			Frames: p.frames * int(since.Seconds()), Width: 640, Height: 360,
			Delay: figures.Delays{Count: 10, P50: 110, P95: 150, P99: 200}}
	}
	for s := 1; s <= int(since.Seconds()); s++ {
		f.Seconds = append(f.Seconds,
			figures.Second{At: float64(s), AudioTotal: 1000, AudioAudible: 20, MainFrames: p.frames,
				MainHeight:  360,
				ReceivedBps: 300e3, SentBps: 200e3, RTT: 64, AudioDelay: 95, VideoDelay: 120})
	}
	return f
}

// fakeServer is a server that uses 10 µs a packet, and half a second to forget a call.
type fakeServer struct {
	started time.Time
	err     error
	extra   float64 // goroutines that never end
	cores   float64
}

func (s *fakeServer) Read(context.Context) (Reading, error) {
	if s.err != nil {
		return Reading{}, s.err
	}
	seconds := time.Since(s.started).Seconds()
	r := Reading{At: time.Now(), Software: "fake 1", Cores: max(s.cores, 2),
		CPUSeconds: 0.01 * seconds, MemoryBytes: 50e6 + 1e5*seconds, Goroutines: 30,
		PacketsIn: 400 * seconds, PacketsOut: 1100 * seconds, Forwarded: 1000 * seconds,
		Retransmitted: 10 * seconds,
		Dropped:       map[string]float64{"pacer": seconds, "gate": 0},
		Estimates:     map[string]float64{"p1": 2e6, "p2": 400e3}}
	if seconds > 0 {
		r.Goroutines += s.extra
	}
	return r, nil
}

// fakeMachine is half idle.
type fakeMachine struct {
	started time.Time
	busy    float64
	late    time.Duration
}

func (m *fakeMachine) Describe() report.Machine {
	return report.Machine{System: "test/virtual", Cores: 2}
}

func (m *fakeMachine) Read() Effort {
	seconds := time.Since(m.started).Seconds()
	return Effort{At: time.Now(), CPUSeconds: 0.3 * seconds, BusySeconds: 2 * m.busy * seconds,
		CoreSeconds: 2 * seconds, Late: m.late, Goroutines: 5, OpenFiles: 7, MemoryBytes: 9e6}
}

func (m *fakeMachine) Watch(ctx context.Context) { <-ctx.Done() }

func (m *fakeMachine) Settle() {}

func newRunner(stage Stage) *Runner {
	now := time.Now()
	return &Runner{Stage: stage, Metrics: &fakeServer{started: now},
		Machine:   &fakeMachine{started: now, busy: 0.5},
		Generator: "test", Server: report.Server{URL: "http://fake", Local: true}}
}

// A minute of consultation, second by second, in virtual time.
func TestARunIsReported(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		stage := &fakeStage{}
		runner := newRunner(stage)
		var progress []Progress
		runner.Progress = func(p Progress) { progress = append(progress, p) }
		run, err := runner.Run(t.Context(), build(t, "consultation", Options{}))
		require.NoError(t, err)

		require.InDelta(t, 60, run.DurationSeconds, 0.5)
		require.Empty(t, run.Interrupted)
		require.Equal(t, "consultation", run.Scenario.Name)
		require.Len(t, run.Links, 2)
		require.Len(t, run.Participants, 2)
		nurse := run.Participants[1]
		require.Equal(t, "Nurse", nurse.Name)
		require.Equal(t, "adsl-end", nurse.Link)
		require.Empty(t, nurse.Failure)
		require.InDelta(t, 0.2, nurse.Joined.Or(-1), 0.01)
		require.InDelta(t, 60, nurse.Left.Or(-1), 0.01)
		f := nurse.Figures
		require.InDelta(t, 0.02, f.AudioConcealed.Or(-1), 1e-9)
		require.InDelta(t, 0.01, f.AudioSilent.Or(-1), 1e-9)
		require.InDelta(t, 20, f.FramesPerSecond.Or(-1), 1e-9)
		require.InDelta(t, 120, f.AudioDelay.P95.Or(-1), 1e-9)
		require.InDelta(t, 0.9, f.FirstFrame.Or(-1), 1e-9)
		require.InDelta(t, 400e3, f.EstimateBits.Or(-1), 1)
		require.InDelta(t, 512e3, f.LinkDownBits.Or(-1), 1)
		require.InDelta(t, 300e3, f.ReceivedBits.Or(-1), 1)
		require.Len(t, nurse.Samples, 59)
		require.InDelta(t, 1.5, nurse.Samples[0].Second, 0.31)

		require.InDelta(t, 10, run.Server.CPUMicrosPerPkt.Or(-1), 0.01)
		require.InDelta(t, 0.01, run.Server.CPUCores.Or(-1), 1e-4)
		require.InDelta(t, 1100, run.Server.PacketsPerSecond.Or(-1), 1)
		require.Equal(t, "fake 1", run.Server.Software)
		require.Equal(t, []string{"pacer"}, keys(run.Server.DroppedByReason))
		require.InDelta(t, 60, len(run.Server.Samples), 1, "the last second may end with the run")
		require.InDelta(t, 30, run.Server.GoroutinesEnd.Or(-1), 0)
		require.InDelta(t, 0.5, run.Load.MachineBusy.Or(-1), 1e-6)
		require.InDelta(t, 0.3, run.Load.CPUCores.Or(-1), 1e-6)
		require.Equal(t, report.Fair, run.Verdict.Level, run.Verdict.Sentence)

		require.InDelta(t, 60, len(progress), 1)
		last := progress[58]
		require.Equal(t, 2, last.Present)
		require.Equal(t, 2, last.Planned)
		require.InDelta(t, 0.02, last.AudioConcealed.Or(-1), 1e-9)
		require.InDelta(t, 20, last.FramesPerSecond.Or(-1), 1e-9)
		require.InDelta(t, 1100, last.PacketsPerSecond.Or(-1), 1)
		for _, p := range stage.people {
			require.True(t, p.left)
			require.False(t, p.speaks)
			require.Positive(t, p.spoke)
		}
	})
}

// A server gives its memory back when it has been idle for some seconds; a long run waits for that,
// a short one does not.
func TestALongRunTellsOfWhatStaysBehind(t *testing.T) {
	for length, rest := range map[time.Duration]time.Duration{time.Minute: 0,
		10 * time.Minute: 25 * time.Second} {
		synctest.Test(t, func(t *testing.T) {
			run, err := newRunner(&fakeStage{}).Run(t.Context(),
				build(t, "consultation", Options{Length: length}))
			require.NoError(t, err)
			require.InDelta(t, 50e6+1e5*(length+rest).Seconds(), run.Server.MemoryBytesEnd.Or(-1),
				1e5)
		})
	}
}

func keys(m map[string]int) (list []string) {
	for k := range maps.Keys(m) {
		list = append(list, k)
	}
	return list
}

func TestSharing(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		stage := &fakeStage{}
		_, err := newRunner(stage).Run(t.Context(), build(t, "document", Options{}))
		require.NoError(t, err)
		shared := 0
		for _, p := range stage.people {
			shared += p.shared
			require.False(t, p.shares)
		}
		require.Equal(t, 1, shared)
	})
}

func TestFailuresAreToldOfThoseWhoHadThem(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		stage := &fakeStage{
			refuse: func(s Seat) error {
				if s.Name == "Clinician 2" {
					return errors.New("token refused")
				}
				return nil
			},
			begin: func(p *fakePerson) {
				switch p.seat.Name {
				case "Clinician 3":
					time.AfterFunc(5*time.Second, func() { p.end(errors.New("network lost")) })
				case "Clinician 4":
					p.admitted = false
				}
			},
		}
		run, err := newRunner(stage).Run(t.Context(),
			build(t, "telestaff", Options{Participants: 4}))
		require.NoError(t, err)
		require.Len(t, run.Participants, 4)
		require.Empty(t, run.Participants[0].Failure)
		require.Equal(t, "token refused", run.Participants[1].Failure)
		require.Equal(t, "the call ended: network lost", run.Participants[2].Failure)
		require.InDelta(t, 5.7, run.Participants[2].Left.Or(-1), 0.5)
		require.Equal(t, "the media connection never stood", run.Participants[3].Failure)
		require.Equal(t, report.Bad, run.Verdict.Level)
		require.Contains(t, run.Verdict.Sentence,
			"3 of 4 participants did not get through (Clinician 2")
	})
	seat := Seat{Role: protocol.RoleGuest}
	require.Equal(t, "was never let in",
		silence(&figures.Participant{Join: figures.Join{Connected: 3}}, seat, time.Minute))
	require.Empty(t, silence(&figures.Participant{}, seat, time.Second), "too early to tell")
}

func TestInterruptedRunsAreReported(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithCancel(t.Context())
		defer cancel()
		time.AfterFunc(20*time.Second, cancel)
		stage := &fakeStage{}
		run, err := newRunner(stage).Run(ctx, build(t, "third-party", Options{Length: time.Minute}))
		require.NoError(t, err)
		require.Equal(t, interrupted, run.Interrupted)
		require.InDelta(t, 20, run.DurationSeconds, 0.1)
		require.Len(t, run.Participants, 2, "the interpreter had not come")
		require.Contains(t, run.Verdict.Sentence, "Ended early, after 20 s")
		for _, p := range stage.people {
			require.True(t, p.left)
		}
	})
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		_, err := newRunner(&fakeStage{}).Run(ctx, build(t, "consultation", Options{}))
		require.ErrorIs(t, err, context.Canceled)
	})
}

func TestServersThatTellNothing(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		runner := newRunner(&fakeStage{})
		runner.Metrics = &fakeServer{err: errors.New("404")}
		run, err := runner.Run(t.Context(),
			build(t, "consultation", Options{Length: 5 * time.Second}))
		require.NoError(t, err)
		require.Contains(t, run.Server.Unmeasured, "missing: 404")
		require.True(t, run.Server.CPUCores.IsZero())

		runner.Metrics = nil
		run, err = runner.Run(t.Context(),
			build(t, "consultation", Options{Length: 5 * time.Second}))
		require.NoError(t, err)
		require.Contains(t, run.Server.Unmeasured, "--metrics")
	})
}

func TestGoroutinesThatStayAreWaitedForAndTold(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		runner := newRunner(&fakeStage{})
		runner.Metrics.(*fakeServer).extra = 4
		run, err := runner.Run(t.Context(),
			build(t, "consultation", Options{Length: 5 * time.Second}))
		require.NoError(t, err)
		left, err := report.FindFigure("server.goroutines.left")
		require.NoError(t, err)
		worst, _ := left.Worst(run, "")
		require.InDelta(t, 4, worst.Or(-1), 0)
	})
}

func TestTheGeneratorsLimitIsSaid(t *testing.T) {
	for want, change := range map[string]func(*fakeMachine){
		"out of CPU (97 % of 2 cores in use: 0.3 by the generator, " +
			"0.0 by the server, 1.6 by other programs)": func(m *fakeMachine) { m.busy = 0.97 },
		"its timers were more than 40 ms late in 100 % of the seconds": func(m *fakeMachine) {
			m.late = 50 * time.Millisecond
		},
	} {
		synctest.Test(t, func(t *testing.T) {
			runner := newRunner(&fakeStage{})
			change(runner.Machine.(*fakeMachine))
			run, err := runner.Run(t.Context(),
				build(t, "consultation", Options{Length: 5 * time.Second}))
			require.NoError(t, err)
			require.Contains(t, run.Load.Limit, want)
			require.Contains(t, run.Load.Limit,
				"delays, lost voice and frame rates are the generator's limit")
			require.Equal(t, report.Void, run.Verdict.Level)
		})
	}
}

func TestDocumentsAndPausedPicturesInFigures(t *testing.T) {
	paused := &figures.Participant{
		Video: figures.Video{Watched: 4000},
		Seconds: []figures.Second{{MainFrames: 20}, {MainFrames: 20}, {Paused: 1000},
			{Paused: 1000}, {}},
	}
	require.InDelta(t, 10, personFigures(paused).FramesPerSecond.Or(-1), 1e-9,
		"a paused picture shows no frames; none expected, none missed")
	document := &figures.Participant{
		Video: figures.Video{Watched: 4000}, Seconds: []figures.Second{{MainFrames: 5}},
		Pictures: []figures.Picture{
			{Source: "camera", Video: figures.Video{Watched: 1000, Frames: 3}},
			{Source: "camera", Video: figures.Video{Watched: 4000, Frames: 60}},
			{Source: "screen", Priority: 3,
				Video: figures.Video{Watched: 2000, Frames: 10,
					Delay: figures.Delays{Count: 3, P95: 300}}},
		},
	}
	f := personFigures(document)
	require.InDelta(t, 15, f.FramesPerSecond.Or(-1), 1e-9)
	require.InDelta(t, 5, f.DocumentFrames.Or(-1), 1e-9)
	require.InDelta(t, 300, f.DocumentDelay.P95.Or(-1), 1e-9)
	nothing := personFigures(&figures.Participant{})
	require.True(t, nothing.AudioConcealed.IsZero())
	require.True(t, nothing.FramesPerSecond.IsZero())
}
