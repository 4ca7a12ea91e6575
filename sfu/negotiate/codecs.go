package negotiate

import (
	"fmt"
	"slices"
	"strings"

	"github.com/pion/webrtc/v4"

	"draille/sfu/rtpx"
)

// Voice finds what an audio slot may send besides Opus.
func Voice(payloads []webrtc.RTPCodecParameters) (red uint8, nacks bool) {
	for _, c := range payloads {
		switch rtpx.CodecOf(c.MimeType) {
		case rtpx.RED:
			red = uint8(c.PayloadType)
		case rtpx.Opus:
			nacks = slices.ContainsFunc(c.RTCPFeedback, func(f webrtc.RTCPFeedback) bool {
				return strings.EqualFold(f.Type, webrtc.TypeRTCPFBNACK) && f.Parameter == ""
			})
		}
	}
	return red, nacks
}

// parameter returns one parameter of an a=fmtp line, empty when it is not there.
func parameter(fmtp, name string) string {
	for _, one := range strings.Split(fmtp, ";") {
		if key, value, _ := strings.Cut(strings.TrimSpace(one), "="); strings.EqualFold(key, name) {
			return value
		}
	}
	return ""
}

// Compatible reports whether a decoder negotiated with one a=fmtp line plays what an encoder
// negotiated with another made. Only H.264 is forwarded in several profiles.
func Compatible(codec rtpx.Codec, encoder, decoder string) bool {
	if codec != rtpx.H264 {
		return true
	}
	profile := func(fmtp string) string {
		// profile_idc alone: constrained baseline (42e0) decodes wherever baseline (4200) is
		// offered by a browser.
		id := parameter(fmtp, "profile-level-id")
		return strings.ToLower(id[:min(2, len(id))])
	}
	return profile(encoder) == profile(decoder) &&
		parameter(encoder, "packetization-mode") == parameter(decoder, "packetization-mode")
}

// RTX returns the payload type of retransmissions of another, 0 when there is none.
func RTX(payloads []webrtc.RTPCodecParameters, payload webrtc.PayloadType) uint8 {
	apt := fmt.Sprint(payload)
	for _, c := range payloads {
		if strings.EqualFold(c.MimeType, webrtc.MimeTypeRTX) &&
			parameter(c.SDPFmtpLine, "apt") == apt {
			return uint8(c.PayloadType)
		}
	}
	return 0
}
