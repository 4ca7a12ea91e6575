package playout

import (
	"slices"
	"time"

	"draille/loadtest/figures"
	"draille/loadtest/media"
	"draille/sfu/rtpx"
)

const (
	tick        = 20 * time.Millisecond
	tickSamples = 960
	// A voice is stretched or shrunk by 10 ms at most, not more often than every 60 ms: as much as
	// NetEq finds pitch periods for.
	stretchSamples  = 480
	stretchInterval = 3 // ticks
	levelSmoothing  = 0.2
	bufferFrames    = 100
	// pendingAudible is how long a voice that breaks off counts as audibly concealed before its
	// next packet tells what was missed; after that it is faded out, and may have ended for good.
	pendingAudible = time.Second
	maxJump        = 10 * 48_000 // samples by which timestamps may leap
)

// AudioPacket is one packet of a voice.
type AudioPacket struct {
	Number    uint16
	Timestamp uint32
	Source    uint32 // CSRC: whose voice
	Marker    bool   // first after a pause
	RED       bool   // the payload is RFC 2198
	Payload   []byte
}

// Audio models the jitter buffer of one audio slot. The zero value is ready.
//
// Every 20 ms it plays what is there. What is not there is concealed, unless redundancy arrived in
// time: blocks of RFC 2198, or in-band FEC in the next frame. While nothing at all is there the
// position stands, so that what arrives late is played late and the delay grows; where later frames
// wait, the gap is left as soon as it has been concealed for its length, or as the buffer holds
// more than enough. Shrinking and stretching bring the delay back to the target.
//
// Concealment is audible unless the source was silent: after a packet that announces DTX, before
// one with the marker (for all but the packets missing between), and where another source takes
// over the slot. Where the last packet before a pause comes late, its own length was missed; the
// rest of the wait was the pause.
type Audio struct {
	numbers    rtpx.Unwrapper[uint16]
	timestamps rtpx.Unwrapper[uint32]
	target     target
	newest     int64        // number of the latest packet
	frames     []audioFrame // waiting, by timestamp
	started    bool
	next       time.Time // of the next tick
	play       int64     // timestamp of what is to be played next
	last       audioFrame
	gap        int64 // samples of silence or concealment since the last frame
	pending    time.Duration
	silent     bool // the gap is a pause of the source
	ended      bool // the slot carries nobody
	level      float64
	stretched  int // ticks since the last stretch
	blocks     []rtpx.REDBlock

	total, speech, concealed, audible, skipped, longer, shorter time.Duration
	packets, late, duplicates, fromRED, fromFEC                 int
	delays                                                      Delays
	first                                                       time.Time
}

type origin uint8

const (
	primary origin = iota
	fromRED
	fromFEC
)

type audioFrame struct {
	timestamp, length int64 // samples
	number            int64
	source            uint32
	origin            origin
	marker, dtx       bool
	captured          time.Time // zero: not told
	begun             bool
}

func (f *audioFrame) end() int64 { return f.timestamp + f.length }

// Arrived takes one packet.
func (a *Audio) Arrived(now time.Time, p AudioPacket) {
	a.Advance(now)
	a.packets++
	payload := p.Payload
	a.blocks = a.blocks[:0]
	if p.RED {
		blocks, err := rtpx.SplitRED(a.blocks, payload)
		if err != nil {
			return
		}
		a.blocks, payload = blocks[:len(blocks)-1], blocks[len(blocks)-1].Data
	}
	length := int64(media.OpusLength(payload) * 48 / time.Millisecond)
	if length == 0 {
		return
	}
	timestamp, number := a.timestamps.Unwrap(p.Timestamp), a.numbers.Unwrap(p.Number)
	frame := audioFrame{timestamp: timestamp, length: length, number: number, source: p.Source,
		marker: p.Marker, dtx: media.OpusDTX(payload)}
	if captured, ok := media.ReadVoiceStamp(payload, now); ok {
		frame.captured = captured
	}
	if !a.started || max(timestamp-a.play, a.play-timestamp) > maxJump {
		a.start(now, &frame)
	}
	if p.Source != a.last.source || p.Marker {
		a.target.forget()
	}
	a.target.arrived(now, timestamp, samples(length), number < a.newest)
	a.newest = max(a.newest, number)
	a.ended = false
	a.insert(frame)
	for _, b := range a.blocks {
		old := audioFrame{timestamp: timestamp - int64(b.TimestampOffset),
			length: int64(media.OpusLength(b.Data) * 48 / time.Millisecond),
			number: number - 1, source: p.Source, origin: fromRED, dtx: media.OpusDTX(b.Data)}
		if a.insert(old) {
			a.target.arrived(now, old.timestamp, samples(length), true)
		}
	}
	// before the first packet after a pause there is nothing to repair
	if media.OpusHasFEC(payload) && !p.Marker {
		if a.insert(audioFrame{timestamp: timestamp - length, length: length, number: number - 1,
			source: p.Source, origin: fromFEC}) {
			a.target.arrived(now, timestamp-length, samples(length), true)
		}
	}
}

