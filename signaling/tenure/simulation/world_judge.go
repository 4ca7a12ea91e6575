package simulation

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"time"

	"draille/signaling/tenure"
)

// violate notes that an invariant does not hold.
func (w *World) violate(format string, arguments ...any) {
	if len(w.Violations) < 20 {
		w.Violations = append(w.Violations,
			fmt.Sprintf("%v: ", w.now)+fmt.Sprintf(format, arguments...))
	}
}

// hold notes that a machine's node holds a room from now on.
func (w *World) hold(m *machine, room string) {
	r := w.rooms[room]
	r.heldAt = w.now
	if !slices.Contains(r.holders, m) {
		r.holders = append(r.holders, m)
	}
	w.judgeOne(m, room)
}

// unhold notes that it does not any more.
func (w *World) unhold(m *machine, room string) {
	r := w.rooms[room]
	r.holders = slices.DeleteFunc(r.holders, func(other *machine) bool { return other == m })
}

// judgeOne is I1: if a node may decide for a room, no other may. The others that hold it and may
// not at this instant are looked at again after each of their events.
func (w *World) judgeOne(m *machine, room string) {
	if !m.mayDecide(room) {
		m.undecided[room] = true
		return
	}
	delete(m.undecided, room)
	for _, other := range w.rooms[room].holders {
		switch {
		case other == m:
		case other.mayDecide(room):
			w.violate("I1: %s and %s may decide for %s", m.id, other.id, room)
		default:
			other.undecided[room] = true
		}
	}
}

func (w *World) judgeUndecided(m *machine) {
	if m.node.LeaseLeft(m.clock.read(w.now)) == 0 {
		return // it may decide nowhere
	}
	for room := range m.undecided {
		if m.mayDecide(room) {
			w.judgeOne(m, room)
		}
	}
}

// judgeWrite judges what the register stores.
func (w *World) judgeWrite(by *machine, entry write) {
	if room, ok := strings.CutPrefix(entry.key, "room."); ok {
		w.judgeRoom(by, room, entry)
		return
	}
	id, ok := strings.CutPrefix(entry.key, "node.")
	if !ok || entry.after == nil {
		return
	}
	var record tenure.NodeRecord
	if json.Unmarshal(entry.after.value, &record) != nil {
		w.violate("%s wrote what cannot be read", by.id)
	}
	if record.Fenced == "" {
		return
	}
	w.fences++
	w.fencedAt = w.now
	// What I1 rests on: whoever is fenced had a lease's time, by the fastest clock, to renew.
	if old := entry.before; old != nil && w.now-old.at < w.config.Lease*100/101 {
		w.violate("I1: %s fenced %s, which had renewed %v before", by.id, id, w.now-old.at)
	}
	// I4: nobody is fenced who had no trouble of their own.
	if m := w.byID[id]; m.node != nil && !m.asleep && !m.cut &&
		w.now > m.trouble+w.config.Lease+2*time.Second {
		w.violate("I4: %s fenced %s, which had no trouble", by.id, id)
	}
}

// judgeRoom is I2 and I3: epochs rise from one owner to the next, and no removal is forgotten.
func (w *World) judgeRoom(by *machine, room string, entry write) {
	var before, after tenure.RoomRecord
	for at, record := range map[*stored]*tenure.RoomRecord{
		entry.before: &before, entry.after: &after,
	} {
		if at != nil && json.Unmarshal(at.value, record) != nil {
			w.violate("%s wrote what cannot be read", by.id)
		}
	}
	removed := decodeState(before.State).Removed
	if entry.after == nil {
		if removed != 0 || before.Node != by.id {
			w.violate("I3: %s deleted %s of %s, removals %b", by.id, room, before.Node, removed)
		}
		return
	}
	// Two writes of one process may change places where a revision comes back that was forgotten:
	// compare-and-set does not exclude it. Whether the process writes again is judged at the end.
	late := after.Instance == before.Instance && after.Nonce < before.Nonce
	if lost := removed &^ decodeState(after.State).Removed; lost != 0 && !late {
		w.violate("I3: %s wrote %s without the removals %b", by.id, room, lost)
	}
	same := after.Instance == before.Instance && after.Incarnation == before.Incarnation ||
		after.Node == ""
	if after.Epoch < before.Epoch || after.Epoch == before.Epoch && !same {
		w.violate("I2: %s wrote epoch %d of %s after %d", by.id, after.Epoch, room, before.Epoch)
	}
	if after.Node != "" && !same && entry.before != nil {
		w.takeovers++
	}
}

// forgot handles what the register has forgotten: nobody can hold it against anybody.
func (w *World) forgot(forgotten []write) { w.losses += len(forgotten) }

// waited notes how long somebody has waited for their room's owner.
func (w *World) waited(p *person) {
	w.longest = max(w.longest, w.now-p.since)
	w.joins++
}

// judgeEnd is I5, some time after everything was healed: whoever waits has not waited for longer
// than a lease and two seconds. And that what the living remember is in the register again, and
// that nobody's call is split.
func (w *World) judgeEnd(healed time.Duration) {
	for _, name := range w.names {
		r := w.rooms[name]
		var owner *machine
		for _, p := range r.people {
			switch {
			case !p.wants:
			case p.owner == nil && p.door != nil:
				if w.now-max(p.since, healed) > w.config.Lease+2*time.Second {
					w.violate("I5: somebody waits at %s for %s since %v", p.door.id, name, p.since)
				}
			case p.owner != nil && owner != nil && owner != p.owner:
				w.violate("I5: %s is split between %s and %s", name, owner.id, p.owner.id)
			case p.owner != nil:
				owner = p.owner
			}
		}
		if owner != nil {
			w.judgeOwner(owner, r)
		}
	}
}

// remembered is how long a node surely remembers what it removed from a room that it lost.
const remembered = 50 * time.Second

func (w *World) judgeOwner(owner *machine, r *room) {
	if !owner.mayDecide(r.name) {
		w.violate("I5: %s owns %s and may not decide", owner.id, r.name)
		return
	}
	at := w.register.state[tenure.RoomKey(r.name)]
	var record tenure.RoomRecord
	if at != nil && json.Unmarshal(at.value, &record) != nil {
		w.violate("%s cannot be read", r.name)
	}
	kept := decodeState(record.State).Removed
	for _, m := range w.machines {
		before := m.lost[r.name]
		if missing := before.removed &^ kept; missing != 0 && w.now-before.at < remembered {
			w.violate("I3: %s, which lost %s at %v, had removed %b; the register does not have "+
				"that", m.id, r.name, before.at, missing)
		}
	}
	if own := owner.held[r.name]; own != nil && own.removed != kept {
		w.violate("I3: %s removed %b from %s, and the register has %b", owner.id, own.removed,
			r.name, kept)
	}
}
