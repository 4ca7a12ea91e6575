package peers

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"strconv"
	"sync"
	"sync/atomic"
	"time"

	"go.uber.org/zap"

	"draille/signaling/peers/identity"
	"draille/signaling/peers/wire"
)

const (
	// maxPipes is how many websockets are carried here at once.
	maxPipes = 20_000
	// maxTelling is how many messages are heard at once, each of 1 MiB at most; a node hands over
	// ten rooms at a time.
	maxTelling = 256
	// handshakeTimeout bounds how long somebody may take to show who they are.
	handshakeTimeout = 3 * time.Second
	maxHeaderBytes   = 4 << 10
	// complainEvery is the least time between two lines of the log for one kind of refusal.
	complainEvery = time.Minute
)

// Owner is what a node does for others. Its methods are called concurrently. An error's words are
// told to the other node; wrap nothing in it that is not for it.
type Owner interface {
	// Told hears what another node says of a room. It does not wait: what there is to answer is
	// sent as a message of its own.
	Told(from string, told wire.Told) error
	// Admit reports whether a websocket may be carried here: NotHere if its room lives elsewhere.
	Admit(ctx context.Context, from string, opening wire.Opening) error
	// Serve serves a websocket until it is over. Conn is not used after it has returned.
	Serve(opening wire.Opening, conn *Conn)
}

// Server answers other nodes.
type Server struct {
	config  Config
	owner   Owner
	http    *http.Server
	callers atomic.Pointer[callers]

	pipes, telling atomic.Int64
	stopping       atomic.Bool
	serving        sync.WaitGroup // handlers

	mu         sync.Mutex
	complained map[identity.Kind]time.Time
	over       bool // no handler begins any more
}

// connection is what is remembered of a connection of another node.
type connection struct{ judged atomic.Bool }

type connectionKey struct{}

// NewServer returns a server that answers nobody yet.
func NewServer(config Config, owner Owner) (*Server, error) {
	if config.Identity == nil || owner == nil {
		return nil, errors.New("expected Config.Identity and an Owner, got nil; give both")
	}
	config.setDefaults()
	s := &Server{config: config, owner: owner, complained: map[identity.Kind]time.Time{}}
	s.http = &http.Server{
		Handler: http.HandlerFunc(s.handle), Protocols: onlyHTTP2(), HTTP2: http2(),
		TLSConfig:         config.Identity.Server(s.known, s.refused),
		ReadHeaderTimeout: handshakeTimeout, IdleTimeout: idleTimeout + time.Minute,
		MaxHeaderBytes: maxHeaderBytes,
		// What it would log any stranger can cause.
		ErrorLog: log.New(io.Discard, "", 0),
		ConnContext: func(ctx context.Context, _ net.Conn) context.Context {
			return context.WithValue(ctx, connectionKey{}, &connection{})
		},
	}
	return s, nil
}

// Serve answers the nodes that call at a listener, until Shutdown. It is called once.
func (s *Server) Serve(listener net.Listener) error {
	counted := newCallers(listener)
	s.callers.Store(counted)
	err := s.http.ServeTLS(counted, "", "")
	if errors.Is(err, http.ErrServerClosed) {
		return nil
	}
	return fmt.Errorf("no other node can reach this one any more: %w", err)
}

// Shutdown refuses what is new and waits until what goes on has ended, or until ctx ends: then it
// is cut, and the context's error returned.
func (s *Server) Shutdown(ctx context.Context) error {
	s.stopping.Store(true)
	err := s.http.Shutdown(ctx)
	if err != nil {
		s.http.Close()
	}
	s.mu.Lock()
	s.over = true
	s.mu.Unlock()
	s.serving.Wait()
	return err
}

// begin counts a handler that Shutdown waits for.
func (s *Server) begin() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if !s.over {
		s.serving.Add(1)
	}
	return !s.over
}

func (s *Server) known(conn net.Conn, peer identity.Peer) {
	if counted := s.callers.Load(); counted != nil {
		counted.known(conn, peer)
	}
}

// refused logs why somebody was refused, if that is for the operator to mend.
func (s *Server) refused(_ net.Conn, err error) {
	var problem *identity.Problem
	if !errors.As(err, &problem) || problem.Kind == identity.Stranger {
		return
	}
	s.complain(problem)
}

// complain logs a problem, each kind once a minute.
func (s *Server) complain(problem *identity.Problem) {
	now := s.config.Now()
	s.mu.Lock()
	last, told := s.complained[problem.Kind]
	again := !told || now.Sub(last) >= complainEvery || now.Before(last)
	if again {
		s.complained[problem.Kind] = now
	}
	s.mu.Unlock()
	if again {
		s.config.Log.Warn("another node was refused", zap.String("problem", problem.Words))
	}
}

// handle answers one request.
func (s *Server) handle(w http.ResponseWriter, r *http.Request) {
	if !s.begin() {
		return
	}
	defer s.serving.Done()
	peer, err := identity.PeerOf(r.TLS)
	if err != nil { // the handshake has refused it
		sendRefusal(w, err, s.config.Formats)
		return
	}
	problem := s.judge(r, peer)
	if r.URL.Path == helloPath {
		s.hello(w, problem)
		return
	}
	if problem == nil && s.stopping.Load() {
		problem = stopping
	}
	if problem != nil {
		sendRefusal(w, problem, s.config.Formats)
		return
	}
	told := toldAt(r.URL.Path)
	switch {
	case r.URL.Path == pipePath:
		s.pipe(w, r, peer)
	case told != nil:
		s.told(w, r, peer, told)
	default:
		sendRefusal(w, &wire.Malformed{Words: "expected a request that this version knows, got " +
			"another; update both nodes to one version"}, s.config.Formats)
	}
}

