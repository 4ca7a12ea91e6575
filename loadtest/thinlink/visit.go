package thinlink

import (
	"cmp"
	"math"
	"slices"
	"strings"

	"draille/loadtest/figures"
)

// visit is everything that was noted of one browser's stay, from following the link on.
type visit struct {
	opened, inside float64 // ms since 1970; 0: not
	shared         float64 // their screen, for the last time
	notes                  // of all the stay
	pictures       []event
	left           bool
	failure        string
}

func (v *visit) add(e event) {
	switch e.Event {
	case "opened":
		v.opened = e.At
	case "inside":
		v.inside = e.At
	case "shared":
		v.shared = e.At
	case "left":
		v.left = true
	case "picture":
		v.pictures = append(v.pictures, e)
	case "failed":
		v.failure = cmp.Or(v.failure, e.Reason)
	case "notes":
		if n := e.Notes; n != nil {
			v.Participant, v.ConnectedAt, v.FirstAudioAt, v.FirstFrameAt = n.Participant,
				n.ConnectedAt, n.FirstAudioAt, n.FirstFrameAt
			v.Taps = append(v.Taps, n.Taps...)
			v.Readings = append(v.Readings, n.Readings...)
			v.Drawn = append(v.Drawn, n.Drawn...)
			v.Beeped = append(v.Beeped, n.Beeped...)
			v.Seen = append(v.Seen, n.Seen...)
			v.Heard = append(v.Heard, n.Heard...)
			v.Shown = append(v.Shown, n.Shown...)
			v.Likeness = append(v.Likeness, n.Likeness...)
		}
	}
}

// began reports whether there was sound and a picture.
func (v *visit) began() bool { return v.FirstAudioAt > 0 && v.FirstFrameAt > 0 }

// progress says how far a visit came.
func (v *visit) progress() string {
	var done, missing []string
	for _, step := range []struct {
		name string
		at   float64
	}{{"the page was opened", v.opened}, {"the server knew them", float64(len(v.Participant))},
		{"they were connected", v.ConnectedAt}, {"they were in the call", v.inside},
		{"a voice was heard", v.FirstAudioAt}, {"a frame was seen", v.FirstFrameAt}} {
		if step.at > 0 {
			done = append(done, step.name)
		} else {
			missing = append(missing, step.name)
		}
	}
	return "so far: " + strings.Join(done, ", ") + "; not yet: " + strings.Join(missing, ", ")
}

// samplesPerMillisecond of sound: browsers play at 48 kHz.
const samplesPerMillisecond = 48

// figures are what the visitor got since a moment (ms), in the form of a virtual participant's.
// taps are when the host let somebody in, delays those of the frames that they saw and of the
// voices that they heard.
func (v *visit) figures(since float64, taps []float64, delays waits) figures.Participant {
	f := figures.Participant{ID: v.Participant, Join: v.join(since, taps)}
	base, readings := v.window(since)
	if len(readings) == 0 {
		return f
	}
	last := readings[len(readings)-1].Reading
	f.Audio = figures.Audio{
		Total:     (last.Samples - base.Reading.Samples) / samplesPerMillisecond,
		Concealed: (last.Concealed - base.Reading.Concealed) / samplesPerMillisecond,
		Audible:   audible(base.Reading, last),
		Packets:   int(last.AudioPackets - base.Reading.AudioPackets),
		Delay:     summary(delays.voices, since, math.Inf(1)),
	}
	f.Video = figures.Video{
		Frames: int(last.Frames - base.Reading.Frames),
		Width:  int(median(readings, func(r reading) float64 { return r.Width })),
		Height: int(median(readings, func(r reading) float64 { return r.Height })),
		Delay:  summary(delays.frames, since, math.Inf(1)),
	}
	f.Received = figures.Traffic{Packets: int(last.PacketsReceived - base.Reading.PacketsReceived),
		Bytes: int(last.BytesReceived - base.Reading.BytesReceived),
		Lost: int(max(0, last.AudioLost+last.VideoLost-base.Reading.AudioLost-
			base.Reading.VideoLost))}
	f.Sent.Bytes = int(last.BytesSent - base.Reading.BytesSent)
	f.Sent.Frames = int(last.FramesSent - base.Reading.FramesSent)
	f.Sent.RTT = last.RoundTrip
	before := base
	still := freezes(v.Shown, readings[len(readings)-1].At)
	for _, r := range readings {
		f.Seconds = append(f.Seconds, v.second(before, r, since, delays, still))
		if v.expects(before, r) {
			f.Video.Watched += r.At - before.At
		}
		before = r
	}
	// Of the picture looked at alone: browsers count the freezes of all pictures together, hidden
	// ones too.
	for _, s := range f.Seconds {
		f.Video.Frozen += s.Frozen
	}
	for _, s := range still {
		if s.to > since {
			f.Video.Freezes++
		}
	}
	return f
}

