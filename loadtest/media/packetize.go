package media

import (
	"encoding/binary"

	"draille/sfu/rtpx"
)

// MaxPayload is how many bytes a payload has at most: with all headers, a packet fits the 1,280
// bytes of IPv6's smallest link.
const MaxPayload = 1150

// Packetizer cuts the frames of one encoding into RTP payloads, as browsers do. The zero value is
// ready, but for the codec.
type Packetizer struct {
	Codec     rtpx.Codec
	PictureID uint16 // of the next frame
	tl0       uint8
	payloads  [][]byte
}

// Packetize returns the payloads of one frame; the last one bears the marker. The list is valid
// until the next call. width and height describe the stream in VP9 keyframes.
func (p *Packetizer) Packetize(frame Frame, width, height int) [][]byte {
	if frame.TemporalID == 0 {
		p.tl0++
	}
	p.payloads = p.payloads[:0]
	switch p.Codec {
	case rtpx.VP9:
		p.cut(frame.Data, func(first, last bool) []byte {
			return p.vp9(frame, width, height, first, last)
		})
	case rtpx.AV1:
		p.av1(frame)
	default:
		p.cut(frame.Data, func(first, _ bool) []byte { return p.vp8(frame, first) })
	}
	p.PictureID = (p.PictureID + 1) & 0x7fff
	return p.payloads
}

// cut makes parts of almost equal size, since a small last packet costs as many headers as a large
// one.
func (p *Packetizer) cut(data []byte, descriptor func(first, last bool) []byte) {
	count := (len(data) + MaxPayload - 1) / MaxPayload
	for i := range count {
		from, to := len(data)*i/count, len(data)*(i+1)/count
		p.payloads = append(p.payloads, append(descriptor(i == 0, i == count-1), data[from:to]...))
	}
}

// vp8 is an RFC 7741 payload descriptor with picture id of 15 bits, TL0PICIDX and temporal layer.
func (p *Packetizer) vp8(frame Frame, first bool) []byte {
	head := make([]byte, 6, 6+MaxPayload)
	head[0], head[1] = 0x80, 0xe0
	if first {
		head[0] |= 0x10
	}
	binary.BigEndian.PutUint16(head[2:], 0x8000|p.PictureID)
	head[4], head[5] = p.tl0, frame.TemporalID<<6
	if frame.Sync {
		head[5] |= 0x20
	}
	return head
}

// vp9Structure is the scalability structure (RFC 9628 section 4.2.1) after the picture's size: one
// spatial layer and the pattern of temporal layers, each with the switching-up bit and its one
// reference.
var vp9Structure = []byte{4, 0<<5 | 0x14, 4, 2<<5 | 0x14, 1, 1<<5 | 0x14, 2, 2<<5 | 0x14, 1}

// vp9 is an RFC 9628 payload descriptor in non-flexible mode.
func (p *Packetizer) vp9(frame Frame, width, height int, first, last bool) []byte {
	head := make([]byte, 5, 24+MaxPayload)
	head[0] = 0xa0 // picture id and layers
	if !frame.Keyframe {
		head[0] |= 0x40
	}
	if first {
		head[0] |= 0x08
	}
	if last {
		head[0] |= 0x04
	}
	binary.BigEndian.PutUint16(head[1:], 0x8000|p.PictureID)
	// The switching-up bit is always true, since nothing refers to the top layer, and the middle
	// one but to the base.
	head[3], head[4] = frame.TemporalID<<5|0x10, p.tl0
	if frame.Keyframe && first {
		head[0] |= 0x02
		head = append(head, 0x18, byte(width>>8), byte(width), byte(height>>8), byte(height))
		head = append(head, vp9Structure...)
	}
	return head
}

