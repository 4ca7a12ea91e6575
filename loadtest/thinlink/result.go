package thinlink

import (
	"context"
	"fmt"
	"slices"

	"draille/loadtest/report"
	"draille/loadtest/thinlink/table"
)

// FirstVisit is how long it took a browser that had never been there, and how much it sent and
// received meanwhile.
type FirstVisit struct {
	Connected     float64 // s since the link was followed
	Audio, Frame  float64 // s since then, too
	AdmittedFrame float64 // s since the host's tap
	Up, Down      int     // IP bytes until the first frame
}

// String tells it in a sentence.
func (f FirstVisit) String() string {
	return fmt.Sprintf("First visit, with an empty cache: first voice after %.1f s, first frame "+
		"after %.1f s (%.1f s after the host's tap), %.0f KiB down and %.0f KiB up until then.",
		f.Audio, f.Frame, f.AdmittedFrame, float64(f.Down)/1024, float64(f.Up)/1024)
}

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

// waitingReadings of the statistics, one a second, are enough for everything to have been set up
// before the host's tap.
const waitingReadings = 5

// positive is a figure of which 0 means that it was not measured.
func positive(n float64) report.Value {
	if n <= 0 {
		return report.Value{}
	}
	return report.Measured(n)
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

func (b *Browser) joinBytes(v *visit) (up, down int) {
	if b.seat.Access == nil || v.FirstFrameAt == 0 {
		return 0, 0
	}
	return b.seat.Access.meter.between(v.opened, v.FirstFrameAt)
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
	if doubt := s.Guest.seat.Access.Doubt(); doubt != "" {
		run.Scenario.Summary += " Note: " + doubt + "."
	}
}

// complete fills one participant; started is the beginning of the run.
func (a *actor) complete(p *report.Participant, started float64) {
	p.Kind = "browser"
	v := a.browser.visit()
	if p.Failure == "" {
		p.Failure = v.failure
	}
	p.Figures.SSIM = meanLikeness(v.Likeness, a.since)
	if shared := a.stage.Host.visit().shared; shared > a.since && a.browser != a.stage.Host {
		p.Figures.DocumentSSIM, p.Figures.DocumentReadable = readDocument(v.Likeness, shared)
	}
	if up, down := a.browser.joinBytes(v); v.opened >= a.since && down > 0 {
		p.Figures.JoinBytesUp, p.Figures.JoinBytesDown = report.Measured(up), report.Measured(down)
	}
	base, readings := v.window(a.since)
	before := base.Reading
	for i := range min(len(readings), len(p.Samples)) {
		fillSample(&p.Samples[i], before, readings[i].Reading)
		before = readings[i].Reading
	}
	for _, picture := range a.pictures(v) {
		p.Images = append(p.Images,
			report.Image{Second: (picture.At - started) / 1000, Caption: picture.Caption,
				PNG: picture.PNG})
	}
}

// firstDocument is the least number in the blocks of a document.
const firstDocument = 8

// meanLikeness is that of the pictures of people since a moment (ms).
func meanLikeness(all []likeness, since float64) report.Value {
	sum, count := 0.0, 0
	for _, l := range all {
		if l.At >= since && l.Who < firstDocument {
			sum, count = sum+l.SSIM, count+1
		}
	}
	return report.Measured(sum / float64(count)) // of nothing: not measured
}

const (
	documentLines  = 720  // of the page that is shared
	readable       = 0.95 // SSIM
	documentWithin = 5000 // ms within which a page is to be readable
)

// readDocument tells how like its source a document was five seconds after it was shared (ms since
// 1970), and how many seconds it took until it was readable, at its full size.
func readDocument(all []likeness, shared float64) (after5, seconds report.Value) {
	for _, l := range all {
		if l.Who < firstDocument || l.At < shared {
			continue
		}
		if l.At <= shared+documentWithin {
			after5 = report.Measured(l.SSIM)
		}
		if seconds.IsZero() && l.Lines == documentLines && l.SSIM >= readable {
			seconds = report.Measured((l.At - shared) / 1000)
		}
	}
	return after5, seconds
}

func fillSample(s *report.PersonSample, a, b reading) {
	s.AudioSilent = report.Measured((b.Silent - a.Silent) / (b.Samples - a.Samples))
	s.AudioBuffer = report.Measured(1000 * (b.AudioBuffer - a.AudioBuffer) /
		(b.AudioEmitted - a.AudioEmitted))
	s.VideoBuffer = report.Measured(1000 * (b.VideoBuffer - a.VideoBuffer) /
		(b.VideoEmitted - a.VideoEmitted))
	if b.Width > 0 {
		s.Width = report.Measured(b.Width)
	}
}

// pictures are the first that was taken of the call, and the worst, which is the last.
func (a *actor) pictures(v *visit) []event {
	taken := slices.DeleteFunc(slices.Clone(v.pictures), func(e event) bool {
		return e.At < a.since
	})
	if len(taken) > 2 {
		return []event{taken[0], taken[len(taken)-1]}
	}
	return taken
}
