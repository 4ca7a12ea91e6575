// Package signaling serves the websocket protocol that PROTOCOL.md describes: it checks
// invitations, gathers people in rooms and drives the media plane for them.
//
// The parts, from the outside in: a connection is one websocket with a reading and a writing
// goroutine; a room is one goroutine that owns the rules of package rules and the media room; a
// seat is the media plane of one participant with a goroutine for what may take long. Connections
// put events into their room's mailbox; nothing else is shared but the Server's list of rooms.
package signaling

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"maps"
	"net/http"
	"net/netip"
	"net/url"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/gorilla/websocket"
	"go.uber.org/zap"

	"draille/signaling/homes"
	"draille/signaling/protocol"
	"draille/signaling/quota"
	"draille/signaling/rules"
	"draille/signaling/token"
)

// Verifier checks an invitation's token. *token.Signer is one.
type Verifier interface {
	Verify(signed string, now time.Time) (token.Invitation, error)
}

// Inviter makes links to rooms.
type Inviter interface {
	// Invite returns an address that opens the room, and a picture of it (QR code) as a data: URL.
	Invite(invitation token.Invitation) (link, picture string, err error)
}

// Config is what a Server needs. Media and Tokens are required; every other field has a default
// that works.
type Config struct {
	Media   Media
	Tokens  Verifier
	Links   Inviter // nil: nobody is invited from within a call
	Relay   Relay   // nil: no ICE server is handed out
	Homes   Homes   // nil: every room lives here, and nothing survives a restart
	Watcher Watcher // nil: nobody hears who is in which room
	Carrier Carrier // nil: rooms that live on other servers are not reached through this one
	// Ended tells the other servers of whom a call has ended while they were away: a digest of
	// their resume token, and until when that matters. It does not wait. Nil: there are none.
	Ended   func(digest string, until time.Time)
	Quota   Quota         // nil: nothing is bounded but each websocket on its own
	Proxies quota.Proxies // whose X-Forwarded-For is believed

	Origins []string // origins ("https://host[:port]") allowed besides the server's own host
	Version string   // told in Welcome
	Page    string   // told in Welcome: build of the page served beside
	Rules   rules.Config
	Log     *zap.Logger
	Now     func() time.Time

	JoinTimeout  time.Duration // from the websocket's opening to Join; 10 s
	PingInterval time.Duration // 3 s
	ReadTimeout  time.Duration // without any frame, not even a pong; 10 s
	WriteTimeout time.Duration // for one message; 10 s
	CloseTimeout time.Duration // from the goodbye to the end of the TCP connection; 1 s
	MoveTimeout  time.Duration // media of a room that goes on elsewhere are forwarded; 5 s
	// A room waits so long for the disk before others hear of a removal, which on a disk that works
	// takes some milliseconds; 1 s
	DiskTimeout time.Duration

	MessageRate  float64 // messages a second from one connection; 50
	MessageBurst int     // at once; 100
	BadMessages  int     // bad messages forgiven, one more each 10 s; 10
	QueueLength  int     // messages that wait for a slow reader; 256
}

func (c *Config) setDefaults() {
	orDefault(&c.Version, "dev")
	orDefault(&c.Rules, rules.DefaultConfig())
	orDefault(&c.Log, zap.NewNop())
	orDefault(&c.JoinTimeout, 10*time.Second)
	orDefault(&c.PingInterval, 3*time.Second)
	orDefault(&c.ReadTimeout, 10*time.Second)
	orDefault(&c.WriteTimeout, 10*time.Second)
	orDefault(&c.CloseTimeout, time.Second)
	orDefault(&c.MoveTimeout, 5*time.Second)
	orDefault(&c.DiskTimeout, time.Second)
	orDefault(&c.MessageRate, protocol.MaxMessageRate)
	orDefault(&c.MessageBurst, 2*protocol.MaxMessageRate)
	orDefault(&c.BadMessages, 10)
	orDefault(&c.QueueLength, 256)
	if c.Quota == nil {
		c.Quota = quota.New(quota.Config{}, c.Log)
	}
	if c.Now == nil {
		c.Now = time.Now
	}
	if c.Ended == nil {
		c.Ended = func(string, time.Time) {}
	}
	if c.Homes == nil {
		c.Homes = homes.NewAlone(homes.Config{Hold: c.Rules.Hold, Now: c.Now})
	}
}

func orDefault[T comparable](field *T, value T) {
	var zero T
	if *field == zero {
		*field = value
	}
}

// Server is an http.Handler for the websocket's path.
type Server struct {
	config   Config
	upgrader websocket.Upgrader
	counters counters

	photoBytes atomic.Int64 // that photos of all rooms take, or will

	mu          sync.Mutex
	rooms       map[string]*room
	connections map[*connection]struct{}
	// Digests of resume tokens of those who were away when the host ended the call, and until when.
	ended    map[string]time.Time
	arrivals map[string][]*arriving // by room: until it is known where it lives
	serial   rules.Connection
	closing  bool
	cut      chan struct{} // closed when nobody is waited for any more
	cutBy    sync.Once
	running  sync.WaitGroup // connections and rooms
}

