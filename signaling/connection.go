package signaling

import (
	"errors"
	"fmt"
	"net"
	"sync"
	"sync/atomic"
	"time"

	"github.com/gorilla/websocket"
	"go.uber.org/zap"
	"golang.org/x/time/rate"

	"draille/signaling/photo"
	"draille/signaling/protocol"
	"draille/signaling/quota"
	"draille/signaling/rules"
)

const (
	// wireLimit bounds a message as it comes over the wire. Between MaxMessageBytes and this, the
	// sender is told and the rest is skipped without being decompressed; beyond, the websocket is
	// cut (close code 1009).
	wireLimit = 1 << 20
	// controlsPerPing and controlBurst bound pings and pongs: so many for each ping of the server,
	// of which a page owes one, and what was sent during a stall is answered at once.
	controlsPerPing, controlBurst = 6, 20
	// compressFrom is the size from which deflate pays for its overhead.
	compressFrom = 256
)

// connection is one websocket. Its reading goroutine is the HTTP handler's; its writing goroutine
// ends after the goodbye.
type connection struct {
	id     rules.Connection
	server *Server
	ws     Websocket
	log    atomic.Pointer[zap.Logger]
	out    *outbox
	room   atomic.Pointer[room] // nil until it is found
	payer  quota.Payer          // of what it costs; complete once the room knows it
	door   string               // as its page called it
	joined bool                 // Join has come; belongs to the reading goroutine

	arriving *arriving // until its room is found; the server's lock guards it
	passage  passage   // to another server, if its room lives there
	written  chan struct{}

	// These belong to the room's goroutine.
	welcomed bool      // has a place
	renewal  time.Time // when its relays' credentials are renewed; zero: never

	messages *rate.Limiter
	strikes  *rate.Limiter
	controls *rate.Limiter // pings and pongs

	deadlineMu sync.Mutex
	parting    bool // the goodbye is on its way: the read deadline is final
}

func newConnection(s *Server, id rules.Connection, ws Websocket) *connection {
	c := &connection{
		id: id, server: s, ws: ws,
		out:      newOutbox(s.config.QueueLength),
		written:  make(chan struct{}),
		messages: rate.NewLimiter(rate.Limit(s.config.MessageRate), s.config.MessageBurst),
		strikes:  rate.NewLimiter(rate.Every(10*time.Second), s.config.BadMessages),
		controls: rate.NewLimiter(rate.Every(s.config.PingInterval/controlsPerPing), controlBurst),
	}
	c.log.Store(s.config.Log.With(zap.Uint64("connection", uint64(id))))
	return c
}

// authenticated notes, for whoever counts connections, that this one is not a stranger's.
func (c *connection) authenticated() { c.ws.Trust() }

func (c *connection) serve() {
	go func() {
		defer close(c.written)
		c.write()
	}()
	c.guarded(c.read)
	c.server.post(c, func(r *room) { r.lost(c) })
	c.out.finish(nil, true, func() {})
	<-c.written
	c.carried()
	c.ws.Close()
}

// guarded does something in the reading goroutine. A fault in it ends this websocket alone.
func (c *connection) guarded(do func()) {
	defer func() {
		if problem := recover(); problem != nil {
			c.server.counters.faults.Add(1)
			c.log.Load().Error("a fault in the server: this websocket is closed, the calls go on",
				zap.Any("fault", problem), zap.Stack("stack"))
			c.bye(protocol.NewBye(protocol.ByeProtocol))
		}
	}()
	do()
}

// read reads until the websocket closes or is silent for too long. A fault over one frame does not
// end it: what is not read becomes a TCP reset, which overtakes the goodbye.
func (c *connection) read() {
	c.listenUntil(c.server.config.JoinTimeout)
	c.ws.HearControls(c.pinged, c.ponged)
	for {
		data, text, err := c.ws.ReadMessage()
		if err != nil {
			if !c.passage.end(err) {
				c.readFailed(err)
			}
			return
		}
		c.guarded(func() { c.heard(data, text) })
	}
}

