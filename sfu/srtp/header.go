package srtp

import "encoding/binary"

// Bytes of an outgoing header: fixed, one CSRC, and the transport-wide sequence number as the only
// extension.
const (
	plainHeaderBytes    = 16
	extendedHeaderBytes = plainHeaderBytes + 8
	ProtectionBytes     = 16 // of the longest authentication tag
)

// Header is what an outgoing packet bears.
type Header struct {
	Marker      bool
	PayloadType uint8
	Sequence    uint16
	Timestamp   uint32
	SSRC, CSRC  uint32
	Extension   uint8 // identifier of the transport-wide sequence number; 0: none
	Transport   uint16
	Padding     uint8
}

// Marshal writes the header (RFC 3550 section 5.1, RFC 8285 section 4.2) and returns its length.
func (h *Header) Marshal(b []byte) int {
	_ = b[extendedHeaderBytes]
	b[0] = 0x81 // version 2, one CSRC
	if h.Padding > 0 {
		b[0] |= 0x20
	}
	b[1] = h.PayloadType
	if h.Marker {
		b[1] |= 0x80
	}
	binary.BigEndian.PutUint16(b[2:], h.Sequence)
	binary.BigEndian.PutUint32(b[4:], h.Timestamp)
	binary.BigEndian.PutUint32(b[8:], h.SSRC)
	binary.BigEndian.PutUint32(b[12:], h.CSRC)
	if h.Extension == 0 {
		return plainHeaderBytes
	}
	b[0] |= 0x10
	b[16], b[17], b[18], b[19] = 0xbe, 0xde, 0, 1
	b[20] = h.Extension<<4 | 1
	binary.BigEndian.PutUint16(b[21:], h.Transport)
	b[23] = 0
	return extendedHeaderBytes
}
