package cluster

import (
	"encoding/json"
	"reflect"
	"sync"
	"sync/atomic"
	"time"

	"draille/signaling/homes"
	"draille/signaling/rules"
	"draille/signaling/tenure"
)

// held is a room that lives here.
type held struct {
	cluster *Cluster
	room    string
	epoch   uint64
	lostAt  time.Time
	since   time.Duration

	// These belong to the goroutine that runs the node; raw and content do not change any more once
	// the room is given.
	raw     json.RawMessage // recalled
	content json.RawMessage // of the giver's memory
	given   bool            // to whoever looked for it
	awaits  bool            // what its giver says
	wanted  bool            // meanwhile

	mu       sync.Mutex // the listener's locks are taken after it
	listener homes.Listener
	untold   []func(homes.Listener)

	heir atomic.Pointer[heir] // nil: none is known
}

var _ homes.Tenure = (*held)(nil)

func newHeld(c *Cluster, e tenure.Held) *held {
	return &held{cluster: c, room: e.Room, epoch: e.Epoch, raw: e.State, lostAt: time.Now(),
		since: c.config.Now()}
}

// Recalled implements homes.Tenure.
func (h *held) Recalled() (state rules.State, lostAt time.Time) { return decode(h.raw), h.lostAt }

// Handed implements homes.Tenure. What cannot be read was not handed over.
func (h *held) Handed() (volatile rules.Volatile) {
	if len(h.content) > 0 && json.Unmarshal(h.content, &volatile) != nil {
		return rules.Volatile{}
	}
	return volatile
}

// HandOn implements homes.Tenure.
func (h *held) HandOn(state rules.State, volatile rules.Volatile) {
	if to := h.heir.Load(); to != nil {
		h.cluster.config.Network.Send(to.node, to.peer, Message{Room: h.room, Volatile: &Volatile{
			Epoch: to.epoch, State: encode(state), Content: encodeAny(volatile)}})
	}
}

// Keep implements homes.Tenure.
func (h *held) Keep(state rules.State) { h.keep(state, nil) }

// KeepNow implements homes.Tenure.
func (h *held) KeepNow(state rules.State, saved func()) { h.keep(state, saved) }

func (h *held) keep(state rules.State, saved func()) {
	raw := encode(state)
	h.post(func(n *tenure.Node, now time.Duration) []tenure.Effect {
		if saved != nil {
			h.cluster.savings[h.room] = append(h.cluster.savings[h.room], saved)
		}
		return n.Keep(now, h.room, raw)
	}, saved)
}

// MayDecide implements homes.Tenure.
func (h *held) MayDecide() bool { return h.cluster.mayDecide(h.room) }

// Listen implements homes.Tenure.
func (h *held) Listen(listener homes.Listener) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.listener = listener
	untold := h.untold
	h.untold = nil
	if len(untold) > 0 { // not before Listen returns
		h.cluster.post(func(*tenure.Node, time.Duration) []tenure.Effect {
			for _, what := range untold {
				what(listener)
			}
			return nil
		})
	}
}

func (h *held) tell(what func(homes.Listener)) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.listener == nil {
		h.untold = append(h.untold, what)
		return
	}
	what(h.listener)
}

// SeatLost implements homes.Tenure.
func (h *held) SeatLost() {
	h.post(func(n *tenure.Node, now time.Duration) []tenure.Effect {
		return n.SeatLost(now, h.room)
	}, nil)
}

// Release implements homes.Tenure.
func (h *held) Release(state rules.State) {
	raw := encode(state)
	h.post(func(n *tenure.Node, now time.Duration) []tenure.Effect {
		delete(h.cluster.held, h.room)
		return n.Release(now, h.room, raw)
	}, nil)
}

// post gives the node an event of this tenure, if it is one still; else whoever waits is answered.
func (h *held) post(e event, otherwise func()) {
	h.cluster.post(func(n *tenure.Node, now time.Duration) []tenure.Effect {
		if h.cluster.held[h.room] == h {
			return e(n, now)
		}
		if otherwise != nil {
			otherwise()
		}
		return nil
	})
}

// encode returns nothing where there is nothing to remember.
func encode(state rules.State) json.RawMessage {
	if state.Empty() {
		return nil
	}
	return encodeAny(state)
}

func encodeUnlessSame(raw json.RawMessage, before, after rules.State) json.RawMessage {
	if reflect.DeepEqual(before, after) {
		return raw
	}
	return encode(after)
}

// decode reads what a node has written; what cannot be read remembers nothing.
func decode(raw json.RawMessage) (state rules.State) {
	if len(raw) > 0 && json.Unmarshal(raw, &state) != nil {
		return rules.State{}
	}
	return state
}
