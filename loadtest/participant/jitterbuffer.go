package participant

import "time"

// Our page lets the first words of a voice wait, a voice that has had gaps lately or is repaired on
// its way to the server, and any on a long line (web/src/engine/receive/playoutThresholds.ts, which
// a test compares with these).
const (
	firstWords = 200 * time.Millisecond
	lesson     = 3 * time.Second // after which the jitter buffer has learnt what the link is like
	lossyLink  = 200 * time.Millisecond
	longLine   = 150 * time.Millisecond
	longTrip   = 30 * time.Millisecond

	gapsFrom, gapsUntil = 0.01, 0.003 // of the sound
	gapsMemory          = 10          // seconds, mean of which counts
)

// gaps reports whether voices have had gaps lately. The zero value has heard none.
type gaps struct {
	share  float64
	lately bool
}

// take takes the share of a second of sound that was concealed.
func (g *gaps) take(concealed float64) {
	g.share += (concealed - g.share) / gapsMemory
	bound := gapsFrom
	if g.lately {
		bound = gapsUntil
	}
	g.lately = g.share >= bound
}

// wait returns how long a voice should wait that was first heard then (the zero time: not yet),
// over a way whose shortest round trip so far was trip (0: not known); patchy: it is repaired on
// its way to the server.
func (g *gaps) wait(now, began time.Time, trip time.Duration, patchy bool) time.Duration {
	switch {
	case began.IsZero(), now.Sub(began) < lesson:
		return firstWords
	case g.lately, patchy:
		return lossyLink
	case trip >= longTrip:
		return longLine
	default:
		return 0
	}
}