// start begins to play at a frame: the first one, or one whose timestamp has nothing to do with
// those before.
func (a *Audio) start(now time.Time, f *audioFrame) {
	if !a.started {
		a.next, a.first = now, now
	}
	a.started, a.play, a.frames, a.gap = true, f.timestamp, a.frames[:0], 0
	a.settle(f)
}

// insert puts a frame into the buffer and reports whether it is new; one that is there already is
// replaced by a better one.
func (a *Audio) insert(f audioFrame) bool {
	if f.length <= 0 {
		return false
	}
	at, found := slices.BinarySearchFunc(a.frames, f.timestamp,
		func(other audioFrame, t int64) int { return int(other.timestamp - t) })
	switch {
	case found && a.frames[at].origin > f.origin:
		f.begun = a.frames[at].begun
		a.frames[at] = f
	case found || f.timestamp == a.last.timestamp && a.last.begun:
		if f.origin == primary {
			a.duplicates++
		}
	case f.end() <= a.play:
		if f.origin == primary {
			a.late++
		}
	case f.origin != primary && a.covered(f.timestamp+f.length/2):
	case len(a.frames) == bufferFrames:
		a.frames = append(a.frames[:0], f) // NetEq empties a full buffer
		return true
	default:
		a.frames = slices.Insert(a.frames, at, f)
		return true
	}
	return false
}

func (a *Audio) covered(timestamp int64) bool {
	return slices.ContainsFunc(a.frames, func(f audioFrame) bool {
		return f.timestamp <= timestamp && timestamp < f.end()
	})
}

// Advance plays until now.
func (a *Audio) Advance(now time.Time) {
	for a.started && !a.next.After(now) {
		a.tick(a.next)
		a.next = a.next.Add(tick)
	}
}

// Ended tells that the slot carries nobody from now on: their source was switched off, or they
// left.
func (a *Audio) Ended(now time.Time) {
	a.Advance(now)
	a.concealed -= min(a.pending, pendingAudible)
	a.pending, a.ended = 0, true
}

func (a *Audio) tick(now time.Time) {
	a.total += tick
	a.stretched++
	played := false
	for left := int64(tickSamples); left > 0; {
		for len(a.frames) > 0 && a.frames[0].end() <= a.play {
			a.frames = a.frames[1:]
		}
		if len(a.frames) > 0 && a.frames[0].timestamp > a.play {
			left -= a.bridge(left)
		}
		switch {
		case left == 0:
		case len(a.frames) == 0 || a.frames[0].timestamp > a.play:
			a.conceal(left)
			left = 0
		default:
			f := &a.frames[0]
			a.begin(now, f)
			length := min(left, f.end()-a.play)
			a.play += length
			left -= length
			played = true
			if !f.dtx {
				a.speech += samples(length)
			}
		}
	}
	if played && a.gap == 0 {
		a.adjust()
	}
}

// begin notes that a frame is heard.
func (a *Audio) begin(now time.Time, f *audioFrame) {
	if f.begun {
		return
	}
	f.begun = true
	a.settle(f)
	switch f.origin {
	case fromRED:
		a.fromRED++
	case fromFEC:
		a.fromFEC++
	}
	if !f.captured.IsZero() {
		a.delays.Add(now.Sub(f.captured))
	}
	a.last, a.gap, a.silent = *f, 0, f.dtx
}

