package demand

import (
	"draille/sfu/ingress"
	"draille/sfu/media"
	"draille/sfu/rtpx"
)

// share is what an uplink has for one source, in bit/s of encoded picture.
type share struct {
	known bool
	full  bool // the uplink has been found full: it carries that; else it is what was tried
	found bool // it was, and nothing has refuted it
	tried bool // it is more than the uplink is believed to carry, for a picture that moves
	link  int  // what the uplink carries in all
	now   int
	usual int // once a queue that stands now has drained
}

// divideUplink divides an uplink among the sources that are watched. voice is what the microphone
// takes on the wire.
func Divide(s ingress.State, voice int, camera, screen bool) map[media.Source]share {
	if s.Limit == 0 {
		return nil
	}
	left := func(limit int) float64 {
		return (1-repairShare)*float64(limit) - float64(max(voice, leastVoice))
	}
	part := func(part float64) share {
		encoded := func(limit int) int { return max(int(part*left(limit))-frameHeaders, 0) }
		return share{
			known: true,
			full:  s.Full,
			found: s.Found,
			tried: s.Attempt,
			link:  max(s.Limit, s.Usual),
			now:   encoded(s.Limit),
			usual: max(encoded(s.Limit), encoded(s.Usual)),
		}
	}
	if camera && screen {
		return map[media.Source]share{
			media.Screen: part(DocumentShare),
			media.Camera: part(1 - DocumentShare),
		}
	}
	return map[media.Source]share{media.Camera: part(1), media.Screen: part(1)}
}

// plenty reports whether a picture that moves is far from the least that does.
func (s share) plenty() bool { return !s.known || s.usual >= plentyFor*motionFloor }

// cap returns the most that a moving picture may take now; 0: there is no limit.
func (s share) cap() int {
	if !s.known {
		return 0
	}
	return max(s.now, brakeFloor)
}

// stillBitrate is what a still picture may take.
func (s share) stillBitrate() int {
	if !s.known {
		return stillCeiling
	}
	left := s.usual + frameHeaders - StillFramerate*8*rtpx.PacketOverhead
	return max(min(left, int(stillBurst*float64(s.link)), stillCeiling), stillFloor)
}
