package rtpx

import (
	"errors"
	"fmt"
)

// Limits of RFC 2198 section 3: a block header has 14 bits of timestamp offset and 10 bits of
// length.
const (
	MaxREDOffset = 1<<14 - 1 // timestamp units: 341 ms of Opus
	MaxREDLength = 1<<10 - 1 // bytes
)

// REDBlock is one frame inside an RFC 2198 payload.
type REDBlock struct {
	PayloadType     uint8
	TimestampOffset uint16 // how much older than the packet's timestamp; 0 for the primary
	Data            []byte
}

var errRED = errors.New(
	"rtpx: RED payload is cut short; expected block headers, their data and a primary block " +
		"(RFC 2198 section 3), drop the packet",
)

// FitsRED reports whether a frame that is offset timestamp units old and length bytes long can be a
// redundant block.
func FitsRED(offset uint32, length int) bool {
	return offset > 0 && offset <= MaxREDOffset && length > 0 && length <= MaxREDLength
}

// SplitRED appends the blocks of a RED payload to blocks, oldest first, the primary last. Their
// data is in place.
func SplitRED(blocks []REDBlock, payload []byte) ([]REDBlock, error) {
	headers := 0
	for at := 0; ; at += 4 {
		if at >= len(payload) {
			return blocks, errRED
		}
		if payload[at]&0x80 == 0 {
			headers = at + 1
			break
		}
		if at+4 > len(payload) {
			return blocks, errRED
		}
	}
	first, data := len(blocks), payload[headers:]
	for at := 0; at+4 < headers; at += 4 {
		length := int(payload[at+2]&0x03)<<8 | int(payload[at+3])
		if length > len(data) {
			return blocks[:first], errRED
		}
		blocks = append(blocks, REDBlock{
			PayloadType:     payload[at] & 0x7f,
			TimestampOffset: uint16(payload[at+1])<<6 | uint16(payload[at+2]>>2),
			Data:            data[:length:length],
		})
		data = data[length:]
	}
	return append(blocks, REDBlock{PayloadType: payload[headers-1] & 0x7f, Data: data}), nil
}

// AppendRED appends a RED payload to dst: the redundant blocks, oldest first, and the primary. A
// redundant block that does not satisfy FitsRED is an error, because cutting it would make noise.
func AppendRED(
	dst []byte, primaryType uint8, primary []byte, redundant []REDBlock,
) ([]byte, error) {
	for _, b := range redundant {
		if !FitsRED(uint32(b.TimestampOffset), len(b.Data)) {
			return dst, fmt.Errorf(
				"rtpx: redundant block of %d bytes, %d timestamp units old, does not fit "+
					"RFC 2198 (1–%d bytes, 1–%d units); leave it out",
				len(b.Data), b.TimestampOffset, MaxREDLength, MaxREDOffset,
			)
		}
	}
	for _, b := range redundant {
		dst = append(dst, 0x80|b.PayloadType&0x7f, byte(b.TimestampOffset>>6),
			byte(b.TimestampOffset<<2)|byte(len(b.Data)>>8), byte(len(b.Data)))
	}
	dst = append(dst, primaryType&0x7f)
	for _, b := range redundant {
		dst = append(dst, b.Data...)
	}
	return append(dst, primary...), nil
}
