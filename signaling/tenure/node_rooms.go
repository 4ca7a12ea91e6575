package tenure

import (
	"encoding/json"
	"time"
)

// Keep remembers a room's state: it is written soon, and only where this node owns the room still.
func (n *Node) Keep(now time.Duration, room string, state json.RawMessage) []Effect {
	n.begin(now)
	if t := n.tenures[room]; t != nil && t.stage != releasing {
		t.keep(n.include(t, state), n.nonces)
		n.touched[room] = true
	}
	return n.settle(now)
}

// Release ends this node's tenure of a room that is over. What is left to be remembered of it is
// kept in the register; without any, the key is deleted.
func (n *Node) Release(now time.Duration, room string, state json.RawMessage) []Effect {
	n.begin(now)
	if t := n.tenures[room]; t != nil {
		t.stage = releasing
		t.keep(n.include(t, state), n.nonces)
		n.touched[room] = true
	}
	return n.settle(now)
}

// SeatLost tells that somebody's websocket in a room is gone. From an islanded room everybody must
// follow: the one who is gone may find another owner behind another door.
func (n *Node) SeatLost(now time.Duration, room string) []Effect {
	n.begin(now)
	if t := n.tenures[room]; t != nil && t.told == islanded && !t.toDoors {
		t.toDoors = true
		n.do(ToDoors{room})
	}
	return n.settle(now)
}

// advanceTenure does what can be done for a room of this node.
func (n *Node) advanceTenure(now time.Duration, t *tenure) {
	if t.stage == owned && t.incarnation != n.lease.incarnation && t.asserted != 0 {
		t.unassert(0) // it was claimed just before this node was fenced
	}
	switch {
	case t.writing != 0:
	case now < t.retryAt:
		n.wakeFor(t.room, t.retryAt)
	case t.stage == handing:
		n.takeBack(now, t)
	case t.stage == owned && t.asserted == 0:
		n.claimAgain(now, t)
	case t.stage == claiming && !n.settled(now): // a claim that waits gains nothing sooner, either
	case now >= n.lease.until: // another may have the room, in a history where a revision came back
	case t.dirty && !t.stuck:
		n.writeDirty(now, t)
	}
	n.tell(now, t)
}

// writeDirty writes the state, not more often than is useful.
func (n *Node) writeDirty(now time.Duration, t *tenure) {
	if next := t.wroteAt + n.config.Every; t.stage == owned && now < next {
		n.wakeFor(t.room, next)
		return
	}
	if t.stage == releasing && t.asserted == 0 && !n.mayRelease(t) {
		delete(n.tenures, t.room)
		n.bequeath(now, t)
		return
	}
	n.write(now, t)
}

// mayRelease reports whether a room that is over is this node's to be written. Where its claim was
// not stored, or was forgotten, the record that is there may be that of an owner who lives.
func (n *Node) mayRelease(t *tenure) bool {
	record, revision := n.view.room(t.room)
	t.revision = revision
	if record == nil {
		return len(t.state) > 0
	}
	return n.wrote(t, record)
}

// wrote reports whether a record is one of this process, of a tenure or an earlier one.
func (n *Node) wrote(t *tenure, record *RoomRecord) bool {
	return record != nil && record.Instance == n.config.Instance && record.Epoch <= t.epoch
}

// write sends the record of a room, or its deletion.
func (n *Node) write(now time.Duration, t *tenure) {
	if n.writes >= n.config.InFlight {
		if !t.queued {
			n.backlog = append(n.backlog, t.room)
		}
		t.dirty, t.queued = true, true
		return // an outcome will come
	}
	n.writes++
	t.queued = false
	assertor := t.asserted == 0
	f := pendingWrite{kind: roomWrite, id: t.room, base: t.revision, highest: t.highest,
		assertor: assertor, release: t.stage == releasing}
	if t.stage == releasing && len(t.state) == 0 {
		n.nonces++
		f.deletion = true
		t.nonce = n.nonces
		n.pendingWrites[t.nonce] = f
		n.do(Delete{t.nonce, RoomKey(t.room), t.revision})
	} else {
		t.nonce = n.put(f, RoomKey(t.room), func(nonce uint64) any {
			record := RoomRecord{
				Mark:        Mark{n.config.Instance, nonce},
				Epoch:       t.epoch,
				Node:        n.config.ID,
				Incarnation: t.incarnation,
				Format:      n.config.Format,
				State:       t.state,
			}
			if t.stage == releasing {
				record.Node = ""
			}
			return record
		})
	}
	if assertor && t.claim == 0 {
		t.claim = t.nonce
	}
	t.writing, t.wroteAt, t.dirty, t.stuck = t.nonce, now, false, false
}