// av1 writes aggregation headers of elements with lengths (AV1 RTP specification, section 4.4).
func (p *Packetizer) av1(frame Frame) {
	packet := func(continues bool) []byte {
		head := make([]byte, 1, 1+MaxPayload)
		if continues {
			head[0] |= 0x80
		}
		if frame.Keyframe && len(p.payloads) == 0 {
			head[0] |= 0x08
		}
		return head
	}
	const lengthBytes = 2 // enough for MaxPayload
	current, rest := packet(false), frame.Data
	for _, size := range frame.OBUs {
		obu := rest[:size]
		rest = rest[size:]
		for len(obu) > 0 {
			room := MaxPayload - len(current) - lengthBytes
			if room < 1 {
				p.payloads = append(p.payloads, current)
				current = packet(false)
				continue
			}
			part := obu[:min(room, len(obu))]
			obu = obu[len(part):]
			current = append(current, byte(len(part)&0x7f|0x80), byte(len(part)>>7))
			current = append(current, part...)
			if len(obu) > 0 {
				current[0] |= 0x40 // goes on in the next packet
				p.payloads = append(p.payloads, current)
				current = packet(true)
			}
		}
	}
	p.payloads = append(p.payloads, current)
}

// Depacketize appends to frame what one payload holds of it; ok is false when it is not of that
// codec.
func Depacketize(codec rtpx.Codec, frame, payload []byte) (_ []byte, ok bool) {
	switch codec {
	case rtpx.VP8, rtpx.VP9:
		at := descriptorSize(codec, payload)
		if at == 0 || at >= len(payload) {
			return frame, false
		}
		return append(frame, payload[at:]...), true
	case rtpx.AV1:
		return depacketizeAV1(frame, payload)
	default:
		return append(frame, payload...), true
	}
}

// descriptorSize is the size of a VP8 or VP9 payload descriptor without scalability extensions
// beyond those that Packetizer and browsers write; 0 when it is cut short.
func descriptorSize(codec rtpx.Codec, payload []byte) int {
	if len(payload) < 2 {
		return 0
	}
	first, at := payload[0], 1
	var picture, layers, tl0, predicted, structure bool
	if codec == rtpx.VP8 {
		if first&0x80 == 0 {
			return 1
		}
		at = 2
		picture, tl0, layers = payload[1]&0x80 != 0, payload[1]&0x40 != 0, payload[1]&0x30 != 0
	} else {
		picture, layers, structure = first&0x80 != 0, first&0x20 != 0, first&0x02 != 0
		tl0, predicted = layers && first&0x10 == 0, first&0x50 == 0x50
	}
	if picture {
		if at >= len(payload) {
			return 0
		}
		at += 1 + int(payload[at]>>7)
	}
	if layers {
		at++
	}
	if tl0 {
		at++
	}
	for predicted && at < len(payload) {
		predicted = payload[at]&1 != 0
		at++
	}
	if structure {
		at = skipStructure(payload, at)
	}
	return at
}

func skipStructure(payload []byte, at int) int {
	if at >= len(payload) {
		return 0
	}
	head := payload[at]
	at++
	if head&0x10 != 0 {
		at += 4 * (int(head>>5) + 1)
	}
	if head&0x08 != 0 && at < len(payload) {
		pictures := int(payload[at])
		at++
		for ; pictures > 0 && at < len(payload); pictures-- {
			at += 1 + int(payload[at]>>2&0x03)
		}
	}
	return at
}

func depacketizeAV1(frame, payload []byte) ([]byte, bool) {
	if len(payload) < 2 {
		return frame, false
	}
	count, rest := int(payload[0]>>4&0x03), payload[1:]
	for i := 1; len(rest) > 0; i++ {
		size, read := len(rest), 0
		if count == 0 || i < count {
			var value, used = 0, 0
			for shift := 0; used < len(rest) && shift <= 28; shift += 7 {
				b := rest[used]
				used++
				value |= int(b&0x7f) << shift
				if b&0x80 == 0 {
					break
				}
			}
			size, read = value, used
		}
		if size > len(rest)-read {
			return frame, false
		}
		frame = append(frame, rest[read:read+size]...)
		rest = rest[read+size:]
	}
	return frame, true
}
