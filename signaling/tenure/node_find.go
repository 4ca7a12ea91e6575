package tenure

import (
	"slices"
	"time"
)

// Find asks where a room lives, because somebody waits for it at this door. Found answers, sooner
// or later. An owner of up to the epoch unreachable did not answer just now: it is the answer again
// only if it still lives after a while. Zero: none.
func (n *Node) Find(now time.Duration, room string, unreachable uint64) []Effect {
	n.begin(now)
	w := n.want(room)
	w.here, w.unreachable = true, max(w.unreachable, unreachable)
	w.again = now + n.config.Renew
	return n.settle(now)
}

// Forget says that nobody waits any more for a room at this door.
func (n *Node) Forget(now time.Duration, room string) []Effect {
	n.begin(now)
	if w := n.wants[room]; w != nil {
		w.here = false
		n.touched[room] = true
	}
	return n.settle(now)
}

// Asked handles another node's wish that this one takes a room.
func (n *Node) Asked(now time.Duration, from, room string) []Effect {
	n.begin(now)
	if w := n.want(room); !slices.Contains(w.askers, from) {
		w.askers = append(w.askers, from)
	}
	return n.settle(now)
}

func (n *Node) want(room string) *want {
	w := n.wants[room]
	if w == nil {
		w = &want{room: room, tried: map[string]bool{}}
		n.wants[room] = w
	}
	n.touched[room] = true
	return w
}

// Answered handles a node's answer to Ask or to HandOver.
func (n *Node) Answered(now time.Duration, from string, a Answer) []Effect {
	n.begin(now)
	if t := n.tenures[a.Room]; t != nil && t.stage == handing && t.heir == from &&
		t.epoch == a.Offer {
		n.inherited(now, t, a)
	}
	w := n.wants[a.Room]
	if w == nil || w.asked != from || a.Offer != 0 {
		return n.settle(now)
	}
	w.asked = ""
	n.touched[a.Room] = true
	switch a.Verdict {
	case Taken:
		if p := n.view.nodes[from]; p != nil && a.Epoch > w.unreachable {
			p.given += n.config.RoomLoad
			n.do(Found{a.Room, from, p.Peer, a.Epoch})
			w.here = false
		}
	case Declined:
		w.tried[from] = true
	case Elsewhere: // the watch will show where
		w.retryAt = now + n.config.Retry
		n.wakeFor(w.room, w.retryAt)
	}
	return n.settle(now)
}

// standing is what a room's owner is worth.
type standing int

const (
	free    standing = iota // there is none
	mine                    // this node
	alive                   // as far as known
	expired                 // silent for a lease: to be fenced
	dead                    // fenced, or another incarnation has taken its place
	unknown                 // nobody can say yet
)

// standing judges the owner that a record names. Silence alone proves nothing.
func (n *Node) standing(now time.Duration, record *RoomRecord) standing {
	if record == nil || record.Node == "" {
		return free
	}
	if record.Format > n.config.Format {
		return unknown
	}
	p := n.view.nodes[record.Node]
	if record.Node == n.config.ID {
		return n.ownStanding(now, record)
	}
	switch {
	case p == nil:
		return expired // what proves that it is gone is that its key can be made
	case now >= p.freeAt(record.Incarnation):
		return dead
	case p.Incarnation > record.Incarnation:
		if n.isOver(record, p.Instance, p.Dead) {
			return dead
		}
		return unknown
	case p.Incarnation < record.Incarnation || p.Fenced == "":
		if n.view.live && now >= p.changedAt+n.config.Lease {
			return expired
		}
		return alive
	}
	return unknown
}

// ownStanding judges a record that names this node: of this process, or of an earlier one.
func (n *Node) ownStanding(now time.Duration, record *RoomRecord) standing {
	l := &n.lease
	switch {
	case record.Incarnation > l.incarnation || !l.registered:
		return unknown
	case record.Incarnation == l.incarnation:
		return mine
	case n.isOver(record, n.config.Instance, n.config.Dead) || now >= l.heir:
		return dead
	}
	return unknown
}

// wakeKnown looks at a room again when it may be known what its owner is worth.
func (n *Node) wakeKnown(now time.Duration, room string, record *RoomRecord) {
	at := n.lease.heir
	if p := n.view.nodes[record.Node]; p != nil && record.Node != n.config.ID {
		at = p.freeAt(record.Incarnation)
	}
	if at > now && at != never {
		n.wakeFor(room, at)
	}
}

