package mllp

import (
	"context"
	"crypto/tls"
	"errors"
	"io"
	"net"
	"net/netip"
	"os"
	"sync"
	"time"

	"go.uber.org/zap"
)

// Peer is who sends.
type Peer struct {
	Address netip.Addr
	// Names are those of the client's certificate, which was verified; nil without one.
	Names []string

	known func() // nil: nobody minds
}

// Known says that a message of the peer is of somebody who may send. Until then its connection may
// have to make room for others.
func (p Peer) Known() {
	if p.known != nil {
		p.known()
	}
}

// Config says how a Server listens. Handle is required; zero limits are the usual ones.
type Config struct {
	// Handle returns the answer to a message. Nil means that nothing can be said now: the
	// connection is closed, and the sender, which has no answer, sends the message again.
	Handle func(ctx context.Context, from Peer, message []byte) []byte
	// TooLarge answers a message that was too large, given its beginning.
	TooLarge func(from Peer, head []byte, size int64) []byte

	// Admits reports whether somebody may send from an address: connections of others are closed
	// at once. Those of this machine are not: draille doctor looks whether the server listens. Nil:
	// all are admitted.
	Admits func(netip.Addr) bool

	TLS            *tls.Config   // nil: without TLS
	MaxBytes       int           // of one message
	MaxConnections int           // at once, of all
	MaxPerAddress  int           // at once, of one address, whose senders are not known yet
	Unknown        time.Duration // that a connection may take until its sender is known
	Frame          time.Duration // that a message may take from its first byte to its last
	Answer         time.Duration // that the other end may take to take its answer
	KeepAlive      time.Duration // after which a silent connection is asked for
	Log            *zap.Logger
}

const (
	defaultMaxBytes       = 1 << 20
	defaultMaxConnections = 64
	// defaultMaxPerAddress leaves as many for others. A hospital's engine, which sends for all of
	// its systems from one address, has some ten; several hospitals behind one have more than
	// this, and become known one after the other.
	defaultMaxPerAddress = defaultMaxConnections / 2
	// defaultUnknown is what a sender has from its connection to its first message. One that
	// connects when it starts, and has nothing to say at night, connects again: seldom enough that
	// nobody there is called for it.
	defaultUnknown   = 5 * time.Minute
	defaultFrame     = 30 * time.Second
	defaultAnswer    = 10 * time.Second
	defaultKeepAlive = 30 * time.Second
	handshakeTimeout = 10 * time.Second
	acceptAgain      = 100 * time.Millisecond
)

func (c *Config) complete() {
	c.MaxBytes = or(c.MaxBytes, defaultMaxBytes)
	c.MaxConnections = or(c.MaxConnections, defaultMaxConnections)
	c.MaxPerAddress = or(c.MaxPerAddress, defaultMaxPerAddress)
	c.Unknown = or(c.Unknown, defaultUnknown)
	c.Frame, c.Answer = or(c.Frame, defaultFrame), or(c.Answer, defaultAnswer)
	c.KeepAlive = or(c.KeepAlive, defaultKeepAlive)
	if c.Log == nil {
		c.Log = zap.NewNop()
	}
}

func or[T comparable](value, otherwise T) T {
	var none T
	if value == none {
		return otherwise
	}
	return value
}

// Server answers messages, one at a time on each connection, so that their order is kept.
type Server struct {
	config Config

	running sync.WaitGroup
	mu      sync.Mutex // guards what follows
	callers []*caller  // the oldest first
	closing bool
	refused refusals
}

// NewServer returns a Server. Serve serves.
func NewServer(config Config) *Server {
	config.complete()
	return &Server{config: config, refused: refusals{config.Log, map[string]*refusal{}}}
}

// Serve answers what comes over a listener until the context ends. A message that is being handled
// then is still answered.
func (s *Server) Serve(ctx context.Context, listener net.Listener) error {
	stop := context.AfterFunc(ctx, func() {
		listener.Close()
		s.hurry()
	})
	defer stop()
	defer s.running.Wait()
	for {
		connection, err := listener.Accept()
		if ctx.Err() != nil {
			if err == nil {
				connection.Close()
			}
			return nil
		}
		if errors.Is(err, net.ErrClosed) {
			return err
		}
		if err != nil { // as when there are no descriptors left
			s.config.Log.Warn("a connection was not accepted; the next one is tried",
				zap.Error(err))
			select {
			case <-ctx.Done():
			case <-time.After(acceptAgain):
			}
			continue
		}
		one := s.enter(connection)
		if one == nil {
			connection.Close()
			continue
		}
		s.running.Go(func() {
			defer s.leave(one)
			s.talk(context.WithoutCancel(ctx), one)
		})
	}
}

// hurry ends all reading; what was read is answered.
func (s *Server) hurry() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.closing = true
	for _, one := range s.callers {
		_ = one.SetReadDeadline(time.Unix(1, 0))
	}
}