// join is all 0 for somebody who was there before.
func (v *visit) join(since float64, taps []float64) figures.Join {
	var j figures.Join
	if v.opened < since {
		j.Connected, j.Admitted = 1, 1 // both were long ago
		return j
	}
	after := func(at float64) float64 { return max(0, at-v.opened) }
	j.Connected, j.FirstAudio, j.FirstFrame = after(v.ConnectedAt), after(v.FirstAudioAt),
		after(v.FirstFrameAt)
	j.Admitted = after(v.inside)
	// Nothing is heard or seen before the gate is open: the tap that opened it is the last before
	// that.
	begun := cmp.Or(v.FirstAudioAt, v.FirstFrameAt, v.inside, math.Inf(1))
	for _, tap := range taps {
		if tap > v.opened && tap <= begun {
			j.Admitted = after(tap)
		}
	}
	if j.FirstFrame > 0 {
		j.AdmissionToFirstFrame = max(0, j.FirstFrame-j.Admitted)
	}
	return j
}

// window returns the readings since a moment, and the last before it (or a reading of nothing).
func (v *visit) window(since float64) (base timedReading, readings []timedReading) {
	i := slices.IndexFunc(v.Readings, func(r timedReading) bool { return r.At >= since })
	if i < 0 {
		return timedReading{At: since}, nil
	}
	if i == 0 {
		return timedReading{At: since}, v.Readings
	}
	return v.Readings[i-1], v.Readings[i:]
}

func (v *visit) second(before, now timedReading, since float64, delays waits,
	still []span) figures.Second {
	a, b := before.Reading, now.Reading
	length := (now.At - before.At) / 1000 // s
	s := figures.Second{
		At:             (now.At - since) / 1000,
		AudioTotal:     (b.Samples - a.Samples) / samplesPerMillisecond,
		AudioConcealed: (b.Concealed - a.Concealed) / samplesPerMillisecond,
		AudioAudible:   audible(a, b),
		Frames:         int(b.Frames - a.Frames),
		MainHeight:     int(b.Height),
		FramesSent:     int(b.FramesSent - a.FramesSent),
		RTT:            b.RoundTrip,
		VideoDelay:     summary(delays.frames, before.At, now.At).P50,
		AudioDelay:     summary(delays.voices, before.At, now.At).P50,
	}
	// a reading that came late covers more than a second
	s.MainFrames = int(math.Round((b.MainFrames - a.MainFrames) / length))
	s.ReceivedBps, s.SentBps = int(8*(b.BytesReceived-a.BytesReceived)/length),
		int(8*(b.BytesSent-a.BytesSent)/length)
	if v.expects(before, now) {
		for _, f := range still {
			s.Frozen += max(0, min(f.to, now.At)-max(f.from, before.At))
		}
		if b.MainFrames == a.MainFrames && s.Frozen == 0 {
			s.Paused = 1000 * length // whoever waits for a frame has none now
		}
	}
	return s
}

// span of time, in ms since 1970.
type span struct{ from, to float64 }

const (
	freezeMemory = 30  // frames whose mean distance is the usual one
	freezeLeast  = 150 // ms more than usual
)

// freezes of a picture whose frames were shown at these times: gaps of at least max(3δ, δ + 150
// ms), δ the mean distance of the 30 frames before (W3C webrtc-stats). Browsers' own statistics
// count a freeze when it ends; here the last may go on until the end.
func freezes(shown []float64, end float64) []span {
	var found []span
	for i := 2; i <= len(shown); i++ {
		from, to := shown[i-1], end
		if i < len(shown) {
			to = shown[i]
		}
		first := max(0, i-1-freezeMemory)
		usual := (from - shown[first]) / float64(i-1-first)
		if to-from >= max(3*usual, usual+freezeLeast) {
			found = append(found, span{from, to})
		}
	}
	return found
}

// expects reports whether somebody else's picture was to be seen between two readings: it had
// begun, and they were there.
func (v *visit) expects(before, now timedReading) bool {
	return v.FirstFrameAt > 0 && v.FirstFrameAt < now.At && before.Reading.MainFrames > 0 &&
		before.Reading.Others > 0 && now.Reading.Others > 0
}

// audible is the concealed sound between two readings that was not silence, in ms.
func audible(a, b reading) float64 {
	return max(0, (b.Concealed-a.Concealed)-(b.Silent-a.Silent)) / samplesPerMillisecond
}

func median(readings []timedReading, of func(reading) float64) float64 {
	var values []float64
	for _, r := range readings {
		if v := of(r.Reading); v > 0 {
			values = append(values, v)
		}
	}
	if len(values) == 0 {
		return 0
	}
	slices.Sort(values)
	return values[len(values)/2]
}