// heard takes one message's frame. After the goodbye what still comes is only read.
func (c *connection) heard(data []byte, text bool) {
	switch {
	case c.passage.take(data, text), c.out.finished():
	case !c.messages.Allow():
		c.complain(
			protocol.ErrorTooFast,
			"",
			fmt.Sprintf("expected at most %g messages/s, got more; slow down",
				c.server.config.MessageRate),
		)
	case len(data) > protocol.MaxMessageBytes:
		c.complain(
			protocol.ErrorTooLarge,
			"",
			fmt.Sprintf("expected at most %d bytes, got more; shorten the message",
				protocol.MaxMessageBytes),
		)
	case !text:
		c.receivePart(data)
	default:
		c.receive(data)
	}
}

// ponged hears that the client is there.
func (c *connection) ponged(data string) error {
	if !c.passage.control(websocket.PongMessage, data) && c.allowsControl() && c.joined {
		c.listenUntil(c.server.config.ReadTimeout)
	}
	return nil
}

// pinged answers a ping. No browser sends any, and each costs an answer.
func (c *connection) pinged(data string) error {
	if !c.passage.control(websocket.PingMessage, data) && c.allowsControl() {
		// A failure shows in the reader or in the next write.
		_ = c.ws.WriteControl(websocket.PongMessage, []byte(data),
			time.Now().Add(c.server.config.WriteTimeout))
	}
	return nil
}

// allowsControl reports whether one more ping or pong is within bounds. Too many bring the goodbye.
func (c *connection) allowsControl() bool {
	if c.out.finished() {
		return false
	}
	if c.controls.Allow() {
		return true
	}
	c.bye(protocol.NewBye(protocol.ByeProtocol))
	return false
}

func (c *connection) readFailed(err error) {
	var timeout net.Error
	if !c.joined && errors.As(err, &timeout) && timeout.Timeout() {
		bye := protocol.NewBye(protocol.ByeProtocol)
		bye.Message = fmt.Sprintf(
			"Expected \"join\" within %s of the websocket's opening, got nothing; join first.",
			c.server.config.JoinTimeout)
		c.bye(bye)
	}
	c.log.Load().Debug("websocket closed", zap.Error(withoutAddress(err)))
}

// withoutAddress takes the client's address out of an error of the network: the log holds none.
func withoutAddress(err error) error {
	var network *net.OpError
	if errors.As(err, &network) {
		return fmt.Errorf("%s: %w", network.Op, network.Err)
	}
	return err
}

func (c *connection) receive(data []byte) {
	message, err := protocol.UnmarshalClient(data)
	if err != nil {
		c.server.counters.received.add("")
		of := ""
		var malformed *protocol.Malformed
		if errors.As(err, &malformed) {
			of = malformed.Of
		}
		c.complain(protocol.ErrorMalformed, of, err.Error())
		return
	}
	c.server.counters.received.add(protocol.TypeOf(message))
	switch m := message.(type) {
	case protocol.Ping:
		c.send(protocol.Pong{N: m.N})
	case protocol.Join:
		if c.joined {
			c.complain(
				protocol.ErrorOutOfPlace,
				"join",
				"expected \"join\" once, first on the websocket; got it again; open another "+
					"websocket",
			)
			return
		}
		c.joined = true
		if _, own := c.ws.(browserSocket); own && c.server.config.Carrier != nil {
			c.passage.keep(data)
		}
		c.server.join(c, m)
	default:
		if !c.joined {
			c.complain(protocol.ErrorOutOfPlace, protocol.TypeOf(m),
				"expected \"join\" first; send it before anything else")
			return
		}
		c.server.post(c, func(r *room) { r.receive(c, m) })
	}
	if c.joined {
		c.listenUntil(c.server.config.ReadTimeout)
	}
}

// receivePart takes a part of a photo.
func (c *connection) receivePart(data []byte) {
	part, err := photo.ParsePart(data)
	if err != nil || !c.joined {
		c.complain(protocol.ErrorMalformed, "",
			"expected a text frame with whole contents, or a part of a photo, got another; send "+
				"JSON as text")
		return
	}
	c.listenUntil(c.server.config.ReadTimeout)
	c.server.post(c, func(r *room) { r.takePart(c, part) })
}

