package homes

import (
	"maps"
	"sync"
	"time"

	"draille/signaling/rules"
)

// Memory keeps what rooms must remember over a restart. None of its methods may wait for a disk.
// *store.Store is one.
type Memory interface {
	// Recall returns what was kept before the start.
	Recall() map[string]rules.State
	Keep(room string, state rules.State)
	// KeepNow calls saved when the state is written, or cannot be.
	KeepNow(room string, state rules.State, saved func())
	Forget(room string)
}

// Config says what Alone needs. Every field has a default that works.
type Config struct {
	Memory Memory           // nil: nothing survives a restart
	Hold   time.Duration    // how long places of before the start are held; that of the rules
	Now    func() time.Time // the wall clock
}

// Alone is the home of all rooms of a server that is the only one. It starts no goroutine.
type Alone struct {
	config  Config
	started time.Time // from when on places of before a restart are held

	mu sync.Mutex
	// Rooms that are not open: from before a restart, and those with a removal.
	remembered map[string]rules.State
}

// NewAlone recalls the rooms of before.
func NewAlone(config Config) *Alone {
	if config.Memory == nil {
		config.Memory = noMemory{}
	}
	if config.Hold == 0 {
		config.Hold = rules.DefaultConfig().Hold
	}
	if config.Now == nil {
		config.Now = time.Now
	}
	a := &Alone{config: config, started: config.Now(), remembered: map[string]rules.State{}}
	maps.Copy(a.remembered, config.Memory.Recall())
	return a
}

// Find answers at once: every room that is not open yet lives here.
func (a *Alone) Find(room string, _ func(Home)) (home Home, known bool) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.tidy()
	state := a.remembered[room]
	delete(a.remembered, room)
	return Home{Tenure: &tenure{home: a, room: room, recalled: state}}, true
}

// Unreached does nothing: there is no other server.
func (a *Alone) Unreached(string, Home) {}

// tidy forgets what was remembered of rooms that nobody came back to. mu is held.
func (a *Alone) tidy() {
	now := a.config.Now()
	for room, state := range a.remembered {
		if now.Sub(a.started) > a.config.Hold {
			state.Seats, state.Locked = nil, false
		}
		state = state.Unexpired(now)
		a.remembered[room] = state
		if state.Empty() {
			delete(a.remembered, room)
			a.config.Memory.Forget(room)
		}
	}
}

// tenure is a room of a server that is alone.
type tenure struct {
	home     *Alone
	room     string
	recalled rules.State
}

var _ Tenure = (*tenure)(nil)

// Recalled implements Tenure.
func (t *tenure) Recalled() (state rules.State, lostAt time.Time) {
	return t.recalled, t.home.started
}

// Handed implements Tenure: nobody handed it over.
func (t *tenure) Handed() (none rules.Volatile) { return none }

// HandOn implements Tenure: there is no other server.
func (t *tenure) HandOn(rules.State, rules.Volatile) {}

// Keep implements Tenure.
func (t *tenure) Keep(state rules.State) {
	if state.Empty() {
		t.home.config.Memory.Forget(t.room)
	} else {
		t.home.config.Memory.Keep(t.room, state)
	}
}

// KeepNow implements Tenure.
func (t *tenure) KeepNow(state rules.State, saved func()) {
	t.home.config.Memory.KeepNow(t.room, state, saved)
}

// MayDecide implements Tenure: nobody else does.
func (t *tenure) MayDecide() bool { return true }

// Listen implements Tenure: nothing ever happens to it.
func (t *tenure) Listen(Listener) {}

// SeatLost implements Tenure.
func (t *tenure) SeatLost() {}

// Release implements Tenure. The room has kept its last state before.
func (t *tenure) Release(state rules.State) {
	t.home.mu.Lock()
	defer t.home.mu.Unlock()
	if !state.Empty() {
		t.home.remembered[t.room] = state
	}
	t.home.tidy()
}

// noMemory is the memory of a server without one.
type noMemory struct{}

func (noMemory) Recall() map[string]rules.State                { return nil }
func (noMemory) Keep(string, rules.State)                      {}
func (noMemory) KeepNow(_ string, _ rules.State, saved func()) { saved() }
func (noMemory) Forget(string)                                 {}
