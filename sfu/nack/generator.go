package nack

import (
	"math"
	"slices"
	"time"

	"draille/sfu/rtpx"
)

// GeneratorConfig says when to ask for a packet, and when not to.
type GeneratorConfig struct {
	Reorder time.Duration // a gap may be mere reordering for that long
	// MinInterval lies between two requests for one packet, at least; otherwise 1.25 round trips.
	MinInterval time.Duration
	// Echo is how soon every request is made again, for it may be lost itself; 0: once is enough.
	Echo       time.Duration
	MaxAsks    int           // for one packet, echoes included
	MaxAge     time.Duration // what would arrive later than that after its gap was seen is useless
	MaxRTT     time.Duration // above, no answer can come in time: ask for nothing
	MaxMissing int           // with more packets missing at once, a keyframe is cheaper
	// Keyframes says that the layer has keyframes; otherwise what exceeds MaxMissing is simply
	// given up.
	Keyframes bool
	// AsksPerSec is the budget of requests; what comes in during tokensSaved may be saved up.
	AsksPerSec int
}

// Video returns the usual configuration of a video layer. With a round trip of MaxRTT no answer
// comes within MaxAge.
//
// Measured: TestGeneratorAsksOnceARoundTrip, TestGeneratorBoundsTheRepetition,
// TestGeneratorAsksForNothingUseless, TestGeneratorSaysWhenAKeyframeIsCheaper,
// TestBurstsAreRepaired, TestReorderingNeverAsks. AsksPerSec is not: a bound that ordinary losses
// stay far below.
func Video() GeneratorConfig {
	return GeneratorConfig{
		Reorder:     10 * time.Millisecond,
		MinInterval: 20 * time.Millisecond,
		MaxAsks:     8,
		MaxAge:      time.Second,
		MaxRTT:      time.Second,
		MaxMissing:  100,
		Keyframes:   true,
		AsksPerSec:  300,
	}
}

// Audio returns the usual configuration of an audio layer: an answer must come within a jitter
// buffer. Little is missing behind redundancy, and there is time for one answer, hardly for two:
// where a fifth is lost, two requests in place of one leave a third less missing. A publisher
// answers once a round trip.
//
// Measured: TestVoiceIsAskedForTwice, TestVoiceIsRepairedInTime,
// TestGeneratorAsksForNothingUseless, TestGeneratorSaysWhenAKeyframeIsCheaper.
func Audio() GeneratorConfig {
	return GeneratorConfig{
		Reorder:     10 * time.Millisecond,
		MinInterval: 20 * time.Millisecond,
		Echo:        15 * time.Millisecond,
		MaxAsks:     4,
		MaxAge:      250 * time.Millisecond,
		MaxRTT:      120 * time.Millisecond,
		MaxMissing:  12,
		AsksPerSec:  50,
	}
}

// A stream whose numbers leap further than this many packets has started anew: nothing that was
// missing will come.
//
// maxLeap is MAX_DROPOUT of RFC 3550 appendix A.1. Behind, a repair may come later than the RFC's
// MAX_MISORDER of 100; measured: TestGeneratorNeverAsksForWhatCame,
// TestGeneratorFollowsAStreamThatStartsAnew.
const (
	maxLeap   = 3000
	maxBehind = 3000
)

// tokensSaved is the part of a second, as a divisor, for which requests may be saved up.
//
// Measured: TestGeneratorKeepsItsBudget, TestVoiceIsAskedForTwice.
const tokensSaved = 5

// answerParts: an answer may come later than its round trip by the round trip divided by this.
//
// Measured: TestRetransmissionsAreAsManyAsLosses, TestGeneratorAsksOnceARoundTrip.
const answerParts = 4

// Generator decides what to ask of the publisher of one incoming layer. Not safe for concurrent
// use.
type Generator struct {
	config    GeneratorConfig
	unwrap    rtpx.Unwrapper[uint16]
	newest    int64
	started   bool
	restart   int64 // the number that, coming next, proves that the stream has started anew
	missing   []gap // by number
	keyframe  bool
	abandoned bool // what is missing is useless until the next keyframe
	rtt       time.Duration
	tokens    float64
	refilled  time.Time
}

// gap is one packet that has not arrived.
type gap struct {
	number  int64
	noticed time.Time
	asked   time.Time
	asks    int
}

// NewGenerator returns a Generator that has seen nothing yet.
func NewGenerator(config GeneratorConfig) *Generator {
	return &Generator{
		config:  config,
		missing: make([]gap, 0, config.MaxMissing),
		tokens:  float64(config.AsksPerSec) / tokensSaved,
		restart: math.MinInt64,
	}
}

