package rtpx

import "encoding/binary"

// inspectVP8 reads an RFC 7741 payload descriptor (section 4.2) and the first bytes of the payload
// header (section 4.3).
func inspectVP8(payload []byte) (Frame, error) {
	if len(payload) < 2 {
		return Frame{}, errTooShort
	}
	first, at := payload[0], 1
	f := Frame{LayersKnown: true}
	if first&0x80 != 0 {
		flags := payload[1]
		at = 2
		if flags&0x80 != 0 {
			if !f.readPictureID(payload, &at) {
				return Frame{}, errTooShort
			}
		}
		if flags&0x40 != 0 {
			if at >= len(payload) {
				return Frame{}, errTooShort
			}
			f.TL0PicIdx = Field{Value: uint16(payload[at]), Offset: uint8(at), Bits: 8}
			at++
		}
		if flags&0x30 != 0 {
			if at >= len(payload) {
				return Frame{}, errTooShort
			}
			if flags&0x20 != 0 {
				f.TemporalID = payload[at] >> 6
				f.LayerSync = payload[at]&0x20 != 0
			}
			if flags&0x10 != 0 {
				f.KeyIdx = Field{Value: uint16(payload[at] & 0x1f), Offset: uint8(at), Bits: 5}
			}
			at++
		}
	}
	if at >= len(payload) {
		return Frame{}, errTooShort
	}
	f.Start = first&0x10 != 0 && first&0x07 == 0
	if header := payload[at:]; f.Start && header[0]&0x01 == 0 {
		f.Keyframe = true
		// Three bytes of frame tag, three of start code, then 14 bits each of width and height (RFC
		// 6386 section 9.1).
		if len(header) >= 10 && header[3] == 0x9d && header[4] == 0x01 && header[5] == 0x2a {
			f.Width = binary.LittleEndian.Uint16(header[6:]) & 0x3fff
			f.Height = binary.LittleEndian.Uint16(header[8:]) & 0x3fff
		}
	}
	return f, nil
}

// readPictureID reads a picture id of 7 or 15 bits, told apart by its first bit, as VP8 and VP9
// both have it.
func (f *Frame) readPictureID(payload []byte, at *int) bool {
	i := *at
	if i >= len(payload) {
		return false
	}
	if payload[i]&0x80 == 0 {
		f.PictureID = Field{Value: uint16(payload[i]), Offset: uint8(i), Bits: 7}
		*at = i + 1
		return true
	}
	if i+1 >= len(payload) {
		return false
	}
	f.PictureID = Field{
		Value:  binary.BigEndian.Uint16(payload[i:]) & 0x7fff,
		Offset: uint8(i),
		Bits:   15,
	}
	*at = i + 2
	return true
}
