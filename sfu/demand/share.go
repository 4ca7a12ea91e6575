package demand

import (
	"draille/sfu/media"
	"draille/sfu/rtpx"
)

// Share is what an uplink has for one source, in bit/s of encoded picture.
type Share struct {
	known bool
	full  bool // Uplink.Full
	found bool // Uplink.Found
	tried bool // Uplink.Attempt
	link  int  // what the uplink carries in all
	now   int
	usual int // once a queue that stands now has drained
}

// Divide divides an uplink among the sources that are watched. voice is what the microphone
// takes on the wire.
func Divide(u Uplink, voice int, camera, screen bool) map[media.Source]Share {
	if u.Limit == 0 {
		return nil
	}
	left := func(limit int) float64 {
		return (1-repairShare)*float64(limit) - float64(max(voice, leastVoice))
	}
	part := func(part float64) Share {
		encoded := func(limit int) int { return max(int(part*left(limit))-frameHeaders, 0) }
		return Share{
			known: true,
			full:  u.Full,
			found: u.Found,
			tried: u.Attempt,
			link:  max(u.Limit, u.Usual),
			now:   encoded(u.Limit),
			usual: max(encoded(u.Limit), encoded(u.Usual)),
		}
	}
	if camera && screen {
		return map[media.Source]Share{
			media.Screen: part(DocumentShare),
			media.Camera: part(1 - DocumentShare),
		}
	}
	return map[media.Source]Share{media.Camera: part(1), media.Screen: part(1)}
}

// plenty reports whether a picture that moves is far from the least that does.
func (s Share) plenty() bool { return !s.known || s.usual >= plentyFor*motionFloor }

// cap returns the most that a moving picture may take now; 0: there is no limit.
func (s Share) cap() int {
	if !s.known {
		return 0
	}
	return max(s.now, drainFloor)
}

// stillBitrate is what a still picture may take.
func (s Share) stillBitrate() int {
	if !s.known {
		return stillCeiling
	}
	left := s.usual + frameHeaders - StillFramerate*8*rtpx.PacketOverhead
	return max(min(left, int(stillBurst*float64(s.link)), stillCeiling), stillFloor)
}
