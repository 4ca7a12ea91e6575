package scenario

import (
	"context"
	"fmt"
	"sync"
	"time"

	"draille/loadtest/report"
)

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
