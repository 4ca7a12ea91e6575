// Package pacing decides when each packet leaves for one receiver, so that packets queue here when
// the link is thin, where they can be ordered and dropped, rather than in a router, where the voice
// would wait behind a picture.
//
// A Pacer is pure: Push hands it a packet, Pop returns the packet that may leave now, Next says
// when to ask again.
//
//   - Classes have strict priority (pacer.go). Audio never waits: it counts against the rate, so
//     that what follows waits the longer, but leaves at once.
//   - The rate is that of a leaky bucket (bucket.go) a little above the estimated bandwidth, and
//     exactly the estimate where the link is thin. A few milliseconds of it may leave at once, so
//     that a receiver whose link carries more than what flows is not paced at all. A second bucket
//     keeps what lasts longer than a frame, such as a keyframe, to the estimate: otherwise the
//     voice would find it queued at the bottleneck. A third one, where it is asked for, keeps the
//     packets of moving pictures apart on a link that is wide: it may fall.
//   - Video that has waited too long is dropped up to the next frame that can be decoded without it
//     (pacer_stale.go), at the latest when its turn comes and already on arrival when its turn
//     would come too late.
//
// Number packets (RTP and transport-wide sequence numbers) when Pop returns them, not before: what
// is dropped then leaves no gap for the receiver to ask about.
package pacing

import (
	"cmp"
	"math"
	"time"

	"draille/sfu/regime"
)

// Class is the priority of a packet; a lower value leaves first.
type Class uint8

// Classes, in the order in which they leave.
const (
	Audio           Class = iota // leaves at once, whatever the rate
	AudioRedundancy              // repairs of audio
	Retransmission               // repairs of video
	Document
	Still // pictures that do not move: late is better than never
	Speaker
	Other
	Padding // fills a probe
	classes
)

// video reports whether frames matter in that class.
func (c Class) video() bool { return c >= Document && c <= Other }

// Kind says what depends on a video frame.
type Kind uint8

// Kinds of video frames.
const (
	Delta       Kind = iota // needs the frames before it, later ones need it
	Discardable             // no later frame needs it (the highest temporal layer)
	Key                     // needs no frame before it
)

// Item is one packet to send. Stream, Frame and Kind matter for the video classes (Document to
// Other) alone.
type Item[T any] struct {
	Value  T
	Class  Class
	Size   int    // bytes on the wire, IP and UDP headers included
	Stream uint32 // which video stream
	Frame  int64  // the same for all packets of one frame, rising within a stream
	Kind   Kind   // the same for all packets of one frame
}

// Config holds the thresholds of a Pacer. The zero value of a field means its default
// (DefaultConfig).
type Config struct {
	// Burst is what may leave at once on a thin link, in time at the pacing rate; one packet always
	// may.
	Burst time.Duration
	// WideBurst is the same on a wide link: most frames leave whole, without a timer.
	WideBurst time.Duration
	// MaxAhead is by how much what left may be ahead of the estimate, in time at the estimate.
	MaxAhead time.Duration
	MaxAge   time.Duration // video (and a repair of it) that waited longer is dropped
	// MaxDiscardableAge is the same for discardable frames, repairs of audio and padding: they go
	// first.
	MaxDiscardableAge time.Duration
	MaxKeyframeAge    time.Duration // the same for a keyframe and for what had to queue behind it
	// MaxDocumentAge is the same for a document: a page that comes late is read all the same.
	MaxDocumentAge time.Duration
	// MaxStillAge is the same for still pictures, which may fill what a thin link leaves for
	// seconds.
	MaxStillAge time.Duration
	// ThinBitrate is the bit/s up to which a link is thin: the pacing rate is the estimate itself.
	ThinBitrate int
	// WideBitrate is the bit/s from which it is wide: WideFactor times the estimate; smooth in
	// between.
	WideBitrate int
	WideFactor  float64
}

// DefaultConfig returns the defaults of every threshold.
//
// Burst is the time between bursts of libwebrtc's PacingController when it worked periodically
// (kDefaultMinPacketLimit in pacing_controller.cc).
//
// Measured, the rate and the bursts: TestTheRateRisesAboveTheEstimateWithTheWidth,
// TestAnUnconstrainedReceiverIsNotPaced, TestRateIsKept; the ages: TestStaleRepairsAreDropped,
// TestDiscardableFramesGoFirst, TestAKeyframeThatCannotArriveInTimeDoesNotBegin,
// TestADocumentsKeyframeHasTime, TestStillPicturesWaitForSeconds.
func DefaultConfig() Config {
	return Config{
		Burst:             5 * time.Millisecond,
		WideBurst:         15 * time.Millisecond,
		MaxAhead:          40 * time.Millisecond,
		MaxAge:            500 * time.Millisecond,
		MaxDiscardableAge: 250 * time.Millisecond,
		MaxKeyframeAge:    1500 * time.Millisecond,
		MaxDocumentAge:    4500 * time.Millisecond,
		MaxStillAge:       10 * time.Second,
		ThinBitrate:       regime.Thin,
		WideBitrate:       2.5 * regime.Decent,
		WideFactor:        1.25,
	}
}