// roomResult handles the outcome of a write of a room.
func (n *Node) roomResult(
	now time.Duration, t *tenure, f pendingWrite, outcome Outcome, revision uint64,
) {
	t.writing = 0
	n.touched[t.room] = true
	switch outcome {
	case Stored:
		if f.release {
			delete(n.tenures, t.room)
			return
		}
		t.revision, t.highest = revision, max(t.highest, revision)
		if f.assertor && t.claim != 0 {
			n.assert(t, revision)
		}
		t.dirty = t.dirty || t.asserted == 0
		n.reconcile(now, t) // the watch may have been faster
	case Conflict:
		t.dirty, t.stuck = true, true
		n.reconcile(now, t)
		record, _ := n.view.room(t.room)
		if t.stuck && t.stage == owned && !t.isOurs(record, n.config.Instance) {
			n.unassert(now, t) // forgotten by the register, perhaps
		}
		if t.stuck {
			t.retryAt = now + n.config.Retry
			t.stuck = false
			n.wakeFor(t.room, t.retryAt)
		}
	case Unknown:
		t.dirty = true
		t.retryAt = now + n.config.Retry
		n.wakeFor(t.room, t.retryAt)
		n.reconcile(now, t)
	}
}

// assert notes that the register holds this node's claim of a room. Nothing is decided before a
// renewal that is later counts, too.
func (n *Node) assert(t *tenure, revision uint64) {
	t.asserted = revision
	n.lease.needs = max(n.lease.needs, revision)
	if t.stage == claiming {
		t.stage = owned
	}
}

// reconcile compares a tenure with what the watch shows of its room.
func (n *Node) reconcile(now time.Duration, t *tenure) {
	record, revision := n.view.room(t.room)
	switch {
	case t.stage == releasing && t.stuck:
		n.releaseElse(now, t, record, revision)
	case t.isOurs(record, n.config.Instance):
		if t.claim != 0 && record.Nonce >= t.claim {
			t.seen = true
			if t.asserted == 0 && t.writing == 0 { // its acknowledgement was lost
				n.assert(t, revision)
			}
		}
		if record.Nonce < t.nonce && revision > t.revision {
			t.dirty = true // a write of before was stored late, at a revision that had come back
		}
		if t.holds(record) && revision >= t.revision { // told by nobody but the watch
			t.dirty = false
		}
		behind := t.stuck || t.asserted == 0 && t.writing == 0
		if revision > t.revision || revision < t.revision && behind {
			t.revision, t.stuck = revision, false
		}
		t.highest = max(t.highest, revision)
	case record == nil:
		if t.stuck && t.revision != 0 {
			t.revision, t.stuck = 0, false
		}
		t.dirty = t.dirty || t.seen && t.stage == owned
		if t.stage == releasing && t.writing == 0 && t.seen {
			delete(n.tenures, t.room)
		}
	case t.stage == releasing:
		if t.writing == 0 && revision > t.revision {
			delete(n.tenures, t.room)
		}
	case t.stage == claiming:
		// A claim that is not on its way is not sent again: the register would refuse it. Where the
		// revision that it replaces came back as another's claim, it would replace that claim.
		late := revision > t.revision || revision == t.revision && record.Epoch >= t.epoch
		if late && t.writing == 0 || t.stuck && revision != t.revision {
			n.lose(now, t, record)
		}
	case record.Epoch >= t.epoch:
		n.lose(now, t, record)
	}
	n.touched[t.room] = true
}

