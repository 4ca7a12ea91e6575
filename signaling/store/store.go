// Package store keeps on disk what rooms must remember over a restart of the server: one small file
// a room, readable by the server's user alone, replaced as a whole so that a power cut leaves the
// old one or the new one and nothing between.
//
// Writing never holds up a call: one goroutine writes, and of several states of a room that wait it
// writes the last. A disk that is full or gone is logged once and tried again until it works; calls
// go on meanwhile.
package store

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"go.uber.org/zap"

	"draille/signaling/protocol"
	"draille/signaling/rules"
)

const (
	suffix    = ".json"
	draft     = ".draille-draft-*" // what a write that was cut short leaves begins like this
	unusable  = ".unusable"        // behind the name of a file that cannot be read
	version   = 1
	fileBytes = 1 << 20 // more than the state of the largest room
	// placesFor is how long places in a file are good, counted from their last change: longer than
	// any call. What bounds them in practice is that they are held for a minute only from the start
	// of the server on.
	placesFor = 24 * time.Hour
)

// Config says where and how. Directory is required; every other field has a default that works.
type Config struct {
	Directory  string
	Log        *zap.Logger
	Now        func() time.Time
	RetryAfter time.Duration // after a write that failed; 5 s
	Every      time.Duration // least time between two writes of one room; 1 s
	// Write replaces a file; for tests.
	Write func(path string, data []byte) error
}

// Store keeps the state of rooms. Its methods may be called concurrently, and none waits for the
// disk but Close.
type Store struct {
	config   Config
	recalled map[string]rules.State
	written  atomic.Uint64
	failed   atomic.Uint64
	finished chan struct{}

	mu      sync.Mutex
	pending map[string]change
	wrote   map[string]time.Time // when each room was written, while the next has to wait for that
	closing bool
	wake    chan struct{}
	stop    chan struct{} // closed by Close
}

// change is what waits to be written of a room.
type change struct {
	state  *rules.State // nil: to be removed
	urgent bool
	saved  []func()
}

// file is what is in one file.
type file struct {
	Version int         `json:"version"`
	Room    string      `json:"room"`
	SavedAt time.Time   `json:"savedAt"`
	State   rules.State `json:"state"`
}

// Open makes the directory if needed, reads what is there, and throws away what is too old or
// damaged.
func Open(config Config) (*Store, error) {
	if config.Log == nil {
		config.Log = zap.NewNop()
	}
	if config.Now == nil {
		config.Now = time.Now
	}
	if config.RetryAfter == 0 {
		config.RetryAfter = 5 * time.Second
	}
	if config.Every == 0 {
		config.Every = time.Second
	}
	if config.Write == nil {
		config.Write = Replace
	}
	if err := os.MkdirAll(config.Directory, 0o700); err != nil {
		return nil, fmt.Errorf(
			"the folder %s for the state of rooms cannot be made: %w; choose another with "+
				"state-directory",
			config.Directory,
			err,
		)
	}
	s := &Store{
		config:   config,
		finished: make(chan struct{}),
		pending:  map[string]change{},
		wrote:    map[string]time.Time{},
		wake:     make(chan struct{}, 1),
		stop:     make(chan struct{}),
	}
	if err := s.read(); err != nil {
		return nil, fmt.Errorf(
			"the folder %s for the state of rooms cannot be read: %w; let the server's user own "+
				"it, or choose another with state-directory",
			config.Directory,
			err,
		)
	}
	go s.run()
	return s, nil
}

func (s *Store) read() error {
	entries, err := os.ReadDir(s.config.Directory)
	if err != nil {
		return err
	}
	s.recalled = map[string]rules.State{}
	for _, entry := range entries {
		name := entry.Name()
		path := filepath.Join(s.config.Directory, name)
		room, isState := strings.CutSuffix(name, suffix)
		switch {
		case !entry.Type().IsRegular():
		case strings.HasPrefix(name, strings.TrimSuffix(draft, "*")):
			_ = os.Remove(path)
		case isState:
			s.recall(path, room)
		}
	}
	return nil
}

