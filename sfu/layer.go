package sfu

import (
	"sync"
	"sync/atomic"
	"time"

	"github.com/pion/rtcp"

	"draille/sfu/allocation"
	"draille/sfu/demand"
	"draille/sfu/nack"
	"draille/sfu/negotiate"
	"draille/sfu/regime"
	"draille/sfu/rtcpx"
	"draille/sfu/rtpx"
	"draille/sfu/voice"
)

// activeWithin is how fresh the last packet of a layer must be for the layer to count as flowing. A
// publisher on a thin uplink sends a frame every few hundred milliseconds at worst. Not measured
// apart from whole calls.
const activeWithin = 1500 * time.Millisecond

// stillActiveWithin is activeWithin for a still picture, which comes every second or so, and where
// there is little more than the voice at least every ten.
const stillActiveWithin = 12 * time.Second

// sourceState is what a publication shares with its layers.
type sourceState struct {
	source Source
	order  atomic.Pointer[demand.Order] // what the publisher was asked to send last
	// height is that of the shorter side of what is captured, or of half of it where that is fine,
	// in pixels, the largest seen; 0: not known.
	height atomic.Int32
	lines  atomic.Int32 // that the camera gives, as the page says; 0: it does not
}

// still reports whether the publisher was asked to send still pictures.
func (s *sourceState) still() bool { return s.order.Load().Mode == demand.Still }

// fine reports whether the camera gives twice the lines that are encoded by default.
func (s *sourceState) fine() bool { return s.lines.Load() >= demand.FineLines }

// saw notes the shorter side of a picture that was asked for without scaling. Those of twice the
// size that are still under way are none.
func (s *sourceState) saw(height int32) {
	if s.fine() && height > s.lines.Load()/2 {
		return
	}
	s.height.Store(max(s.height.Load(), height))
}

// off reports whether the publisher was asked to send nothing, because their uplink carries no
// picture.
func (s *sourceState) off() bool { return s.order.Load().Mode == demand.Off }

// silence is how long nothing may come of the source before it counts as not flowing: a still
// picture comes once a second at best.
func (s *sourceState) silence() time.Duration {
	if s.still() {
		return stillActiveWithin
	}
	return activeWithin
}

// origin is what a layer asks of the uplink over which it comes.
type origin interface {
	requestKeyframe(ssrc uint32)
	bitrate() int // bit/s that the uplink is believed to carry; 0: not known
}

// layerParts are what a layer is made of and does not own.
type layerParts struct {
	state  *sourceState
	origin origin
	env    *env
	clock  *rtcpx.Clock // of the publisher
}

// layer is one incoming RTP stream: a microphone, or one encoding of a camera or a screen. Its
// history is shared by all subscribers.
type layer struct {
	layerParts
	rid     string
	ssrc    uint32
	id      rtpx.SourceID // its name to every rtpx.Rewriter
	history *rtpx.History

	// mu is taken under a downlink's lock. The scheduler's may be taken under it, and no other.
	mu         sync.Mutex
	lost       *nack.Generator // nil: the publisher does not answer NACKs for it
	keyframes  demand.Keyframes
	format     negotiate.PayloadType // of its latest packet
	meters     meters
	receiver   rtcpx.ReceiverStats
	report     rtcpx.SenderReport
	lastPacket time.Time
	width      int // pixels, from its latest keyframe; 0: the codec does not tell
	height     int
	layersOf   uint32 // timestamp of the frame whose layers are known
	layers     struct{ temporal, spatial uint8 }
	key        uint32 // timestamp of the latest keyframe
	keySeen    bool
}

// newLayer makes the layer of an SSRC. format is that of its first packet.
func newLayer(
	parts layerParts, id rtpx.SourceID, rid string, ssrc uint32, format negotiate.PayloadType,
) *layer {
	l := &layer{layerParts: parts, rid: rid, ssrc: ssrc, id: id, format: format}
	history, lost := rtpx.VideoHistory, nack.Video()
	if parts.state.source == Microphone {
		history, lost = rtpx.AudioHistory, nack.Audio()
	}
	l.history = rtpx.NewHistory(history)
	if format.NACK {
		l.lost = nack.NewGenerator(lost)
	}
	return l
}

// arrival is what a subscriber needs to know of a packet besides the packet itself.
type arrival struct {
	layer       *layer
	packet      *rtpx.Packet
	format      negotiate.PayloadType
	key         bool // belongs to a keyframe
	discardable bool // no later frame needs its frame
	first       bool // after nothing for a while
}

