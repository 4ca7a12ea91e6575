package turn

import (
	"bufio"
	"errors"
	"fmt"
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
	logger *zap.Logger

	mu     sync.Mutex
	closed bool
	open   map[string]*streamConn // by remote address
}

func newStreamListener(l net.Listener, logger *zap.Logger) *streamListener {
	return &streamListener{
		Listener: l,
		logger:   logger,
		open:     map[string]*streamConn{},
	}
}

// Accept waits for the next connection.
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
	if l.closed {
		return nil
	}
	sendbuffer.Bound(conn)
	c := &streamConn{Conn: conn, listener: l, in: bufio.NewReaderSize(conn, maxFrame)}
	l.open[conn.RemoteAddr().String()] = c
	return c
}

// Close stops accepting and ends every connection.
func (l *streamListener) Close() error {
	l.mu.Lock()
	l.closed = true
	open := l.open
	l.open = map[string]*streamConn{}
	l.mu.Unlock()
	for _, c := range open {
		c.Conn.Close()
	}
	return l.Listener.Close()
}

// from returns the connection that comes from an address, or nil.
func (l *streamListener) from(client net.Addr) net.Conn {
	l.mu.Lock()
	defer l.mu.Unlock()
	if c := l.open[client.String()]; c != nil {
		return c.Conn
	}
	return nil
}

func (l *streamListener) count() int {
	l.mu.Lock()
	defer l.mu.Unlock()
	return len(l.open)
}