// recall reads the state of one room. A file that is not one is renamed, not deleted: it may be
// that of a newer version, or of somebody else. One that cannot be read now stays where it is.
func (s *Store) recall(path, room string) {
	state, err := s.readRoom(path, room)
	var damaged *damage
	switch {
	case err == nil && state.Empty():
		_ = os.Remove(path)
	case err == nil:
		s.recalled[room] = state
	case errors.As(err, &damaged):
		renamed := os.Rename(path, path+unusable)
		s.config.Log.Warn(
			"the state of a room cannot be used: its participants have to be admitted "+
				"again; the file was renamed", zap.String("room", room),
			zap.Error(errors.Join(err, renamed)))
	default:
		s.config.Log.Warn(
			"the state of a room cannot be read: its participants have to be admitted "+
				"again", zap.String("room", room), zap.Error(err))
	}
}

// damage is what is wrong with the contents of a file.
type damage struct{ problem error }

func (d *damage) Error() string { return d.problem.Error() }

func (s *Store) readRoom(path, room string) (rules.State, error) {
	info, err := os.Stat(path)
	if err != nil {
		return rules.State{}, err
	}
	if info.Size() > fileBytes {
		return rules.State{}, &damage{fmt.Errorf("expected at most %d bytes, got %d", fileBytes,
			info.Size())}
	}
	data, err := os.ReadFile(path)
	if err != nil {
		return rules.State{}, err
	}
	state, err := decode(data, room, s.config.Now())
	if err != nil {
		return state, &damage{err}
	}
	return state, nil
}

// decode reads a file's contents. Places that are too old are left out, and removals whose
// invitation has expired.
func decode(data []byte, room string, now time.Time) (rules.State, error) {
	var f file
	if err := json.Unmarshal(data, &f); err != nil {
		return rules.State{}, fmt.Errorf("expected the state of a room in JSON: %w", err)
	}
	if f.Version != version || f.Room != room || protocol.CheckIdentifier("room", room) != nil {
		return rules.State{}, fmt.Errorf("expected version %d of room %q, got version %d of %q",
			version, room, f.Version, f.Room)
	}
	seen := map[string]bool{}
	for _, seat := range f.State.Seats {
		if err := checkSeat(seat); err != nil {
			return rules.State{}, err
		}
		if seen[seat.Participant] {
			return rules.State{}, errors.New("expected each participant once, got one twice")
		}
		seen[seat.Participant] = true
	}
	if now.Sub(f.SavedAt) > placesFor {
		f.State.Seats, f.State.Locked = nil, false
	}
	return f.State, nil
}

func checkSeat(seat rules.SeatState) error {
	knownRole := seat.Role == protocol.RoleHost || seat.Role == protocol.RoleClinician ||
		seat.Role == protocol.RoleGuest
	knownPlace := seat.Place == protocol.PlaceWaiting || seat.Place == protocol.PlaceRoom
	if !knownRole || !knownPlace {
		return fmt.Errorf("expected a role and a place of the protocol, got %q and %q", seat.Role,
			seat.Place)
	}
	return errors.Join(protocol.CheckIdentifier("participant", seat.Participant),
		protocol.CheckIdentifier("invitation", seat.Invitation))
}

// Recall returns what was on disk when the store was opened.
func (s *Store) Recall() map[string]rules.State { return s.recalled }

// Keep writes the state of a room, soon: of several that come within Config.Every the last.
func (s *Store) Keep(room string, state rules.State) { s.put(room, change{state: &state}) }

// KeepNow writes the state of a room at once, and calls saved when it is on the disk or could not
// be written.
func (s *Store) KeepNow(room string, state rules.State, saved func()) {
	if !s.put(room, change{state: &state, urgent: true, saved: []func(){saved}}) {
		saved()
	}
}

// Forget removes what is kept of a room, soon.
func (s *Store) Forget(room string) { s.put(room, change{}) }

// put replaces what waits to be written of a room. It reports whether the store is open.
func (s *Store) put(room string, c change) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.closing {
		return false
	}
	before := s.pending[room]
	c.urgent = c.urgent || before.urgent
	c.saved = append(before.saved, c.saved...)
	s.pending[room] = c
	select {
	case s.wake <- struct{}{}:
	default:
	}
	return true
}

