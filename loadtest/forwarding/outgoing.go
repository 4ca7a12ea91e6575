package forwarding

import (
	"encoding/binary"
	"errors"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/pion/rtp"
	"github.com/pion/sdp/v3"
	"github.com/pion/webrtc/v4"
)

const (
	framePackets = 4  // packets of a picture
	stampAt      = 16 // where in a payload the time of leaving stands
	stampBytes   = 8
	level        = 0x80 | 20 // voice, 20 dB below full scale (RFC 6464)
)

// clock is the one clock of all stamps.
var clock = time.Now()

func stamp(payload []byte, now time.Time) {
	binary.BigEndian.PutUint64(payload[stampAt:], uint64(now.Sub(clock)))
}

// stamped returns the time since clock at which a packet left.
func stamped(payload []byte) (time.Duration, bool) {
	if len(payload) < stampAt+stampBytes {
		return 0, false
	}
	return time.Duration(binary.BigEndian.Uint64(payload[stampAt:])), true
}

// outlet is one track that leaves: what Pion takes for a track.
type outlet struct {
	kind webrtc.RTPCodecType
	name string

	mu       sync.Mutex
	writer   webrtc.TrackLocalWriter
	header   rtp.Header
	ids      struct{ transportCC, level uint8 }
	values   [3]byte
	payload  [VideoBytes]byte
	picture  uint16
	packet   int         // of the frame
	keyframe atomic.Bool // wanted
	isKey    bool        // the frame at hand
	window   window
	counted  uint64 // packets of the window
}

// count begins a window.
func (o *outlet) count(w window) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.window, o.counted = w, 0
}

// sent returns how many packets of the window have left.
func (o *outlet) sent() uint64 {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.counted
}

// write sends a packet with the time.
func (o *outlet) write(payload []byte) error {
	now := time.Now()
	stamp(payload, now)
	if o.window.holds(now.Sub(clock)) {
		o.counted++
	}
	_, err := o.writer.WriteRTP(&o.header, payload)
	return err
}

var errNoCodec = errors.New("forwarding: expected the server to take Opus and VP8")

// Bind implements webrtc.TrackLocal.
func (o *outlet) Bind(c webrtc.TrackLocalContext) (webrtc.RTPCodecParameters, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.writer = c.WriteStream()
	o.header = rtp.Header{Version: 2, SSRC: uint32(c.SSRC())}
	for _, e := range c.HeaderExtensions() {
		switch e.URI {
		case sdp.TransportCCURI:
			o.ids.transportCC = uint8(e.ID)
		case sdp.AudioLevelURI:
			o.ids.level = uint8(e.ID)
		}
	}
	for _, codec := range c.CodecParameters() {
		if !strings.EqualFold(codec.MimeType, webrtc.MimeTypeRTX) {
			o.header.PayloadType = uint8(codec.PayloadType)
			return codec, nil
		}
	}
	return webrtc.RTPCodecParameters{}, errNoCodec
}

// Unbind implements webrtc.TrackLocal.
func (o *outlet) Unbind(webrtc.TrackLocalContext) error { return nil }

// ID implements webrtc.TrackLocal.
func (o *outlet) ID() string { return o.name }

// RID implements webrtc.TrackLocal.
func (o *outlet) RID() string { return "" }

// StreamID implements webrtc.TrackLocal.
func (o *outlet) StreamID() string { return "generator" }

// Kind implements webrtc.TrackLocal.
func (o *outlet) Kind() webrtc.RTPCodecType { return o.kind }

// extend writes the header extensions of one packet.
func (o *outlet) extend(transport uint16) {
	o.values = [3]byte{byte(transport >> 8), byte(transport), level}
	o.header.Extension, o.header.Extensions = false, o.header.Extensions[:0]
	if o.ids.transportCC != 0 {
		// cannot fail: negotiated, and short
		_ = o.header.SetExtension(o.ids.transportCC, o.values[:2])
	}
	if o.ids.level != 0 {
		_ = o.header.SetExtension(o.ids.level, o.values[2:])
	}
}

// sendAudio sends one packet of voice, of so many a second. A server reads from their timestamps
// how late they are.
func (o *outlet) sendAudio(transport uint16, rate int) error {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.header.SequenceNumber++
	o.header.Timestamp += uint32(48_000 / rate)
	o.extend(transport)
	return o.write(o.payload[:AudioBytes])
}

// sendVideo sends one packet of a VP8 picture, as browsers describe it (RFC 7741): 15-bit picture
// id, TL0PICIDX, layer.
func (o *outlet) sendVideo(transport uint16, rate int) error {
	o.mu.Lock()
	defer o.mu.Unlock()
	start := o.packet == 0
	if start {
		o.picture++
		o.header.Timestamp += uint32(90_000 * framePackets / rate)
		o.isKey = o.keyframe.Swap(false)
	}
	o.packet = (o.packet + 1) % framePackets
	o.header.SequenceNumber++
	o.header.Marker = o.packet == 0
	o.extend(transport)
	payload := o.payload[:]
	payload[0] = 0x80
	if start {
		payload[0] = 0x90
	}
	payload[1] = 0xe0
	binary.BigEndian.PutUint16(payload[2:], 0x8000|o.picture)
	payload[4], payload[5] = byte(o.picture), 0
	payload[6] = 1 // of the frame's header: not a keyframe
	if start && o.isKey {
		copy(payload[6:], []byte{0, 0, 0, 0x9d, 0x01, 0x2a, 0x80, 0x02, 0x68, 0x01}) // 640×360
	} else {
		clear(payload[7:stampAt])
	}
	return o.write(payload)
}
