package playout

import (
	"slices"
	"time"

	"draille/loadtest/figures"
	"draille/loadtest/media"
	"draille/sfu/rtpx"
)

const (
	maxWaiting    = 60   // frames that wait for packets or references
	recentPackets = 2048 // power of two
	// Without a frame that can be decoded a browser asks for a keyframe: soon when it has begun to
	// wait for one, late otherwise, since a retransmission may still come.
	keyframeRepeat = 200 * time.Millisecond
	stallTimeout   = 3 * time.Second
	freezeFrames   = 30 // whose mean interval a freeze is measured by
	freezeMargin   = 150 * time.Millisecond
)

// VideoPacket is one packet of a picture, retransmissions already unwrapped.
type VideoPacket struct {
	Number    uint16
	Timestamp uint32
	Source    uint32 // CSRC: whose picture
	Marker    bool   // last of its frame
	Codec     rtpx.Codec
	Payload   []byte // empty: fills a gap. It is not kept.
}

// Video models what a browser makes of one video slot. The zero value is ready.
//
// A frame counts once it is whole and decodable: by the payload descriptors, because a browser
// would not try otherwise (TL0PICIDX and layer sync of VP8 and VP9; packets without a gap for AV1
// and streams without layers), and by its stamp, because the decoder would make a broken picture
// otherwise. Frames leave in order; one that becomes whole after a later one has been decoded is
// lost. It is shown at the moment it is decoded: a browser smooths that by some 10 ms, which no
// freeze depends on.
type Video struct {
	numbers    rtpx.Unwrapper[uint16]
	timestamps rtpx.Unwrapper[uint32]
	recent     [recentPackets]packetRecord
	waiting    []*videoFrame // by timestamp
	chain      chain
	newest     int64 // timestamp of the last decoded frame
	decoded    bool  // any frame yet of this source

	expected  bool // a picture is wanted and not paused
	paused    bool
	since     time.Time // of expected or paused, or when last booked
	shown     time.Time // last frame while expected; zero: none since it is
	intervals []time.Duration
	asked     time.Time // for a keyframe
	stalled   time.Time // since when frames arrive without one being decoded

	counts  figures.Video
	frozen  time.Duration
	watched time.Duration
	pausedT time.Duration
	delays  Delays
	first   time.Time
}

type packetRecord struct {
	number int64
	known  bool
	empty  bool
	marker bool
	frame  int64 // timestamp
}

// videoFrame is a frame that waits.
type videoFrame struct {
	timestamp int64
	source    uint32
	codec     rtpx.Codec
	packets   map[int64]framePacket
	head      rtpx.Frame // of its first packet
	keyframe  bool
	from, to  int64 // numbers; to is known by the marker
	begun     bool  // from is known
	ended     bool
	whole     bool
	stamp     media.Stamp
	stamped   bool
}

type framePacket struct {
	frame   rtpx.Frame
	payload []byte
}

// Expect tells what the person may expect from now on: a picture that is wanted and sent, one that
// the server says is paused, or none. Gaps in the latter two are no freezes.
func (v *Video) Expect(now time.Time, picture, paused bool) {
	v.Advance(now)
	if picture == v.expected && paused == v.paused {
		return
	}
	v.freeze(now) // ends here, if there is one
	v.expected, v.paused, v.shown = picture, paused, time.Time{}
	v.intervals = v.intervals[:0]
	v.stalled = time.Time{}
}

// Moved tells that the picture comes in another RTP stream from now on; it begins with a keyframe.
func (v *Video) Moved() {
	v.numbers, v.timestamps = rtpx.Unwrapper[uint16]{}, rtpx.Unwrapper[uint32]{}
	v.recent, v.waiting, v.chain, v.decoded = [recentPackets]packetRecord{}, nil, chain{}, false
}

// Advance lets time pass.
func (v *Video) Advance(now time.Time) {
	if v.since.IsZero() {
		v.since = now
	}
	elapsed := now.Sub(v.since)
	if elapsed <= 0 {
		return
	}
	v.since = now
	switch {
	case v.paused:
		v.pausedT += elapsed
	case v.expected && !v.first.IsZero():
		v.watched += elapsed
	}
}

// Arrived takes one packet and reports whether it completed a frame that was decoded.
func (v *Video) Arrived(now time.Time, p VideoPacket) bool {
	v.Advance(now)
	number, timestamp := v.numbers.Unwrap(p.Number), v.timestamps.Unwrap(p.Timestamp)
	record := &v.recent[number&(recentPackets-1)]
	if record.known && record.number == number {
		return false
	}
	*record = packetRecord{number: number, known: true, empty: len(p.Payload) == 0,
		marker: p.Marker, frame: timestamp}
	if len(p.Payload) > 0 {
		head, err := rtpx.Inspect(p.Codec, p.Payload)
		if err != nil {
			return false
		}
		v.take(p, head, number, timestamp)
	}
	return v.decode(now)
}

// take puts a packet into its frame.
func (v *Video) take(p VideoPacket, head rtpx.Frame, number, timestamp int64) {
	if v.decoded && timestamp <= v.newest {
		return // too late
	}
	at, found := slices.BinarySearchFunc(v.waiting, timestamp, func(f *videoFrame, t int64) int {
		return int(f.timestamp - t)
	})
	if !found {
		if len(v.waiting) == maxWaiting {
			v.give(v.waiting[0])
			v.waiting = v.waiting[1:]
			at = max(at-1, 0)
		}
		v.waiting = slices.Insert(v.waiting, at,
			&videoFrame{timestamp: timestamp, source: p.Source, codec: p.Codec,
				packets: map[int64]framePacket{}})
	}
	f := v.waiting[at]
	f.packets[number] = framePacket{head, slices.Clone(p.Payload)}
	f.keyframe = f.keyframe || head.Keyframe
	if p.Marker {
		f.to, f.ended = number, true
	}
	if head.Start && (!f.begun || number < f.from) {
		f.from, f.begun, f.head = number, true, head
	}
}

