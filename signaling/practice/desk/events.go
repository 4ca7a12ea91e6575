package desk

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"sync"
	"time"

	"go.uber.org/zap"

	"draille/signaling/practice"
	"draille/signaling/practice/people"
	"draille/signaling/practice/store"
)

const (
	// keepAlive is how often a quiet stream says something: more often than proxies lose patience
	// (60 s).
	keepAlive = 20 * time.Second
	// listenerBacklog is how many changes a slow browser may be behind. Then its stream ends; it
	// comes back and reads anew.
	listenerBacklog = 256
	// eventTimeout is how long a browser may take to take an event in.
	eventTimeout = 30 * time.Second
)

// Event is one server-sent event.
type Event struct {
	Name string // a member of Events
	Data any
}

// Teller says what is told of a change to one listener, according to their rights; nothing if it is
// none of their business. It is called for every listener, once the change is there to be read:
// what is the same for all of them is better remembered than read again.
type Teller struct {
	Topic practice.Topic
	Tell  func(ctx context.Context, from *store.Store, now time.Time, listener people.Signed,
		change practice.Change) ([]Event, error)
}

// changed reads the row of an establishment that a change names; nil if it is there no more.
func changed[T any](ctx context.Context, from *store.Store, change practice.Change) (*T, error) {
	var row T
	err := from.Read(ctx, func(tx *store.Tx) (err error) {
		row, err = store.Get[T](tx, "WHERE establishment = $1 AND id = $2", change.Establishment,
			change.ID)
		return err
	})
	switch {
	case errors.Is(err, store.ErrNotFound):
		return nil, nil
	case err != nil:
		return nil, err
	}
	return &row, nil
}

// tellerOf tells whoever has a right in its establishment of a row as it is now.
func tellerOf[T any](topic practice.Topic, right practice.Action, event string) Teller {
	return Teller{topic, func(
		ctx context.Context, from *store.Store, _ time.Time, listener people.Signed,
		change practice.Change,
	) ([]Event, error) {
		if !viewerOf(listener).may(right, change.Establishment, "") {
			return nil, nil
		}
		row, err := changed[T](ctx, from, change)
		if row == nil {
			return nil, err
		}
		return []Event{{event, *row}}, nil
	}}
}

// stream is GET /api/events.
type stream struct {
	config  Config
	tellers map[practice.Topic][]Teller
	stop    func()
	ended   chan struct{}

	mu        sync.Mutex
	listeners map[*listener]struct{}
	closed    bool
}

// listener is one browser. Its channel is closed when it has to come back.
type listener struct{ changes chan []practice.Change }

func newStream(config Config) *stream {
	s := &stream{config: config, tellers: map[practice.Topic][]Teller{}, ended: make(chan struct{}),
		listeners: map[*listener]struct{}{}}
	for _, teller := range config.Tellers {
		s.tellers[teller.Topic] = append(s.tellers[teller.Topic], teller)
	}
	changes, stop := config.Store.Watch()
	s.stop = stop
	go s.run(changes)
	return s
}

// run hands changes to all listeners. Who cannot keep up, or may have missed something, comes back.
func (s *stream) run(changes <-chan []practice.Change) {
	defer close(s.ended)
	for change := range changes {
		s.mu.Lock()
		for l := range s.listeners {
			if change == nil || len(l.changes) == cap(l.changes) {
				s.drop(l)
				continue
			}
			l.changes <- change
		}
		s.mu.Unlock()
	}
}

func (s *stream) join() *listener {
	s.mu.Lock()
	defer s.mu.Unlock()
	l := &listener{changes: make(chan []practice.Change, listenerBacklog)}
	if s.closed {
		close(l.changes)
		return l
	}
	s.listeners[l] = struct{}{}
	return l
}

func (s *stream) leave(l *listener) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.drop(l)
}

// drop ends a listener's stream. The caller holds mu.
func (s *stream) drop(l *listener) {
	if _, there := s.listeners[l]; there {
		delete(s.listeners, l)
		close(l.changes)
	}
}

func (s *stream) close() {
	s.mu.Lock()
	s.closed = true
	for l := range s.listeners {
		s.drop(l)
	}
	s.mu.Unlock()
	s.stop()
	<-s.ended
}

