package turn

import (
	"bufio"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"net"
	"sync"
	"time"
)

// streamConn is one client over TCP or TLS.
type streamConn struct {
	net.Conn
	listener *streamListener
	in       *bufio.Reader
	frame    [maxFrame]byte
	rest     []byte // of the current frame, when the reader's buffer was smaller
	heard    bool

	// The relay and the answers to requests write at the same time: TLS records and partial writes
	// must not mix. Nothing else is locked while it is held.
	writing sync.Mutex
}

// Read gives the bytes of one frame (or what is left of it), never of two.
func (c *streamConn) Read(p []byte) (int, error) {
	if len(c.rest) == 0 {
		timeout := firstFrameTimeout
		if c.heard {
			timeout = idleTimeout
		}
		if err := c.SetReadDeadline(time.Now().Add(timeout)); err != nil {
			return 0, err
		}
		n, err := readFrame(c.in, c.frame[:])
		if err != nil {
			return 0, err
		}
		c.heard, c.rest = true, c.frame[:n]
	}
	n := copy(p, c.rest)
	c.rest = c.rest[n:]
	return n, nil
}

// Write sends one frame; a client that does not read is given up.
func (c *streamConn) Write(p []byte) (int, error) {
	c.writing.Lock()
	defer c.writing.Unlock()
	if err := c.SetWriteDeadline(time.Now().Add(writeTimeout)); err != nil {
		return 0, err
	}
	n, err := c.Conn.Write(p)
	if err != nil {
		c.Close() // a frame cut in two cannot be mended
	}
	return n, err
}

// Close ends the connection; more than once is fine.
func (c *streamConn) Close() error {
	c.listener.mu.Lock()
	if from := c.RemoteAddr().String(); c.listener.open[from] == c {
		delete(c.listener.open, from)
	}
	c.listener.mu.Unlock()
	return c.Conn.Close()
}

// readFrame reads one STUN message (RFC 8489 §6.2.2) or one ChannelData padded to four bytes (RFC
// 8656 §12.5) into frame and returns its size.
func readFrame(r io.Reader, frame []byte) (int, error) {
	const channelHeader, stunHeader = 4, 20
	if _, err := io.ReadFull(r, frame[:channelHeader]); err != nil {
		return 0, err
	}
	size := int(binary.BigEndian.Uint16(frame[2:]))
	switch kind := binary.BigEndian.Uint16(frame); {
	case kind < 0x4000: // two zero bits: STUN
		if size%4 != 0 {
			return 0, fmt.Errorf("%w: STUN length %d is not a multiple of 4", errNotFramed, size)
		}
		size += stunHeader
	// Channel numbers of RFC 5766 §11: RFC 8656 keeps to those below 0x5000, but clients of before
	// choose from all.
	case kind < 0x8000:
		size = channelHeader + (size+3)&^3
	default:
		return 0, fmt.Errorf("%w: first bytes %#04x", errNotFramed, kind)
	}
	if size > len(frame) {
		return 0, fmt.Errorf("%w: %d", errFrameSize, size)
	}
	if _, err := io.ReadFull(r, frame[channelHeader:size]); err != nil {
		if errors.Is(err, io.EOF) {
			err = io.ErrUnexpectedEOF
		}
		return 0, err
	}
	return size, nil
}
