package negotiate

import (
	"fmt"

	"github.com/pion/sdp/v3"
	"github.com/pion/webrtc/v4"

	"draille/sfu/rtpx"
)

// AudioLevelURI is the client-to-mixer audio level extension (RFC 6464).
const AudioLevelURI = "urn:ietf:params:rtp-hdrext:ssrc-audio-level"

// Parameters of H.264 (RFC 6184 section 8.1): level 3.1 of two profiles.
const (
	h264Baseline    = "level-asymmetry-allowed=1;packetization-mode=1;profile-level-id=42001f"
	h264Constrained = "level-asymmetry-allowed=1;packetization-mode=1;profile-level-id=42e01f"
)

// NewMediaEngine registers what the server negotiates: Opus (and RFC 2198 redundancy around it) and
// VP8, VP9, AV1 and H.264, each with retransmissions. Payload types and extension identifiers are
// those of the offer.
func NewMediaEngine() (*webrtc.MediaEngine, error) {
	m := &webrtc.MediaEngine{}
	transportCC := webrtc.RTCPFeedback{Type: webrtc.TypeRTCPFBTransportCC}
	nack := webrtc.RTCPFeedback{Type: webrtc.TypeRTCPFBNACK}
	audio := []webrtc.RTCPFeedback{transportCC, nack}
	video := []webrtc.RTCPFeedback{
		transportCC,
		nack,
		{Type: webrtc.TypeRTCPFBNACK, Parameter: "pli"},
		{Type: webrtc.TypeRTCPFBCCM, Parameter: "fir"},
	}
	for _, c := range []struct {
		kind        webrtc.RTPCodecType
		payloadType webrtc.PayloadType
		mime, fmtp  string
		feedback    []webrtc.RTCPFeedback
	}{
		{webrtc.RTPCodecTypeAudio, 111, webrtc.MimeTypeOpus, "minptime=10;useinbandfec=1", audio},
		{webrtc.RTPCodecTypeAudio, 63, rtpx.RED.MimeType(), "111/111", nil},
		{webrtc.RTPCodecTypeVideo, 96, webrtc.MimeTypeVP8, "", video},
		{webrtc.RTPCodecTypeVideo, 97, webrtc.MimeTypeRTX, "apt=96", nil},
		{webrtc.RTPCodecTypeVideo, 98, webrtc.MimeTypeVP9, "profile-id=0", video},
		{webrtc.RTPCodecTypeVideo, 99, webrtc.MimeTypeRTX, "apt=98", nil},
		{webrtc.RTPCodecTypeVideo, 45, webrtc.MimeTypeAV1, "level-idx=5;profile=0;tier=0", video},
		{webrtc.RTPCodecTypeVideo, 46, webrtc.MimeTypeRTX, "apt=45", nil},
		{webrtc.RTPCodecTypeVideo, 102, webrtc.MimeTypeH264, h264Baseline, video},
		{webrtc.RTPCodecTypeVideo, 103, webrtc.MimeTypeRTX, "apt=102", nil},
		{webrtc.RTPCodecTypeVideo, 106, webrtc.MimeTypeH264, h264Constrained, video},
		{webrtc.RTPCodecTypeVideo, 107, webrtc.MimeTypeRTX, "apt=106", nil},
	} {
		capability := webrtc.RTPCodecCapability{
			MimeType: c.mime, ClockRate: 90_000, SDPFmtpLine: c.fmtp, RTCPFeedback: c.feedback,
		}
		if c.kind == webrtc.RTPCodecTypeAudio {
			capability.ClockRate, capability.Channels = 48_000, 2
		}
		parameters := webrtc.RTPCodecParameters{
			PayloadType: c.payloadType, RTPCodecCapability: capability,
		}
		if err := m.RegisterCodec(parameters, c.kind); err != nil {
			return nil, fmt.Errorf("negotiate: cannot register %s (%s): %w", c.mime, c.fmtp, err)
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
			extension := webrtc.RTPHeaderExtensionCapability{URI: uri}
			if err := m.RegisterHeaderExtension(extension, kind); err != nil {
				return nil, fmt.Errorf("negotiate: cannot register extension %s: %w", uri, err)
			}
		}
	}
	return m, nil
}
