package tenure

import (
	"bytes"
	"encoding/json"
	"time"
)

// entry is a room as the watch shows it. Most rooms are never asked for, so it is read late.
type entry struct {
	value    []byte
	revision uint64
	record   *RoomRecord
}

// view is what the watch has shown.
type view struct {
	live   bool
	lived  bool          // it was live before
	broke  time.Duration // when it broke last
	quiet  time.Duration // nobody gains anything before
	seen   uint64        // highest revision
	nodes  map[string]*peer
	rooms  map[string]*entry
	meta   *Meta
	listed map[string]bool // keys of the snapshot that is in progress
}

func newView() view {
	return view{nodes: map[string]*peer{}, rooms: map[string]*entry{}, listed: map[string]bool{}}
}

// room returns a room's record; nil if there is none. What cannot be read belongs to nobody who is
// known, in a format that is newer than any.
func (v *view) room(room string) (*RoomRecord, uint64) {
	e := v.rooms[room]
	if e == nil {
		return nil, 0
	}
	if e.record == nil {
		e.record = &RoomRecord{}
		if json.Unmarshal(e.value, e.record) != nil {
			e.record = &RoomRecord{Node: "?", Format: 1 << 30}
		}
	}
	return e.record, e.revision
}

// setRoom stores a room and reports whether the register's history went backwards.
func (v *view) setRoom(room string, c Change) bool {
	old := v.rooms[room]
	v.rooms[room] = &entry{value: c.Value, revision: c.Revision}
	return old != nil && (c.Revision < old.revision ||
		c.Revision == old.revision && !bytes.Equal(old.value, c.Value))
}

// setNode stores a node and reports whether the register's history went backwards, and whether
// rooms may have lost their owner.
func (v *view) setNode(now, lease time.Duration, id string, c Change) (back, over bool) {
	next := &peer{revision: c.Revision, changedAt: now}
	if json.Unmarshal(c.Value, &next.NodeRecord) != nil {
		return false, false
	}
	old := v.nodes[id]
	v.nodes[id] = next
	if old == nil {
		next.begin(now, lease)
		return false, next.Fenced != ""
	}
	same := old.Mark == next.Mark
	back = c.Revision < old.revision ||
		c.Revision == old.revision && (!same || old.Fenced != next.Fenced)
	next.follow(old, back, now, lease)
	next.renewing = !back && next.Fenced == "" && (old.renewing || !same)
	switch {
	case !same || back:
	case next.Fenced != "": // the very renewal that was watched, or the snapshot repeats it
		next.changedAt = old.changedAt
	case old.Fenced == "":
		next.changedAt, next.given = old.changedAt, old.given
	}
	return back, next.Fenced != old.Fenced || next.Incarnation != old.Incarnation
}

// gap notes that the watch broke.
func (v *view) gap(now time.Duration) {
	if v.live || !v.lived {
		v.broke = now
	}
	v.live = false
	clear(v.listed)
}

// begin notes that the snapshot is complete. Leases that the register may have granted and lost
// end a lease after the watch broke; the living renew theirs within settle.
func (v *view) begin(now time.Duration, config Config) {
	for id := range v.nodes {
		if !v.listed[NodeKey(id)] {
			delete(v.nodes, id)
		}
	}
	for room := range v.rooms {
		if !v.listed[RoomKey(room)] {
			delete(v.rooms, room)
		}
	}
	if !v.listed[MetaKey] {
		v.meta = nil
	}
	v.quiet = max(v.quiet, now+config.Settle)
	if v.lived {
		v.quiet = max(v.quiet, v.broke+config.Lease)
	}
	v.live, v.lived = true, true
	clear(v.listed)
}