// releaseElse goes on releasing a room whose record is another than expected: an earlier one of
// this process, where the register forgot the last, or none of its business.
func (n *Node) releaseElse(
	now time.Duration, t *tenure, record *RoomRecord, revision uint64,
) {
	switch {
	case !n.wrote(t, record):
		delete(n.tenures, t.room)
		n.bequeath(now, t)
	case revision != t.revision:
		if record.Epoch < t.epoch {
			n.learn(t, record.State)
		}
		t.revision, t.stuck = revision, false
	}
}

// lose ends a tenure because another node owns the room.
func (n *Node) lose(now time.Duration, t *tenure, record *RoomRecord) {
	delete(n.tenures, t.room)
	n.bequeath(now, t)
	if t.told != nothing {
		n.do(Ended{t.room, record.Node, record.Epoch})
	}
	if t.giver != "" {
		n.do(Answer{To: t.giver, Room: t.room, Verdict: Declined, Offer: t.offer})
	}
	n.touched[t.room] = true
}

// claim writes this node into a free room's record.
func (n *Node) claim(now time.Duration, room string, record *RoomRecord, revision uint64) {
	t := &tenure{room: room, epoch: 1, incarnation: n.lease.incarnation, revision: revision,
		first: n.nonces + 1, since: n.nonces + 1}
	if record != nil {
		t.epoch, t.state = record.Epoch+1, record.State
		t.before = record.Node
	}
	n.tenures[room] = t
	n.taken++
	n.write(now, t)
}

// claimAgain writes this node again into the record of a room that is its own: the register forgot
// it, or this node was fenced and nobody took the room. What it remembers is the truth, and what
// another decided since in a history that was forgotten is, too.
func (n *Node) claimAgain(now time.Duration, t *tenure) {
	if !n.healthy(now) {
		return
	}
	record, revision := n.view.room(t.room)
	switch n.standing(now, record) {
	case free, dead, mine:
		if record != nil && record.Epoch >= t.epoch && !(t.isOurs(record, n.config.Instance) &&
			t.incarnation == n.lease.incarnation && record.Incarnation == t.incarnation) {
			t.epoch = record.Epoch + 1
		}
		if record != nil && !t.isOurs(record, n.config.Instance) {
			n.learn(t, record.State)
		}
		t.incarnation, t.revision = n.lease.incarnation, revision
		n.write(now, t)
	case expired:
		n.fence(now, record)
	case unknown:
		n.wakeKnown(now, t.room, record)
	case alive:
		p := n.view.nodes[record.Node]
		if p != nil && p.renewing {
			n.lose(now, t, record)
		} else if p != nil {
			n.wakeFor(t.room, p.changedAt+n.config.Lease)
		}
	}
}

// tell says what has changed in whether this node may decide in a room.
func (n *Node) tell(now time.Duration, t *tenure) {
	if n.tenures[t.room] != t || t.stage != owned {
		return
	}
	may := n.MayDecide(now, t.room)
	cut := now >= n.lease.until || t.incarnation != n.lease.incarnation ||
		t.asserted == 0 && now >= t.frozen
	switch {
	case may && t.told == nothing:
		t.told, t.named = decides, t.epoch
		n.do(Held{t.room, t.epoch, t.state, t.before, t.giver != "", t.follows})
		if t.giver != "" {
			n.do(Answer{To: t.giver, Room: t.room, Verdict: Taken, Epoch: t.epoch,
				Offer: t.offer})
			t.giver = ""
		}
		if n.wants[t.room] != nil {
			n.touched[t.room] = true
		}
	case may && (t.told == islanded || t.asserted != 0 && t.named != t.epoch):
		t.told, t.toDoors, t.named = decides, false, t.epoch
		n.do(Restored{t.room, t.epoch})
	case cut && t.told == decides:
		t.told = islanded
		n.do(Islanded{t.room})
	}
	if now < t.notBefore {
		n.wakeFor(t.room, t.notBefore)
	}
	if t.asserted == 0 && now < t.frozen {
		n.wakeFor(t.room, t.frozen)
	}
}
