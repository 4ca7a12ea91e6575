package scenario

import (
	"context"
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
	if doors, ok := r.Metrics.(*DoorMetrics); ok {
		doors.Begin()
	}
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

// seatState is what became of a seat.
type seatState struct {
	participant  Participant
	joined, left time.Duration // 0: not
	tried        bool
	failure      string
	figures      *figures.Participant // of the end, once they have left
}
