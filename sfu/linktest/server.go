package linktest

import (
	"sync"
	"time"

	"github.com/pion/webrtc/v4"
	"golang.org/x/time/rate"
)

const (
	// Label is the label of the data channel of a page's connection test.
	Label = "test"
	// A test takes a person six seconds; one at a time is served.
	testInterval = 5 * time.Second
	testsAtOnce  = 2
	testTick     = 10 * time.Millisecond
	// MaxChannels bounds what a page can open over one transport: each costs 64 KiB.
	MaxChannels = 64
)

// Server serves the connection tests of one transport.
type Server struct {
	allowed  *rate.Limiter
	admit    func() (done func(), ok bool)
	survive  func(during string)
	channels int        // opened until now
	mu       sync.Mutex // none of the package sfu is taken under it, but admit is called
	busy     bool
	closed   bool
	running  sync.WaitGroup
	done     chan struct{}
}

// NewServer returns a Server that asks admit before each test; done is called at the end of one
// that was admitted. survive is deferred around each test: it recovers from a fault.
func NewServer(admit func() (done func(), ok bool), survive func(during string)) *Server {
	return &Server{
		admit:   admit,
		survive: survive,
		allowed: rate.NewLimiter(rate.Every(testInterval), testsAtOnce),
		done:    make(chan struct{}),
	}
}

// Admit counts a channel that the page has opened; false when there are too many.
func (t *Server) Admit() bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.channels++
	return t.channels <= MaxChannels
}

// Serve answers on a channel until it closes or the session is over. A channel too many is closed.
func (t *Server) Serve(channel *webrtc.DataChannel) {
	t.mu.Lock()
	defer t.mu.Unlock()
	refuse := t.closed || t.busy || !t.allowed.Allow()
	done, ok := func() {}, false
	if !refuse {
		done, ok = t.admit()
	}
	if !ok {
		_ = channel.Close() // an error says that it is closed
		return
	}
	t.busy = true
	messages := make(chan []byte, 64)
	gone := make(chan struct{})
	channel.OnClose(sync.OnceFunc(func() { close(gone) }))
	channel.OnMessage(func(message webrtc.DataChannelMessage) {
		select {
		case messages <- message.Data:
		default: // lost, as on the way
		}
	})
	t.running.Go(func() {
		defer t.survive("a connection test")
		defer done()
		t.run(channel, messages, gone)
		t.mu.Lock()
		defer t.mu.Unlock()
		t.busy = false
	})
}

func (t *Server) run(channel *webrtc.DataChannel, messages <-chan []byte, gone <-chan struct{}) {
	session := New(time.Now())
	tick := time.NewTicker(testTick)
	defer tick.Stop()
	defer channel.Close()
	for {
		var packets [][]byte
		select {
		case <-t.done:
			return
		case <-gone:
			return
		case message := <-messages:
			if answer := session.Receive(time.Now(), message); answer != nil {
				packets = [][]byte{answer}
			}
		case now := <-tick.C:
			if session.Over(now) {
				return
			}
			packets = session.Send(now, int(channel.BufferedAmount()))
		}
		for _, packet := range packets {
			if channel.Send(packet) != nil {
				return
			}
		}
	}
}

// Close ends the test that is running; it does not wait for it.
func (t *Server) Close() {
	t.mu.Lock()
	defer t.mu.Unlock()
	if !t.closed {
		t.closed = true
		close(t.done)
	}
}

// Wait waits for the test that was running to end.
func (t *Server) Wait() { t.running.Wait() }
