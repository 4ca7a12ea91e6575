package rtpx

import (
	"encoding/binary"
	"errors"
	"time"
)

// Packet is one RTP packet as a forwarder sees it.
type Packet struct {
	SSRC           uint32
	Timestamp      uint32
	SequenceNumber uint16
	PayloadType    uint8
	Marker         bool
	Codec          Codec      // set by the caller, by payload type
	Frame          Frame      // set by the caller, from Inspect
	Arrival        time.Time  // set by the caller
	Extensions     Extensions // in place; History does not keep it
	Payload        []byte     // in place, without padding; empty: the packet is padding only
}

const fixedHeaderSize = 12

var (
	errShortHeader = errors.New(
		"rtpx: packet ends inside its RTP header; expected 12 bytes, all CSRCs and the whole " +
			"header extension, drop it",
	)
	errVersion      = errors.New("rtpx: not RTP version 2; drop the packet")
	errShortPadding = errors.New(
		"rtpx: RTP padding is longer than the packet or zero (RFC 3550 section 5.1); drop " +
			"the packet",
	)
)

// Parse reads an RTP packet (RFC 3550 section 5.1) in place: the result's Extensions and Payload
// are parts of raw. It leaves Codec, Frame and Arrival to the caller.
func Parse(raw []byte) (Packet, error) {
	if len(raw) < fixedHeaderSize {
		return Packet{}, errShortHeader
	}
	if raw[0]>>6 != 2 {
		return Packet{}, errVersion
	}
	p := Packet{
		Marker:         raw[1]&0x80 != 0,
		PayloadType:    raw[1] & 0x7f,
		SequenceNumber: binary.BigEndian.Uint16(raw[2:]),
		Timestamp:      binary.BigEndian.Uint32(raw[4:]),
		SSRC:           binary.BigEndian.Uint32(raw[8:]),
	}
	at := fixedHeaderSize + 4*int(raw[0]&0x0f)
	if raw[0]&0x10 != 0 {
		if len(raw) < at+4 {
			return Packet{}, errShortHeader
		}
		p.Extensions.Profile = binary.BigEndian.Uint16(raw[at:])
		size := 4 * int(binary.BigEndian.Uint16(raw[at+2:]))
		at += 4
		if len(raw) < at+size {
			return Packet{}, errShortHeader
		}
		p.Extensions.Body = raw[at : at+size]
		at += size
	}
	if len(raw) < at {
		return Packet{}, errShortHeader
	}
	end := len(raw)
	if raw[0]&0x20 != 0 {
		padding := int(raw[len(raw)-1])
		if padding == 0 || end-padding < at {
			return Packet{}, errShortPadding
		}
		end -= padding
	}
	p.Payload = raw[at:end]
	return p, nil
}
