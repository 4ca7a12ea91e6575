package publish

import (
	"math"
	"math/rand/v2"
	"slices"
	"time"

	"draille/loadtest/media"
	"draille/sfu/rtpx"
)

const (
	// HeaderSize is what a video packet costs beyond its payload, in bytes: IPv4, UDP, RTP with
	// extensions, authentication tag.
	HeaderSize = 28 + 28 + 16

	payloadShare = 0.92 // of what leaves; headers are the rest

	// by which sent frames may be ahead of the rate before frames are held back
	holdDebt = 150 * time.Millisecond
	maxDebt  = 2 * time.Second // no keyframe silences a picture for longer
	// A clip is chosen that exceeds its target by fitSlack at most: what it sends too much is held
	// back. It is left before its end when it takes more than leaveAt of the target, or when riseAt
	// of what it takes would fit, too: encoders follow their target at once.
	fitSlack = 1.15
	leaveAt  = 2.0
	riseAt   = 1.9

	// Floors of libwebrtc's simulcast allocation: a camera never gets less than floorBitrate while
	// it is on, and its larger encoding only what is at least secondFloor.
	floorBitrate = 30_000
	firstCeiling = 150_000
	secondFloor  = 190_000

	// leastHeight in pixels is how far an encoder scales a picture down by itself where its rate is
	// low: libwebrtc's scaling settings stop at 320×180. What it is asked for may be smaller.
	leastHeight = 180
)

// Demand is what the server asks of one encoding.
type Demand struct {
	Active       bool
	MaxBitrate   int     // bit/s of payload; 0: no cap
	MaxFramerate float64 // frames/s; 0: no cap
	Scale        float64 // scaleResolutionDownBy; 0: as it is
}

// CodedFrame is one frame ready to be cut into packets.
type CodedFrame struct {
	Encoding  int // index in the list given to the camera
	Frame     media.Frame
	Clip      *media.Clip
	Timestamp uint32 // RTP, 90 kHz
}

// Camera models a camera, or a shared screen, with its encoders: one, or two of simulcast.
type Camera struct {
	interval  time.Duration
	begun     time.Time
	next      time.Time
	timestamp uint32
	encodings []encoding
	budget    int // bit/s on the wire

	frames, held, keyframes, missed int
}

// encoding is one encoder.
type encoding struct {
	clips  []*media.Clip // of all heights, by bit rate
	height int           // of its pictures as long as it is asked for no other, in pixels
	camera int           // height of what is captured, in pixels
	fixed  bool          // its pictures never get smaller by themselves: one of simulcast
	stream uint8
	demand Demand
	target int  // bit/s of payload
	steady bool // every second of what it shows fits the target

	clip     *media.Clip
	allowed  int // height in pixels that the demand allowed when clip began
	at       int // next frame of clip
	number   uint32
	keyframe bool    // asked for
	debt     float64 // bytes sent ahead of the rate
	leaked   time.Time
	sent     time.Time // last frame
}

// NewCamera returns a camera of 640×360 at 20 frames/s. With simulcast its first encoding has
// 320×180.
func NewCamera(library *media.Library, codec rtpx.Codec, simulcast bool,
	random *rand.Rand) *Camera {
	clips := library.Clips(codec, 0)
	if simulcast {
		return newCamera(random, 360, encoding{clips: clips, height: 180, fixed: true},
			encoding{clips: clips, height: 360, fixed: true})
	}
	return newCamera(random, 360, encoding{clips: clips, height: 360})
}

// NewSmallCamera returns a camera of 320×180 at 20 frames/s, with one encoding.
func NewSmallCamera(library *media.Library, codec rtpx.Codec, random *rand.Rand) *Camera {
	return newCamera(random, 180, encoding{clips: library.Clips(codec, 0), height: 180})
}

// NewScreen returns a shared screen: a document of 960×540 at 5 frames/s.
func NewScreen(library *media.Library, random *rand.Rand) *Camera {
	document := library.Document()
	return newCamera(random, document.Height,
		encoding{clips: []*media.Clip{document}, height: document.Height})
}

// KeepSteady makes the camera choose pictures of which every second fits the rate. Without it they
// fit on the average, and frames are held back in the seconds that take more, as a real encoder
// would not do that makes such pictures coarser: frames/s of two stretches cannot be compared.
func (c *Camera) KeepSteady() {
	for i := range c.encodings {
		c.encodings[i].steady = true
	}
}

