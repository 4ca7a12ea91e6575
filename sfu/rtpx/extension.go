package rtpx

import "encoding/binary"

// Profiles of RFC 8285 header extensions.
const (
	profileOneByte     = 0xbede // section 4.2
	profileTwoByte     = 0x1000 // section 4.3; the low four bits are free
	profileTwoByteMask = 0xfff0
)

// Extensions is the header extension block of one packet (RFC 8285), in place. The zero value has
// none.
type Extensions struct {
	Profile uint16
	Body    []byte // after profile and length
}

// Get returns the element with that identifier, in place, so that it may be overwritten; nil when
// there is none. An element that claims to be longer than the block ends the search.
func (e Extensions) Get(id uint8) []byte {
	if id == 0 {
		return nil
	}
	switch {
	case e.Profile == profileOneByte:
		return getOneByte(e.Body, id)
	case e.Profile&profileTwoByteMask == profileTwoByte:
		return getTwoByte(e.Body, id)
	default:
		return nil
	}
}

func getOneByte(body []byte, id uint8) []byte {
	for i := 0; i < len(body); {
		if body[i] == 0 { // padding
			i++
			continue
		}
		found, size := body[i]>>4, int(body[i]&0x0f)+1
		if found == 15 || i+1+size > len(body) { // 15 ends the block (RFC 8285 section 4.2)
			return nil
		}
		if found == id {
			return body[i+1 : i+1+size]
		}
		i += 1 + size
	}
	return nil
}

func getTwoByte(body []byte, id uint8) []byte {
	for i := 0; i < len(body); {
		if body[i] == 0 {
			i++
			continue
		}
		if i+2 > len(body) {
			return nil
		}
		size := int(body[i+1])
		if i+2+size > len(body) {
			return nil
		}
		if body[i] == id {
			return body[i+2 : i+2+size]
		}
		i += 2 + size
	}
	return nil
}

// AudioLevel returns the level of the packet's sound in −dBov (0 loudest, 127 silence) and whether
// it holds voice (RFC 6464); ok is false without that element.
func (e Extensions) AudioLevel(id uint8) (level uint8, voice, ok bool) {
	element := e.Get(id)
	if len(element) < 1 {
		return 0, false, false
	}
	return element[0] & 0x7f, element[0]&0x80 != 0, true
}

// TransportSequenceNumber returns the transport-wide sequence number.
func (e Extensions) TransportSequenceNumber(id uint8) (number uint16, ok bool) {
	element := e.Get(id)
	if len(element) < 2 {
		return 0, false
	}
	return binary.BigEndian.Uint16(element), true
}

// AbsoluteSendTimeRate is the unit of AbsoluteSendTime, in Hz: 18 of its 24 bits are fractions of a
// second.
const AbsoluteSendTimeRate = 1 << 18

// AbsoluteSendTime returns when the packet left, by its sender's clock, in 24 bits that wrap every
// 64 s (http://www.webrtc.org/experiments/rtp-hdrext/abs-send-time).
func (e Extensions) AbsoluteSendTime(id uint8) (sent uint32, ok bool) {
	element := e.Get(id)
	if len(element) < 3 {
		return 0, false
	}
	return uint32(element[0])<<16 | uint32(element[1])<<8 | uint32(element[2]), true
}
