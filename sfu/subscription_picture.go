package sfu

import (
	"time"

	"draille/sfu/demand"
	"draille/sfu/rtpx"
)

// watcher returns what the publisher must know of the place of a slot. frozen: its link carries
// nothing that moves; full: it was found to carry no more.
func (s *subscription) watcher(frozen, full bool) demand.Watcher {
	w := demand.Watcher{
		Height:   s.publication.shown(s.want),
		Far:      s.far,
		Bitrate:  s.granted,
		Selected: s.selected(s.publication.encodings()),
		Full:     full,
		Decodes:  s.sender.decodes,
		Blind:    s.state.paused && s.state.reason == ReasonCodec,
	}
	if frozen && s.publication.source == Camera {
		w.Still, w.Bitrate = true, s.stills.Bitrate
	}
	return w
}

// wish returns the wish of a slot for its publication.
func (s *subscription) wish() demand.Wish {
	c := s.publication.capture()
	c.Fine = c.Fine && !s.far
	return c.Wish(s.publication.shown(s.want), s.want.Priority)
}

// selected returns the index of the encoding that goes out now; -1: none.
func (s *subscription) selected(rids []string) int {
	if s.rewriter.Target().Source == 0 {
		return -1
	}
	l := s.layerOf(s.rewriter.Source())
	if l == nil || l.state != &s.publication.sourceState {
		return -1
	}
	for i, rid := range rids {
		if rid == l.rid {
			return i
		}
	}
	return -1
}

// still shows still pictures of what flows: the smallest of it.
func (s *subscription) still(now time.Time, options []option, bitrate int) {
	from, asked := options[0], s.publication.still()
	last := options[len(options)-1]
	anew := s.stills.Show(now, demand.StillBitrate(bitrate), asked, last.layer.Bitrate)
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

// patient reports whether a keyframe is not to be asked for: the picture is still, and one is on
// its way or not due.
func (s *subscription) patient(now time.Time) bool {
	return s.stills.On && (s.queued > 0 || !s.stills.Asks(now))
}