// newCamera returns a camera that captures pictures of that height in pixels.
func newCamera(random *rand.Rand, height int, encodings ...encoding) *Camera {
	c := &Camera{timestamp: random.Uint32(), encodings: encodings,
		interval: time.Duration(float64(time.Second) / encodings[0].clips[0].Framerate)}
	for i := range c.encodings {
		e := &c.encodings[i]
		e.camera, e.stream, e.demand = height, uint8(random.Uint32()), Demand{Active: true}
	}
	return c
}

// SetBudget sets what the uplink leaves for this source, in bit/s on the wire.
func (c *Camera) SetBudget(bitsPerSecond int) {
	c.budget = bitsPerSecond
	c.share()
}

// SetDemand sets what the server asks of each encoding; of those that it does not name nothing
// changes.
func (c *Camera) SetDemand(demands map[int]Demand) {
	for i, d := range demands {
		if i >= 0 && i < len(c.encodings) {
			c.encodings[i].demand = d
		}
	}
	c.share()
}

// Asked returns what the server asks of all encodings, in bit/s of payload, as far as it caps them.
func (c *Camera) Asked() int {
	asked := 0
	for i := range c.encodings {
		if d := c.encodings[i].demand; d.Active {
			asked += d.MaxBitrate
		}
	}
	return asked
}

// share gives each encoding its part of the budget, the smallest picture first, as libwebrtc does.
func (c *Camera) share() {
	left := max(int(payloadShare*float64(c.budget)), floorBitrate)
	for i := range c.encodings {
		e := &c.encodings[i]
		e.target = 0
		if !e.demand.Active {
			continue
		}
		share := left
		later := slices.ContainsFunc(c.encodings[i+1:], func(o encoding) bool {
			return o.demand.Active
		})
		switch {
		case later:
			share = min(left, firstCeiling)
		case i > 0 && slices.ContainsFunc(c.encodings[:i], func(o encoding) bool {
			return o.target > 0
		}) && left < secondFloor:
			continue
		}
		e.target = share
		if e.demand.MaxBitrate > 0 {
			e.target = min(e.target, e.demand.MaxBitrate)
		}
		left -= e.target
	}
}

// Wanted is what the camera would send if the uplink took everything, in bit/s on the wire.
func (c *Camera) Wanted() int {
	wanted := 0
	for i := range c.encodings {
		e := &c.encodings[i]
		if !e.demand.Active {
			continue
		}
		best := wireBitrate(e.best(math.MaxInt))
		if e.demand.MaxBitrate > 0 {
			best = min(best, e.demand.MaxBitrate)
		}
		wanted += best
	}
	return wanted
}

// wireBitrate is what a clip costs with all headers.
func wireBitrate(c *media.Clip) int {
	bytes := 0
	for _, f := range c.Frames {
		bytes += wireSize(len(f.Data) + media.StampSize)
	}
	return int(float64(8*bytes) * c.Framerate / float64(len(c.Frames)))
}

func wireSize(payload int) int {
	return payload + (payload+media.MaxPayload-1)/media.MaxPayload*HeaderSize
}

// RequestKeyframe makes the next frame of an encoding a keyframe.
func (c *Camera) RequestKeyframe(encoding int) { c.encodings[encoding].keyframe = true }

// Next returns when the next frame is captured; zero before the first.
func (c *Camera) Next() time.Time { return c.next }

// Restart forgets the schedule: the camera was off.
func (c *Camera) Restart() {
	c.next = time.Time{}
	for i := range c.encodings {
		c.encodings[i].keyframe = true
	}
}

// Capture appends to coded the frames that are due now, at most one of each encoding. congested
// says that packets pile up below: then nothing is encoded.
func (c *Camera) Capture(now time.Time, congested bool, coded []CodedFrame) []CodedFrame {
	if c.next.IsZero() {
		c.next = now
		if c.begun.IsZero() {
			c.begun = now
		}
	}
	if now.Before(c.next) {
		return coded
	}
	captured := c.next
	c.next = c.next.Add(c.interval)
	for !c.next.After(now) { // a camera whose process was held up has lost its frames
		c.next = c.next.Add(c.interval)
		c.missed++
	}
	for i := range c.encodings {
		e := &c.encodings[i]
		if e.target == 0 {
			e.clip = nil // begins with a keyframe
			continue
		}
		e.leak(now)
		if congested || e.holds(now) {
			c.held++
			continue
		}
		frame := e.encode(captured)
		c.frames++
		if frame.Keyframe {
			c.keyframes++
		}
		timestamp := c.timestamp + uint32(captured.Sub(c.begun).Microseconds()*9/100)
		coded = append(coded,
			CodedFrame{Encoding: i, Frame: frame, Clip: e.clip, Timestamp: timestamp})
		e.sent = now
	}
	return coded
}

