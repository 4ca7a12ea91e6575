package rtpx

import "encoding/binary"

// H.264 NAL unit types (RFC 6184 section 5.2 and ITU-T H.264 table 7-1).
const (
	nalIDR   = 5
	nalSPS   = 7
	nalSTAPA = 24
	nalFUA   = 28
	nalTypes = 0x1f
)

// inspectH264 reads an RFC 6184 payload. A decoder can start only where a sequence parameter set
// comes, hence Start is that; an IDR slice alone is a keyframe without Start. H.264 has no temporal
// ids here.
func inspectH264(payload []byte) (Frame, error) {
	if len(payload) < 2 {
		return Frame{}, errTooShort
	}
	f := Frame{LayersKnown: true}
	switch kind := payload[0] & nalTypes; kind {
	case nalSTAPA:
		for rest := payload[1:]; len(rest) > 0; {
			if len(rest) < 3 {
				return Frame{}, errTooShort
			}
			size := int(binary.BigEndian.Uint16(rest))
			if size == 0 || len(rest) < 2+size {
				return Frame{}, errTooShort
			}
			f.nal(rest[2] & nalTypes)
			rest = rest[2+size:]
		}
	case nalFUA:
		if len(payload) < 3 {
			return Frame{}, errTooShort
		}
		f.nal(payload[1] & nalTypes)
		// Only the first fragment may start anything.
		f.Start = f.Start && payload[1]&0x80 != 0
	case 0, 30, 31:
		return Frame{}, errReserved
	default:
		f.nal(kind)
	}
	return f, nil
}

func (f *Frame) nal(kind uint8) {
	switch kind {
	case nalSPS:
		f.Start, f.Keyframe = true, true
	case nalIDR:
		f.Keyframe = true
	}
}
