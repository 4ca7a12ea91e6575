package participant

import (
	"errors"
	"fmt"
	"strings"
	"sync"

	"github.com/pion/rtp"
	"github.com/pion/sdp/v3"
	"github.com/pion/webrtc/v4"

	"draille/loadtest/publish"
	"draille/sfu/rtpx"
)

// outlet is one encoding that leaves: what Pion takes for a track.
type outlet struct {
	kind      webrtc.RTPCodecType
	name, rid string
	codec     rtpx.Codec
	mid       func() string

	mu            sync.Mutex
	writer        webrtc.TrackLocalWriter
	ssrc, rtxSSRC uint32
	payload, rtx  uint8
	red           uint8 // 0: not negotiated
	ids           struct{ transportCC, departure, mid, rid, repairedRID, level uint8 }
	header        rtp.Header
	extension     [6]byte // transport-wide number, time of departure and level, rewritten in place
}

var errNoCodec = errors.New("participant: the server does not take the codec")

// Bind implements webrtc.TrackLocal.
func (o *outlet) Bind(c webrtc.TrackLocalContext) (webrtc.RTPCodecParameters, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.ssrc, o.rtxSSRC, o.writer = uint32(c.SSRC()), uint32(c.SSRCRetransmission()), c.WriteStream()
	for _, e := range c.HeaderExtensions() {
		switch e.URI {
		case sdp.TransportCCURI:
			o.ids.transportCC = uint8(e.ID)
		case sdp.ABSSendTimeURI:
			o.ids.departure = uint8(e.ID)
		case sdp.SDESMidURI:
			o.ids.mid = uint8(e.ID)
		case sdp.SDESRTPStreamIDURI:
			o.ids.rid = uint8(e.ID)
		case sdp.SDESRepairRTPStreamIDURI:
			o.ids.repairedRID = uint8(e.ID)
		case sdp.AudioLevelURI:
			o.ids.level = uint8(e.ID)
		}
	}
	for _, codec := range c.CodecParameters() {
		if rtpx.CodecOf(codec.MimeType) == rtpx.RED {
			o.red = uint8(codec.PayloadType)
		}
	}
	for _, codec := range c.CodecParameters() {
		if rtpx.CodecOf(codec.MimeType) != o.codec {
			continue
		}
		o.payload = uint8(codec.PayloadType)
		apt := fmt.Sprintf("apt=%d", codec.PayloadType)
		for _, repair := range c.CodecParameters() {
			if strings.EqualFold(repair.MimeType, webrtc.MimeTypeRTX) && repair.SDPFmtpLine == apt {
				o.rtx = uint8(repair.PayloadType)
			}
		}
		return codec, nil
	}
	return webrtc.RTPCodecParameters{}, fmt.Errorf("%w: %s", errNoCodec, o.codec)
}

// Unbind implements webrtc.TrackLocal.
func (o *outlet) Unbind(webrtc.TrackLocalContext) error { return nil }

// ID implements webrtc.TrackLocal.
func (o *outlet) ID() string { return o.name }

// RID implements webrtc.TrackLocal.
func (o *outlet) RID() string { return o.rid }

// StreamID implements webrtc.TrackLocal.
func (o *outlet) StreamID() string { return "virtual" }

// Kind implements webrtc.TrackLocal.
func (o *outlet) Kind() webrtc.RTPCodecType { return o.kind }

// takesRED reports whether the server takes repeated voice packets (RFC 2198).
func (o *outlet) takesRED() bool {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.red != 0
}

// bound reports whether it has been negotiated, and its SSRC.
func (o *outlet) bound() (ssrc uint32, ok bool) {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.ssrc, o.writer != nil
}

// write sends one packet. An error means that the transport is closing: nobody is left to send to.
func (o *outlet) write(p publish.Packet) {
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.writer == nil || p.Again && o.rtx == 0 {
		return
	}
	h := &o.header
	h.Version, h.Marker, h.Timestamp, h.SequenceNumber = 2, p.Marker, p.Timestamp, p.Number
	h.SSRC, h.PayloadType = o.ssrc, o.payload
	if p.RED {
		h.PayloadType = o.red
	}
	ridID := o.ids.rid
	if p.Again {
		h.SSRC, h.PayloadType, ridID = o.rtxSSRC, o.rtx, o.ids.repairedRID
	}
	h.Padding, h.PaddingSize = p.Padding > 0, uint8(p.Padding)
	h.Extension, h.Extensions = false, h.Extensions[:0]
	set := func(id uint8, value []byte) {
		if id != 0 && len(value) > 0 {
			// cannot fail: the identifier was negotiated, and the values are short
			_ = h.SetExtension(id, value)
		}
	}
	left := rtp.NewAbsSendTimeExtension(p.Left).Timestamp
	o.extension = [6]byte{byte(p.Transport >> 8), byte(p.Transport), byte(left >> 16),
		byte(left >> 8), byte(left), byte(p.Tag)}
	set(o.ids.transportCC, o.extension[:2])
	if !p.Left.IsZero() {
		set(o.ids.departure, o.extension[2:5])
	}
	if o.kind == webrtc.RTPCodecTypeAudio {
		set(o.ids.level, o.extension[5:])
	}
	set(o.ids.mid, []byte(o.mid()))
	set(ridID, []byte(o.rid))
	_, _ = o.writer.WriteRTP(h, p.Payload)
}
