// Package wire is the form of what nodes say to each other: the frames of a websocket that is
// carried from one to another, and the messages. It does no I/O of its own and knows nothing of
// connections.
//
// Everything that comes from another node is bounded before it is stored, refused with an
// explanation where it is not what was expected, and read with tolerance: kinds of frames and
// fields that are not known are skipped, so that nodes of two versions understand each other.
package wire

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"unicode/utf8"
)

// Kind says what a frame carries. Those of a websocket have the numbers of RFC 6455 section 5.2.
type Kind byte

// The kinds of frames. Others are skipped.
const (
	Text    Kind = 1  // a whole message
	Binary  Kind = 2  // a whole message, or one whose compression was damaged: then it is empty
	Close   Kind = 8  // code and reason, as in RFC 6455 section 5.5.1
	Ping    Kind = 9  // up to 125 bytes
	Pong    Kind = 10 // up to 125 bytes
	Opened  Kind = 16 // an Opening, first
	Trusted Kind = 17 // owner to door: the person has shown who they are
)

const (
	// HeaderBytes stand before what a frame carries: its kind, and its length in 24 bits.
	HeaderBytes = 4
	// MaxFrameBytes is the most that a frame carries: as much as waits for a slow websocket.
	MaxFrameBytes = 1 << 20
	// MaxControlBytes is the most that Close, Ping and Pong carry.
	MaxControlBytes = 125
	// readAhead is how much is allocated for a frame before its bytes have come.
	readAhead = 64 << 10
)

// The codes of Close that are told by no frame (RFC 6455 section 7.4.1).
const (
	NoStatus = 1005
	minCode  = 1000
	maxCode  = 4999
)

// Malformed says what was expected, what came, and what to do.
type Malformed struct{ Words string }

// Error implements error.
func (m *Malformed) Error() string { return m.Words }

func malformed(form string, arguments ...any) *Malformed {
	return &Malformed{fmt.Sprintf(form, arguments...)}
}

// Frame is one frame.
type Frame struct {
	Kind Kind
	Data []byte
}

// limit is the most that a frame of a kind carries.
func limit(kind Kind) int {
	switch kind {
	case Close, Ping, Pong, Trusted:
		return MaxControlBytes
	case Opened:
		return MaxOpeningBytes
	}
	return MaxFrameBytes
}

// PutHeader writes a frame's header over the first bytes of a slice whose rest is what the frame
// carries.
func PutHeader(frame []byte, kind Kind) error {
	length := len(frame) - HeaderBytes
	if length > limit(kind) {
		return malformed("expected at most %d bytes for a frame of kind %d, got %d; split or "+
			"shorten it", limit(kind), kind, length)
	}
	binary.BigEndian.PutUint32(frame, uint32(kind)<<24|uint32(length))
	return nil
}

// Append appends a frame.
func Append(dst []byte, kind Kind, data []byte) ([]byte, error) {
	start := len(dst)
	dst = append(append(dst, make([]byte, HeaderBytes)...), data...)
	return dst, PutHeader(dst[start:], kind)
}

// Read reads one frame. At the end, before a frame, it returns io.EOF; within one,
// io.ErrUnexpectedEOF; of what no node writes, a *Malformed.
func Read(r io.Reader) (Frame, error) {
	var header [HeaderBytes]byte
	if _, err := io.ReadFull(r, header[:]); err != nil {
		return Frame{}, err
	}
	word := binary.BigEndian.Uint32(header[:])
	kind, length := Kind(word>>24), int(word&0xff_ffff)
	if kind == 0 {
		return Frame{}, malformed("expected the kind of a frame, got 0; the other node is no " +
			"draille, or its stream is damaged")
	}
	if most := limit(kind); length > most {
		return Frame{}, malformed("expected at most %d bytes in a frame of kind %d, got %d; "+
			"update both nodes to one version", most, kind, length)
	}
	data, err := readPayload(r, length)
	if err != nil {
		return Frame{}, err
	}
	return Frame{kind, data}, nil
}

// readPayload reads what a frame carries. Much is allocated only as it comes.
func readPayload(r io.Reader, length int) ([]byte, error) {
	if length <= readAhead {
		data := make([]byte, length)
		if _, err := io.ReadFull(r, data); err != nil {
			return nil, unexpected(err)
		}
		return data, nil
	}
	var buffer bytes.Buffer
	n, err := buffer.ReadFrom(io.LimitReader(r, int64(length)))
	switch {
	case err != nil:
		return nil, err
	case n < int64(length):
		return nil, io.ErrUnexpectedEOF
	}
	return buffer.Bytes(), nil
}

func unexpected(err error) error {
	if errors.Is(err, io.EOF) {
		return io.ErrUnexpectedEOF
	}
	return err
}

// CloseData is what a frame of kind Close carries. A reason that is too long is cut.
func CloseData(code int, reason string) []byte {
	if !sendable(code) {
		return nil
	}
	for len(reason) > MaxControlBytes-2 || !utf8.ValidString(reason) {
		reason = reason[:min(len(reason), MaxControlBytes-1)-1]
	}
	return append(binary.BigEndian.AppendUint16(nil, uint16(code)), reason...)
}

// ParseClose reads what a frame of kind Close carries. Without anything the code is NoStatus.
func ParseClose(data []byte) (code int, reason string, err error) {
	if len(data) == 0 {
		return NoStatus, "", nil
	}
	if len(data) == 1 {
		return 0, "", malformed("expected the code of a close in two bytes, got one byte")
	}
	code, reason = int(binary.BigEndian.Uint16(data)), string(data[2:])
	if !sendable(code) {
		return 0, "", malformed("expected the code of a close that may be sent, got %d", code)
	}
	if !utf8.ValidString(reason) {
		return 0, "", malformed("expected the reason of a close in UTF-8, got other bytes")
	}
	return code, reason, nil
}

// sendable reports whether a close may be sent with a code.
func sendable(code int) bool {
	switch code {
	case 1004, NoStatus, 1006, 1015:
		return false
	}
	return code >= minCode && code <= maxCode
}
