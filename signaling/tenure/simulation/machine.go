package simulation

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"time"

	"draille/signaling/tenure"
)

// machine runs a node, or none for a while.
type machine struct {
	w         *World
	id        string
	clock     clock
	watch     watch
	node      *tenure.Node
	process   int             // counts the processes
	held      map[string]*own // rooms that the node said it holds
	lost      map[string]lost // rooms that other nodes took over
	undecided map[string]bool // of those held, the ones that it could not decide when last asked

	cut     bool // off from the register
	lonely  bool // off from all other machines
	asleep  bool
	awake   func()        // ends its sleep
	waiting []func()      // what happened while it was asleep
	trouble time.Duration // until then it had trouble of its own
	tickAt  time.Duration // when its timer goes off; zero: not set
	leaving bool
}

// own is what the node's process remembers of a room that it owns.
type own struct {
	epoch   uint64
	removed uint64 // one bit each
}

// lost is what the node's process had removed from a room when it was another's.
type lost struct {
	removed uint64
	at      time.Duration
}

// state is what the register is given to remember of a room.
type state struct {
	Removed uint64 `json:"removed"`
}

func (s state) encode() json.RawMessage {
	return json.RawMessage(fmt.Sprintf(`{"removed":%d}`, s.Removed))
}

func decodeState(raw json.RawMessage) (s state) {
	if len(raw) > 0 {
		if err := json.Unmarshal(raw, &s); err != nil {
			panic(err)
		}
	}
	return s
}

// merge is a tenure.Merge.
func merge(mine, other json.RawMessage) json.RawMessage {
	before := decodeState(mine)
	both := state{before.Removed | decodeState(other).Removed}
	if both == before {
		return mine
	}
	return both.encode()
}

// start starts a process.
func (m *machine) start() {
	m.process++
	config := m.w.config
	config.ID, config.Instance = m.id, fmt.Sprintf("%s/%d", m.id, m.process)
	config.Format, config.Secret = 1, "secret"
	if m.w.chance(0.7) { // else its disk is new, or may be another machine's, too
		for process := range m.process {
			config.Dead = append(config.Dead, fmt.Sprintf("%s/%d", m.id, process))
		}
	}
	config.RoomLoad = m.w.roomLoad
	m.node, m.leaving = tenure.New(config, merge), false
	m.held, m.undecided, m.lost = map[string]*own{}, map[string]bool{}, map[string]lost{}
	m.waiting, m.tickAt = nil, 0
	m.watch.reset()
	m.watch.connect()
}

// kill ends the process at once.
func (m *machine) kill() {
	if m.node == nil {
		return
	}
	m.node = nil
	m.process++
	m.waiting, m.asleep = nil, false
	m.watch.reset()
	held := m.held
	m.held, m.undecided, m.lost = map[string]*own{}, map[string]bool{}, map[string]lost{}
	for _, room := range slices.Sorted(maps.Keys(held)) {
		m.w.unhold(m, room)
	}
	m.w.machineGone(m)
}

// sleep stops the process, or the machine with it, for a while.
func (m *machine) sleep(while time.Duration) {
	if m.node == nil || m.asleep {
		return
	}
	m.asleep = true
	process, since := m.process, m.w.now
	m.awake = func() {
		if m.process != process || !m.asleep {
			return
		}
		m.asleep = false
		m.clock.slept += m.w.now - since
		waiting := m.waiting
		m.waiting, m.tickAt = nil, 0
		if m.w.chance(0.5) { // the timer may be first
			m.tick()
		}
		for _, do := range waiting {
			do()
		}
		m.tick()
	}
	m.w.after(while, m.awake)
}

// event gives something to the process, if it is the one that is meant.
func (m *machine) event(
	process int, do func(n *tenure.Node, now time.Duration) []tenure.Effect,
) {
	if m.node == nil || m.process != process {
		return
	}
	if m.asleep {
		m.waiting = append(m.waiting, func() { m.event(process, do) })
		return
	}
	n := m.node
	effects := do(n, m.clock.read(m.w.now))
	for _, effect := range effects {
		if m.node != n {
			return
		}
		m.carryOut(effect)
	}
	if len(m.undecided) > 0 {
		m.w.judgeUndecided(m)
	}
	m.setTimer()
}

func (m *machine) changed(change tenure.Change) {
	m.w.trace(m.id, "sees %d %s %s %d", change.Kind, change.Key, change.Value, change.Revision)
	m.event(m.process, func(n *tenure.Node, now time.Duration) []tenure.Effect {
		return n.Changed(now, change)
	})
}

