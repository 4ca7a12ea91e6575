package scenario

import (
	"fmt"
	"time"

	"draille/loadtest/figures"
	"draille/loadtest/link"
	"draille/loadtest/report"
	"draille/signaling/protocol"
)

// assemble makes the report of what was played.
func (p *playing) assemble() *report.Run {
	run := &report.Run{
		Generator: p.runner.Generator, Started: p.started.UTC().Truncate(time.Millisecond),
		DurationSeconds: p.ended.Sub(p.started).Seconds(),
		Scenario: report.Scenario{Name: p.plan.Name, Summary: p.plan.Summary, Rooms: p.plan.Rooms,
			ParticipantsPerRoom: p.plan.Participants(), Seed: p.plan.Seed},
		Machine: p.machine.Describe(),
		Server:  p.runner.Server,
	}
	if p.cut {
		run.Interrupted = interrupted
	}
	if p.runner.Metrics == nil {
		run.Server.Unmeasured =
			"the server's own figures are missing: no address of its metrics was given (--metrics)"
	}
	p.recorder.fillServer(&run.Server)
	shared := 0.0
	if run.Server.Local {
		shared = run.Server.CPUCores.Or(0)
	}
	p.recorder.fillLoad(&run.Load, run.Machine.Cores, shared)
	for _, l := range p.plan.links() {
		run.Links = append(run.Links, report.Link{Name: l.Name, Summary: l.Summary})
	}
	for i := range p.seats {
		if p.seats[i].tried {
			run.Participants = append(run.Participants, p.person(i))
		}
	}
	if doors, ok := p.runner.Metrics.(*DoorMetrics); ok {
		run.Server.Doors = doors.Doors()
	}
	run.Server.Deaths = report.CountDeaths(run.Participants)
	return run
}

func (p *playing) person(index int) report.Participant {
	seat, state := p.plan.Seats[index], &p.seats[index]
	person := report.Participant{
		ID: fmt.Sprint(index + 1), Room: p.plan.RoomName(seat.Room), Name: seat.Name,
		Role: string(seat.Role), Kind: "virtual", Link: seat.Link.Name,
		Joined: report.Measured(state.joined.Seconds()), Failure: state.failure,
	}
	if state.figures == nil {
		return person
	}
	person.Left = report.Measured(state.left.Seconds())
	f := state.figures
	person.Figures = personFigures(f)
	person.Samples = p.personSamples(f, seat.Link, state.joined)
	var estimates, capacities []float64
	for _, s := range person.Samples {
		estimates, capacities = appendKnown(estimates, s.EstimateBits),
			appendKnown(capacities, s.LinkDownBits)
	}
	person.Figures.EstimateBits, person.Figures.LinkDownBits = meanValue(estimates),
		meanValue(capacities)
	if person.Failure == "" {
		person.Failure = silence(f, seat, state.left-state.joined)
	}
	return person
}

// patience is how long a call may take to begin before that is a failure of its own.
const patience = 10 * time.Second

// silence tells of somebody who was there long enough and was not let in.
func silence(f *figures.Participant, seat Seat, present time.Duration) string {
	switch {
	case present < patience:
		return ""
	case f.Join.Connected == 0:
		return "the media connection never stood"
	case f.Join.Admitted == 0 && seat.Role == protocol.RoleGuest:
		return "was never let in"
	default:
		return ""
	}
}

// positive is a figure for which 0 means that it has not happened.
func positive(n float64) report.Value {
	if n <= 0 {
		return report.Value{}
	}
	return report.Measured(n)
}

func delays(d figures.Delays) report.Delays {
	if d.Count == 0 {
		return report.Delays{}
	}
	return report.Delays{P50: report.Measured(d.P50), P95: report.Measured(d.P95),
		P99: report.Measured(d.P99)}
}