// settle judges the concealment before a frame.
func (a *Audio) settle(f *audioFrame) {
	audible := a.pending
	missing := max(f.number-a.last.number-1, 0) // for good
	switch {
	case f.source != a.last.source:
		audible = 0
	case f.marker:
		audible = min(audible, time.Duration(missing)*samples(f.length))
	case a.pauseAfter(f):
		audible = min(audible, time.Duration(missing+1)*samples(f.length))
	}
	a.audible += audible
	a.speech += audible
	a.concealed += audible - min(a.pending, pendingAudible)
	a.pending = 0
}

// pauseAfter reports whether the frame after one of the buffer is there already, and is the first
// after a pause.
func (a *Audio) pauseAfter(f *audioFrame) bool {
	after := slices.IndexFunc(a.frames, func(other audioFrame) bool {
		return other.timestamp > f.timestamp
	})
	return after >= 0 && a.frames[after].marker && a.frames[after].number == f.number+1
}

// conceal fills a tick, or the rest of one.
func (a *Audio) conceal(length int64) {
	a.gap += length
	if a.silent || a.ended {
		return
	}
	before := min(a.pending, pendingAudible)
	a.pending += samples(length)
	a.concealed += min(a.pending, pendingAudible) - before
}

// bridge moves the position over a gap to the frame after it, once the gap has been filled or more
// than enough waits. It returns how much of the tick it has concealed for that, left at most.
func (a *Audio) bridge(left int64) (filled int64) {
	f := &a.frames[0]
	gap := f.timestamp - a.play
	rest := max(gap-a.gap, 0)
	if rest >= left && (a.gap == 0 || a.buffered() < a.target.delay+samples(rest)) {
		return 0
	}
	if rest < left {
		a.conceal(rest)
		filled, rest = rest, 0
	}
	if !a.silent && f.source == a.last.source && !f.marker {
		a.skipped += samples(rest)
	}
	a.play = f.timestamp
	return filled
}

// buffered is how much sound waits.
func (a *Audio) buffered() time.Duration {
	var sum int64
	for i := range a.frames {
		sum += a.frames[i].end() - max(a.frames[i].timestamp, a.play)
	}
	return samples(max(sum, 0))
}

// adjust shrinks or stretches a little where the buffer holds more or less than its target.
func (a *Audio) adjust() {
	a.level += (float64(a.buffered()) - a.level) * levelSmoothing
	if a.stretched < stretchInterval {
		return
	}
	aim := a.target.delay
	low := max(aim*3/4, aim-85*time.Millisecond)
	high := max(aim, low+20*time.Millisecond)
	step := samples(stretchSamples)
	// What is to be skipped must be there: the frame itself, or the one after it.
	switch level := time.Duration(a.level); {
	case level >= high+step && a.buffered() > 2*tick:
		a.play += stretchSamples
		a.shorter += step
		a.level -= float64(step)
		a.stretched = 0
	case level < low && !a.last.dtx:
		a.play -= stretchSamples
		a.longer += step
		a.level += float64(step)
		a.stretched = 0
	}
}

// Figures tells what was heard until the last Advance.
func (a *Audio) Figures() figures.Audio {
	pending := min(a.pending, pendingAudible)
	return figures.Audio{
		Total: ms(a.total), Speech: ms(a.speech + pending), Concealed: ms(a.concealed),
		Audible: ms(a.audible + pending),
		Skipped: ms(a.skipped), Stretched: ms(a.longer), Shrunk: ms(a.shorter),
		Packets: a.packets, Late: a.late, Duplicates: a.duplicates, FromRED: a.fromRED,
		FromFEC: a.fromFEC,
		Target:  ms(a.target.delay), Delay: a.delays.Figures(),
	}
}

// Delays are those from mouth to ear.
func (a *Audio) Delays() *Delays { return &a.delays }

// Wait makes the voice wait for so long at least before it is heard, as a page does by
// RTCRtpReceiver.jitterBufferTarget; 0: as long as the model finds right.
func (a *Audio) Wait(least time.Duration) { a.target.least = least }

// Began tells when the first sound was played; zero: not yet.
func (a *Audio) Began() time.Time { return a.first }
