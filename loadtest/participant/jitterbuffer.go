package participant

import "time"

// Our page lets the first words of a voice wait, a voice that has had gaps lately or is repaired on
// its way to the server, and any on a long line (web/src/engine/receive/playoutThresholds.ts, which
// a test compares with these).
const (
	firstWords     = 200 * time.Millisecond
	firstWordsNear = 120 * time.Millisecond
	lesson         = 3 * time.Second // after which the jitter buffer has learnt the link
	lossyLink      = 200 * time.Millisecond
	longLine       = 150 * time.Millisecond
	limitedLine    = 100 * time.Millisecond
	longTrip       = 30 * time.Millisecond

	gapsFrom, gapsUntil = 0.01, 0.003 // of the sound
	lossFrom            = 0.02        // of the packets
	gapsMemory          = 10          // seconds, mean of which counts
	calmAfter           = 8           // seconds
)

// gaps reports whether voices have had gaps lately. The zero value has heard none.
type gaps struct {
	share, lost float64
	calm        int // seconds
	lately      bool
}

// take takes the share of a second of sound that was concealed, and the share of its packets that
// did not come as they were first sent.
func (g *gaps) take(concealed, lost float64) {
	g.share += (concealed - g.share) / gapsMemory
	g.lost += (lost - g.lost) / gapsMemory
	if g.calm++; concealed >= gapsUntil || g.lost >= lossFrom {
		g.calm = 0
	}
	switch {
	case !g.lately:
		g.lately = g.share >= gapsFrom
	case g.calm >= calmAfter:
		g.lately, g.share = false, 0 // paid back
	}
}

// way is what is known of the way of a voice.
type way struct {
	trip     time.Duration // the shortest round trip to the server so far; 0: not known
	limited  bool          // somebody's link is why a picture is worse than asked for
	repaired bool          // the voice is repaired on its way to the server
	far      bool          // which is long
}

// wait returns how long a voice should wait that was first heard then; the zero time: not yet.
func (g *gaps) wait(now, began time.Time, w way) time.Duration {
	long := w.trip >= longTrip
	switch {
	case (began.IsZero() || now.Sub(began) < lesson) && (w.limited || long):
		return firstWords
	case began.IsZero() || now.Sub(began) < lesson:
		return firstWordsNear
	case g.lately, w.repaired:
		return lossyLink
	case w.limited:
		return limitedLine
	case long, w.far:
		return longLine
	default:
		return 0
	}
}