// serve sends events until the browser goes, or the session ends.
func (s *stream) serve(c *call) error {
	l := s.join() // before hello: what changes from now on is told
	defer s.leave(l)
	out := sender{writer: c.w, control: http.NewResponseController(c.w)}
	// The server's limits are those of a file: a stream goes on for hours.
	if err := out.control.SetReadDeadline(time.Time{}); err != nil {
		return err
	}
	c.w.Header().Set("Content-Type", "text/event-stream")
	c.w.Header().Set("X-Accel-Buffering", "no") // nginx
	err := out.send(
		Event{"hello", Hello{Now: practice.InstantOf(c.now), Version: s.config.Version}})
	quiet := time.NewTicker(keepAlive)
	defer quiet.Stop()
	for err == nil {
		select {
		case <-c.r.Context().Done():
			return nil
		case <-quiet.C:
			err = s.keepAlive(c, out)
		case changes, more := <-l.changes:
			if !more {
				_ = out.send(Event{"ended", Ended{EndStopping}})
				return nil
			}
			err = s.tell(c, out, changes)
		}
	}
	return nil
}

// errEnded says that a stream has said its last word.
var errEnded = fmt.Errorf("the stream has ended")

// keepAlive keeps the connection open, and finds out whether the session still is.
func (s *stream) keepAlive(c *call, out sender) error {
	signed, err := s.config.People.Sessions.Keep(c.r.Context(), c.caller.Session.ID)
	if errors.Is(err, people.ErrSignedOut) {
		_ = out.send(Event{"ended", Ended{EndExpired}})
		return errEnded
	}
	if err != nil { // the store does not answer: the browser comes back, and is told so
		return err
	}
	c.caller = signed
	return out.comment()
}

// tell sends what of some changes is for this listener.
func (s *stream) tell(c *call, out sender, changes []practice.Change) error {
	ctx, cancel := context.WithTimeout(c.r.Context(), eventTimeout)
	defer cancel()
	events, err := s.eventsOf(ctx, c, changes)
	if err != nil { // the browser comes back and reads its list anew
		s.config.Log.Warn("a change was not told; its listener reads everything again",
			zap.Error(err))
		return err
	}
	for _, event := range events {
		if err := out.send(event); err != nil {
			return err
		}
		if event.Name == "ended" {
			return errEnded
		}
	}
	return nil
}

// eventsOf are the events that some changes are to this listener.
func (s *stream) eventsOf(ctx context.Context, c *call, changes []practice.Change) (
	events []Event, err error) {
	for _, change := range changes {
		ended, err := s.ends(ctx, c, change)
		if err != nil {
			return nil, err
		}
		if ended != "" {
			return append(events, Event{"ended", Ended{ended}}), nil
		}
		for _, teller := range s.tellers[change.Topic] {
			told, err := teller.Tell(ctx, s.config.Store, s.config.Now(), c.caller, change)
			if err != nil {
				return nil, err
			}
			events = append(events, told...)
		}
	}
	return events, nil
}

// ends says why a change ends the stream, if it does, and takes over rights that are others now.
func (s *stream) ends(ctx context.Context, c *call, change practice.Change) (EndReason, error) {
	read := func(f func(*store.Tx) error) error { return s.config.Store.Read(ctx, f) }
	switch {
	case change.Topic == practice.TopicSession && change.ID == c.caller.Session.ID:
		return EndSignedOut, nil
	case change.Topic == practice.TopicDevice && change.ID == c.caller.Device.ID:
		var device practice.Device
		err := read(func(tx *store.Tx) (err error) {
			device, err = store.Get[practice.Device](tx, "WHERE establishment = $1 AND id = $2",
				change.Establishment, change.ID)
			return err
		})
		if err == nil && device.RevokedAt != 0 {
			return EndRevoked, nil
		}
		return "", err
	case change.Topic == practice.TopicGrants && change.ID == c.caller.Person.ID:
		return "", read(func(tx *store.Tx) (err error) {
			c.caller.Grants, err = people.GrantsOf(tx, change.ID, s.config.Now())
			return err
		})
	}
	return "", nil
}

// sender writes events.
type sender struct {
	writer  http.ResponseWriter
	control *http.ResponseController
}

func (s sender) send(event Event) error {
	data, err := json.Marshal(event.Data)
	if err != nil {
		return err
	}
	return s.write(fmt.Sprintf("event: %s\ndata: %s\n\n", event.Name, data))
}

func (s sender) comment() error { return s.write(":\n\n") }

// write gives the browser eventTimeout.
func (s sender) write(text string) error {
	if err := s.control.SetWriteDeadline(time.Now().Add(eventTimeout)); err != nil {
		return err
	}
	if _, err := s.writer.Write([]byte(text)); err != nil {
		return err
	}
	return s.control.Flush()
}
