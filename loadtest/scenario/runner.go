package scenario

import (
	"context"
	"fmt"
	"sync"
	"time"

	"draille/loadtest/figures"
	"draille/loadtest/report"
)

// Participant is one who takes part in a call. Its methods may be called concurrently.
type Participant interface {
	Speak(speaking bool)
	Share(sharing bool)
	// Leave says goodbye. Nothing of them is left when it returns.
	Leave()
	// Figures tells what they got so far.
	Figures() figures.Participant
	// Ended is closed when they have left, or when the call has ended for them; Err then says why
	// if it was not by Leave.
	Ended() <-chan struct{}
	Err() error
}

// Stage lets participants in: it opens the invitation of the seat, behind the seat's link.
type Stage interface {
	Join(ctx context.Context, seat Seat) (Participant, error)
}

// Runner carries plans out. Stage is required.
type Runner struct {
	Stage     Stage
	Metrics   Metrics        // nil: the server tells nothing
	Machine   Machine        // nil: this one
	Progress  func(Progress) // called once a second, from one goroutine; may be nil
	Generator string         // program and version, for the report
	Server    report.Server  // address and whether it is local, for the report
}

// Progress is how a run stands.
type Progress struct {
	Elapsed, Length  time.Duration
	Present, Planned int // participants
	Failed           int
	AudioConcealed   report.Value // mean of the last second
	FramesPerSecond  report.Value
	ServerCores      report.Value
	MachineBusy      report.Value
	PacketsPerSecond report.Value
}

// Times of the runner itself.
const (
	joinTimeout = 20 * time.Second
	settleTime  = 5 * time.Second        // longest wait for the server to forget a call
	settleEvery = 250 * time.Millisecond // between looks
	longRun     = 5 * time.Minute        // from here on a run tells of what stays behind,
	// once the server has been idle for long enough to give its memory back
	restTime = 25 * time.Second
)

// interrupted, in a report, says that somebody pressed Ctrl-C, or that the context ended otherwise.
const interrupted = "it was interrupted"

// Run plays a plan until its end, or until the context ends: then everybody leaves and the report
// tells of what there was so far. It returns an error only if there is nothing to tell.
func (r *Runner) Run(ctx context.Context, plan *Plan) (*report.Run, error) {
	machine := r.Machine
	if machine == nil {
		machine = &ThisMachine{}
	}
	run := &playing{runner: r, machine: machine, plan: plan,
		seats: make([]seatState, len(plan.Seats))}
	run.recorder.begin(ctx, r.Metrics, machine)
	run.play(ctx)
	patience, rest := settleTime, time.Duration(0)
	if run.cut {
		patience = 0
	} else if plan.Length >= longRun {
		rest = restTime
	}
	run.recorder.end(r.Metrics, machine, patience, rest)
	out := run.assemble()
	if ctx.Err() != nil && len(out.Participants) == 0 {
		return nil, context.Cause(ctx)
	}
	report.Judge(out)
	return out, nil
}

// playing is one run of a plan.
type playing struct {
	runner   *Runner
	machine  Machine
	plan     *Plan
	started  time.Time
	ended    time.Time
	cut      bool // before its end
	recorder recorder

	mu    sync.Mutex
	seats []seatState
}

// seatState is what became of a seat.
type seatState struct {
	participant  Participant
	joined, left time.Duration // 0: not
	tried        bool
	failure      string
	figures      *figures.Participant // of the end, once they have left
}

func (p *playing) play(ctx context.Context) {
	p.started = time.Now()
	// The watcher measures the machine that the participants run on, so it must go on until all of
	// them have left.
	watch, stopWatch := context.WithCancel(context.WithoutCancel(ctx))
	stage, closeStage := context.WithCancel(ctx)
	var watchers, players sync.WaitGroup
	watchers.Go(func() { p.machine.Watch(watch) })
	for i := range p.plan.Seats {
		players.Go(func() { p.playSeat(stage, i) })
	}
	done := make(chan struct{})
	watchers.Go(func() { p.record(watch, done) })
	players.Wait()
	p.ended, p.cut = time.Now(), ctx.Err() != nil
	close(done)
	closeStage()
	stopWatch()
	watchers.Wait()
}

