package demand

import (
	"slices"
	"time"

	"draille/sfu/rtpx"
)

// common decides in which codec pictures are made so that everybody who watches decodes them, or
// else as many as can be. It is pure; the zero value asks for none.
type common struct {
	asked  rtpx.Codec // UnknownCodec: the page's first
	differ time.Time  // since when the other would do as well; zero: it would not
	blind  time.Time  // since when somebody decodes nothing of it; zero: nobody
}

// decide returns the codec to ask for; UnknownCodec: the page's first of those that it sends.
// Whoever sees nothing is served at once; the way back has time, since a change costs a keyframe.
func (c *common) decide(now time.Time, sends []rtpx.Codec, watchers []Watcher) rtpx.Codec {
	if !slices.ContainsFunc(watchers, func(w Watcher) bool { return w.Blind }) {
		c.blind = time.Time{}
	} else if c.blind.IsZero() {
		c.blind = now
	}
	if len(sends) == 0 {
		return rtpx.UnknownCodec
	}
	before, best := sends[0], sends[0]
	if slices.Contains(sends, c.asked) {
		before = c.asked
	}
	for _, other := range sends {
		if served(other, watchers) > served(best, watchers) {
			best = other
		}
	}
	switch {
	case best == before:
		c.differ = time.Time{}
	case served(best, watchers) > served(before, watchers):
		before, c.differ = best, time.Time{}
	case c.differ.IsZero():
		c.differ = now
	case now.Sub(c.differ) >= codecPatience:
		before, c.differ = best, time.Time{}
	}
	if c.asked = before; before == sends[0] {
		c.asked = rtpx.UnknownCodec
	}
	return c.asked
}

// unseen reports whether somebody has watched for a while who decodes nothing that is sent: no
// change of codec has helped.
func (c *common) unseen(now time.Time) bool {
	return !c.blind.IsZero() && now.Sub(c.blind) >= codecPatience
}

// served returns how many decode a codec; of whom nothing is known decodes every one.
func served(codec rtpx.Codec, watchers []Watcher) (n int) {
	for _, w := range watchers {
		if w.Decodes == 0 || w.Decodes.Has(codec) {
			n++
		}
	}
	return n
}
