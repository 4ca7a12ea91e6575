package demand

import (
	"time"
)

// Stills shows a picture that does not move to a link that carries no other. Where the publisher
// was told to send still pictures, all of them are forwarded (whole); where others see them move, a
// keyframe of their smallest layer now and then, and nothing between. It is pure; the zero value is
// off.
type Stills struct {
	On      bool
	Whole   bool
	since   time.Time // of on
	began   time.Time // of whole
	ignored bool      // the publisher goes on as if they had not been told
	Bitrate int       // bit/s that there are for it
	latest  time.Time // when a keyframe was last let through one by one; zero: none yet
	frame   uint32    // its RTP timestamp
	size    int       // its bytes on the wire so far
}

// Show says what there is for still pictures, whether their publisher was asked to send such
// (asked), and what they send (in bit/s). It reports whether the stream must begin anew.
func (s *Stills) Show(now time.Time, bitrate int, asked bool, sent int) (anew bool) {
	s.ignored = asked && sent > stillMost && (s.ignored || s.Whole && now.Sub(s.began) > stillObeys)
	whole := asked && !s.ignored && bitrate >= rareBelow
	if anew = !s.On || s.Whole != whole; anew {
		since := s.since
		if !s.On {
			since = now
		}
		*s = Stills{On: true, Whole: whole, since: since, began: now, ignored: s.ignored}
	}
	s.Bitrate = bitrate
	return anew
}

// interval returns the time from one picture to the next: as long as the link pays for the latest.
func (s *Stills) interval() time.Duration {
	pays := time.Duration(
		float64(8*s.size) / float64(max(s.Bitrate, stillFloor)) * float64(time.Second),
	)
	if s.Bitrate < rareBelow {
		return rareInterval
	}
	return min(max(stillInterval, pays), stillLongest)
}

// Asks reports whether it is time to ask for a keyframe.
func (s *Stills) Asks(now time.Time) bool {
	switch {
	case s.Whole || s.latest.IsZero():
		return now.Sub(s.since) >= stillSettles && now.Sub(s.began) >= stillAsk
	default:
		return now.Sub(s.latest) >= s.interval()
	}
}

// due reports whether a keyframe that comes now would be let through.
func (s *Stills) due(now time.Time) bool {
	if now.Sub(s.since) < stillSettles {
		return false
	}
	return s.latest.IsZero() || float64(now.Sub(s.latest)) >= stillEarly*float64(s.interval())
}

// Takes reports whether a packet of a picture that comes one by one is let through.
func (s *Stills) Takes(now time.Time, key bool, timestamp uint32, size int) bool {
	switch {
	case !key:
		return false
	case !s.latest.IsZero() && timestamp == s.frame:
	case s.due(now):
		s.latest, s.frame, s.size = now, timestamp, 0
	default:
		return false
	}
	s.size += size
	return true
}

// OneByOne reports whether Takes decides now which packets are let through.
func (s *Stills) OneByOne(now time.Time) bool {
	return s.On && (!s.Whole || now.Sub(s.since) < stillSettles)
}

// StillBitrate returns what still pictures get of what the voice leaves, in bit/s.
func StillBitrate(left int) int { return int(stillShare * float64(left)) }