// New returns a Server.
func New(config Config) (*Server, error) {
	if config.Media == nil || config.Tokens == nil {
		return nil, errors.New("expected Config.Media and Config.Tokens, got nil; give both")
	}
	config.setDefaults()
	s := &Server{
		config:      config,
		rooms:       map[string]*room{},
		connections: map[*connection]struct{}{},
		ended:       map[string]time.Time{},
		arrivals:    map[string][]*arriving{},
		cut:         make(chan struct{}),
	}
	s.upgrader = websocket.Upgrader{
		HandshakeTimeout:  config.WriteTimeout,
		Subprotocols:      []string{protocol.Subprotocol},
		EnableCompression: true,
		CheckOrigin:       s.allowed,
		ReadBufferSize:    4 << 10,
		WriteBufferSize:   4 << 10,
		WriteBufferPool:   &sync.Pool{},
	}
	return s, nil
}

// allowed reports whether a page of that origin may open a websocket. Without an Origin header it
// is not a browser: nothing is done on a stranger's behalf, since no cookie opens anything here.
func (s *Server) allowed(request *http.Request) bool {
	origin := request.Header.Get("Origin")
	if origin == "" ||
		slices.ContainsFunc(s.config.Origins,
			func(o string) bool { return strings.EqualFold(o, origin) }) {
		return true
	}
	parsed, err := url.Parse(origin)
	return err == nil && strings.EqualFold(parsed.Host, request.Host)
}

// ServeHTTP upgrades the request and serves the websocket until it closes.
func (s *Server) ServeHTTP(w http.ResponseWriter, request *http.Request) {
	if !slices.Contains(websocket.Subprotocols(request), protocol.Subprotocol) {
		http.Error(
			w,
			"expected a websocket with the subprotocol "+protocol.Subprotocol+
				"; open it with new WebSocket(url, '"+
				protocol.Subprotocol+"')",
			http.StatusBadRequest,
		)
		return
	}
	address := s.config.Proxies.Client(request)
	if !s.config.Quota.Spend(s.config.Now(), quota.Opens, quota.Payer{Address: address}) {
		w.Header().Set("Retry-After", "1")
		http.Error(w, "too many websockets from one address; try again later",
			http.StatusTooManyRequests)
		return
	}
	if !s.begin() {
		w.Header().Set("Retry-After", "5")
		http.Error(w, "the server stops; try again later", http.StatusServiceUnavailable)
		return
	}
	defer s.running.Done()
	ws, err := s.upgrader.Upgrade(w, request, nil)
	if err != nil { // answered by the upgrader
		s.config.Log.Info("websocket refused", zap.Error(err))
		return
	}
	s.serve(newBrowserSocket(ws, request), address)
}

// ServeWebsocket serves a websocket that was opened elsewhere, until it closes. Whoever opened it
// has asked the account of their own; what it costs here is put down to the person's own address.
func (s *Server) ServeWebsocket(ws Websocket, address netip.Addr) {
	if !s.begin() {
		ws.Close() // who carries it lets the page connect again
		return
	}
	defer s.running.Done()
	s.serve(ws, address)
}

func (s *Server) serve(ws Websocket, address netip.Addr) {
	c := s.connect(ws, address)
	c.serve()
	s.mu.Lock()
	delete(s.connections, c)
	s.mu.Unlock()
}

// begin counts a goroutine that Shutdown waits for.
func (s *Server) begin() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.closing {
		return false
	}
	s.running.Add(1)
	return true
}

func (s *Server) connect(ws Websocket, address netip.Addr) *connection {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.serial++
	c := newConnection(s, s.serial, ws)
	c.payer.Address, c.door = address, ws.Door()
	s.connections[c] = struct{}{}
	if s.closing {
		c.bye(protocol.NewBye(protocol.ByeShutdown))
	}
	return c
}