func (e *encoding) leak(now time.Time) {
	if !e.leaked.IsZero() {
		e.debt = max(0, e.debt-now.Sub(e.leaked).Seconds()*float64(e.target)/8)
	}
	e.leaked = now
}

// holds reports whether the frame is not encoded, as an encoder drops frames to keep its rate.
func (e *encoding) holds(now time.Time) bool {
	if e.clip == nil {
		return false
	}
	if rate := e.demand.MaxFramerate; rate > 0 &&
		now.Sub(e.sent) < time.Duration(0.9*float64(time.Second)/rate) {
		return true
	}
	return e.debt > holdDebt.Seconds()*float64(e.target)/8
}

// encode returns the next frame.
func (e *encoding) encode(captured time.Time) media.Frame {
	best, allowed := e.best(int(e.slack()*float64(e.target))), e.allows()
	switch {
	case e.clip == nil, e.keyframe, e.at == len(e.clip.Frames),
		e.clip.Height != best.Height && e.allowed != allowed, // another size is another beginning
		best != e.clip && float64(e.takes(e.clip)) > leaveAt*float64(e.target),
		float64(e.takes(best)) > riseAt*float64(e.takes(e.clip)):
		e.clip, e.allowed, e.at, e.keyframe = best, allowed, 0, false
	}
	frame := e.clip.Frames[e.at]
	stamp := media.Stamp{Number: e.number, Parent: uint8(frame.Parent), Stream: e.stream,
		Captured: captured, Width: e.clip.Width, Height: e.clip.Height}
	frame = stamp.Apply(e.clip.Codec, frame)
	e.at++
	e.number++
	e.debt = min(e.debt+float64(len(frame.Data)), maxDebt.Seconds()*float64(e.target)/8)
	return frame
}

// allows is the height in pixels that the demand allows.
func (e *encoding) allows() int {
	switch scale := e.demand.Scale; {
	case scale > 1:
		return int(float64(e.camera)/scale + 0.5)
	case scale == 1:
		return e.camera
	}
	return e.height
}

// takes is the bit rate of a clip, in bit/s.
func (e *encoding) takes(c *media.Clip) int {
	if e.steady {
		return c.Peak
	}
	return c.Bitrate
}

// slack is by how much a clip may exceed the target.
func (e *encoding) slack() float64 {
	if e.steady {
		return 1
	}
	return fitSlack
}

// best returns the clip that takes most of a rate in bit/s, of those that the encoder may make, or
// the one that takes least.
func (e *encoding) best(rate int) *media.Clip {
	tallest := e.tallest()
	least := tallest
	if !e.fixed {
		least = min(tallest, leastHeight)
	}
	var best *media.Clip
	for _, c := range e.clips {
		if c.Height < least || c.Height > tallest {
			continue
		}
		if best == nil || e.takes(c) <= rate {
			best = c
		}
	}
	return best
}

// tallest returns the height of the tallest clips that the demand allows, or of the smallest ones.
func (e *encoding) tallest() int {
	allowed, tallest, smallest := e.allows(), 0, math.MaxInt
	for _, c := range e.clips {
		smallest = min(smallest, c.Height)
		if c.Height <= allowed {
			tallest = max(tallest, c.Height)
		}
	}
	return max(tallest, smallest)
}

// CameraCounts counts frames of all encodings.
type CameraCounts struct {
	Frames, Keyframes int // encoded, and keyframes among them
	Held              int // not encoded, because they did not fit the rate
	Missed            int // not even captured, because the machine was too slow to ask in time
}

// Counts tells what was encoded so far.
func (c *Camera) Counts() CameraCounts {
	return CameraCounts{Frames: c.frames, Keyframes: c.keyframes, Held: c.held, Missed: c.missed}
}
