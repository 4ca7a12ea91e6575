package peers

import (
	"compress/flate"
	"errors"
	"fmt"
	"io"
	"sync"
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

// pipe carries one websocket.
type pipe struct {
	stream  *Stream
	ws      *websocket.Conn
	trusted func()
	lost    atomic.Bool // nothing is sent to the owner any more
	outcome atomic.Pointer[Outcome]
}

// ended notes how the websocket ends. What comes first counts.
func (p *pipe) ended(outcome Outcome) { p.outcome.CompareAndSwap(nil, &outcome) }

// Pipe carries a page's websocket over the stream until either side ends it, and closes both. It is
// called in the goroutine that reads the websocket, and nobody else uses that meanwhile. Trusted,
// unless nil, hears once that the owner knows the person: the door may count its connection among
// those of people, not of strangers.
func (s *Stream) Pipe(ws *websocket.Conn, trusted func()) (Outcome, error) {
	p := &pipe{stream: s, ws: ws, trusted: sync.OnceFunc(func() {
		if trusted != nil {
			trusted()
		}
	})}
	defer s.Close()
	ws.SetCompressionLevel(flate.DefaultCompression)
	ws.SetReadDeadline(time.Time{}) // the owner decides how long it waits for a sign of life
	ws.SetPingHandler(func(data string) error { return p.control(wire.Ping, data) })
	ws.SetPongHandler(func(data string) error { return p.control(wire.Pong, data) })
	down := make(chan error, 1)
	go func() {
		err := p.down()
		p.part()
		down <- err
	}()
	p.up()
	// What the owner does about the end of the websocket takes it no time, unless it is gone.
	timer := time.AfterFunc(parting, func() {
		s.cancel(errPageGone)
		ws.Close()
	})
	defer timer.Stop()
	err := <-down
	ws.Close()
	if outcome := *p.outcome.Load(); outcome != ByLoss {
		return outcome, nil
	}
	if errors.Is(err, io.EOF) {
		err = fmt.Errorf("node %q ended the websocket without a close", s.node)
	}
	return ByLoss, err
}

var errPageGone = errors.New("the page is gone")

// up carries what the page sends, until nothing comes any more.
func (p *pipe) up() {
	for {
		kind, reader, err := p.ws.NextReader()
		if err != nil {
			if !p.lost.Load() {
				p.pageGone(err)
			}
			return
		}
		frame, text := readPage(kind, reader)
		if p.lost.Load() {
			continue // read, so that a TCP reset does not overtake the goodbye
		}
		if p.stream.Write(text, frame) != nil {
			p.lost.Store(true)
		}
	}
}

// readPage reads a message of the page into a frame. One whose compression is damaged concerns
// nothing but itself, and is carried as what no owner takes for a message.
func readPage(kind int, reader io.Reader) ([]byte, wire.Kind) {
	frame, err := readInto(make([]byte, wire.HeaderBytes, 1<<10), reader)
	switch {
	case err != nil:
		return frame[:wire.HeaderBytes], wire.Binary
	case kind == websocket.TextMessage:
		return frame, wire.Text
	}
	return frame, wire.Binary
}

// readInto appends what is read, up to the bound of a message.
func readInto(frame []byte, reader io.Reader) ([]byte, error) {
	reader = io.LimitReader(reader, maxMessageBytes)
	for {
		if len(frame) == cap(frame) {
			frame = append(frame, 0)[:len(frame)]
		}
		n, err := reader.Read(frame[len(frame):cap(frame)])
		frame = frame[:len(frame)+n]
		if err != nil {
			if errors.Is(err, io.EOF) {
				err = nil
			}
			return frame, err
		}
	}
}

// pageGone tells the owner that the websocket has ended, and how.
func (p *pipe) pageGone(err error) {
	p.ended(ByPage)
	var closing *websocket.CloseError
	if errors.As(err, &closing) {
		frame := append(make([]byte, wire.HeaderBytes), wire.CloseData(closing.Code,
			closing.Text)...)
		_ = p.stream.Write(wire.Close, frame) // if it is broken, the owner hears so, too
	} else {
		p.ws.Close() // whoever writes to it need not wait any more
	}
	p.stream.CloseWrite()
}

// control carries a ping or a pong of the page. It runs in the reading goroutine.
func (p *pipe) control(kind wire.Kind, data string) error {
	if p.lost.Load() {
		return nil
	}
	frame := append(make([]byte, wire.HeaderBytes, wire.HeaderBytes+len(data)), data...)
	if p.stream.Write(kind, frame) != nil {
		p.lost.Store(true)
	}
	return nil
}

// down carries what the owner sends, until it sends nothing any more.
func (p *pipe) down() error {
	closed := false
	for {
		frame, err := p.stream.Read()
		if err != nil {
			p.ended(ByLoss) // unless there was a close
			return err
		}
		if frame.Kind == wire.Close {
			closed = true
			p.ended(ByOwner)
		}
		if err := p.show(frame); err != nil && !closed {
			p.ended(ByPage)
			p.ws.Close() // its reader finds it, too
			return err
		}
	}
}

// show passes a frame of the owner on to the page.
func (p *pipe) show(frame wire.Frame) error {
	deadline := time.Now().Add(pageWrite)
	switch frame.Kind {
	case wire.Text:
		p.ws.EnableWriteCompression(len(frame.Data) >= compressFrom)
		p.ws.SetWriteDeadline(deadline)
		return p.ws.WriteMessage(websocket.TextMessage, frame.Data)
	case wire.Binary:
		p.ws.EnableWriteCompression(false)
		p.ws.SetWriteDeadline(deadline)
		return p.ws.WriteMessage(websocket.BinaryMessage, frame.Data)
	case wire.Ping, wire.Pong:
		return p.ws.WriteControl(int(frame.Kind), frame.Data, deadline)
	case wire.Close:
		return p.ws.WriteControl(websocket.CloseMessage, closeOf(frame.Data), deadline)
	case wire.Trusted:
		p.trusted()
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
func (p *pipe) part() {
	p.lost.Store(true)
	p.stream.cancel(errOwnerGone) // whoever waits to write to the owner need not
	deadline := time.Now().Add(parting)
	p.ws.SetReadDeadline(deadline)
	if *p.outcome.Load() == ByLoss {
		_ = p.ws.WriteControl(websocket.CloseMessage,
			websocket.FormatCloseMessage(websocket.CloseServiceRestart, lostReason), deadline)
	}
}

var errOwnerGone = errors.New("the owner has ended the websocket")
