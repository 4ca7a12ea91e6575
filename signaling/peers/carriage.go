package peers

import (
	"errors"
	"fmt"
	"io"
	"sync/atomic"
	"time"

	"github.com/gorilla/websocket"

	"draille/signaling/peers/wire"
)

const (
	// maxMessageBytes is the most that a door reads of a message, which is one byte more than any
	// may have: so the owner sees that it was too large, and says so.
	maxMessageBytes = 64<<10 + 1
	// pageWrite bounds how long one message waits for a page that does not read.
	pageWrite = 10 * time.Second
	// parting is how long the page has for its half of the goodbye, and the owner for its own.
	parting = time.Second
	// compressFrom is the size from which deflate pays for its overhead.
	compressFrom = 256
)

// lostReason is told to the page when its room's node is gone: it connects again, to any door.
const lostReason = "the node of the room does not answer; connect again"

// Outcome is how the carrying of a websocket has ended.
type Outcome string

// The outcomes.
const (
	ByPage  Outcome = "page"  // the page closed the websocket, or is gone
	ByOwner Outcome = "owner" // the owner closed it
	ByLoss  Outcome = "loss"  // the owner is gone; the page was told to connect again
)

// Carriage is a page's websocket while it is carried. What the page sends is given to it by whoever
// reads the websocket, in one goroutine; what the owner sends it writes to the websocket by itself.
type Carriage struct {
	stream  *Stream
	ws      *websocket.Conn
	trusted func()
	lost    atomic.Bool // nothing is sent to the owner any more
	outcome atomic.Pointer[Outcome]
	down    chan error // why the owner's half has ended
}

// Message carries a message of the page to the owner, and waits as long as that does not read. One
// that is no text, or was damaged, is told by text.
func (c *Carriage) Message(data []byte, text bool) {
	if text {
		c.write(wire.Text, data)
	} else {
		c.write(wire.Binary, data)
	}
}

// Control carries a ping or a pong of the page.
func (c *Carriage) Control(kind int, data string) { c.write(wire.Kind(kind), []byte(data)) }

func (c *Carriage) write(kind wire.Kind, data []byte) {
	if c.lost.Load() {
		return // it is read all the same, so that a TCP reset does not overtake the goodbye
	}
	frame := append(make([]byte, wire.HeaderBytes, wire.HeaderBytes+len(data)), data...)
	if c.stream.Write(kind, frame) != nil {
		c.lost.Store(true)
	}
}

// PageGone tells the owner that nothing more can be read, and why.
func (c *Carriage) PageGone(err error) {
	if c.lost.Load() {
		return
	}
	c.ended(ByPage)
	var closing *websocket.CloseError
	if errors.As(err, &closing) {
		c.write(wire.Close, wire.CloseData(closing.Code, closing.Text))
	} else {
		c.ws.Close() // whoever writes to it need not wait any more
	}
	c.stream.CloseWrite()
}

// Wait returns when the owner's half has ended, too, and closes both.
func (c *Carriage) Wait() (Outcome, error) {
	defer c.stream.Close()
	// What the owner does about the end of the websocket takes it no time, unless it is gone.
	timer := time.AfterFunc(parting, func() {
		c.stream.cancel(errPageGone)
		c.ws.Close()
	})
	defer timer.Stop()
	err := <-c.down
	c.ws.Close()
	if outcome := *c.outcome.Load(); outcome != ByLoss {
		return outcome, nil
	}
	if errors.Is(err, io.EOF) {
		err = fmt.Errorf("node %q ended the websocket without a close", c.stream.node)
	}
	return ByLoss, err
}

// ended notes how the websocket ends. What comes first counts.
func (c *Carriage) ended(outcome Outcome) { c.outcome.CompareAndSwap(nil, &outcome) }

var (
	errPageGone  = errors.New("the page is gone")
	errOwnerGone = errors.New("the owner has ended the websocket")
)

// show passes on what the owner sends, until it sends nothing any more.
func (c *Carriage) show() error {
	closed := false
	for {
		frame, err := c.stream.Read()
		if err != nil {
			c.ended(ByLoss) // unless there was a close
			return err
		}
		if frame.Kind == wire.Close {
			closed = true
			c.ended(ByOwner)
		}
		if err := c.showFrame(frame); err != nil && !closed {
			c.ended(ByPage)
			c.ws.Close() // its reader finds it, too
			return err
		}
	}
}

func (c *Carriage) showFrame(frame wire.Frame) error {
	deadline := time.Now().Add(pageWrite)
	switch frame.Kind {
	case wire.Text:
		c.ws.EnableWriteCompression(len(frame.Data) >= compressFrom)
		c.ws.SetWriteDeadline(deadline)
		return c.ws.WriteMessage(websocket.TextMessage, frame.Data)
	case wire.Binary:
		c.ws.EnableWriteCompression(false)
		c.ws.SetWriteDeadline(deadline)
		return c.ws.WriteMessage(websocket.BinaryMessage, frame.Data)
	case wire.Ping, wire.Pong:
		return c.ws.WriteControl(int(frame.Kind), frame.Data, deadline)
	case wire.Close:
		return c.ws.WriteControl(websocket.CloseMessage, closeOf(frame.Data), deadline)
	case wire.Trusted:
		c.trusted()
	}
	return nil
}

// closeOf is what a close frame to the page carries.
func closeOf(data []byte) []byte {
	code, reason, err := wire.ParseClose(data)
	if err != nil {
		code, reason = websocket.CloseInternalServerErr, ""
	}
	return websocket.FormatCloseMessage(code, reason)
}

// part ends the websocket after the owner's stream has ended. The page has a moment for its half of
// the goodbye.
func (c *Carriage) part() {
	c.lost.Store(true)
	c.stream.cancel(errOwnerGone) // whoever waits to write to the owner need not
	deadline := time.Now().Add(parting)
	c.ws.SetReadDeadline(deadline)
	if *c.outcome.Load() == ByLoss {
		_ = c.ws.WriteControl(websocket.CloseMessage,
			websocket.FormatCloseMessage(websocket.CloseServiceRestart, lostReason), deadline)
	}
}
