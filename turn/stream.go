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

	"go.uber.org/zap"

	"draille/turn/sendbuffer"
)

const (
	// maxFrame bounds one STUN message or ChannelData over a stream. Nothing that a browser sends
	// is larger than a datagram.
	maxFrame = 2048
	// firstFrameTimeout is how long a new connection may take for its TLS handshake and its first
	// message.
	firstFrameTimeout = 10 * time.Second
	// idleTimeout is a little more than the lifetime of an allocation (10 min, RFC 8656 §3.2): who
	// refreshed nothing in that time has none left.
	idleTimeout = 11 * time.Minute
	// writeTimeout ends connections whose client stopped reading.
	writeTimeout = 10 * time.Second
	// acceptPause follows a failed accept, as when the process is out of file descriptors.
	acceptPause = 50 * time.Millisecond
)

var (
	errNotFramed = errors.New("turn: neither a STUN message nor ChannelData")
	errFrameSize = fmt.Errorf("turn: frame larger than %d bytes", maxFrame)
)

// streamListener hands out connections of which every Read is one well-formed frame, and knows
// which are open: the server underneath neither bounds what it buffers nor ends its connections
// when it closes.
type streamListener struct {
	net.Listener
	limit  int
	logger *zap.Logger

	mu     sync.Mutex
	closed bool
	open   map[*streamConn]struct{}
}

func newStreamListener(l net.Listener, limit int, logger *zap.Logger) *streamListener {
	return &streamListener{
		Listener: l,
		limit:    limit,
		logger:   logger,
		open:     map[*streamConn]struct{}{},
	}
}

// Accept waits for the next connection within the limit.
func (l *streamListener) Accept() (net.Conn, error) {
	for {
		conn, err := l.Listener.Accept()
		if err != nil {
			var passing net.Error
			if errors.As(err, &passing) && !errors.Is(err, net.ErrClosed) {
				l.logger.Warn("accepting a TURN connection failed, trying again", zap.Error(err))
				time.Sleep(acceptPause)
				continue
			}
			return nil, err
		}
		if c := l.admit(conn); c != nil {
			return c, nil
		}
		conn.Close()
	}
}

func (l *streamListener) admit(conn net.Conn) *streamConn {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.closed || len(l.open) >= l.limit {
		return nil
	}
	sendbuffer.Bound(conn)
	c := &streamConn{Conn: conn, listener: l, in: bufio.NewReaderSize(conn, maxFrame)}
	l.open[c] = struct{}{}
	return c
}

// Close stops accepting and ends every connection.
func (l *streamListener) Close() error {
	l.mu.Lock()
	l.closed = true
	open := l.open
	l.open = map[*streamConn]struct{}{}
	l.mu.Unlock()
	for c := range open {
		c.Conn.Close()
	}
	return l.Listener.Close()
}

func (l *streamListener) count() int {
	l.mu.Lock()
	defer l.mu.Unlock()
	return len(l.open)
}

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
	delete(c.listener.open, c)
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
