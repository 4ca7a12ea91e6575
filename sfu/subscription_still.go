package sfu

import (
	"time"

	"draille/sfu/demand"
	"draille/sfu/rtpx"
)

// still shows still pictures of what flows: the smallest of it.
func (s *subscription) still(now time.Time, options []option, bitrate int) {
	from, told := options[0], s.publication.still()
	last := options[len(options)-1]
	anew := s.stills.Show(now, demand.StillBitrate(bitrate), told, last.layer.Bitrate)
	if s.stills.Whole { // they come in the largest encoding alone; others may just have ended
		from = last
		from.spatial, from.temporal = rtpx.AllLayers, rtpx.AllLayers
	}
	target := rtpx.Target{
		Source:   from.from.id,
		Spatial:  from.spatial,
		Temporal: from.temporal,
		Cut:      true,
	}
	if s.rewriter.Target().Source != target.Source || anew {
		s.stop()
	} else if !s.stills.Whole && s.queued == 0 && s.stills.Asks(now) && s.rewriter.Source() != 0 {
		s.stop() // the next begins a new line of numbers
	}
	s.aim(now, from.from, target)
	s.state = slotState{reason: ReasonDownlink}
}

// move shows pictures that move, after still ones.
func (s *subscription) move() {
	if s.stills.On && !s.stills.Whole {
		s.stop() // what was let through one by one leads to nothing else
	}
	s.stills = demand.Stills{}
}

// patient tells that a keyframe is not to be asked for: the picture is still, and one is on its way
// or not due.
func (s *subscription) patient(now time.Time) bool {
	return s.stills.On && (s.queued > 0 || !s.stills.Asks(now))
}