// record takes a sample each second.
func (p *playing) record(ctx context.Context, done <-chan struct{}) {
	ticker := time.NewTicker(time.Second)
	defer ticker.Stop()
	for {
		select {
		case <-done:
			return
		case now := <-ticker.C:
			p.recorder.sample(ctx, now.Sub(p.started), p.runner.Metrics, p.machine)
			if p.runner.Progress != nil {
				p.runner.Progress(p.progress(now))
			}
		}
	}
}

// playSeat does what the plan says for one seat, each thing at its time.
func (p *playing) playSeat(ctx context.Context, index int) {
	var participant Participant
	defer func() {
		if participant != nil {
			p.leave(index, participant)
		}
	}()
	for _, step := range p.plan.Steps {
		if step.Seat != index {
			continue
		}
		if !p.wait(ctx, step.At, participant) {
			break
		}
		if step.Do == Join {
			participant = p.join(ctx, index)
		}
		if participant == nil {
			return
		}
		switch step.Do {
		case Speak, Hush:
			participant.Speak(step.Do == Speak)
		case Share, Unshare:
			participant.Share(step.Do == Share)
		case Leave:
			return
		}
	}
	if participant != nil && ctx.Err() == nil {
		if err := participant.Err(); err != nil {
			p.fail(index, fmt.Errorf("the call ended: %w", err))
		}
	}
}

// wait lets time pass until a moment of the plan; false if the call is over before.
func (p *playing) wait(ctx context.Context, until time.Duration, participant Participant) bool {
	timer := time.NewTimer(time.Until(p.started.Add(until)))
	defer timer.Stop()
	var over <-chan struct{}
	if participant != nil {
		over = participant.Ended()
	}
	select {
	case <-timer.C:
		return ctx.Err() == nil
	case <-ctx.Done():
		return false
	case <-over:
		return false
	}
}

func (p *playing) join(ctx context.Context, index int) Participant {
	began := time.Since(p.started)
	p.set(index, func(s *seatState) { s.tried, s.joined = true, began })
	joinCtx, cancel := context.WithTimeout(ctx, joinTimeout)
	defer cancel()
	participant, err := p.runner.Stage.Join(joinCtx, p.plan.Seats[index])
	switch {
	case err == nil:
		p.set(index, func(s *seatState) { s.participant = participant })
		return participant
	case ctx.Err() != nil: // interrupted: nobody's fault
		p.set(index, func(s *seatState) { s.tried = false })
	default:
		p.fail(index, err)
	}
	return nil
}

func (p *playing) leave(index int, participant Participant) {
	measured := participant.Figures() // before the silence that follows
	at := time.Since(p.started)
	participant.Leave()
	p.set(index, func(s *seatState) { s.figures, s.left = &measured, at })
}

func (p *playing) fail(index int, err error) {
	p.set(index, func(s *seatState) {
		if s.failure == "" {
			s.failure = err.Error()
		}
	})
}

func (p *playing) set(index int, change func(*seatState)) {
	p.mu.Lock()
	defer p.mu.Unlock()
	change(&p.seats[index])
}

func (p *playing) progress(now time.Time) Progress {
	progress := Progress{Elapsed: now.Sub(p.started), Length: p.plan.Length,
		Planned: p.plan.Participants() * p.plan.Rooms}
	progress.ServerCores, progress.PacketsPerSecond, progress.MachineBusy = p.recorder.last()
	p.mu.Lock()
	var present []Participant
	for i := range p.seats {
		s := &p.seats[i]
		if s.failure != "" {
			progress.Failed++
		}
		if s.participant != nil && s.figures == nil {
			present = append(present, s.participant)
		}
	}
	p.mu.Unlock()
	progress.Present = len(present)
	var audible, total, frames, watching float64
	for _, participant := range present {
		measured := participant.Figures()
		if len(measured.Seconds) == 0 {
			continue
		}
		last := measured.Seconds[len(measured.Seconds)-1]
		audible += last.AudioAudible
		total += last.AudioTotal
		if watches(last) {
			frames += float64(last.MainFrames)
			watching++
		}
	}
	progress.AudioConcealed = report.Measured(audible / total) // of nothing: not measured
	progress.FramesPerSecond = report.Measured(frames / watching)
	return progress
}
