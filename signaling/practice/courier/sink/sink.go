// Package sink is a mail server for tests: it keeps what it is given.
package sink

import (
	"fmt"
	"io"
	"log"
	"net"
	"net/mail"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/emersion/go-smtp"
	"github.com/stretchr/testify/require"

	"draille/signaling/practice/courier"
)

// Sink is a mail server.
type Sink struct {
	Port int

	mu      sync.Mutex
	mails   []string // as they came
	awaited int      // how many of them Await has waited for
	refuse  func(recipient string) error
	arrive  chan struct{}
}

// patience is how long a test waits for a mail; one that needs it has found a fault.
const patience = 20 * time.Second

// Listen starts a mail server on a port of 127.0.0.1; 0 chooses one. It ends with the test.
func Listen(t *testing.T, port int) *Sink {
	t.Helper()
	s := &Sink{arrive: make(chan struct{}, 10_000)}
	server := smtp.NewServer(s)
	server.ReadTimeout, server.WriteTimeout = 10*time.Second, 10*time.Second
	server.ErrorLog = log.New(io.Discard, "", 0) // what a client that was killed leaves
	listener, err := net.Listen("tcp", fmt.Sprintf("127.0.0.1:%d", port))
	require.NoError(t, err)
	s.Port = listener.Addr().(*net.TCPAddr).Port
	done := make(chan struct{})
	go func() {
		defer close(done)
		_ = server.Serve(listener)
	}()
	t.Cleanup(func() {
		require.NoError(t, server.Close())
		<-done
	})
	return s
}

// Config is how a courier reaches a sink on a port.
func Config(port int) *courier.MailConfig {
	return &courier.MailConfig{Host: "127.0.0.1", Port: port, Mode: courier.MailPlain,
		From: "Rendez-vous <rdv@ch-x.example>"}
}

// Refuse sets what is answered to recipients from now on; nil: all are welcome.
func (s *Sink) Refuse(answer func(recipient string) error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.refuse = answer
}

// NewSession implements smtp.Backend.
func (s *Sink) NewSession(*smtp.Conn) (smtp.Session, error) { return &session{sink: s}, nil }

type session struct{ sink *Sink }

func (*session) Mail(string, *smtp.MailOptions) error { return nil }
func (*session) Reset()                               {}
func (*session) Logout() error                        { return nil }

func (s *session) Rcpt(to string, _ *smtp.RcptOptions) error {
	s.sink.mu.Lock()
	defer s.sink.mu.Unlock()
	if s.sink.refuse == nil {
		return nil
	}
	return s.sink.refuse(to)
}

func (s *session) Data(r io.Reader) error {
	text, err := io.ReadAll(r)
	if err != nil {
		return err
	}
	s.sink.mu.Lock()
	s.sink.mails = append(s.sink.mails, string(text))
	s.sink.mu.Unlock()
	s.sink.arrive <- struct{}{}
	return nil
}

// Next waits for the mail after those that were waited for, and returns it.
func (s *Sink) Next(t *testing.T) string {
	t.Helper()
	s.Await(t, 1)
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.mails[s.awaited-1]
}

// Await waits for a number of mails more.
func (s *Sink) Await(t *testing.T, count int) {
	t.Helper()
	late := time.NewTimer(patience)
	defer late.Stop()
	for range count {
		select {
		case <-s.arrive:
		case <-late.C:
			t.Fatal("expected a mail, got none")
		}
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.awaited += count
}

// Arrived is told of each mail.
func (s *Sink) Arrived() <-chan struct{} { return s.arrive }

// Mails are all that came, in their order.
func (s *Sink) Mails() []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return append([]string(nil), s.mails...)
}

// IDs are their Message-IDs.
func (s *Sink) IDs(t *testing.T) (ids []string) {
	t.Helper()
	for _, text := range s.Mails() {
		message, err := mail.ReadMessage(strings.NewReader(text))
		require.NoError(t, err)
		ids = append(ids, message.Header.Get("Message-Id"))
	}
	return ids
}
