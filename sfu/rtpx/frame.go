package rtpx

import "errors"

// Errors of the payload parsers.
var (
	errTooShort = errors.New(
		"rtpx: payload ends inside its descriptor; expected a whole descriptor and at least " +
			"one byte more, drop the packet",
	)
	errReserved = errors.New(
		"rtpx: payload uses a reserved form of its descriptor; expected one defined by the " +
			"codec's RTP format, drop the packet",
	)
	errUnknown = errors.New("rtpx: unknown codec; expected one of the Codec constants")
)

// Field is a number inside a payload descriptor that a forwarder rewrites in place. The zero Field
// is absent.
type Field struct {
	Value  uint16
	Offset uint8 // of its first byte in the payload
	Bits   uint8 // width on the wire: 15 or 7 (picture id), 8 (TL0PICIDX), 5 (KEYIDX); 0: absent
}

// Present reports whether the descriptor holds the field.
func (f Field) Present() bool { return f.Bits != 0 }

// Frame is what one packet's payload descriptor tells of the frame that it belongs to.
type Frame struct {
	// Start and End: the packet begins or ends a frame (with VP9, one spatial layer of a picture),
	// as far as the codec tells. H.264 tells neither, except that a parameter set starts a
	// keyframe; AV1 does not tell the end.
	Start, End bool
	// Keyframe: the packet belongs to a keyframe. VP8, AV1 and fragmented H.264 tell it on some of
	// its packets only, always on the one that has Start. Audio packets are all keyframes of their
	// own.
	Keyframe bool
	// LayersKnown is false when the packet does not tell its layers (an AV1 continuation): they are
	// those of the packets with the same timestamp.
	LayersKnown           bool
	TemporalID, SpatialID uint8
	// LayerSync: the frame needs nothing above the base layer, so that its temporal layer may be
	// entered with it (VP8 Y bit; with AV1, see inspectAV1).
	LayerSync bool
	// SwitchUp: frames after this one need nothing of higher temporal layers from before it, so
	// that every temporal layer may be entered after it (VP9 U bit).
	SwitchUp bool
	// Rewritten in place when a stream is made of several sources.
	PictureID Field
	TL0PicIdx Field
	KeyIdx    Field
	// Width and Height in pixels where a keyframe shows them cheaply (VP8 keyframe header, VP9
	// scalability structure: its largest layer); otherwise 0.
	Width, Height uint16
}

// Inspect reads the payload descriptor of one packet. It never allocates and never reads deeper
// than what tells a keyframe. An empty payload (padding) is an error.
func Inspect(codec Codec, payload []byte) (Frame, error) {
	switch codec {
	case Opus, RED:
		if len(payload) == 0 {
			return Frame{}, errTooShort
		}
		return Frame{Start: true, End: true, Keyframe: true, LayersKnown: true}, nil
	case VP8:
		return inspectVP8(payload)
	case VP9:
		return inspectVP9(payload)
	case AV1:
		return inspectAV1(payload)
	case H264:
		return inspectH264(payload)
	default:
		return Frame{}, errUnknown
	}
}