// awaits lets a read take until the deadline, unless everything ends.
func (s *Server) awaits(connection net.Conn, deadline time.Time) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return !s.closing && connection.SetReadDeadline(deadline) == nil
}

// talk serves one connection; a fault of the program ends this one alone.
func (s *Server) talk(ctx context.Context, one *caller) {
	defer func() {
		if problem := recover(); problem != nil {
			s.config.Log.Error("a fault of the program: a sender's connection is closed",
				zap.Any("fault", problem), zap.Stack("stack"))
		}
	}()
	if tcp, ok := one.Conn.(*net.TCPConn); ok {
		_ = tcp.SetKeepAliveConfig(net.KeepAliveConfig{Enable: true, Idle: s.config.KeepAlive,
			Interval: s.config.KeepAlive, Count: 3})
	}
	peer := Peer{Address: one.address, known: func() { s.known(one) }}
	log := s.config.Log.With(zap.Stringer("from", peer.Address))
	stream := one.Conn
	if s.config.TLS != nil {
		secure := tls.Server(one.Conn, s.config.TLS)
		ctx, cancel := context.WithTimeout(ctx, handshakeTimeout)
		err := secure.HandshakeContext(ctx)
		cancel()
		if err != nil {
			log.Warn("a sender was refused: TLS failed", zap.Error(err))
			return
		}
		peer.Names = namesOf(secure.ConnectionState())
		stream = secure
	}
	log.Info("a sender has connected", zap.Strings("certificate", peer.Names))
	err := s.exchange(ctx, stream, one, peer, log)
	switch {
	case s.madeRoom(one):
		log.Warn("a sender made room for another: no message of it had shown who it is")
	case errors.Is(err, io.EOF), errors.Is(err, os.ErrDeadlineExceeded) && s.ending():
		log.Info("a sender's connection has ended")
	case errors.Is(err, io.ErrUnexpectedEOF):
		log.Warn("a sender's connection ended in the middle of a message, which was not answered")
	case errors.Is(err, errUnknown):
		log.Warn("a sender's connection is closed: no message of it has shown who it is",
			zap.Duration("within", s.config.Unknown))
	case errors.Is(err, os.ErrDeadlineExceeded):
		log.Warn("a sender was too slow: its connection is closed, its message not answered",
			zap.Duration("message", s.config.Frame), zap.Duration("answer", s.config.Answer))
	default:
		log.Warn("a sender's connection has failed", zap.Error(err))
	}
}

func (s *Server) ending() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.closing
}

// errUnanswered ends a connection on which something could not be answered.
var errUnanswered = errors.New("a message could not be kept now; its sender has no answer and " +
	"sends it again")

// errUnknown ends a connection whose sender has not shown who it is in time.
var errUnknown = errors.New("no message has shown who sends")

// exchange reads and answers until the other end has enough.
func (s *Server) exchange(ctx context.Context, stream net.Conn, one *caller, peer Peer,
	log *zap.Logger) error {
	frames, cut := newReader(stream, s.config.MaxBytes), 0
	for {
		until := s.knownUntil(one)
		if !s.awaits(stream, until) {
			return io.EOF
		}
		message, err := frames.next(func() {
			s.awaits(stream, sooner(until, time.Now().Add(s.config.Frame)))
		})
		if errors.Is(err, os.ErrDeadlineExceeded) && !until.IsZero() && !time.Now().Before(until) {
			err = errUnknown
		}
		if frames.cut > cut {
			cut = frames.cut
			log.Warn("a message was cut in the middle by the next one; it was not answered")
		}
		var answer []byte
		var large *TooLargeError
		switch {
		case errors.As(err, &large) && s.config.TooLarge != nil:
			answer = s.config.TooLarge(peer, large.Head, large.Size)
		case err != nil:
			return err
		default:
			answer = s.config.Handle(ctx, peer, message)
		}
		if answer == nil {
			return errUnanswered
		}
		framed, err := frame(answer)
		if err != nil {
			return err
		}
		if err := stream.SetWriteDeadline(time.Now().Add(s.config.Answer)); err != nil {
			return err
		}
		if _, err := stream.Write(framed); err != nil {
			return err
		}
	}
}

func addressOf(connection net.Conn) netip.Addr {
	port, err := netip.ParseAddrPort(connection.RemoteAddr().String())
	if err != nil {
		return netip.Addr{}
	}
	return port.Addr().Unmap()
}

// namesOf are the names of the certificate that the other end has shown and that was verified.
func namesOf(state tls.ConnectionState) []string {
	if len(state.VerifiedChains) == 0 {
		return nil
	}
	leaf := state.VerifiedChains[0][0]
	names := append([]string{}, leaf.DNSNames...)
	if leaf.Subject.CommonName != "" {
		names = append(names, leaf.Subject.CommonName)
	}
	return names
}