// isOver reports whether the process that wrote a room's record decides nothing more by it: it is
// the one of now, which has taken the next incarnation, or is proved to be dead.
func (n *Node) isOver(record *RoomRecord, instance string, proved []string) bool {
	return record.Instance == instance || slices.Contains(proved, record.Instance)
}

// advanceWant does what can be done for a room that somebody waits for.
func (n *Node) advanceWant(now time.Duration, w *want) {
	if !w.here && len(w.askers) == 0 {
		delete(n.wants, w.room)
		return
	}
	if t := n.tenures[w.room]; t != nil {
		if t.stage == owned && t.told != nothing {
			n.found(w, n.config.ID, t.epoch)
		}
		return
	}
	record, revision := n.view.room(w.room)
	s := n.standing(now, record)
	if s == alive || s == expired && !n.settled(now) {
		if (record.Epoch > w.unreachable || now >= w.again) && n.view.nodes[record.Node] != nil {
			n.found(w, record.Node, record.Epoch)
			return
		}
		n.wakeFor(w.room, w.again)
	}
	if !n.settled(now) {
		n.decline(w)
		if !n.view.live {
			n.away(w, RegisterAway)
		}
		return
	}
	switch s {
	case alive:
		n.wakeFor(w.room, n.view.nodes[record.Node].changedAt+n.config.Lease)
	case unknown:
		if record.Format > n.config.Format {
			n.away(w, NewerFormat)
			n.decline(w)
			return
		}
		n.wakeKnown(now, w.room, record)
	case expired:
		n.fence(now, record)
	case free, dead, mine:
		n.place(now, w, record, revision)
	}
}

// found answers everybody who waits for a room.
func (n *Node) found(w *want, node string, epoch uint64) {
	if w.here {
		found := Found{Room: w.room, Node: node, Epoch: epoch}
		if p := n.view.nodes[node]; p != nil {
			found.Peer = p.Peer
		}
		n.do(found)
	}
	for _, asker := range w.askers {
		if node == n.config.ID {
			n.do(Answer{To: asker, Room: w.room, Verdict: Taken, Epoch: epoch})
		} else {
			n.do(Answer{To: asker, Room: w.room, Verdict: Elsewhere})
		}
	}
	delete(n.wants, w.room)
}

// decline tells the nodes that asked for a room to be taken that this one cannot.
func (n *Node) decline(w *want) {
	for _, asker := range w.askers {
		n.do(Answer{To: asker, Room: w.room, Verdict: Declined})
	}
	w.askers = nil
	if !w.here {
		delete(n.wants, w.room)
	}
}

func (n *Node) away(w *want, reason Reason) {
	if w.here && w.away != reason {
		w.away = reason
		n.do(Away{w.room, reason})
	}
}

// fence proves that a node has renewed nothing since this one looked: its key is set where it is
// unchanged, and its next renewal fails. One fence a node, not one a room.
func (n *Node) fence(now time.Duration, record *RoomRecord) {
	id := record.Node
	if n.fencing[id] || n.lease.gap {
		return
	}
	n.fencing[id] = true
	fenced := NodeRecord{Incarnation: record.Incarnation}
	f := pendingWrite{kind: fence, id: id}
	if p := n.view.nodes[id]; p != nil {
		fenced, f.base = p.NodeRecord, p.revision
		fenced.Incarnation = max(p.Incarnation, record.Incarnation)
	}
	fenced.Fenced = n.config.ID
	n.put(f, NodeKey(id), func(uint64) any { return fenced })
}

// place gives a free room to a node: here, or to one that is asked.
func (n *Node) place(now time.Duration, w *want, record *RoomRecord, revision uint64) {
	if len(w.askers) > 0 || record != nil && record.Node == n.config.ID {
		if n.takes(now, record) {
			n.claim(now, w.room, record, revision)
			return
		}
		n.decline(w)
		if !w.here {
			return
		}
	}
	if w.asked != "" {
		if now < w.until {
			n.wakeFor(w.room, w.until)
			return
		}
		w.tried[w.asked], w.asked = true, ""
	}
	if now < w.retryAt {
		n.wakeFor(w.room, w.retryAt)
		return
	}
	switch node := n.choose(now, w.room, record, w.tried); node {
	case "":
		if n.healthy(now) {
			n.away(w, AllFull)
		} else {
			n.away(w, n.silence(now))
		}
		clear(w.tried)
		w.retryAt = now + n.config.Answer
		n.wakeFor(w.room, w.retryAt)
	case n.config.ID:
		n.claim(now, w.room, record, revision)
	default:
		w.asked, w.until = node, now+n.config.Answer
		n.wakeFor(w.room, w.until)
		n.do(Ask{node, w.room})
	}
}
