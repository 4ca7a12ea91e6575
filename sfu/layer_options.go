package sfu

import (
	"time"

	"draille/sfu/allocation"
	"draille/sfu/rtpx"
)

// unmeasuredBitrate is assumed of a layer whose first packets arrive right now, in bit/s: about
// what the smallest picture of a browser takes.
const unmeasuredBitrate = 60_000

// option is one way to show a publication: an encoding, or a part of one.
type option struct {
	layer             allocation.Layer
	from              *layer
	encoding          int   // index of from
	spatial, temporal uint8 // as rtpx.Target wants them
}

func (l *layer) options(now time.Time, options []option, index, count int) []option {
	l.mu.Lock()
	defer l.mu.Unlock()
	if !l.lastPacket.IsZero() && now.Sub(l.lastPacket) >= l.state.silence() {
		return options
	}
	m := &l.meters
	for s := range m.topSpatial + 1 {
		below := 0
		for t := range m.topTemporal + 1 {
			bitrate, framerate := m.bitrate(now, s, t)
			if t > 0 && bitrate == below {
				continue // no such temporal layer lately
			}
			below = bitrate
			o := option{from: l, encoding: index, spatial: s, temporal: t}
			if s == m.topSpatial {
				o.spatial = rtpx.AllLayers
			}
			if t == m.topTemporal {
				o.temporal = rtpx.AllLayers
			}
			width, height := l.size(index, count)
			shift := int(m.topSpatial - s)
			o.layer = allocation.Layer{
				Spatial: index*maxSpatial + int(s), Temporal: int(t),
				Width: width >> shift, Height: height >> shift,
				Framerate: framerate, Bitrate: max(bitrate, unmeasuredBitrate/4),
			}
			if m.frames[0].first == 0 {
				o.layer.Bitrate = unmeasuredBitrate
			}
			options = append(options, o)
		}
	}
	return options
}

// size returns the pixels of the layer, guessed from its place where the codec does not tell:
// encodings double in size.
func (l *layer) size(index, count int) (width, height int) {
	if l.width > 0 {
		return l.width, l.height
	}
	shift := max(count-1-index, 0)
	return 640 >> shift, 360 >> shift
}