// judge compares the clocks at each request, and judges the certificate with a connection's first:
// it may end while the connection goes on.
func (s *Server) judge(r *http.Request, peer identity.Peer) error {
	milliseconds, err := strconv.ParseInt(r.Header.Get(clockHeader), 10, 64)
	if err != nil {
		return &wire.Malformed{Words: "expected the time of who asks in " + clockHeader +
			", got none; update both nodes to one version"}
	}
	theirs := time.UnixMilli(milliseconds)
	of, ok := r.Context().Value(connectionKey{}).(*connection)
	if ok && of.judged.Load() {
		err = s.config.Identity.JudgeClock(peer, theirs, s.config.Now())
	} else if err = s.config.Identity.Judge(peer, theirs, s.config.Now()); err == nil && ok {
		of.judged.Store(true)
	}
	var problem *identity.Problem
	if errors.As(err, &problem) {
		s.complain(problem)
	}
	return err
}

// hello tells who this node is, and what it finds wrong with who asks.
func (s *Server) hello(w http.ResponseWriter, problem error) {
	hello := wire.Hello{
		Node: s.config.Identity.Node(), Instance: s.config.Identity.Instance(),
		Version: s.config.Version, Formats: s.config.Formats,
		Clock: s.config.Now().UnixMilli(),
	}
	if s.config.Condition != nil {
		condition := s.config.Condition()
		hello.Condition = &condition
	}
	if problem != nil {
		hello.Problem = refusalOf(problem, s.config.Formats).Words
	}
	s.send(w, &hello)
}

func (s *Server) send(w http.ResponseWriter, message wire.Message) {
	data, err := wire.Encode(message, wire.MaxMessageBytes)
	if err != nil {
		s.config.Log.Error("an answer to another node cannot be written", zap.Error(err))
		sendRefusal(w, err, s.config.Formats)
		return
	}
	w.Header().Set("Content-Type", "application/json")
	_, _ = w.Write(data) // who asked may be gone
}

// told hears what another node says of a room.
func (s *Server) told(w http.ResponseWriter, r *http.Request, peer identity.Peer, told wire.Told) {
	defer s.telling.Add(-1)
	if s.telling.Add(1) > maxTelling {
		sendRefusal(w, &Refused{Reason: wire.Busy, Words: fmt.Sprintf("%d messages are being "+
			"heard already; say it again later", maxTelling)}, s.config.Formats)
		return
	}
	err := s.receive(w, r, told)
	if err == nil {
		err = s.owner.Told(peer.Node, told)
	}
	if err != nil {
		sendRefusal(w, err, s.config.Formats)
		return
	}
	w.WriteHeader(http.StatusNoContent)
}

// receive reads the message of a request.
func (s *Server) receive(w http.ResponseWriter, r *http.Request, told wire.Told) error {
	_ = http.NewResponseController(w).SetReadDeadline(time.Now().Add(requestTimeout))
	data, err := io.ReadAll(http.MaxBytesReader(w, r.Body, int64(wire.Most(told))))
	if err != nil {
		return err
	}
	return wire.Decode(data, s.config.Formats, told)
}

// pipe serves a websocket that another node carries here.
func (s *Server) pipe(w http.ResponseWriter, r *http.Request, peer identity.Peer) {
	if s.pipes.Add(1) > maxPipes {
		s.pipes.Add(-1)
		sendRefusal(w, &Refused{Reason: wire.Busy, Words: fmt.Sprintf(
			"%d websockets are carried here already; connect again later", maxPipes)},
			s.config.Formats)
		return
	}
	defer s.pipes.Add(-1)
	controller := http.NewResponseController(w)
	_ = controller.SetReadDeadline(time.Now().Add(requestTimeout))
	opening, first, err := s.readOpening(r.Body)
	if err == nil {
		err = s.owner.Admit(r.Context(), peer.Node, opening)
	}
	if err != nil {
		sendRefusal(w, err, s.config.Formats)
		return
	}
	_ = controller.SetReadDeadline(time.Time{})
	w.WriteHeader(http.StatusOK)
	if controller.Flush() != nil {
		return
	}
	conn := newConn(w, r, opening, first)
	defer conn.leave()
	s.owner.Serve(opening, conn)
}

// readOpening reads what a stream begins with: the opening, and the page's first message.
func (s *Server) readOpening(body io.Reader) (opening wire.Opening, first []byte, err error) {
	frame, err := wire.Read(body)
	if err != nil {
		return opening, nil, err
	}
	if frame.Kind != wire.Opened {
		return opening, nil, &wire.Malformed{Words: fmt.Sprintf("expected an opening first, got a "+
			"frame of kind %d; update both nodes to one version", frame.Kind)}
	}
	if err := wire.Decode(frame.Data, s.config.Formats, &opening); err != nil {
		return opening, nil, err
	}
	frame, err = wire.Read(body)
	if err != nil {
		return opening, nil, err
	}
	if frame.Kind != wire.Text || len(frame.Data) > maxMessageBytes {
		return opening, nil, &wire.Malformed{Words: fmt.Sprintf("expected the page's first "+
			"message of at most %d bytes, got a frame of kind %d with %d; update both nodes to "+
			"one version",
			maxMessageBytes, frame.Kind, len(frame.Data))}
	}
	return opening, frame.Data, nil
}

// Pipes returns how many websockets are carried here.
func (s *Server) Pipes() int { return int(s.pipes.Load()) }
