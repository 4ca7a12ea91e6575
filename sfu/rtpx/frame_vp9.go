package rtpx

import "encoding/binary"

// inspectVP9 reads an RFC 9628 payload descriptor (section 4.2), scalability structure included.
func inspectVP9(payload []byte) (Frame, error) {
	if len(payload) < 2 {
		return Frame{}, errTooShort
	}
	first, at := payload[0], 1
	var (
		hasPictureID   = first&0x80 != 0
		predicted      = first&0x40 != 0 // inter-picture predicted
		hasLayers      = first&0x20 != 0
		flexible       = first&0x10 != 0
		hasScalability = first&0x02 != 0
	)
	f := Frame{Start: first&0x08 != 0, End: first&0x04 != 0, LayersKnown: true}
	if hasPictureID && !f.readPictureID(payload, &at) {
		return Frame{}, errTooShort
	}
	interLayer := false
	if hasLayers {
		if at >= len(payload) {
			return Frame{}, errTooShort
		}
		layers := payload[at]
		f.TemporalID, f.SwitchUp, f.SpatialID = layers>>5, layers&0x10 != 0, layers>>1&0x07
		interLayer = layers&0x01 != 0
		at++
		if !flexible {
			if at >= len(payload) {
				return Frame{}, errTooShort
			}
			f.TL0PicIdx = Field{Value: uint16(payload[at]), Offset: uint8(at), Bits: 8}
			at++
		}
	}
	if predicted && flexible {
		// Up to three P_DIFF, the last one without its continuation bit.
		for more, i := true, 0; more; i++ {
			if at >= len(payload) {
				return Frame{}, errTooShort
			}
			if i == 3 {
				return Frame{}, errReserved
			}
			more = payload[at]&0x01 != 0
			at++
		}
	}
	f.Keyframe = !predicted && !interLayer
	if hasScalability && !f.readScalability(payload, &at) {
		return Frame{}, errTooShort
	}
	if at >= len(payload) {
		return Frame{}, errTooShort
	}
	return f, nil
}

// readScalability walks through the scalability structure (RFC 9628 section 4.2.1) and keeps the
// largest size in it.
func (f *Frame) readScalability(payload []byte, at *int) bool {
	rest := payload[*at:]
	if len(rest) < 1 {
		return false
	}
	head := rest[0]
	rest = rest[1:]
	if head&0x10 != 0 {
		sizes := 4 * (int(head>>5) + 1)
		if len(rest) < sizes {
			return false
		}
		for i := 0; i < sizes; i += 4 {
			f.Width = max(f.Width, binary.BigEndian.Uint16(rest[i:]))
			f.Height = max(f.Height, binary.BigEndian.Uint16(rest[i+2:]))
		}
		rest = rest[sizes:]
	}
	if head&0x08 != 0 {
		if len(rest) < 1 {
			return false
		}
		pictures := int(rest[0])
		rest = rest[1:]
		for range pictures {
			if len(rest) < 1 {
				return false
			}
			size := 1 + int(rest[0]>>2&0x03)
			if len(rest) < size {
				return false
			}
			rest = rest[size:]
		}
	}
	*at = len(payload) - len(rest)
	return true
}
