package sfu

import (
	"fmt"
	"slices"
	"strings"

	"github.com/pion/sdp/v3"
	"github.com/pion/webrtc/v4"

	"draille/sfu/negotiate"
)

// slotTrack gives one slot to Pion, which only ever asks it who it is and tells it what was
// negotiated.
type slotTrack struct {
	sub  *subscription
	down *downlink
}

// Bind takes over what was negotiated. The codec list is copied, because Pion narrows it to the
// returned codec afterwards, while a slot carries every codec.
func (t slotTrack) Bind(c webrtc.TrackLocalContext) (webrtc.RTPCodecParameters, error) {
	s := t.sub
	t.down.mu.Lock()
	defer t.down.mu.Unlock()
	sender := &s.sender
	sender.payloads = slices.Clone(c.CodecParameters())
	sender.ssrc, sender.rtxSSRC = uint32(c.SSRC()), uint32(c.SSRCRetransmission())
	sender.bound = true
	sender.red, sender.nacks = negotiate.Voice(sender.payloads)
	for _, extension := range c.HeaderExtensions() {
		if extension.URI == sdp.TransportCCURI {
			sender.transportCC = uint8(extension.ID)
		}
	}
	for _, codec := range sender.payloads {
		if !strings.EqualFold(codec.MimeType, webrtc.MimeTypeRTX) {
			s.outgoing.rtx = negotiate.RTX(sender.payloads, codec.PayloadType)
			return codec, nil
		}
	}
	return webrtc.RTPCodecParameters{}, fmt.Errorf(
		"sfu: section %q: %w", s.mid, webrtc.ErrUnsupportedCodec,
	)
}

func (t slotTrack) Unbind(webrtc.TrackLocalContext) error { return nil }

func (t slotTrack) ID() string { return "slot-" + t.sub.mid }

func (t slotTrack) RID() string { return "" }

// StreamID groups the first audio slot with the first video slot: browsers play one stream in step,
// and in a call of two those are one person's voice and face. Other slots stand alone, since any
// voice may meet any face there; their sender reports still speak of one clock.
func (t slotTrack) StreamID() string {
	if t.sub.index == 0 {
		return "first"
	}
	return t.ID()
}

func (t slotTrack) Kind() webrtc.RTPCodecType {
	if t.sub.video {
		return webrtc.RTPCodecTypeVideo
	}
	return webrtc.RTPCodecTypeAudio
}
