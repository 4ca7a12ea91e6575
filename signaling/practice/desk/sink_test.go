package desk

import (
	"encoding/base64"
	"io"
	"mime"
	"mime/multipart"
	"mime/quotedprintable"
	"net"
	"net/mail"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/emersion/go-smtp"
	"github.com/stretchr/testify/require"

	"draille/signaling/practice/agenda"
	"draille/signaling/practice/courier"
)

// smtpSink is a mail server that keeps what it gets.
type smtpSink struct {
	port int

	mu     sync.Mutex
	mails  []string // as they came
	arrive chan struct{}
}

func listenSMTP(t *testing.T) *smtpSink {
	t.Helper()
	s := &smtpSink{arrive: make(chan struct{}, 1000)}
	server := smtp.NewServer(s)
	server.ReadTimeout, server.WriteTimeout = 10*time.Second, 10*time.Second
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	s.port = listener.Addr().(*net.TCPAddr).Port
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

func (s *smtpSink) config() *courier.MailConfig {
	return &courier.MailConfig{Host: "127.0.0.1", Port: s.port, Mode: courier.MailPlain, From: "Rendez-vous <rdv@ch-x.example>"}
}

// NewSession implements smtp.Backend.
func (s *smtpSink) NewSession(*smtp.Conn) (smtp.Session, error) { return &smtpSession{sink: s}, nil }

type smtpSession struct{ sink *smtpSink }

func (*smtpSession) Mail(string, *smtp.MailOptions) error { return nil }
func (*smtpSession) Rcpt(string, *smtp.RcptOptions) error { return nil }
func (*smtpSession) Reset()                               {}
func (*smtpSession) Logout() error                        { return nil }

func (s *smtpSession) Data(r io.Reader) error {
	text, err := io.ReadAll(r)
	s.sink.mu.Lock()
	s.sink.mails = append(s.sink.mails, string(text))
	s.sink.mu.Unlock()
	s.sink.arrive <- struct{}{}
	return err
}

// next waits for another mail.
func (s *smtpSink) next(t *testing.T) string {
	t.Helper()
	select {
	case <-s.arrive:
	case <-t.Context().Done():
	case <-time.After(20 * time.Second):
		t.Fatal("expected a mail, got none")
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.mails[len(s.mails)-1]
}

// Invite implements agenda.Invitations: the tests look at what was asked for.
func (h *house) Invite(i agenda.Invitation) (string, error) {
	return h.desk.config.Public.String() + "/#" + strings.Join([]string{i.Room, i.ID, i.CallRole}, "~"), nil
}

// partsOf are the bodies of a mail, decoded.
func partsOf(t *testing.T, text string) (parts []string) {
	t.Helper()
	message, err := mail.ReadMessage(strings.NewReader(text))
	require.NoError(t, err)
	kind, parameters, err := mime.ParseMediaType(message.Header.Get("Content-Type"))
	require.NoError(t, err)
	require.Equal(t, "multipart/alternative", kind)
	reader := multipart.NewReader(message.Body, parameters["boundary"])
	for {
		part, err := reader.NextRawPart()
		if err == io.EOF {
			return parts
		}
		require.NoError(t, err)
		var body io.Reader = part
		switch part.Header.Get("Content-Transfer-Encoding") {
		case "quoted-printable":
			body = quotedprintable.NewReader(part)
		case "base64":
			body = base64.NewDecoder(base64.StdEncoding, part)
		}
		decoded, err := io.ReadAll(body)
		require.NoError(t, err)
		parts = append(parts, string(decoded))
	}
}
