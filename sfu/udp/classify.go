package udp

import (
	"bytes"
	"encoding/binary"
)

// Kind says who a datagram is for.
type Kind uint8

// Kinds of datagram.
const (
	Unknown Kind = iota // nobody's: dropped
	Media               // ICE checks, DTLS, RTP, RTCP
	TURN                // STUN without ICE credentials, TURN messages and channel data
)

// STUN (RFC 8489 section 5): 20-byte header, fixed magic cookie, attributes padded to four bytes.
const (
	stunHeaderSize    = 20
	stunMagicCookie   = 0x2112A442
	stunMethodBinding = 0x001
	stunClassRequest  = 0x000
	stunClassMask     = 0x110
	stunAttrUsername  = 0x0006
)

// Classify tells who a datagram is for by its first bytes (RFC 7983). A STUN Binding request is an
// ICE check when its USERNAME holds a colon ("local:remote" ufrags, RFC 8445 section 7.2.2);
// without one it asks the STUN server. Every other STUN method belongs to TURN, whatever its
// USERNAME looks like.
func Classify(datagram []byte) Kind {
	if len(datagram) == 0 {
		return Unknown
	}
	switch first := datagram[0]; {
	case first <= 3:
		return classifySTUN(datagram)
	case first >= 20 && first <= 63:
		return Media // DTLS
	case first >= 64 && first <= 127:
		return TURN // channel data
	case first >= 128 && first <= 191:
		return Media // RTP, RTCP
	default:
		return Unknown
	}
}

func classifySTUN(datagram []byte) Kind {
	if len(datagram) < stunHeaderSize || binary.BigEndian.Uint32(datagram[4:]) != stunMagicCookie {
		return Unknown
	}
	messageType := binary.BigEndian.Uint16(datagram)
	// The two class bits sit inside the method (RFC 8489 figure 3).
	method := messageType&0x000F | messageType&0x00E0>>1 | messageType&0x3E00>>2
	if method != stunMethodBinding {
		return TURN
	}
	if messageType&stunClassMask != stunClassRequest {
		return Media // an answer or a keep-alive of ICE: the STUN server sends no requests
	}
	if bytes.IndexByte(stunUsername(datagram), ':') >= 0 {
		return Media
	}
	return TURN
}

// stunUsername returns the USERNAME attribute, or nil when there is none or the message is damaged.
func stunUsername(message []byte) []byte {
	attributes := message[stunHeaderSize:]
	if length := int(binary.BigEndian.Uint16(message[2:])); length < len(attributes) {
		attributes = attributes[:length]
	}
	for len(attributes) >= 4 {
		kind := binary.BigEndian.Uint16(attributes)
		length := int(binary.BigEndian.Uint16(attributes[2:]))
		attributes = attributes[4:]
		if length > len(attributes) {
			return nil
		}
		if kind == stunAttrUsername {
			return attributes[:length]
		}
		attributes = attributes[min((length+3)&^3, len(attributes)):]
	}
	return nil
}