func personFigures(f *figures.Participant) report.PersonFigures {
	out := report.PersonFigures{
		Moves:         f.Moves,
		SilenceMillis: positive(f.Silence),
		AudioDelay:    delays(f.Audio.Delay),
		VideoDelay:    delays(f.Video.Delay),
		FirstAudio:    positive(f.Join.FirstAudio / 1000),
		FirstFrame:    positive(f.Join.FirstFrame / 1000),
		AdmitToFrame:  positive(f.Join.AdmissionToFirstFrame / 1000),
	}
	if f.Audio.Total > 0 {
		out.AudioConcealed = report.Measured(f.Audio.AudibleShare())
		out.AudioSilent = report.Measured((f.Audio.Concealed - f.Audio.Audible) / f.Audio.Total)
	}
	if f.Video.Watched > 0 {
		out.FramesPerSecond = lookedAt(f)
		out.FrozenSeconds = report.Measured(f.Video.Frozen / 1000)
		out.FrozenRatio = report.Measured(f.Video.FrozenShare())
		out.Freezes = report.Measured(f.Video.Freezes)
		out.Width, out.Height = positive(float64(f.Video.Width)), positive(float64(f.Video.Height))
	}
	for _, picture := range f.Pictures {
		if picture.Source == string(protocol.SourceScreen) && picture.Video.Watched > 0 {
			out.DocumentFrames = report.Measured(picture.Video.Framerate())
			out.DocumentDelay = delays(picture.Video.Delay)
		}
	}
	out.PacketsReceived = report.Measured(f.Received.Packets)
	if sent := f.Received.Packets + f.Received.Lost; sent > 0 {
		out.PacketsLostRatio = report.Measured(float64(f.Received.Lost) / float64(sent))
	}
	var received, sent, roundTrips []float64
	for _, s := range f.Seconds {
		received, sent = append(received, float64(s.ReceivedBps)), append(sent, float64(s.SentBps))
		roundTrips = appendKnown(roundTrips, positive(s.RTT))
	}
	out.ReceivedBits, out.SentBits, out.RoundTripMillis = meanValue(received), meanValue(sent),
		meanValue(roundTrips)
	return out
}

// lookedAt is the frame rate of the picture looked at. Time in which the server had paused it
// counts: the person saw no frame then. While a document is shared it is the document that is
// looked at, and tells nothing of faces: the cameras count.
func lookedAt(f *figures.Participant) report.Value {
	best, document := figures.Picture{Priority: -1}, false
	for _, picture := range f.Pictures {
		document = document || picture.Source == string(protocol.SourceScreen)
		if picture.Source == string(protocol.SourceCamera) &&
			picture.Video.Watched > best.Video.Watched {
			best = picture
		}
	}
	if document {
		return report.Measured(best.Video.Framerate())
	}
	frames, seconds := 0, 0
	for _, s := range f.Seconds {
		if watches(s) {
			frames += s.MainFrames
			seconds++
		}
	}
	return report.Measured(float64(frames) / float64(seconds))
}

// watches reports whether a picture was expected in that second.
func watches(s figures.Second) bool { return s.MainFrames > 0 || s.Paused > 0 || s.Frozen > 0 }

func (p *playing) personSamples(f *figures.Participant, profile link.Profile,
	joined time.Duration) []report.PersonSample {
	samples := make([]report.PersonSample, len(f.Seconds))
	for i, s := range f.Seconds {
		since := time.Duration(s.At * float64(time.Second))
		sample := report.PersonSample{
			Second: (joined + since).Seconds(),
			// of nothing: not measured
			AudioConcealed:  report.Measured(s.AudioAudible / s.AudioTotal),
			VideoDelay:      positive(s.VideoDelay),
			AudioDelay:      positive(s.AudioDelay),
			Height:          positive(float64(s.MainHeight)),
			ReceivedBits:    report.Measured(s.ReceivedBps),
			SentBits:        report.Measured(s.SentBps),
			RoundTripMillis: positive(s.RTT),
			LinkDownBits:    offered(&profile.Down, since),
			LinkUpBits:      offered(&profile.Up, since),
			EstimateBits:    p.recorder.estimateOf(f.ID, joined+since),
		}
		if watches(s) {
			sample.FramesPerSecond = report.Measured(s.MainFrames)
			sample.FrozenSeconds = report.Measured(s.Frozen / 1000)
			sample.PausedSeconds = report.Measured(s.Paused / 1000)
		}
		samples[i] = sample
	}
	return samples
}

// offered is the rate of the link in the second before.
func offered(c *link.Config, until time.Duration) report.Value {
	rate, limited := c.RateAt(max(0, until-time.Second), max(until, time.Second))
	if !limited {
		return report.Value{}
	}
	return report.Measured(int64(rate))
}
