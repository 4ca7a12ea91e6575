package negotiate

import (
	"fmt"

	"github.com/pion/sdp/v3"
	"github.com/pion/webrtc/v4"

	"draille/sfu/rtpx"
)

// AudioLevelURI is the client-to-mixer audio level extension (RFC 6464).
const AudioLevelURI = "urn:ietf:params:rtp-hdrext:ssrc-audio-level"

// NewMediaEngine registers what the server negotiates: Opus (and RFC 2198 redundancy around it) and VP8, VP9, AV1 and
// H.264, each with retransmissions. Payload types and extension identifiers are those of the offer.
func NewMediaEngine() (*webrtc.MediaEngine, error) {
	m := &webrtc.MediaEngine{}
	transportCC := webrtc.RTCPFeedback{Type: webrtc.TypeRTCPFBTransportCC}
	nack := webrtc.RTCPFeedback{Type: webrtc.TypeRTCPFBNACK}
	audio := []webrtc.RTCPFeedback{transportCC, nack}
	video := []webrtc.RTCPFeedback{transportCC, nack, {Type: webrtc.TypeRTCPFBNACK, Parameter: "pli"},
		{Type: webrtc.TypeRTCPFBCCM, Parameter: "fir"}}
	register := func(kind webrtc.RTPCodecType, payloadType webrtc.PayloadType, mime string, rate uint32, channels uint16, fmtp string, feedback []webrtc.RTCPFeedback) error {
		return m.RegisterCodec(webrtc.RTPCodecParameters{PayloadType: payloadType, RTPCodecCapability: webrtc.RTPCodecCapability{
			MimeType: mime, ClockRate: rate, Channels: channels, SDPFmtpLine: fmtp, RTCPFeedback: feedback,
		}}, kind)
	}
	if err := register(webrtc.RTPCodecTypeAudio, 111, webrtc.MimeTypeOpus, 48_000, 2, "minptime=10;useinbandfec=1", audio); err != nil {
		return nil, fmt.Errorf("sfu: cannot register Opus: %w", err)
	}
	if err := register(webrtc.RTPCodecTypeAudio, 63, rtpx.RED.MimeType(), 48_000, 2, "111/111", nil); err != nil {
		return nil, fmt.Errorf("sfu: cannot register RED: %w", err)
	}
	for _, c := range []struct {
		payloadType webrtc.PayloadType
		mime, fmtp  string
	}{
		{96, webrtc.MimeTypeVP8, ""},
		{98, webrtc.MimeTypeVP9, "profile-id=0"},
		{45, webrtc.MimeTypeAV1, "level-idx=5;profile=0;tier=0"},
		{102, webrtc.MimeTypeH264, "level-asymmetry-allowed=1;packetization-mode=1;profile-level-id=42001f"},
		{106, webrtc.MimeTypeH264, "level-asymmetry-allowed=1;packetization-mode=1;profile-level-id=42e01f"},
	} {
		if err := register(webrtc.RTPCodecTypeVideo, c.payloadType, c.mime, 90_000, 0, c.fmtp, video); err != nil {
			return nil, fmt.Errorf("sfu: cannot register %s: %w", c.mime, err)
		}
		apt := fmt.Sprintf("apt=%d", c.payloadType)
		if err := register(webrtc.RTPCodecTypeVideo, c.payloadType+1, webrtc.MimeTypeRTX, 90_000, 0, apt, nil); err != nil {
			return nil, fmt.Errorf("sfu: cannot register RTX for %s: %w", c.mime, err)
		}
	}
	for uri, kinds := range map[string][]webrtc.RTPCodecType{
		sdp.TransportCCURI:           {webrtc.RTPCodecTypeAudio, webrtc.RTPCodecTypeVideo},
		sdp.ABSSendTimeURI:           {webrtc.RTPCodecTypeAudio, webrtc.RTPCodecTypeVideo},
		sdp.SDESMidURI:               {webrtc.RTPCodecTypeAudio, webrtc.RTPCodecTypeVideo},
		AudioLevelURI:                {webrtc.RTPCodecTypeAudio},
		sdp.SDESRTPStreamIDURI:       {webrtc.RTPCodecTypeVideo},
		sdp.SDESRepairRTPStreamIDURI: {webrtc.RTPCodecTypeVideo},
	} {
		for _, kind := range kinds {
			if err := m.RegisterHeaderExtension(webrtc.RTPHeaderExtensionCapability{URI: uri}, kind); err != nil {
				return nil, fmt.Errorf("sfu: cannot register header extension %s: %w", uri, err)
			}
		}
	}
	return m, nil
}