// Stats returns how many writes succeeded and how many failed since the start.
func (s *Store) Stats() (written, failed uint64) { return s.written.Load(), s.failed.Load() }

// Close writes what waits, once, and ends. It is called once.
func (s *Store) Close() {
	s.mu.Lock()
	s.closing = true
	s.mu.Unlock()
	close(s.stop)
	<-s.finished
}

func (s *Store) run() {
	defer close(s.finished)
	again := time.NewTimer(s.config.RetryAfter)
	defer again.Stop()
	broken, next := false, time.Duration(0) // next: until something is due; 0: nothing waits
	for {
		news := s.wake
		switch {
		case broken: // what is new waits for the next try, too
			news = nil
			again.Reset(s.config.RetryAfter)
		case next > 0:
			again.Reset(next)
		default:
			again.Stop()
		}
		select {
		case <-news:
		case <-again.C:
		case <-s.stop:
		}
		var rooms map[string]change
		var closing bool
		rooms, next, closing = s.take(time.Now())
		err := s.write(rooms)
		if err != nil && !broken {
			s.config.Log.Error(
				"the state of rooms cannot be kept: calls go on, but after a restart now people "+
					"would wait again; make room on the disk of state-directory",
				zap.Error(err),
			)
		}
		if err == nil && broken {
			s.config.Log.Info("the state of rooms is kept again")
		}
		broken = err != nil
		if closing {
			return
		}
	}
}

// take returns what is due, and when the next is.
func (s *Store) take(now time.Time) (due map[string]change, next time.Duration, closing bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	due = map[string]change{}
	for room, c := range s.pending {
		wait := s.config.Every - now.Sub(s.wrote[room])
		if s.closing || c.urgent || wait <= 0 {
			due[room] = c
			delete(s.pending, room)
		} else if next == 0 || wait < next {
			next = wait
		}
	}
	for room, at := range s.wrote {
		if now.Sub(at) >= s.config.Every {
			delete(s.wrote, room)
		}
	}
	for room := range due {
		s.wrote[room] = now
	}
	return due, next, s.closing
}

// write writes all of them and puts back those that failed, unless there is something newer.
func (s *Store) write(rooms map[string]change) error {
	if len(rooms) == 0 {
		return nil
	}
	// A folder that somebody has removed meanwhile is made again; if that fails, so do the writes.
	_ = os.MkdirAll(s.config.Directory, 0o700)
	var problems []error
	for room, c := range rooms {
		err := s.writeRoom(room, c.state)
		for _, saved := range c.saved {
			saved()
		}
		if err == nil {
			s.written.Add(1)
			continue
		}
		s.failed.Add(1)
		problems = append(problems, err)
		s.mu.Lock()
		if _, newer := s.pending[room]; !newer {
			s.pending[room] = change{state: c.state, urgent: true}
		}
		s.mu.Unlock()
	}
	if len(problems) > 0 {
		return problems[0] // a full disk says the same of every room
	}
	return nil
}

func (s *Store) writeRoom(room string, state *rules.State) error {
	path := filepath.Join(s.config.Directory, room+suffix)
	if state == nil {
		if err := os.Remove(path); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return err
		}
		return syncFolder(s.config.Directory)
	}
	data, err := json.Marshal(
		file{Version: version, Room: room, SavedAt: s.config.Now(), State: *state})
	if err != nil {
		return err
	}
	return s.config.Write(path, data)
}

// Replace puts data in the place of a file (mode 0600), whole or not at all, and returns when it
// would survive a power cut.
func Replace(path string, data []byte) error {
	directory := filepath.Dir(path)
	f, err := os.CreateTemp(directory, draft) // mode 0600
	if err != nil {
		return err
	}
	_, err = f.Write(data)
	if err = errors.Join(err, f.Sync(), f.Close()); err == nil {
		err = os.Rename(f.Name(), path)
	}
	if err != nil {
		_ = os.Remove(f.Name())
		return err
	}
	return syncFolder(directory)
}

// syncFolder returns when names that were made or removed in a folder would survive a power cut.
func syncFolder(path string) error {
	d, err := os.Open(path)
	if err != nil {
		return err
	}
	return errors.Join(d.Sync(), d.Close())
}
