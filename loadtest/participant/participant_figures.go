package participant

import (
	"time"

	"draille/loadtest/figures"
	"draille/loadtest/playout"
)

// collected is what figures need besides the models.
type collected struct {
	join    figures.Join
	sockets int // that were opened
	errors  []string
	seconds []figures.Second
	last    totals
	late    time.Duration
	ended   time.Time // when they left; zero: not yet
}

// totals are cumulative counters, of which a second is the difference.
type totals struct {
	audio                  figures.Audio
	video                  figures.Video
	pictures               []int // frames of each
	main                   int   // index of the picture looked at, −1: none
	mainHeight             int
	sent, received, frames int
	audioCount, videoCount int
	audioDelay, videoDelay time.Duration
}

const maxErrors = 50

// mark notes how long it took until something happened first.
func (p *Participant) mark(of func(*figures.Join) *float64) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if at := of(&p.figures.join); *at == 0 {
		*at = milliseconds(time.Since(p.joined))
	}
}

// note keeps something that should not have happened.
func (p *Participant) note(text string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if len(p.figures.errors) < maxErrors {
		p.figures.errors = append(p.figures.errors, text)
	}
}

// Figures tells what they measured so far. It may be called after Leave, too.
func (p *Participant) Figures() figures.Participant {
	p.mu.Lock()
	defer p.mu.Unlock()
	now := time.Now()
	if !p.figures.ended.IsZero() {
		now = p.figures.ended
	}
	f := figures.Participant{Name: p.options.Name, ID: p.state.welcome.Participant,
		Role: string(p.state.welcome.Role), Link: p.options.LinkName,
		Join: p.figures.join, Reconnects: max(p.figures.sockets-1, 0),
		Moves: max(p.opened-1, 0), Silence: milliseconds(p.voices.mostUntil(now)),
		Late:    milliseconds(p.figures.late),
		Errors:  append([]string(nil), p.figures.errors...),
		Seconds: append([]figures.Second(nil), p.figures.seconds...)}
	if p.in == nil {
		return f
	}
	p.measure(now, &f)
	return f
}

// measure reads the models; the lock is held.
func (p *Participant) measure(now time.Time, f *figures.Participant) totals {
	var voices, pictures playout.Delays
	var heard, seen time.Time
	f.Audio, heard = p.in.voices(now, &voices)
	f.Audio.Delay = voices.Figures()
	f.Video, f.Pictures, seen = p.in.seen(now, &pictures)
	f.Video.Delay = pictures.Figures()
	if !heard.IsZero() {
		f.Join.FirstAudio = milliseconds(heard.Sub(p.joined))
	}
	if !seen.IsZero() {
		f.Join.FirstFrame = milliseconds(seen.Sub(p.joined))
		f.Join.AdmissionToFirstFrame = max(f.Join.FirstFrame-f.Join.Admitted, 0)
	}
	f.Received = p.in.counts
	f.Received.Lost = p.in.lost()
	counts := p.out.uplink.Counts()
	camera := p.out.camera.Counts()
	f.Sent = figures.Sent{Traffic: figures.Traffic{Packets: counts.Packets, Bytes: counts.Bytes,
		Retransmitted: counts.Retransmitted, Padding: counts.Padding,
		NACKs: p.out.nacks, PLIs: p.out.plis},
		Frames: camera.Frames, Held: camera.Held, Keyframes: camera.Keyframes,
		Missed: camera.Missed, Dropped: counts.Dropped, Estimate: p.out.uplink.Bitrate(),
		Asked: p.out.camera.Asked(),
		RTT:   milliseconds(p.out.roundTrip())}
	t := totals{audio: f.Audio, video: f.Video, main: p.in.mainOf(f.Pictures), sent: counts.Bytes,
		received: p.in.counts.Bytes, frames: camera.Frames}
	for _, picture := range f.Pictures {
		t.pictures = append(t.pictures, picture.Video.Frames)
	}
	if t.main >= 0 {
		t.mainHeight = f.Pictures[t.main].Video.Height
	}
	t.audioCount, t.audioDelay = voices.Sum()
	t.videoCount, t.videoDelay = pictures.Sum()
	return t
}

// sample notes a second.
func (p *Participant) sample(now time.Time) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.in == nil || !p.figures.ended.IsZero() {
		return
	}
	var f figures.Participant
	t := p.measure(now, &f)
	last := p.figures.last
	if len(p.figures.seconds) > 0 &&
		now.Sub(p.joined).Seconds()-p.figures.seconds[len(p.figures.seconds)-1].At < 0.5 {
		return // the rest of a second at the end
	}
	mainFrames := 0
	if t.main >= 0 {
		mainFrames = t.pictures[t.main]
		if t.main < len(last.pictures) {
			mainFrames -= last.pictures[t.main]
		}
	}
	mean := func(count, before int, sum, sumBefore time.Duration) float64 {
		if count == before {
			return 0
		}
		return milliseconds((sum - sumBefore) / time.Duration(count-before))
	}
	p.figures.seconds = append(p.figures.seconds, figures.Second{
		At:             now.Sub(p.joined).Seconds(),
		AudioTotal:     t.audio.Total - last.audio.Total,
		AudioSpeech:    t.audio.Speech - last.audio.Speech,
		AudioConcealed: t.audio.Concealed - last.audio.Concealed,
		AudioAudible:   t.audio.Audible - last.audio.Audible,
		Frames:         t.video.Frames - last.video.Frames, MainFrames: mainFrames,
		MainHeight: t.mainHeight,
		FramesSent: t.frames - last.frames, Frozen: t.video.Frozen - last.video.Frozen,
		Paused:      t.video.Paused - last.video.Paused,
		ReceivedBps: 8 * (t.received - last.received), SentBps: 8 * (t.sent - last.sent),
		EstimateBps: f.Sent.Estimate, RTT: f.Sent.RTT,
		AudioDelay: mean(t.audioCount, last.audioCount, t.audioDelay, last.audioDelay),
		VideoDelay: mean(t.videoCount, last.videoCount, t.videoDelay, last.videoDelay),
	})
	p.figures.last = t
	if heard := t.audio.Total - last.audio.Total; heard > 0 {
		p.in.delayPlayout(now, (t.audio.Audible-last.audio.Audible)/heard, p.out.trip)
	}
}

func milliseconds(d time.Duration) float64 { return float64(d) / float64(time.Millisecond) }
