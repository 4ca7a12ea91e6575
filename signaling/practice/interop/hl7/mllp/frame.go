// Package mllp carries HL7 v2 messages over TCP by the Minimal Lower Layer Protocol: a message
// stands between the byte 0x0B and the bytes 0x1C 0x0D, and is answered before the next one.
//
// It knows nothing of what messages say.
package mllp

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
)

const (
	startBlock = 0x0b
	endBlock   = 0x1c
	// maxNoise is how much may stand between messages: some senders put line ends there.
	maxNoise = 4096
	// headBytes is what is kept of a message that is too large: its MSH, for the answer.
	headBytes = 4096
	// maxDropped is how much of one is read, so that the sender comes to read the answer.
	maxDropped = 64 << 20
)

// ErrNoise says that the other end does not speak the protocol.
var ErrNoise = errors.New("expected the byte 0x0B that begins a message, got other bytes; let " +
	"the sender use MLLP, and TLS if it is set up")

// TooLargeError says that a message was larger than allowed. It was read to its end.
type TooLargeError struct {
	Head []byte // its beginning
	Size int64
}

func (e *TooLargeError) Error() string {
	return fmt.Sprintf("a message of %d bytes is too large", e.Size)
}

// reader reads frames.
type reader struct {
	from  *bufio.Reader
	limit int
	// cut counts messages that another one began within.
	cut int
}

func newReader(from io.Reader, limit int) *reader {
	return &reader{from: bufio.NewReaderSize(from, 16<<10), limit: limit}
}

// next returns the next message; began is called at its first byte. io.EOF means that the other
// end has closed between messages, io.ErrUnexpectedEOF that it did so within one.
func (r *reader) next(began func()) ([]byte, error) {
	for noise := 0; ; noise++ {
		b, err := r.from.ReadByte()
		if err != nil {
			return nil, err
		}
		if b == startBlock {
			break
		}
		if noise == maxNoise {
			return nil, ErrNoise
		}
	}
	began()
	message, err := r.rest()
	if errors.Is(err, io.EOF) {
		err = io.ErrUnexpectedEOF
	}
	return message, err
}

// rest reads up to the end of a message that has begun.
func (r *reader) rest() ([]byte, error) {
	var message []byte
	size := int64(0)
	for {
		// What is buffered is looked at as a whole: a byte at a time costs ten times as much.
		if _, err := r.from.Peek(1); err != nil {
			return nil, err
		}
		part, _ := r.from.Peek(r.from.Buffered())
		end := bytes.IndexAny(part, string([]byte{startBlock, endBlock}))
		taken := part
		if end >= 0 {
			taken = part[:end]
		}
		size += int64(len(taken))
		if room := r.limit - len(message); room >= 0 {
			message = append(message, taken[:min(len(taken), room+1)]...)
		}
		if size > maxDropped {
			return nil, ErrNoise
		}
		if end < 0 {
			r.discard(len(part))
			continue
		}
		begins := part[end] == startBlock
		r.discard(end + 1)
		if begins { // the one before was cut in the middle: nobody has answered it
			r.cut++
			message, size = nil, 0
			continue
		}
		if size > int64(r.limit) {
			return nil, &TooLargeError{Head: message[:min(len(message), headBytes)], Size: size}
		}
		return message, nil // the CR behind it is noise before the next one
	}
}

func (r *reader) discard(n int) {
	if _, err := r.from.Discard(n); err != nil {
		panic(err) // it is buffered
	}
}

// frame puts a message between its bytes.
func frame(message []byte) ([]byte, error) {
	if bytes.ContainsAny(message, string([]byte{startBlock, endBlock})) {
		return nil, errors.New("expected a message without the bytes 0x0B and 0x1C, which begin " +
			"and end it, got one with them; escape them")
	}
	framed := make([]byte, 0, len(message)+3)
	framed = append(framed, startBlock)
	framed = append(framed, message...)
	return append(framed, endBlock, '\r'), nil
}