func (m *machine) tick() {
	m.event(m.process, func(n *tenure.Node, now time.Duration) []tenure.Effect {
		return n.Tick(now)
	})
}

// setTimer lets the node be ticked when it wants to be; timers are late, seldom very late.
func (m *machine) setTimer() {
	if m.node == nil || m.node.Next() > 1<<61 {
		return
	}
	at := max(m.clock.until(m.w.now, m.node.Next()), m.w.now)
	if m.tickAt != 0 && m.tickAt <= at {
		return
	}
	m.tickAt = at
	late := m.w.between(0, 5*time.Millisecond)
	if m.w.chance(0.01) {
		late = m.w.between(0, 300*time.Millisecond)
	}
	process := m.process
	m.w.after(at-m.w.now+late, func() {
		if m.process == process && m.tickAt == at {
			m.tickAt = 0
			m.tick()
		}
	})
}

// carryOut does what the node wants.
func (m *machine) carryOut(effect tenure.Effect) {
	w := m.w
	w.trace(m.id, "%+v", effect)
	switch e := effect.(type) {
	case tenure.Put:
		w.register.send(request{m, m.process, e.Nonce, e.Key, e.Value, false, e.Revision})
	case tenure.Delete:
		w.register.send(request{m, m.process, e.Nonce, e.Key, nil, true, e.Revision})
	case tenure.Held:
		m.held[e.Room] = &own{e.Epoch, decodeState(e.State).Removed}
		w.hold(m, e.Room)
		m.setLoad()
	case tenure.Learned:
		m.held[e.Room].removed |= decodeState(e.State).Removed
	case tenure.Restored:
		m.held[e.Room].epoch = e.Epoch
		w.judgeOne(m, e.Room)
	case tenure.Islanded:
		m.undecided[e.Room] = true
		w.islands++
	case tenure.ToDoors:
		w.toDoors(m, e.Room)
	case tenure.Ended:
		w.ended(m, e)
		m.setLoad()
	case tenure.Found:
		w.found(m, e)
	case tenure.Ask:
		m.message(e.To, func(n *tenure.Node, now time.Duration) []tenure.Effect {
			return n.Asked(now, m.id, e.Room)
		})
	case tenure.Answer:
		m.message(e.To, func(n *tenure.Node, now time.Duration) []tenure.Effect {
			return n.Answered(now, m.id, e)
		})
	case tenure.HandOver:
		w.handOvers++
		m.message(e.To, func(n *tenure.Node, now time.Duration) []tenure.Effect {
			return n.Given(now, m.id, e.Room, e.Gift)
		})
	case tenure.Remind:
		m.message(e.To, func(n *tenure.Node, now time.Duration) []tenure.Effect {
			return n.Reminded(now, e.Room, e.State)
		})
	case tenure.Drained:
		m.leaving = true
		m.kill()
	case tenure.Refused:
		w.violate("%s is refused: %s", m.id, e.Reason)
	case tenure.Away:
	}
}

// setLoad tells the node how many rooms it holds.
func (m *machine) setLoad() { m.node.SetLoad(float64(len(m.held)) * m.w.roomLoad) }

// message sends something to another machine, if the network lets it.
func (m *machine) message(to string, do func(n *tenure.Node, now time.Duration) []tenure.Effect) {
	other := m.w.byID[to]
	process := other.process
	m.w.after(m.w.delay(), func() {
		if m.w.reachable(m, other) && other.process == process {
			other.event(process, do)
		}
	})
}

// forget drops a room.
func (m *machine) forget(room string) {
	delete(m.held, room)
	delete(m.undecided, room)
	m.w.unhold(m, room)
}

// mayDecide asks the node.
func (m *machine) mayDecide(room string) bool {
	return m.node != nil && !m.asleep && m.node.MayDecide(m.clock.read(m.w.now), room)
}

// remove puts somebody out of a room: a decision that must be remembered.
func (m *machine) remove(room string) {
	own := m.held[room]
	if own == nil || !m.mayDecide(room) {
		return
	}
	own.removed |= 1 << m.w.rng.IntN(60)
	kept := state{own.removed}.encode()
	m.event(m.process, func(n *tenure.Node, now time.Duration) []tenure.Effect {
		return n.Keep(now, room, kept)
	})
}
