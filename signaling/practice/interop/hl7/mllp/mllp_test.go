package mllp

import (
	"bytes"
	"context"
	"errors"
	"io"
	"net"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/iotest"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// upper answers in capitals.
func upper(_ context.Context, _ Peer, message []byte) []byte { return bytes.ToUpper(message) }

// known answers in capitals, and knows every sender.
func known(_ context.Context, from Peer, message []byte) []byte {
	from.Known()
	return bytes.ToUpper(message)
}

// served runs a server and returns its address.
func served(t *testing.T, config Config) string {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	ctx, stop := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	go func() { ended <- NewServer(config).Serve(ctx, listener) }()
	t.Cleanup(func() {
		stop()
		require.NoError(t, <-ended)
	})
	return listener.Addr().String()
}

func sender(t *testing.T, config SenderConfig) *Sender {
	s := NewSender(config)
	t.Cleanup(s.Close)
	return s
}

func dial(t *testing.T, address string) net.Conn {
	t.Helper()
	connection, err := net.Dial("tcp", address)
	require.NoError(t, err)
	t.Cleanup(func() { connection.Close() })
	return connection
}

func TestMessagesAreAnsweredInOrder(t *testing.T) {
	s := sender(t, SenderConfig{Address: served(t, Config{Handle: upper})})
	for _, text := range []string{"one", "", strings.Repeat("long", 100_000), "last"} {
		answer, err := s.Send(t.Context(), []byte(text))
		require.NoError(t, err)
		require.Equal(t, strings.ToUpper(text), string(answer))
	}
	_, err := s.Send(t.Context(), []byte("a\x1cb"))
	require.ErrorContains(t, err, "escape them")
}

func TestSeveralMayUseOneSender(t *testing.T) {
	s := sender(t, SenderConfig{Address: served(t, Config{Handle: upper})})
	var group sync.WaitGroup
	for _, text := range []string{"a", "b", "c", "d"} {
		group.Go(func() {
			for range 50 {
				answer, err := s.Send(t.Context(), []byte(text))
				if err != nil || string(answer) != strings.ToUpper(text) {
					t.Errorf("%s: %s, %v", text, answer, err)
					return
				}
			}
		})
	}
	group.Wait()
}

func TestFramesHoweverTheyArrive(t *testing.T) {
	stream := "\r\n\x0bone\x1c\r\x0btwo\x1c\x0bcut in the mid\x0bthree\x1c\r\n\n\x0b\x1c\r\x0bfour"
	for name, from := range map[string]io.Reader{"at once": strings.NewReader(stream),
		"a byte at a time": iotest.OneByteReader(strings.NewReader(stream)),
		"in halves":        iotest.HalfReader(strings.NewReader(stream))} {
		r, began := newReader(from, 100), 0
		for _, expected := range []string{"one", "two", "three", ""} {
			message, err := r.next(func() { began++ })
			require.NoError(t, err, name)
			require.Equal(t, expected, string(message), name)
		}
		_, err := r.next(func() { began++ })
		require.ErrorIs(t, err, io.ErrUnexpectedEOF, name)
		require.Equal(t, 5, began)
		require.Equal(t, 1, r.cut)
	}
	_, err := newReader(strings.NewReader("\r"), 100).next(func() {})
	require.ErrorIs(t, err, io.EOF)
	_, err = newReader(strings.NewReader(strings.Repeat("GET / HTTP/1.1\r\n", 300)),
		100).next(func() {})
	require.ErrorIs(t, err, ErrNoise)
}

func TestAMessageOf20MBIsRefusedInWords(t *testing.T) {
	address := served(t, Config{Handle: upper, MaxBytes: 1000,
		TooLarge: func(_ Peer, head []byte, size int64) []byte {
			require.Equal(t, int64(20<<20), size)
			return append([]byte("too large: "), head[:3]...)
		}})
	s := sender(t, SenderConfig{Address: address})
	answer, err := s.Send(t.Context(), bytes.Repeat([]byte("MSH|"), 5<<20))
	require.NoError(t, err)
	require.Equal(t, "too large: MSH", string(answer))
	answer, err = s.Send(t.Context(), []byte("next")) // the connection goes on
	require.NoError(t, err)
	require.Equal(t, "NEXT", string(answer))
}

func TestWhatCannotBeKeptIsNotAnswered(t *testing.T) {
	var calls atomic.Int32 // each connection has its own goroutine
	s := sender(t, SenderConfig{Address: served(t, Config{
		Handle: func(_ context.Context, _ Peer, message []byte) []byte {
			if calls.Add(1) == 1 {
				return nil
			}
			return message
		}})})
	_, err := s.Send(t.Context(), []byte("a"))
	require.ErrorIs(t, err, ErrUnanswered)
	answer, err := s.Send(t.Context(), []byte("a"))
	require.NoError(t, err)
	require.Equal(t, "a", string(answer))
}

func TestAFaultEndsOneConnection(t *testing.T) {
	address := served(t, Config{Handle: func(_ context.Context, _ Peer, message []byte) []byte {
		if string(message) == "fault" {
			panic("on purpose")
		}
		return message
	}})
	other := sender(t, SenderConfig{Address: address})
	_, err := other.Send(t.Context(), []byte("a"))
	require.NoError(t, err)
	_, err = sender(t, SenderConfig{Address: address}).Send(t.Context(), []byte("fault"))
	require.ErrorIs(t, err, ErrUnanswered)
	_, err = other.Send(t.Context(), []byte("a"))
	require.NoError(t, err)
}

func TestWhoCannotBeReachedHasNothing(t *testing.T) {
	// Not the port of a listener that was closed: it may be another's at once.
	_, err := sender(t, SenderConfig{Address: "127.0.0.1:1"}).Send(t.Context(), []byte("a"))
	require.ErrorContains(t, err, "cannot be reached")
	require.False(t, errors.Is(err, ErrUnanswered))
}

func TestThereAreNotMoreConnectionsThanAllowed(t *testing.T) {
	address := served(t, Config{Handle: known, MaxConnections: 2})
	for range 2 {
		_, err := sender(t, SenderConfig{Address: address}).Send(t.Context(), []byte("a"))
		require.NoError(t, err)
	}
	third := dial(t, address)
	_, err := third.Read(make([]byte, 1))
	require.Error(t, err)
}

// pipes is a listener in virtual time.
type pipes struct {
	come chan net.Conn
	done chan struct{}
	once sync.Once
}

func (p *pipes) Accept() (net.Conn, error) {
	select {
	case c := <-p.come:
		return c, nil
	case <-p.done:
		return nil, net.ErrClosed
	}
}

func (p *pipes) Close() error {
	p.once.Do(func() { close(p.done) })
	return nil
}

func (p *pipes) Addr() net.Addr { return &net.TCPAddr{} }

func TestASlowSenderIsBoundedAndASilentOneIsNot(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		listener := &pipes{come: make(chan net.Conn), done: make(chan struct{})}
		ctx, stop := context.WithCancel(t.Context())
		server := NewServer(Config{Handle: known, Frame: 30 * time.Second})
		ended := make(chan error, 1)
		go func() { ended <- server.Serve(ctx, listener) }()
		near, far := net.Pipe()
		listener.come <- far
		var err error
		for range 2 {
			write(t, near, "\x0ba\x1c\r")
			answer := make([]byte, 10)
			var n int
			n, err = near.Read(answer)
			require.NoError(t, err)
			require.Equal(t, "\x0bA\x1c\r", string(answer[:n]))
			time.Sleep(24 * time.Hour) // virtual: a quiet night
		}
		began := time.Now()
		write(t, near, "\x0b")
		for err == nil { // a byte each ten seconds
			time.Sleep(10 * time.Second)
			_, err = near.Write([]byte("x"))
		}
		require.LessOrEqual(t, time.Since(began), 40*time.Second)
		synctest.Wait()
		require.Zero(t, server.Connections())
		stop()
		require.NoError(t, <-ended)
	})
}