func (c Config) withDefaults() Config {
	d := DefaultConfig()
	c.Burst = cmp.Or(c.Burst, d.Burst)
	c.WideBurst = cmp.Or(c.WideBurst, d.WideBurst)
	c.MaxAhead = cmp.Or(c.MaxAhead, d.MaxAhead)
	c.MaxAge = cmp.Or(c.MaxAge, d.MaxAge)
	c.MaxDiscardableAge = cmp.Or(c.MaxDiscardableAge, d.MaxDiscardableAge)
	c.MaxKeyframeAge = cmp.Or(c.MaxKeyframeAge, d.MaxKeyframeAge)
	c.MaxDocumentAge = cmp.Or(c.MaxDocumentAge, d.MaxDocumentAge)
	c.MaxStillAge = cmp.Or(c.MaxStillAge, d.MaxStillAge)
	c.ThinBitrate = cmp.Or(c.ThinBitrate, d.ThinBitrate)
	c.WideBitrate = cmp.Or(c.WideBitrate, d.WideBitrate)
	c.WideFactor = cmp.Or(c.WideFactor, d.WideFactor)
	return c
}

// Pacer orders and times the packets of one receiver. Its methods must not be called concurrently.
type Pacer[T any] struct {
	config  Config
	dropped func(item Item[T], broken bool)
	bucket  bucket
	steady  bucket // at the estimate itself; does not hold back a probe
	smooth  bucket // of what Smooth keeps apart
	queues  [classes]ring[T]
	streams map[uint32]*stream
	set     int     // bit/s, as told to SetRate last
	rate    float64 // bytes/s outside of probes; 0: unlimited
	probe   probe
	cluster int       // of the item last popped
	held    time.Time // until when nothing but audio leaves
}

// New returns a Pacer. dropped (which may be nil) is called from within Push, Pop and Remove for
// every item that will not leave; broken is true, once, when that makes its stream undecodable
// until the next keyframe: ask for one. The function must not call the Pacer.
//
// Until SetRate is called nothing is paced.
func New[T any](config Config, dropped func(item Item[T], broken bool)) *Pacer[T] {
	config = config.withDefaults()
	if dropped == nil {
		dropped = func(Item[T], bool) {}
	}
	return &Pacer[T]{
		config:  config,
		dropped: dropped,
		bucket:  bucket{burst: config.Burst},
		steady:  bucket{burst: config.MaxAhead},
		smooth:  bucket{burst: config.Burst},
		streams: make(map[uint32]*stream),
	}
}

// SetRate sets the estimated bandwidth in bit/s; the pacing rate follows from it. 0 turns pacing
// off. The same again costs nothing.
func (p *Pacer[T]) SetRate(now time.Time, bitsPerSecond int) {
	if bitsPerSecond == p.set {
		return
	}
	p.set = bitsPerSecond
	width := p.width(bitsPerSecond)
	p.rate = float64(bitsPerSecond) / 8 * (1 + width*(p.config.WideFactor-1))
	p.bucket.burst = p.config.Burst + time.Duration(
		width*float64(p.config.WideBurst-p.config.Burst),
	)
	p.steady.setRate(now, float64(bitsPerSecond)/8)
	if !p.probe.open() {
		p.bucket.setRate(now, p.rate)
	}
}

// Hold lets nothing but audio leave before that time.
func (p *Pacer[T]) Hold(until time.Time) { p.held = until }

// Smooth keeps the packets of moving pictures apart, at that many bit/s, however much more the link
// carries; 0: only at its rate. Keyframes are exempt: somebody waits for them.
func (p *Pacer[T]) Smooth(now time.Time, bitsPerSecond int) {
	p.smooth.setRate(now, float64(bitsPerSecond)/8)
}

// smoothed reports whether a packet is one of those that Smooth keeps apart.
func (p *Pacer[T]) smoothed(class Class, kind Kind) bool {
	return (class == Speaker || class == Other) && kind != Key && !p.probe.open()
}