// complain answers a message that should not have been sent, and ends it when that is repeated.
func (c *connection) complain(code protocol.ErrorCode, of, text string) {
	c.fail(code, of, text)
	if c.strikes.Allow() {
		return
	}
	if !c.joined {
		c.bye(protocol.NewBye(protocol.ByeProtocol))
		return
	}
	c.server.post(c, func(r *room) { r.evict(c, protocol.ByeProtocol) })
}

// fail sends an Error.
func (c *connection) fail(code protocol.ErrorCode, of, text string) {
	c.server.counters.errors.add(code)
	c.send(protocol.Error{Code: code, Of: of, Message: text})
}

// send queues a message. A client that lets too many wait is told that it is too slow, instead.
func (c *connection) send(message protocol.ServerMessage) {
	data, err := protocol.Marshal(message)
	if err != nil {
		c.log.Load().Error("message cannot be written", zap.Error(err))
		return
	}
	c.sendRaw(protocol.TypeOf(message), data)
}

// sendLater queues a message that is sent only when nothing else waits.
func (c *connection) sendLater(message protocol.ServerMessage) {
	data, err := protocol.Marshal(message)
	if err != nil {
		c.log.Load().Error("message cannot be written", zap.Error(err))
		return
	}
	c.out.putLater(data, func() { c.server.counters.sent.add(protocol.TypeOf(message)) })
}

func (c *connection) sendRaw(kind string, data []byte) {
	if c.out.put(data, func() { c.server.counters.sent.add(kind) }) {
		return
	}
	c.finish(protocol.NewBye(protocol.ByeSlow), true)
	// The writer may be stuck in a write: give the goodbye a short last chance.
	c.ws.HurryWrite(time.Now().Add(c.server.config.CloseTimeout))
}

// bye queues the last message.
func (c *connection) bye(bye protocol.Bye) { c.finish(bye, false) }

func (c *connection) finish(bye protocol.Bye, skip bool) {
	data, err := protocol.Marshal(bye)
	if err != nil {
		c.log.Load().Error("goodbye cannot be written", zap.Error(err))
	}
	if c.out.finish(data, skip, func() { c.server.counters.goodbyes.add(bye.Reason) }) {
		c.log.Load().Info("goodbye", zap.String("reason", string(bye.Reason)))
	}
}

// write sends what is in the outbox until its last message, and pings meanwhile.
func (c *connection) write() {
	ping := time.NewTicker(c.server.config.PingInterval)
	defer ping.Stop()
	for {
		select {
		case <-c.out.wake:
			last, err := c.flush()
			if err != nil {
				c.log.Load().Info("websocket cannot be written", zap.Error(withoutAddress(err)))
				c.ws.Close() // wakes the reader
				return
			}
			if last {
				if !c.out.isHanded() {
					c.part()
				}
				return
			}
		case <-ping.C:
			// A failure shows in the reader or in the next write.
			_ = c.ws.WriteControl(websocket.PingMessage, nil,
				time.Now().Add(c.server.config.WriteTimeout))
		}
	}
}

func (c *connection) flush() (last bool, err error) {
	for {
		message, part, last := c.out.take()
		if message == nil {
			return last, nil
		}
		write := c.ws.WriteText
		if part {
			write = c.ws.WriteBinary
		}
		deadline := time.Now().Add(c.server.config.WriteTimeout)
		if err := write(message, deadline); err != nil || last {
			return last, err
		}
	}
}

// part begins the closing handshake and gives the client a moment to do the same.
func (c *connection) part() {
	c.deadlineMu.Lock()
	c.parting = true
	c.ws.SetReadDeadline(time.Now().Add(c.server.config.CloseTimeout))
	c.deadlineMu.Unlock()
	_ = c.ws.WriteControl(websocket.CloseMessage,
		websocket.FormatCloseMessage(websocket.CloseNormalClosure, ""),
		time.Now().Add(c.server.config.CloseTimeout))
}

// listenUntil moves the read deadline, unless the connection is parting.
func (c *connection) listenUntil(timeout time.Duration) {
	c.deadlineMu.Lock()
	defer c.deadlineMu.Unlock()
	if !c.parting {
		c.ws.SetReadDeadline(time.Now().Add(timeout))
	}
}
