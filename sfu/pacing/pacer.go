// Package pacing decides when each packet leaves for one receiver, so that the queue that forms when a link is thin
// stands here, where it can be ordered and cut, rather than in a router, where the voice would wait behind a picture.
//
// A Pacer is pure: Push hands it a packet, Pop returns the packet that may leave now, Next says when to ask again.
// Classes have strict priority; Audio never waits at all. Video that has waited too long is dropped up to the next
// frame that can be decoded without it.
package pacing

import "time"

// Class is the priority of a packet; a lower value leaves first.
type Class uint8

// Classes, in the order in which they leave.
const (
	Audio           Class = iota // leaves at once, whatever the rate
	AudioRedundancy              // repairs of audio
	Retransmission               // repairs of video
	Document
	Speaker
	Other
	Padding // fills a probe
	classes
)

// Kind says what depends on a video frame.
type Kind uint8

// Kinds of video frames.
const (
	Delta       Kind = iota // needs the frames before it, later ones need it
	Discardable             // no later frame needs it (the highest temporal layer)
	Key                     // needs no frame before it
)

// Item is one packet to send. Stream, Frame and Kind matter for the video classes (Document, Speaker, Other) alone.
type Item[T any] struct {
	Value  T
	Class  Class
	Size   int    // bytes on the wire, IP and UDP headers included
	Stream uint32 // which video stream
	Frame  int64  // the same for all packets of one frame, rising within a stream
	Kind   Kind   // the same for all packets of one frame
}

// Config holds the thresholds of a Pacer. The zero value of a field means its default (DefaultConfig).
type Config struct {
	Burst             time.Duration // how much may leave at once, in time at the pacing rate; one packet always may
	MaxAge            time.Duration // video that waited longer is dropped
	MaxDiscardableAge time.Duration // the same for discardable frames: they go first
	MaxKeyframeAge    time.Duration // the same for a keyframe and for what had to queue behind it
	ThinBitrate       int           // bit/s up to which the pacing rate is the estimate itself
	WideBitrate       int           // bit/s from which it is WideFactor times the estimate
	WideFactor        float64
}

// DefaultConfig returns the defaults of every threshold.
func DefaultConfig() Config {
	return Config{
		Burst:             5 * time.Millisecond,
		MaxAge:            500 * time.Millisecond,
		MaxDiscardableAge: 250 * time.Millisecond,
		MaxKeyframeAge:    1500 * time.Millisecond,
		ThinBitrate:       150_000,
		WideBitrate:       1_000_000,
		WideFactor:        1.25,
	}
}

// Pacer orders and times the packets of one receiver. Its methods must not be called concurrently.
type Pacer[T any] struct {
	config  Config
	dropped func(item Item[T], broken bool)
	queue   []Item[T]
}

// New returns a Pacer. dropped (which may be nil) is called from within Push, Pop and Remove for every item that will
// not leave; broken is true, once, when that makes its stream undecodable until the next keyframe: ask for one.
func New[T any](config Config, dropped func(item Item[T], broken bool)) *Pacer[T] {
	return &Pacer[T]{config: config, dropped: dropped}
}

// SetRate sets the estimated bandwidth in bit/s; the pacing rate follows from it. 0 turns pacing off.
func (p *Pacer[T]) SetRate(now time.Time, bitsPerSecond int) {}

// Push queues an item; the frames of a stream must come in the order in which they are to leave. Ask Pop at once.
func (p *Pacer[T]) Push(now time.Time, item Item[T]) { p.queue = append(p.queue, item) }

// Pop returns an item that must leave now; false: none, see Next. Call it until it returns false.
func (p *Pacer[T]) Pop(now time.Time) (value T, ok bool) {
	if len(p.queue) == 0 {
		return value, false
	}
	value = p.queue[0].Value
	p.queue = p.queue[1:]
	return value, true
}

// Cluster returns the ID of the probe that the item last returned by Pop belongs to; 0: none.
func (p *Pacer[T]) Cluster() int { return 0 }

// Next returns when to call Pop again; false: nothing waits.
func (p *Pacer[T]) Next(now time.Time) (time.Time, bool) { return now, len(p.queue) > 0 }

// Probe opens a probe: until so many bytes have left, of whatever class, they leave at that rate, and Cluster returns
// id for them. Push as many bytes of Padding right after; what media made needless is dropped when the probe is full.
func (p *Pacer[T]) Probe(now time.Time, id, bitsPerSecond, bytes int) {}

// Remove drops what waits of a video stream and forgets it.
func (p *Pacer[T]) Remove(stream uint32) {}

// Queued returns how many bytes wait.
func (p *Pacer[T]) Queued() int { return 0 }
