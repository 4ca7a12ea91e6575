package demand

import (
	"slices"
	"time"
)

// size returns the capture as it is to be encoded: in full if somebody looks at so much and their
// links have it, else as if the camera gave half.
func (d *Decider) size(now time.Time, c Capture, watchers []Watcher) Capture {
	// What is there stays until it does not fit; what is to come has to fit easily.
	place, rate := float64(fineFrom), 1-nearlyRight
	if d.fine {
		place, rate = fineKept*fineFrom, 1
	}
	full := c.fine()
	fine := c.Fine && slices.ContainsFunc(watchers, func(w Watcher) bool {
		if d.share.known {
			w.Bitrate = min(w.Bitrate, d.share.usual)
		}
		return !w.Still && !w.Far && float64(w.Height) > place &&
			rate*float64(w.Bitrate) >= float64(leastBitrate(full.pixels()))
	})
	if fine && !d.fine && now.Sub(d.shrunk) < growAfter {
		fine = false
	}
	if fine != d.fine {
		factor := 2.0
		if d.fine {
			factor, d.shrunk = 0.5, now
		}
		d.fine = fine
		for i := range d.current {
			d.current[i].Scale *= factor
		}
	}
	if fine {
		return full
	}
	return c
}

// told returns encodings as the publisher is told them: relative to half of a capture that is fine.
func (d *Decider) told(encodings []Encoding) []Encoding {
	told := slices.Clone(encodings)
	if d.fine {
		for i := range told {
			told[i].Scale /= 2
		}
	}
	return told
}