// give gives a frame up.
func (v *Video) give(f *videoFrame) {
	if f.whole {
		v.counts.Undecodable++
	} else {
		v.counts.Incomplete++
	}
}

// complete reports whether all packets of a frame are there, and reads its stamp.
func (v *Video) complete(now time.Time, f *videoFrame) bool {
	if f.whole {
		return true
	}
	if !f.begun || !f.ended || !v.opens(f) {
		return false
	}
	size := 0
	for n := f.from; n <= f.to; n++ {
		part, there := f.packets[n]
		if !there && !v.fills(n) {
			return false
		}
		size += len(part.payload)
	}
	data := make([]byte, 0, size)
	for n := f.from; n <= f.to; n++ {
		part, there := f.packets[n]
		var ok bool
		if !there {
			continue
		}
		if data, ok = media.Depacketize(f.codec, data, part.payload); !ok {
			return false
		}
	}
	f.stamp, f.stamped = media.ReadStamp(f.codec, data, now)
	f.whole, f.packets = true, nil
	return true
}

// opens reports whether the first packet of a frame is known to be the first: AV1 marks the begin
// of every OBU, and only what stands before tells.
func (v *Video) opens(f *videoFrame) bool {
	if f.codec != rtpx.AV1 || f.head.Keyframe {
		return true
	}
	before := f.from - 1
	for v.fills(before) {
		before--
	}
	record := v.recent[before&(recentPackets-1)]
	return record.known && record.number == before && record.marker
}

// fills reports whether a number is taken by a packet without payload.
func (v *Video) fills(number int64) bool {
	record := v.recent[number&(recentPackets-1)]
	return record.known && record.number == number && record.empty
}

// decode decodes what can be, in order.
func (v *Video) decode(now time.Time) (any bool) {
	for i := 0; i < len(v.waiting); i++ {
		f := v.waiting[i]
		if !v.complete(now, f) || !v.chain.believes(v, f) {
			continue
		}
		for _, earlier := range v.waiting[:i] {
			v.give(earlier)
		}
		v.waiting = v.waiting[i+1:]
		i = -1
		v.newest, v.decoded = f.timestamp, true
		sound := v.chain.sound(f)
		v.chain.take(v, f)
		if !sound {
			v.counts.Corrupt++
			continue
		}
		v.show(now, f)
		any = true
	}
	return any
}

// show counts a decoded frame.
func (v *Video) show(now time.Time, f *videoFrame) {
	if v.first.IsZero() {
		v.first = now
	}
	v.counts.Frames++
	if f.keyframe {
		v.counts.Keyframes++
	}
	if f.stamped {
		v.delays.Add(now.Sub(f.stamp.Captured))
		v.counts.Width, v.counts.Height = f.stamp.Width, f.stamp.Height
	} else if f.head.Width > 0 {
		v.counts.Width, v.counts.Height = int(f.head.Width), int(f.head.Height)
	}
	v.asked, v.stalled = time.Time{}, time.Time{}
	if !v.expected {
		return
	}
	if !v.shown.IsZero() {
		v.freeze(now)
		if len(v.intervals) == freezeFrames {
			v.intervals = append(v.intervals[:0], v.intervals[1:]...)
		}
		v.intervals = append(v.intervals, now.Sub(v.shown))
	}
	v.shown = now
}

// freeze books the gap since the last frame if it is one.
func (v *Video) freeze(now time.Time) {
	if gap, is := v.frozenFor(now); is {
		v.counts.Freezes++
		v.frozen += gap
	}
}

// frozenFor returns the gap since the last frame, and whether it is a freeze: W3C webrtc-stats,
// freezeCount.
func (v *Video) frozenFor(now time.Time) (gap time.Duration, is bool) {
	if !v.expected || v.shown.IsZero() || len(v.intervals) == 0 {
		return 0, false
	}
	var sum time.Duration
	for _, i := range v.intervals {
		sum += i
	}
	mean := sum / time.Duration(len(v.intervals))
	gap = now.Sub(v.shown)
	return gap, gap >= max(3*mean, mean+freezeMargin)
}

// KeyframeWanted reports whether to ask for a keyframe now. hopeless says that missing packets will
// not be asked for any more.
func (v *Video) KeyframeWanted(now time.Time, hopeless bool) bool {
	if len(v.waiting) == 0 && !hopeless {
		return false
	}
	if v.stalled.IsZero() {
		v.stalled = now
	}
	urgent := hopeless || !v.chain.begun
	if !urgent && now.Sub(v.stalled) < stallTimeout || !v.asked.IsZero() &&
		now.Sub(v.asked) < keyframeRepeat {
		return false
	}
	v.asked = now
	return true
}

// Figures tells what was seen until now.
func (v *Video) Figures(now time.Time) figures.Video {
	counts, frozen := v.counts, v.frozen
	if gap, is := v.frozenFor(now); is {
		counts.Freezes++
		frozen += gap
	}
	counts.Frozen, counts.Watched, counts.Paused = ms(frozen), ms(v.watched), ms(v.pausedT)
	counts.Delay = v.delays.Figures()
	return counts
}

// Delays are those from capture to decoding.
func (v *Video) Delays() *Delays { return &v.delays }

// Began tells when the first frame was decoded; zero: not yet.
func (v *Video) Began() time.Time { return v.first }
