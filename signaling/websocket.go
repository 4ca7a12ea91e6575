package signaling

import (
	"compress/flate"
	"io"
	"net/http"
	"time"

	"github.com/gorilla/websocket"

	"draille/signaling/protocol"
	"draille/signaling/quota"
)

// Websocket is what a connection needs of one: a browser's, or one that another node carries here
// (package peers). One goroutine reads and one writes; WriteControl, SetReadDeadline, HurryWrite,
// Trust and Close may be called in any.
type Websocket interface {
	// HearControls sets who hears pings and pongs, in the reading goroutine, before anything is
	// read. An error of theirs ends the reading.
	HearControls(pinged, ponged func(data string) error)
	// ReadMessage returns the next message. One that is no text, or was damaged, is told by text;
	// of one that is too large comes a byte more than may.
	ReadMessage() (data []byte, text bool, err error)
	// WriteText sends a message. At the deadline it is given up.
	WriteText(data []byte, deadline time.Time) error
	// WriteBinary sends a message that is no text. At the deadline it is given up.
	WriteBinary(data []byte, deadline time.Time) error
	// WriteControl sends a ping, a pong or a close, by the opcodes of RFC 6455.
	WriteControl(kind int, data []byte, deadline time.Time) error
	SetReadDeadline(deadline time.Time) error
	// HurryWrite moves the deadline of the write under way.
	HurryWrite(deadline time.Time)
	// Door is how the page called the server at which it opened the websocket: host[:port].
	Door() string
	// Trust notes, for whoever counts connections, that this one is not a stranger's.
	Trust()
	Close() error
}

// browserSocket is a websocket that was opened here.
type browserSocket struct {
	*websocket.Conn
	origin, host string // of the page, and as it called this server
}

func newBrowserSocket(ws *websocket.Conn, request *http.Request) browserSocket {
	ws.SetReadLimit(wireLimit)
	ws.SetCompressionLevel(flate.DefaultCompression)
	return browserSocket{ws, request.Header.Get("Origin"), request.Host}
}

// HearControls implements Websocket.
func (b browserSocket) HearControls(pinged, ponged func(string) error) {
	b.SetPingHandler(pinged)
	b.SetPongHandler(ponged)
}

// ReadMessage implements Websocket.
func (b browserSocket) ReadMessage() (data []byte, text bool, err error) {
	kind, reader, err := b.NextReader()
	if err != nil {
		return nil, false, err
	}
	// An error here is either damaged compression, which concerns this message alone, or comes back
	// from NextReader.
	data, err = io.ReadAll(io.LimitReader(reader, protocol.MaxMessageBytes+1))
	return data, kind == websocket.TextMessage && err == nil, nil
}

// WriteText implements Websocket.
func (b browserSocket) WriteText(data []byte, deadline time.Time) error {
	b.EnableWriteCompression(len(data) >= compressFrom)
	b.SetWriteDeadline(deadline)
	return b.WriteMessage(websocket.TextMessage, data)
}

// WriteBinary implements Websocket. What is sent so is compressed already.
func (b browserSocket) WriteBinary(data []byte, deadline time.Time) error {
	b.EnableWriteCompression(false)
	b.SetWriteDeadline(deadline)
	return b.WriteMessage(websocket.BinaryMessage, data)
}

// HurryWrite implements Websocket.
func (b browserSocket) HurryWrite(deadline time.Time) {
	b.UnderlyingConn().SetWriteDeadline(deadline)
}

// Door implements Websocket.
func (b browserSocket) Door() string { return b.host }

// Trust implements Websocket.
func (b browserSocket) Trust() { quota.MarkAuthenticated(b.UnderlyingConn()) }
