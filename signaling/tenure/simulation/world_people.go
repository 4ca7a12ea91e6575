package simulation

import (
	"time"

	"draille/signaling/tenure"
)

// person wants to be in a room, at times.
type person struct {
	room  *room
	door  *machine // where they arrived; nil: they are looking for one
	owner *machine // where their room is; nil: they wait at the door
	wants bool
	since time.Duration // that they wait
	known uint64        // epoch of an owner that could not be reached
	again bool          // they will ask again
}

// room is one room and the people who may be in it.
type room struct {
	name    string
	people  []*person
	holders []*machine
	since   time.Duration // when the first of the present came; active
	active  bool
	heldAt  time.Duration // when a node said that it holds it
}

// arrive lets a person look for a door after a while.
func (w *World) arrive(p *person, wait time.Duration) {
	p.door, p.owner, p.known, p.again = nil, nil, 0, false
	w.after(wait, func() {
		if !p.wants || p.door != nil {
			return
		}
		door := w.machines[w.rng.IntN(len(w.machines))]
		if door.node == nil || door.asleep || door.leaving || w.dark(door) {
			w.arrive(p, w.between(200*time.Millisecond, 700*time.Millisecond))
			return
		}
		p.door, p.since = door, w.now
		w.trace(door.id, "somebody arrives for %s", p.room.name)
		if !p.room.active {
			p.room.active, p.room.since = true, w.now
		}
		w.find(p)
	})
}

// dark reports whether people at a door are told to try another one: it reaches neither the
// register nor anybody else.
func (w *World) dark(door *machine) bool { return door.cut && door.lonely }

// find asks the door's node.
func (w *World) find(p *person) {
	room, known := p.room.name, p.known
	p.door.event(p.door.process, func(n *tenure.Node, now time.Duration) []tenure.Effect {
		return n.Find(now, room, known)
	})
}

// found pipes those who wait at a door to their room's owner.
func (w *World) found(door *machine, e tenure.Found) {
	process := door.process
	w.after(w.delay(), func() {
		if door.node == nil || door.process != process {
			return
		}
		owner := w.byID[e.Node]
		for _, p := range w.rooms[e.Room].people {
			if p.door != door || p.owner != nil || !p.wants {
				continue
			}
			if own := owner.held[e.Room]; own != nil && own.epoch >= e.Epoch &&
				!owner.asleep && (door == owner || w.reachable(door, owner)) {
				p.owner = owner
				w.waited(p)
				continue
			}
			if owner != door && w.reachable(door, owner) && owner.held[e.Room] == nil {
				// A websocket that is piped to a node asks that node where its room is.
				owner.event(owner.process,
					func(n *tenure.Node, now time.Duration) []tenure.Effect {
						return n.Find(now, e.Room, 0)
					})
			}
			w.retry(p, e)
		}
	})
}

// retry asks again where the room's owner did not answer, or does not own it.
func (w *World) retry(p *person, e tenure.Found) {
	if p.again {
		return
	}
	p.again = true
	door, process := p.door, p.door.process
	w.after(w.between(50*time.Millisecond, 250*time.Millisecond), func() {
		if p.door != door || p.owner != nil || !p.wants || door.process != process {
			return
		}
		p.again = false
		owner := w.byID[e.Node]
		if owner != door && (owner.node == nil || owner.asleep || !w.reachable(door, owner)) {
			p.known = max(p.known, e.Epoch)
		}
		w.find(p)
	})
}

// lost cuts a person's websocket; they look for another door.
func (w *World) lost(p *person) {
	owner := p.owner
	w.trace("-", "somebody is lost to %s", p.room.name)
	if p.door == nil && owner == nil {
		return
	}
	w.arrive(p, w.between(200*time.Millisecond, time.Second))
	if owner != nil {
		owner.event(owner.process, func(n *tenure.Node, now time.Duration) []tenure.Effect {
			return n.SeatLost(now, p.room.name)
		})
	}
}

// leave lets a person go. Whoever goes last ends the room.
func (w *World) leave(p *person) {
	owner, r := p.owner, p.room
	p.wants, p.door, p.owner = false, nil, nil
	for _, other := range r.people {
		if other.wants {
			return
		}
	}
	if r.active {
		r.active = false
		w.roomTime += w.now - r.since
	}
	if owner == nil || owner.held[r.name] == nil || owner.asleep {
		return
	}
	own := owner.held[r.name]
	var kept []byte
	if own.removed != 0 {
		kept = state{own.removed}.encode()
	}
	owner.forget(r.name)
	owner.event(owner.process, func(n *tenure.Node, now time.Duration) []tenure.Effect {
		return n.Release(now, r.name, kept)
	})
}

// machineGone cuts the websockets of everybody who was at a machine or piped to it.
func (w *World) machineGone(m *machine) {
	for _, name := range w.names {
		for _, p := range w.rooms[name].people {
			if p.door == m || p.owner == m {
				w.lost(p)
			}
		}
	}
}

// toDoors sends everybody in a room to the doors.
func (w *World) toDoors(m *machine, room string) {
	for _, p := range w.rooms[room].people {
		if p.owner == m {
			w.arrive(p, w.between(0, 500*time.Millisecond))
		}
	}
}

// ended handles a node's word that it owns a room no more.
func (w *World) ended(m *machine, e tenure.Ended) {
	own := m.held[e.Room]
	if own != nil {
		m.lost[e.Room] = lost{m.lost[e.Room].removed | own.removed, w.now}
	}
	m.forget(e.Room)
	w.after(w.delay(), func() {
		for _, p := range w.rooms[e.Room].people {
			if p.owner == m && (m.held[e.Room] == nil || own == nil) {
				w.arrive(p, w.between(0, 500*time.Millisecond))
			}
		}
	})
}
