package nack

import "time"

// GeneratorConfig says when to ask for a packet, and when not to.
type GeneratorConfig struct {
	Reorder     time.Duration // a gap may be mere reordering for that long
	MinInterval time.Duration // between two requests for one packet, at least; otherwise one RTT
	MaxAsks     int           // for one packet
	MaxAge      time.Duration // after that a packet is useless
	MaxRTT      time.Duration // above, no answer can come in time: ask for nothing
	MaxMissing  int           // with more packets missing at once, a keyframe is cheaper (0: never say so)
	AsksPerSec  int           // budget of requests
}

// Video returns the usual configuration of a video layer.
func Video() GeneratorConfig {
	return GeneratorConfig{Reorder: 5 * time.Millisecond, MinInterval: 20 * time.Millisecond, MaxAsks: 6, MaxAge: time.Second,
		MaxRTT: time.Second, MaxMissing: 100, AsksPerSec: 300}
}

// Audio returns the usual configuration of an audio layer: an answer must come within a jitter buffer.
func Audio() GeneratorConfig {
	return GeneratorConfig{Reorder: 5 * time.Millisecond, MinInterval: 20 * time.Millisecond, MaxAsks: 2, MaxAge: 200 * time.Millisecond,
		MaxRTT: 120 * time.Millisecond, AsksPerSec: 50}
}

// Generator decides what to ask of the publisher of one incoming layer. Not safe for concurrent use.
type Generator struct{}

// NewGenerator returns a Generator that has seen nothing yet.
func NewGenerator(config GeneratorConfig) *Generator { return &Generator{} }

// Arrived tells of every packet, including those repaired by RTX, under their original sequence numbers.
func (g *Generator) Arrived(now time.Time, sequenceNumber uint16) {}

// Due appends to asks the sequence numbers to ask for now, in order. keyframe is true, once, when too much is missing and a
// keyframe should be asked for instead; what was missing is then forgotten. Call it at Next, or every few milliseconds.
func (g *Generator) Due(now time.Time, rtt time.Duration, asks []uint16) (due []uint16, keyframe bool) {
	return asks, false
}

// Next returns when Due should be called again; ok is false while nothing is missing.
func (g *Generator) Next() (at time.Time, ok bool) { return time.Time{}, false }
