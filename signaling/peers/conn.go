package peers

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"sync"
	"sync/atomic"
	"time"

	"github.com/gorilla/websocket"

	"draille/signaling/peers/wire"
)

// Conn is a websocket that another node carries here, as the owner of the room holds it. It is what
// package signaling needs of a websocket. One goroutine reads and one writes; WriteControl,
// SetReadDeadline, HurryWrite, Trust and Close may be called in any.
type Conn struct {
	in     io.Reader
	out    http.ResponseWriter
	stream *http.ResponseController
	ended  context.Context // of the request
	first  []byte          // the page's first message; nil once it is read
	door   string          // as the page called the node at which it opened the websocket

	pinged, ponged func(string) error

	writing chan struct{} // holds a value while somebody writes
	trust   atomic.Bool   // to be told

	mu     sync.Mutex
	closed bool
	cut    *time.Timer // of the write under way
}

func newConn(w http.ResponseWriter, r *http.Request, opening wire.Opening, first []byte) *Conn {
	ignore := func(string) error { return nil }
	return &Conn{
		in: r.Body, out: w, stream: http.NewResponseController(w), ended: r.Context(), first: first,
		door:   opening.Host,
		pinged: ignore, ponged: ignore, writing: make(chan struct{}, 1),
	}
}

// Door is how the page called the node at which it opened the websocket: host[:port].
func (c *Conn) Door() string { return c.door }

// HearControls sets who hears the page's pings and pongs, in the reading goroutine, before anything
// is read. An error of theirs ends the reading.
func (c *Conn) HearControls(pinged, ponged func(data string) error) {
	c.pinged, c.ponged = pinged, ponged
}

// ReadMessage returns the next message of the page. One that is no text, or was damaged, is told by
// text. The page's close is a *websocket.CloseError, a deadline that has passed is a net.Error.
func (c *Conn) ReadMessage() (data []byte, text bool, err error) {
	if c.first != nil {
		data, c.first = c.first, nil
		return data, true, nil
	}
	for {
		frame, err := wire.Read(c.in)
		if err != nil {
			return nil, false, fmt.Errorf("the websocket was carried here and ended: %w", err)
		}
		switch frame.Kind {
		case wire.Text:
			return frame.Data, true, nil
		case wire.Binary:
			return frame.Data, false, nil
		case wire.Ping:
			err = c.pinged(string(frame.Data))
		case wire.Pong:
			err = c.ponged(string(frame.Data))
		case wire.Close:
			var code int
			var reason string
			if code, reason, err = wire.ParseClose(frame.Data); err == nil {
				err = &websocket.CloseError{Code: code, Text: reason}
			}
		}
		if err != nil {
			return nil, false, err
		}
	}
}

// WriteText sends a message. At the deadline it is given up, and the stream with it.
func (c *Conn) WriteText(data []byte, deadline time.Time) error {
	return c.write(wire.Text, data, deadline)
}

// WriteBinary sends a message that is no text, as WriteText does one that is.
func (c *Conn) WriteBinary(data []byte, deadline time.Time) error {
	return c.write(wire.Binary, data, deadline)
}

// WriteControl sends a ping, a pong or a close, by the numbers of RFC 6455. What a close carries is
// the code and the reason, as websocket.FormatCloseMessage writes them.
func (c *Conn) WriteControl(kind int, data []byte, deadline time.Time) error {
	switch kind {
	case websocket.PingMessage, websocket.PongMessage, websocket.CloseMessage:
		return c.write(wire.Kind(kind), data, deadline)
	}
	return fmt.Errorf("expected a ping, a pong or a close, got a frame with opcode %d", kind)
}

// Trust tells the door that the person is no stranger. It goes before what is written next.
func (c *Conn) Trust() { c.trust.Store(true) }

var (
	errConnClosed = errors.New("expected a websocket that is open, got one that is closed")
	errWriteLate  = errors.New("the websocket took nothing until the deadline")
)

func (c *Conn) write(kind wire.Kind, data []byte, deadline time.Time) error {
	frame := make([]byte, 0, 2*wire.HeaderBytes+len(data))
	var err error
	if c.trust.Swap(false) {
		frame, err = wire.Append(frame, wire.Trusted, nil)
	}
	if err == nil {
		frame, err = wire.Append(frame, kind, data)
	}
	if err != nil {
		return err
	}
	wait := time.NewTimer(time.Until(deadline))
	defer wait.Stop()
	select {
	case c.writing <- struct{}{}:
	case <-wait.C:
		return errWriteLate
	case <-c.ended.Done():
		return context.Cause(c.ended)
	}
	defer func() { <-c.writing }()
	if err := c.cutAt(deadline); err != nil {
		return err
	}
	defer c.uncut()
	if _, err := c.out.Write(frame); err != nil {
		return err
	}
	return c.stream.Flush()
}

// cutAt sees to it that the write under way ends.
func (c *Conn) cutAt(deadline time.Time) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.closed {
		return errConnClosed
	}
	c.cut = time.AfterFunc(time.Until(deadline), func() {
		c.mu.Lock()
		defer c.mu.Unlock()
		if !c.closed && c.cut != nil {
			_ = c.stream.SetWriteDeadline(past)
		}
	})
	return nil
}

func (c *Conn) uncut() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.cut.Stop()
	c.cut = nil
}

// past is a deadline that ends what is under way.
var past = time.Unix(1, 0)

// HurryWrite moves the deadline of the write under way, if there is one.
func (c *Conn) HurryWrite(deadline time.Time) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.cut != nil {
		c.cut.Reset(time.Until(deadline))
	}
}

// SetReadDeadline sets when the reading fails. It can be moved until then.
func (c *Conn) SetReadDeadline(deadline time.Time) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.closed {
		return errConnClosed
	}
	return c.stream.SetReadDeadline(deadline)
}

// Close ends the websocket. Whoever reads it or writes to it returns.
func (c *Conn) Close() error {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.closed {
		return nil
	}
	c.closed = true
	return errors.Join(c.stream.SetReadDeadline(past), c.cutNow())
}

// cutNow ends a write under way. c.mu is held.
func (c *Conn) cutNow() error {
	if c.cut == nil {
		return nil
	}
	return c.stream.SetWriteDeadline(past)
}

// leave waits until nobody writes, before the stream is given back. Nothing is written after it.
func (c *Conn) leave() {
	_ = c.Close() // of a stream that has ended, which is no fault
	c.writing <- struct{}{}
}
