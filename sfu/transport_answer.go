package sfu

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/pion/sdp/v3"
	"github.com/pion/webrtc/v4"

	"draille/sfu/negotiate"
	"draille/sfu/rtpx"
)

// answer answers one offer of the connection. add is called with each new slot before it is
// negotiated.
func (t *transport) answer(
	ctx context.Context, sdp string, add func(t *transport, s *subscription),
) (string, error) {
	o, err := negotiate.ParseOffer(sdp, t.known)
	if err != nil {
		return "", err
	}
	// The browser checks us, never we it: its candidates are not kept.
	offered := webrtc.SessionDescription{
		Type: webrtc.SDPTypeOffer, SDP: negotiate.WithoutCandidates(sdp),
	}
	if err := t.pc.SetRemoteDescription(offered); err != nil {
		return "", t.offerRefused(err)
	}
	if err := t.addSlots(o.Slots, add); err != nil {
		return "", err
	}
	answer, err := t.pc.CreateAnswer(nil)
	if err != nil {
		return "", t.offerRefused(err)
	}
	gathered := webrtc.GatheringCompletePromise(t.pc)
	if err := t.pc.SetLocalDescription(answer); err != nil {
		return "", t.offerRefused(err)
	}
	select {
	case <-gathered:
	case <-t.done:
		return "", errClosed
	case <-ctx.Done():
		return "", fmt.Errorf("sfu: no answer in time: %w", ctx.Err())
	}
	local := t.pc.LocalDescription()
	if local == nil {
		return "", errClosed
	}
	sections, err := negotiate.ParseAnswer(local.SDP)
	if err != nil {
		return "", err
	}
	complete := t.connector.Attach(local.SDP, t)
	for mid, source := range o.Sources {
		t.known[mid] = source
	}
	t.up.negotiated(o, sections)
	return complete, nil
}

func (t *transport) offerRefused(err error) error {
	select {
	case <-t.done:
		return errClosed
	default:
		return negotiate.OfferError("expected an offer of a browser, got %v", err)
	}
}

// addSlots makes a subscription for every receive-only section that has none yet, in the order of
// the offer: Pion gives each added track to the first section of its kind that is still free.
func (t *transport) addSlots(
	sections []negotiate.SlotSection, add func(t *transport, s *subscription),
) error {
	t.down.mu.Lock()
	known := map[string]bool{}
	for _, s := range t.down.subs {
		known[s.mid] = true
	}
	t.down.mu.Unlock()
	for _, section := range sections {
		if known[section.MID] {
			continue
		}
		index := len(t.audio)
		if section.Video {
			index = len(t.video)
		}
		s := t.down.newSubscription(section.MID, section.Video, index)
		sender, err := t.pc.AddTrack(slotTrack{s, t.down})
		if err != nil {
			return t.offerRefused(err)
		}
		if mid := t.midOf(sender); mid != section.MID {
			return negotiate.OfferError(
				"expected receive-only section %q to be free, got %q: offer new sections after "+
					"the old ones",
				section.MID, mid,
			)
		}
		add(t, s)
	}
	return nil
}

func (t *transport) midOf(sender *webrtc.RTPSender) string {
	for _, transceiver := range t.pc.GetTransceivers() {
		if transceiver.Sender() == sender {
			return transceiver.Mid()
		}
	}
	return ""
}

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
	sender.decodes = 0
	for _, codec := range sender.payloads {
		sender.decodes = sender.decodes.With(rtpx.CodecOf(codec.MimeType))
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

// StreamID groups the first audio slot with the first video slot, the second with the second and
// so on: browsers play one stream in step, one voice with one picture. Room.assignAudio sees to it
// that these are one person's.
func (t slotTrack) StreamID() string { return fmt.Sprintf("pair-%d", t.sub.index) }

func (t slotTrack) Kind() webrtc.RTPCodecType {
	if t.sub.video {
		return webrtc.RTPCodecTypeVideo
	}
	return webrtc.RTPCodecTypeAudio
}