// full reports whether nothing but audio may leave now.
func (p *Pacer[T]) full(now time.Time) bool {
	return now.Before(p.held) || p.bucket.excess() > 0 || !p.probe.open() && p.steady.excess() > 0
}

// ready returns when another packet may leave.
func (p *Pacer[T]) ready(now time.Time) time.Time {
	at := p.bucket.ready(now)
	if steady := p.steady.ready(now); !p.probe.open() && steady.After(at) {
		at = steady
	}
	if p.held.After(at) {
		at = p.held
	}
	return at
}

// width places a bandwidth between thin (0) and wide (1). On a wide link a frame may go out faster
// than the average, so that it is not late; on a thin one every such excess is a queue in front of
// the next audio packet.
func (p *Pacer[T]) width(bitsPerSecond int) float64 {
	thin, wide := float64(p.config.ThinBitrate), float64(p.config.WideBitrate)
	position := math.Log(float64(bitsPerSecond)/thin) / math.Log(wide/thin)
	return min(1, max(0, position))
}

// Push queues an item; the frames of a stream must come in the order in which they are to leave.
// Ask Pop at once. When a stream changes its class, what waits of it changes with it.
func (p *Pacer[T]) Push(now time.Time, item Item[T]) {
	if item.Class.video() && !p.admit(now, &item) {
		return
	}
	p.queues[item.Class].push(queued[T]{item: item, since: now})
}

// Packet is an Item without its value.
type Packet struct {
	Class  Class
	Size   int
	Stream uint32
	Frame  int64
	Kind   Kind
}

// Pass reports whether a packet leaves at once, without ever having waited, and counts it if so:
// where nothing waits and the link has room, that is what Push and Pop come to. Otherwise nothing
// has happened, and the packet must be pushed.
func (p *Pacer[T]) Pass(now time.Time, packet Packet) bool {
	if p.waits() || p.probe.open() {
		return false
	}
	p.bucket.leak(now)
	p.steady.leak(now)
	if packet.Class != Audio && p.full(now) {
		return false
	}
	smoothed := p.smoothed(packet.Class, packet.Kind)
	p.smooth.leak(now)
	if smoothed && p.smooth.excess() > 0 || packet.Class.video() && !p.passFrame(&packet) {
		return false
	}
	p.leave(now, packet.Size, smoothed)
	return true
}

// waits reports whether anything is queued.
func (p *Pacer[T]) waits() bool {
	for class := range p.queues {
		if p.queues[class].count > 0 {
			return true
		}
	}
	return false
}

// Pop returns an item that must leave now; false: none, see Next. Call it until it returns false.
func (p *Pacer[T]) Pop(now time.Time) (value T, ok bool) {
	p.bucket.leak(now)
	p.steady.leak(now)
	p.smooth.leak(now)
	p.expireProbe(now)
	for class := range classes {
		if class != Audio && p.full(now) {
			break
		}
		if class != Audio {
			p.dropStale(now, class)
		}
		if p.queues[class].count == 0 {
			continue
		}
		smoothed := p.smoothed(class, p.queues[class].at(0).item.Kind)
		if smoothed && p.smooth.excess() > 0 {
			break
		}
		item := p.queues[class].pop().item
		if class.video() {
			p.streams[item.Stream].begun = item.Frame
		}
		p.leave(now, item.Size, smoothed)
		return item.Value, true
	}
	return value, false
}

// leave counts bytes that leave.
func (p *Pacer[T]) leave(now time.Time, bytes int, smoothed bool) {
	p.bucket.fill(bytes)
	p.steady.fill(bytes)
	if smoothed {
		p.smooth.fill(bytes)
	}
	p.cluster = p.probe.id
	if p.probe.open() {
		if p.probe.left -= bytes; p.probe.left <= 0 {
			p.closeProbe(now)
		}
	}
}

// Cluster returns the ID of the probe that the item last returned by Pop belongs to; 0: none.
func (p *Pacer[T]) Cluster() int { return p.cluster }

// Next returns when to call Pop again; false: nothing waits.
func (p *Pacer[T]) Next(now time.Time) (time.Time, bool) {
	if p.queues[Audio].count > 0 {
		return now, true
	}
	for class := Audio + 1; class < classes; class++ {
		if p.queues[class].count > 0 {
			at := p.ready(now)
			if smooth := p.smooth.ready(now); p.smoothed(class, p.queues[class].at(0).item.Kind) &&
				smooth.After(at) {
				at = smooth
			}
			return at, true
		}
	}
	return now, false
}

// Queued returns how many bytes wait.
func (p *Pacer[T]) Queued() int {
	bytes := 0
	for class := range p.queues {
		bytes += p.queues[class].bytes
	}
	return bytes
}
