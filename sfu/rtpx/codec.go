package rtpx

import "strings"

// Codec is one of the payload formats that are forwarded.
type Codec uint8

// Codecs that are forwarded.
const (
	UnknownCodec Codec = iota
	Opus
	RED // RFC 2198 around Opus
	VP8
	VP9
	AV1
	H264
)

var mimeTypes = [...]string{
	"",
	"audio/opus",
	"audio/red",
	"video/VP8",
	"video/VP9",
	"video/AV1",
	"video/H264",
}

// CodecOf returns the codec of a MIME type, in any case; UnknownCodec when it is none of ours.
func CodecOf(mimeType string) Codec {
	for c := Opus; c <= H264; c++ {
		if strings.EqualFold(mimeTypes[c], mimeType) {
			return c
		}
	}
	return UnknownCodec
}

// MimeType returns the MIME type as written in SDP, empty for UnknownCodec.
func (c Codec) MimeType() string {
	if int(c) >= len(mimeTypes) {
		return ""
	}
	return mimeTypes[c]
}

// String returns the codec's encoding name, for logs.
func (c Codec) String() string {
	_, name, found := strings.Cut(c.MimeType(), "/")
	if !found {
		return "unknown"
	}
	return name
}

// Video reports whether the codec carries pictures.
func (c Codec) Video() bool { return c >= VP8 && c <= H264 }

// ClockRate returns the RTP clock rate in Hz: 48,000 for audio, 90,000 for video.
func (c Codec) ClockRate() uint32 {
	if c.Video() {
		return 90_000
	}
	return 48_000
}
