package peers

import (
	"compress/flate"
	"context"
	"errors"
	"fmt"
	"io"
	"sync"
	"time"

	"github.com/gorilla/websocket"

	"draille/signaling/peers/wire"
)

// Stream is a websocket on its way to the node on which its room lives, as the door holds it: what
// the page sends is written to it, what the owner sends is read from it.
type Stream struct {
	node   string
	ctx    context.Context
	cancel context.CancelCauseFunc
	out    *io.PipeWriter
	in     io.ReadCloser
	done   func() // once
}

// opened is the body of the request: the opening and the page's first message, then what follows.
type opened struct {
	io.Reader
	rest *io.PipeReader
}

// Close implements io.Closer: whoever writes hears that nothing is read any more.
func (o opened) Close() error { return o.rest.Close() }

// Write sends a frame, whose first bytes are left for its header. It waits as long as the owner
// does not read.
func (s *Stream) Write(kind wire.Kind, frame []byte) error {
	if err := wire.PutHeader(frame, kind); err != nil {
		return err
	}
	if _, err := s.out.Write(frame); err != nil {
		return s.broken(err)
	}
	return nil
}

// Read returns the next frame of the owner. After the last one it returns io.EOF.
func (s *Stream) Read() (wire.Frame, error) {
	frame, err := wire.Read(s.in)
	if err != nil && !errors.Is(err, io.EOF) {
		err = s.broken(err)
	}
	return frame, err
}

func (s *Stream) broken(err error) error {
	if cause := context.Cause(s.ctx); cause != nil {
		err = cause
	}
	return fmt.Errorf("the connection to node %q broke: %w", s.node, err)
}

// CloseWrite says that nothing follows.
func (s *Stream) CloseWrite() { s.out.Close() }

// Close ends the stream, in both directions.
func (s *Stream) Close() {
	s.cancel(nil)
	s.out.Close()
	s.in.Close()
	s.done()
}

// Carry carries a websocket over the stream. Nobody else writes to it from here on. Trusted, unless
// nil, hears once that the owner knows the person: the door may count its connection among those of
// people, not of strangers. When nothing more can be read, Wait is to be called.
func (s *Stream) Carry(ws *websocket.Conn, trusted func()) *Carriage {
	c := &Carriage{stream: s, ws: ws, down: make(chan error, 1), trusted: sync.OnceFunc(func() {
		if trusted != nil {
			trusted()
		}
	})}
	ws.SetCompressionLevel(flate.DefaultCompression)
	ws.SetReadDeadline(time.Time{}) // the owner decides how long it waits for a sign of life
	go func() {
		err := c.show()
		c.part()
		c.down <- err
	}()
	return c
}

// Pipe carries a websocket until either side ends it, and closes both. It reads the websocket in
// the goroutine that calls it; trusted is as for Carry.
func (s *Stream) Pipe(ws *websocket.Conn, trusted func()) (Outcome, error) {
	c := s.Carry(ws, trusted)
	ws.SetPingHandler(func(data string) error {
		c.Control(websocket.PingMessage, data)
		return nil
	})
	ws.SetPongHandler(func(data string) error {
		c.Control(websocket.PongMessage, data)
		return nil
	})
	for {
		kind, reader, err := ws.NextReader()
		if err != nil {
			c.PageGone(err)
			return c.Wait()
		}
		// An error here is damaged compression, which concerns this message alone, or comes back
		// from NextReader.
		data, err := io.ReadAll(io.LimitReader(reader, maxMessageBytes))
		if err != nil {
			data = nil
		}
		c.Message(data, kind == websocket.TextMessage && err == nil)
	}
}
