package sfu

import (
	"draille/sfu/demand"
	"draille/sfu/rtpx"
)

// decodes tells whether somebody's page shows pictures of that codec.
func (s *subscription) decodes(codec rtpx.Codec) bool {
	for _, c := range s.sender.payloads {
		if rtpx.CodecOf(c.MimeType) == codec {
			return true
		}
	}
	return false
}

// watcher returns what the publisher must know of the place of a slot. thin: its link carries
// nothing that moves.
func (s *subscription) watcher(thin bool) demand.Watcher {
	w := demand.Watcher{
		Height:   s.publication.shown(s.want),
		Bitrate:  s.granted,
		Selected: s.selected(s.publication.encodings()),
	}
	if thin && s.publication.source == Camera {
		w.Still, w.Bitrate = true, s.stills.Bitrate
	}
	return w
}

// wish returns the wish of a slot for its publication.
func (s *subscription) wish() demand.Wish {
	return s.publication.capture().Wish(s.publication.shown(s.want), s.want.Priority)
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