// take books a packet; ok is false when it must not be forwarded (it came before).
func (l *layer) take(
	p *rtpx.Packet, format negotiate.PayloadType, repaired bool,
) (a arrival, ok bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.lost != nil {
		l.lost.Arrived(p.Arrival, p.SequenceNumber)
		if at, missing := l.lost.Next(); missing {
			l.env.wake(at)
		}
	}
	if !repaired {
		l.receiver.Arrived(p, format.Codec.ClockRate())
	}
	if l.history.Put(p) != rtpx.Stored {
		return arrival{}, false
	}
	first := p.Arrival.Sub(l.lastPacket) >= l.state.silence()
	l.format, l.lastPacket = format, p.Arrival
	if len(p.Payload) > 0 {
		l.readFrame(p)
	}
	key := p.Frame.Keyframe || (l.keySeen && p.Timestamp == l.key)
	if key {
		l.keyframes.Add(len(p.Payload) + rtpx.PacketOverhead)
	}
	l.meters.add(
		p.Arrival, p.Frame, len(p.Payload)+rtpx.PacketOverhead, key && format.Codec.Video(),
		p.Marker || l.state.source == Microphone,
	)
	return arrival{
		layer: l, packet: p, format: format, key: key, first: first,
		discardable: p.Frame.TemporalID > 0 && p.Frame.TemporalID == l.meters.topTemporal,
	}, true
}

// readFrame remembers what only some packets of a frame tell, and completes the others.
func (l *layer) readFrame(p *rtpx.Packet) {
	f := &p.Frame
	if f.LayersKnown {
		l.layersOf, l.layers.temporal, l.layers.spatial = p.Timestamp, f.TemporalID, f.SpatialID
	} else if p.Timestamp == l.layersOf {
		f.TemporalID, f.SpatialID = l.layers.temporal, l.layers.spatial
	}
	if f.Keyframe && f.Start {
		l.key, l.keySeen = p.Timestamp, true
		l.keyframes.Arrived(p.Arrival)
		if l.lost != nil {
			l.lost.Begin()
		}
		if f.Width > 0 && f.Height > 0 {
			l.width, l.height = int(f.Width), int(f.Height)
			if whole, ok := l.state.order.Load().Whole(); ok && whole == l.rid {
				l.state.saw(int32(min(f.Width, f.Height)))
			}
		}
	}
}

// asks reports whether a keyframe is to be asked for now, over an uplink that carries so much.
func (l *layer) asks(now time.Time, carries int) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.keyframes.Request(now, carries)
}

// requestKeyframe asks the publisher for a keyframe, unless it was asked just now: then once the
// interval is over.
func (l *layer) requestKeyframe(now time.Time) {
	if l.state.off() {
		return // it begins with one
	}
	if l.asks(now, l.origin.bitrate()) {
		l.origin.requestKeyframe(l.ssrc)
	}
}

// flows reports whether anything came lately.
func (l *layer) flows(now time.Time) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	return !l.lastPacket.IsZero() && now.Sub(l.lastPacket) < l.state.silence()
}

// feedback returns what is to be asked of the publisher now, and when to look again. After a fall
// of the link a keyframe costs less than what is missing.
func (l *layer) feedback(
	now time.Time, rtt time.Duration, fell bool, lost []uint16,
) (asks []uint16, keyframe bool, next time.Time) {
	l.mu.Lock()
	defer l.mu.Unlock()
	asks = lost[:0]
	if l.lost != nil {
		var hopeless bool
		if fell {
			l.lost.Abandon()
		}
		if asks, hopeless = l.lost.Due(now, rtt, asks); hopeless {
			l.keyframes.Need()
		}
		if at, missing := l.lost.Next(); missing {
			next = at
		}
	}
	return asks, !l.state.off() && l.keyframes.Due(now), next
}

// currentFormat returns the format of the latest packet.
func (l *layer) currentFormat() negotiate.PayloadType {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.format
}

// flow measures a voice.
func (l *layer) flow(now time.Time) voice.Flow {
	l.mu.Lock()
	defer l.mu.Unlock()
	bitrate, packets := l.meters.bitrate(now, 0, 0)
	return voice.Flow{Bitrate: max(bitrate-int(8*packets*rtpx.PacketOverhead), 0), Packets: packets}
}

// setReport takes over the publisher's sender report.
func (l *layer) setReport(report rtcpx.SenderReport) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.report = report
}

// senderReport returns the publisher's latest sender report.
func (l *layer) senderReport() rtcpx.SenderReport {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.report
}

// receptionReport returns how the layer arrives; ok is false before its first packet.
func (l *layer) receptionReport(now time.Time) (block rtcp.ReceptionReport, ok bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.receiver.Block(now, l.ssrc, l.report)
}

// pictureSize returns the pixels of the latest keyframe; 0: the codec does not tell.
func (l *layer) pictureSize() (width, height int) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.width, l.height
}

// unmeasuredBitrate is assumed of a layer whose first packets arrive right now, in bit/s: about
// what the smallest picture of a browser takes.
const unmeasuredBitrate = 1.5 * regime.Stills

// leastBitrate is what a layer counts for at least, in bit/s: what has hardly begun to flow, or
// pauses, is not free.
const leastBitrate = unmeasuredBitrate / 4

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
				Framerate: framerate, Bitrate: max(bitrate, leastBitrate),
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
