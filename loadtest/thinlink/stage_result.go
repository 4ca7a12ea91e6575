package thinlink

import (
	"context"

	"draille/loadtest/report"
	"draille/loadtest/thinlink/table"
)

// FirstVisit lets the guest come, see and hear, and leave again.
func (s *Stage) FirstVisit(ctx context.Context, link string) (FirstVisit, error) {
	if err := s.Guest.Visit(ctx, link); err != nil {
		return FirstVisit{}, err
	}
	return s.beginAndLeave(ctx)
}

// Joining lets the guest come as somebody of that kind: the host, who does not admit by themselves,
// lets them in at once or when they have waited for a while; they see and hear, and leave.
func (s *Stage) Joining(ctx context.Context, link string, kind table.Kind) (table.Visit, error) {
	visit := s.Guest.Visit
	if kind == table.Empty {
		visit = s.Guest.VisitFresh
	}
	if kind != table.Waiting {
		if err := s.Host.Admit(); err != nil {
			return table.Visit{}, err
		}
	}
	if err := visit(ctx, link); err != nil {
		return table.Visit{}, err
	}
	if kind == table.Waiting {
		err := s.Guest.await(ctx, s.Guest.seat.Name+" to wait, connected", func() bool {
			return s.Guest.now.ConnectedAt > 0 && len(s.Guest.now.Readings) >= waitingReadings
		})
		if err == nil {
			err = s.Host.Admit()
		}
		if err != nil {
			return table.Visit{}, err
		}
	}
	f, err := s.beginAndLeave(ctx)
	if err != nil {
		return table.Visit{}, err
	}
	return table.Visit{Connected: positive(f.Connected), Voice: positive(f.Audio),
		Frame: positive(f.Frame), AfterTap: positive(f.AdmittedFrame),
		Down: positive(float64(f.Down) / 1024), Up: positive(float64(f.Up) / 1024)}, nil
}

// beginAndLeave waits for the first voice and frame.
func (s *Stage) beginAndLeave(ctx context.Context) (FirstVisit, error) {
	if err := s.Guest.Began(ctx); err != nil {
		return FirstVisit{}, err
	}
	v := s.Guest.visit()
	// What the host noted comes once a second: with a later reading, their tap has come too.
	if err := s.Host.await(ctx, "the host's notes", func() bool {
		n := len(s.Host.now.Readings)
		return n > 0 && s.Host.now.Readings[n-1].At > v.FirstFrameAt
	}); err != nil {
		return FirstVisit{}, err
	}
	j := v.join(v.opened, s.Host.visit().Taps)
	first := FirstVisit{Connected: j.Connected / 1000, Audio: j.FirstAudio / 1000,
		Frame: j.FirstFrame / 1000, AdmittedFrame: j.AdmissionToFirstFrame / 1000}
	first.Up, first.Down = s.Guest.joinBytes(v)
	return first, s.Guest.Leave(ctx)
}

// Sent is how many frames a second the host's browser sent during the last call, while the guest
// was there: what the guest's frame rate must be held against, for a busy machine makes the camera
// slower and not the link.
func (s *Stage) Sent() report.Value {
	s.mu.Lock()
	defer s.mu.Unlock()
	host := s.actor[s.Host.seat.Name]
	if host == nil {
		return report.Value{}
	}
	before, readings := s.Host.visit().window(host.since)
	frames, seconds := 0.0, 0.0
	for _, r := range readings {
		if before.Reading.Others > 0 && r.Reading.Others > 0 {
			frames += r.Reading.FramesSent - before.Reading.FramesSent
			seconds += (r.At - before.At) / 1000
		}
		before = r
	}
	return report.Measured(frames / seconds) // of nothing: not measured
}

// Complete adds to a report what only browsers know: likeness, pictures, bytes of joining, jitter
// buffers.
func (s *Stage) Complete(run *report.Run) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for i := range run.Participants {
		if a := s.actor[run.Participants[i].Name]; a != nil {
			a.complete(&run.Participants[i], millis(run.Started))
		}
	}
	if s.Guest == nil || s.Guest.seat.Access == nil {
		return
	}
	if remark := s.Guest.seat.Access.Remark(); remark != "" {
		run.Scenario.Summary += " Note: " + remark + "."
	}
}
