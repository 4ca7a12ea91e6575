// Package photo holds the photos that people in a room take for each other, in memory and for the
// call alone: which bytes of each have come, what its sender is to send next, and what each viewer
// is sent next. It is pure: time is an argument, and who may see a photo is not decided here.
//
// A photo is a list of pieces, each a picture by itself: a preview, the whole at a middle size, and
// tiles of the whole at its full size. The preview goes first. Then comes what somebody looks at,
// by whoever has said so last, and the rest in its order.
package photo

import (
	"encoding/binary"
	"errors"
)

// Part is some bytes of a piece.
type Part struct {
	Photo, Piece, Offset int
	Data                 []byte
}

// partKind is the first byte of a part: there may be other binary messages one day.
const partKind = 1

// partHeader is the kind, the photo, the piece and the offset.
const partHeader = 1 + 2 + 2 + 4

// WireOverhead is what a part costs beside its bytes, of our header, of the websocket's, of TLS and
// of TCP/IP.
const WireOverhead = partHeader + 8 + 29 + 52

// ParsePart reads a binary message. Data is the message's own.
func ParsePart(message []byte) (Part, error) {
	if len(message) <= partHeader || message[0] != partKind {
		return Part{}, errors.New("expected a text frame with JSON, or a part of a photo with " +
			"its header of 9 bytes, got another; see the protocol document")
	}
	return Part{
		Photo:  int(binary.BigEndian.Uint16(message[1:])),
		Piece:  int(binary.BigEndian.Uint16(message[3:])),
		Offset: int(binary.BigEndian.Uint32(message[5:])),
		Data:   message[partHeader:],
	}, nil
}

// Marshal writes a part.
func (p Part) Marshal() []byte {
	message := make([]byte, 0, partHeader+len(p.Data))
	message = append(message, partKind)
	message = binary.BigEndian.AppendUint16(message, uint16(p.Photo))
	message = binary.BigEndian.AppendUint16(message, uint16(p.Piece))
	message = binary.BigEndian.AppendUint32(message, uint32(p.Offset))
	return append(message, p.Data...)
}

// Sum adds up sizes.
func Sum(sizes []int) (total int) {
	for _, size := range sizes {
		total += size
	}
	return total
}