// Arrived tells of every packet, including those repaired by RTX, under their original sequence
// numbers.
func (g *Generator) Arrived(now time.Time, sequenceNumber uint16) {
	number := g.unwrap.Unwrap(sequenceNumber)
	if !g.started {
		g.started, g.newest = true, number
		return
	}
	restart := g.restart
	g.restart = math.MinInt64
	switch ahead := number - g.newest; {
	case ahead > maxLeap:
		g.begin(number)
	case ahead > 0:
		g.lose(now, g.newest+1, number)
		g.newest = number
	case ahead < -maxBehind && number == restart:
		g.begin(number)
	case ahead < -maxBehind:
		g.restart = number + 1
	default:
		g.found(number)
	}
}

// begin starts over at number. Packets missing before it will never come.
func (g *Generator) begin(number int64) {
	g.newest = number
	g.missing = g.missing[:0]
	g.keyframe = g.config.Keyframes
}

func (g *Generator) lose(now time.Time, from, to int64) {
	if g.abandoned {
		return
	}
	if len(g.missing)+int(to-from) > g.config.MaxMissing {
		g.missing = g.missing[:0]
		g.keyframe = g.config.Keyframes
		return
	}
	for ; from < to; from++ {
		g.missing = append(g.missing, gap{number: from, noticed: now})
	}
}

func (g *Generator) found(number int64) {
	at, found := slices.BinarySearchFunc(
		g.missing, number, func(m gap, n int64) int { return int(m.number - n) },
	)
	if found {
		g.missing = slices.Delete(g.missing, at, at+1)
	}
}

// Due appends to asks the sequence numbers to ask for now, in order. keyframe is true, once, when
// too much was missing and a keyframe should be asked for instead; what was missing is then
// forgotten. Call it at Next, or every few milliseconds.
func (g *Generator) Due(
	now time.Time, rtt time.Duration, asks []uint16,
) (due []uint16, keyframe bool) {
	g.rtt = rtt
	keyframe, g.keyframe = g.keyframe, false
	g.refill(now)
	if rtt > g.config.MaxRTT {
		g.missing = g.missing[:0]
	}
	kept := g.missing[:0]
	for _, m := range g.missing {
		if g.useless(now, m) {
			continue
		}
		if !now.Before(g.dueAt(m)) && g.tokens >= 1 {
			g.tokens--
			m.asked = now
			m.asks++
			asks = append(asks, uint16(m.number))
		}
		kept = append(kept, m)
	}
	g.missing = kept
	return asks, keyframe
}

// Abandon gives up what is missing, if anything is, and asks for a keyframe instead: to repair it
// would take the link for longer than to begin anew. Nothing more is asked for until Begin tells
// that a keyframe has come. It does nothing for a layer that has no keyframes.
func (g *Generator) Abandon() {
	if g.config.Keyframes && len(g.missing) > 0 {
		g.missing, g.keyframe, g.abandoned = g.missing[:0], true, true
	}
}

// Begin takes note that a keyframe begins with the latest packet.
func (g *Generator) Begin() { g.abandoned = false }

// useless reports whether no answer to a request made now, or to the last one that is allowed, can
// help any more.
func (g *Generator) useless(now time.Time, m gap) bool {
	if m.asks >= g.config.MaxAsks {
		return !now.Before(g.dueAt(m))
	}
	// One that has been asked for is kept while its answer may still be on its way, so that its
	// arrival is understood.
	return now.Sub(m.noticed)+g.rtt > g.config.MaxAge && !now.Before(g.dueAt(m))
}

func (g *Generator) dueAt(m gap) time.Time {
	if m.asks == 0 {
		return m.noticed.Add(g.config.Reorder)
	}
	if m.asks%2 == 1 && g.config.Echo > 0 {
		return m.asked.Add(g.config.Echo)
	}
	// The answer needs a round trip and the time to be sent, which the measured round trip does not
	// hold.
	return m.asked.Add(max(g.config.MinInterval, g.rtt+g.rtt/answerParts))
}

func (g *Generator) refill(now time.Time) {
	if elapsed := now.Sub(g.refilled); !g.refilled.IsZero() && elapsed > 0 {
		g.tokens = min(
			g.tokens+elapsed.Seconds()*float64(g.config.AsksPerSec),
			float64(g.config.AsksPerSec)/tokensSaved,
		)
	}
	g.refilled = now
}

// Next returns when Due should be called again; ok is false while nothing is missing.
func (g *Generator) Next() (at time.Time, ok bool) {
	if g.keyframe {
		return time.Time{}, true // at once
	}
	for _, m := range g.missing {
		if due := g.dueAt(m); !ok || due.Before(at) {
			at, ok = due, true
		}
	}
	if ok && g.tokens < 1 {
		wait := time.Duration((1 - g.tokens) / float64(g.config.AsksPerSec) * float64(time.Second))
		if refill := g.refilled.Add(wait); refill.After(at) {
			at = refill
		}
	}
	return at, ok
}