// join checks the token and leads the connection to its room.
func (s *Server) join(c *connection, join protocol.Join) {
	now := s.config.Now()
	invitation, err := s.config.Tokens.Verify(join.Token, now)
	expired := errors.Is(err, token.ErrExpired)
	if err == nil || expired && join.Resume != "" {
		if join.Room == "" || join.Room == invitation.Room {
			c.payer.Invitation, c.payer.Seats = invitation.ID, invitation.SeatCount()
			if !s.config.Quota.Spend(now, quota.Joins, c.payer) {
				s.turnAway(c, protocol.ByeBusy)
				return
			}
			arrival := rules.Arrival{
				Connection:     c.id,
				Invitation:     invitation.ID,
				Family:         invitation.Family,
				Role:           invitation.Role,
				Name:           invitation.Name,
				Expires:        invitation.Expires,
				Expired:        expired,
				Device:         join.Device,
				Resume:         join.Resume,
				Seats:          invitation.SeatCount(),
				TakeOver:       join.TakeOver,
				Known:          join.Name,
				NewParticipant: rand.Text()[:16],
				NewResume:      rand.Text(),
			}
			s.lead(&arriving{connection: c, room: invitation.Room, kind: invitation.Kind,
				arrival: arrival})
			return
		}
		err, expired = token.ErrInvalid, false
	}
	switch {
	case expired:
		s.turnAway(c, protocol.ByeExpired)
	case errors.Is(err, token.ErrRevoked):
		s.turnAway(c, protocol.ByeRevoked)
	case errors.Is(err, token.ErrNotYet):
		s.turnAway(c, protocol.ByeNotYet)
	default:
		s.turnAway(c, protocol.ByeInvalid)
	}
}

func (s *Server) turnAway(c *connection, reason protocol.ByeReason) {
	s.counters.refused.add(reason)
	c.bye(protocol.NewBye(reason))
}

// post gives an event to the connection's room, now or when the room is found.
func (s *Server) post(c *connection, do func(*room)) {
	r := c.room.Load()
	if r != nil && r.inbox.put(s.eventFor(c, r, do)) {
		return
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.repost(c, do)
}

func (s *Server) eventFor(c *connection, r *room, do func(*room)) event {
	return event{do: func() { do(r) }, orphan: func() { s.repost(c, do) },
		from: func() *connection { return c }}
}

// repost follows a connection whose room ended under it to the room it was led to since, or is
// being led to, if any. s.mu is held.
func (s *Server) repost(c *connection, do func(*room)) {
	if c.arriving != nil {
		c.arriving.then = append(c.arriving.then, do)
	} else if r := c.room.Load(); r != nil {
		r.inbox.put(s.eventFor(c, r, do))
	}
}

// forget takes an ended room off the list and leads on whoever was just arriving.
func (s *Server) forget(r *room, ended []string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	now := s.config.Now()
	if s.rooms[r.id] == r {
		delete(s.rooms, r.id)
		if !r.leaving {
			r.tenure.Release(r.rules.State(now))
		}
	}
	s.forgetEnded(now)
	for _, resume := range ended {
		until := now.Add(s.config.Rules.Hold)
		s.ended[resumeDigest(resume)] = until
		s.config.Ended(resumeDigest(resume), until)
	}
	for _, e := range r.inbox.close() {
		if e.orphan != nil {
			e.orphan()
		}
	}
}

// resumeDigest stands for a resume token where others may read it.
func resumeDigest(resume string) string {
	sum := sha256.Sum256([]byte("draille ended v1 " + resume))
	return base64.RawURLEncoding.EncodeToString(sum[:16])
}

// HearEnded hears from another server of whom a call has ended there while they were away.
func (s *Server) HearEnded(digest string, until time.Time) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.forgetEnded(s.config.Now()) // where no room ends nothing else does
	s.ended[digest] = until
}

// forgetEnded forgets whose place nobody holds any more. s.mu is held.
func (s *Server) forgetEnded(now time.Time) {
	maps.DeleteFunc(s.ended, func(_ string, until time.Time) bool { return now.After(until) })
}

// Revoke puts out whoever uses one of these invitations. That they open nothing new is for the
// Verifier to see to.
func (s *Server) Revoke(invitations []string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, r := range s.rooms {
		r.inbox.put(event{do: func() { r.revoke(invitations) }})
	}
}

// Announce tells those who wait in front of a room how many minutes it takes longer; 0: none.
func (s *Server) Announce(name string, minutes int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if r := s.rooms[name]; r != nil {
		r.inbox.put(event{do: func() { r.announce(minutes) }})
	}
}

// Shutdown says goodbye to everybody and waits until they are gone, or until ctx ends: then it cuts
// the websockets that are left and returns the context's error. New websockets are refused from the
// first moment.
func (s *Server) Shutdown(ctx context.Context) error {
	s.mu.Lock()
	s.closing = true
	for _, r := range s.rooms {
		r.inbox.put(event{do: r.shutdown})
	}
	for c := range s.connections {
		if c.room.Load() == nil {
			c.bye(protocol.NewBye(protocol.ByeShutdown))
		}
		c.passage.cut() // the page connects again elsewhere
	}
	s.mu.Unlock()

	done := make(chan struct{})
	go func() {
		s.running.Wait()
		close(done)
	}()
	select {
	case <-done:
		return nil
	case <-ctx.Done():
	}
	s.cutBy.Do(func() { close(s.cut) })
	s.mu.Lock()
	defer s.mu.Unlock()
	for c := range s.connections {
		c.ws.Close()
	}
	return ctx.Err()
}