func TestWhatIsBeingHandledAtTheEndIsAnswered(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		listener := &pipes{come: make(chan net.Conn), done: make(chan struct{})}
		ctx, stop := context.WithCancel(t.Context())
		server := NewServer(Config{Handle: func(_ context.Context, _ Peer, m []byte) []byte {
			stop()
			time.Sleep(time.Second)
			return m
		}})
		ended := make(chan error, 1)
		go func() { ended <- server.Serve(ctx, listener) }()
		near, far := net.Pipe()
		listener.come <- far
		idle, other := net.Pipe()
		listener.come <- other
		write(t, near, "\x0ba\x1c\r")
		answer := make([]byte, 10)
		n, err := near.Read(answer)
		require.NoError(t, err)
		require.Equal(t, "\x0ba\x1c\r", string(answer[:n]))
		require.NoError(t, <-ended)
		_, err = idle.Read(answer)
		require.ErrorIs(t, err, io.EOF)
	})
}

func write(t *testing.T, to net.Conn, text string) {
	t.Helper()
	go func() { _, _ = to.Write([]byte(text)) }()
	synctest.Wait()
}

func FuzzFrames(f *testing.F) {
	f.Add([]byte("\x0bone\x1c\r\x0btwo\x1c\r"), 3)
	f.Add([]byte("\r\n\x0bone\x0btwo\x1c"), 100)
	f.Fuzz(func(t *testing.T, stream []byte, limit int) {
		limit = min(max(limit, 0), 1<<16)
		r := newReader(bytes.NewReader(stream), limit)
		whole := newReader(iotest.OneByteReader(bytes.NewReader(stream)), limit)
		for {
			message, err := r.next(func() {})
			same, sameErr := whole.next(func() {})
			require.Equal(t, string(message), string(same))
			require.Equal(t, err, sameErr)
			require.LessOrEqual(t, len(message), limit)
			var large *TooLargeError
			if err != nil && !errors.As(err, &large) {
				return
			}
		}
	})
}
