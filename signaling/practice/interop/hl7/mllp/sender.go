package mllp

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"sync"
	"time"
)

// ErrUnanswered says that a message may or may not have arrived: it was sent, or some of it, and
// there is no answer. It is sent again with the same control id.
var ErrUnanswered = errors.New("the message was sent and not answered; it is sent again")

// SenderConfig says where messages go. Address is required.
type SenderConfig struct {
	Address string        // host and port
	TLS     *tls.Config   // nil: without TLS
	Connect time.Duration // that connecting may take
	Answer  time.Duration // that the answer may take
}

const (
	defaultConnect     = 10 * time.Second
	defaultReceiptTime = 30 * time.Second
	maxAnswer          = 1 << 20
)

// Sender sends messages over one connection, one at a time and in order. Its methods may be called
// concurrently.
type Sender struct {
	config SenderConfig
	turn   chan struct{} // whoever holds it uses the connection

	mu         sync.Mutex // guards what follows
	connection net.Conn
	frames     *reader
}

// NewSender returns a Sender. It connects when there is something to send.
func NewSender(config SenderConfig) *Sender {
	config.Connect = or(config.Connect, defaultConnect)
	config.Answer = or(config.Answer, defaultReceiptTime)
	return &Sender{config: config, turn: make(chan struct{}, 1)}
}

// Send sends a message and returns its answer. The error is ErrUnanswered when it is not known
// whether the message has arrived; any other means that it has not.
func (s *Sender) Send(ctx context.Context, message []byte) ([]byte, error) {
	framed, err := frame(message)
	if err != nil {
		return nil, err
	}
	select {
	case s.turn <- struct{}{}:
		defer func() { <-s.turn }()
	case <-ctx.Done():
		return nil, ctx.Err()
	}
	if err := s.connect(ctx); err != nil {
		return nil, fmt.Errorf("%s cannot be reached: %w", s.config.Address, err)
	}
	answer, err := s.ask(ctx, framed)
	if err != nil {
		s.Close()
		return nil, fmt.Errorf("%w: %w", ErrUnanswered, err)
	}
	return answer, nil
}

func (s *Sender) ask(ctx context.Context, framed []byte) ([]byte, error) {
	s.mu.Lock()
	connection, frames := s.connection, s.frames
	s.mu.Unlock()
	stop := context.AfterFunc(ctx, func() { _ = connection.SetDeadline(time.Unix(1, 0)) })
	defer stop()
	if err := connection.SetDeadline(time.Now().Add(s.config.Answer)); err != nil {
		return nil, err
	}
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	if _, err := connection.Write(framed); err != nil {
		return nil, err
	}
	return frames.next(func() {})
}

// connect makes a connection if there is none.
func (s *Sender) connect(ctx context.Context) error {
	s.mu.Lock()
	there := s.connection != nil
	s.mu.Unlock()
	if there {
		return nil
	}
	ctx, cancel := context.WithTimeout(ctx, s.config.Connect)
	defer cancel()
	dialer := net.Dialer{KeepAlive: defaultKeepAlive}
	connection, err := dialer.DialContext(ctx, "tcp", s.config.Address)
	if err != nil {
		return err
	}
	if s.config.TLS != nil {
		config := s.config.TLS.Clone()
		if config.ServerName == "" {
			config.ServerName, _, _ = net.SplitHostPort(s.config.Address)
		}
		secure := tls.Client(connection, config)
		if err := secure.HandshakeContext(ctx); err != nil {
			connection.Close()
			return err
		}
		connection = secure
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.connection, s.frames = connection, newReader(connection, maxAnswer)
	return nil
}

// Close ends the connection; the next message makes another.
func (s *Sender) Close() {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.connection != nil {
		s.connection.Close()
	}
	s.connection, s.frames = nil, nil
}
