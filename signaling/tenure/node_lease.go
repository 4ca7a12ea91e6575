package tenure

import "time"

// lease is this node's right to decide. All instants are of its own clock.
type lease struct {
	incarnation uint64 // that it is held with
	replaced    *Mark  // of the value of the node's key that it took the place of
	registered  bool   // the watch has shown a renewal with that incarnation
	revision    uint64 // of this node's key, as far as known
	highest     uint64 // highest revision of that key that was ever known
	until       time.Duration
	granted     uint64 // revision of the renewal that until rests on
	// When the renewals that may count yet were sent, by nonce.
	sent       map[uint64]time.Duration
	sentAt     time.Duration // when the last one was sent
	last       uint64        // its nonce; zero: there was none
	base       uint64        // revision that it replaces
	pending    bool          // its outcome is not known
	conflicted bool          // the revision is out of date, and the watch will tell
	// Nothing is decided before a renewal counts that is sent after the gap: with a nonce above
	// after.
	gap   bool
	after uint64
	needs uint64 // a renewal must count that is later than this revision
	// What another process of this node owned, and is not known to be dead, is not free before.
	heir time.Duration
	left bool // the key is deleted, or on its way to be
	held bool // it ran when it was looked at last
	// The last renewal that was answered, or shown by the watch: its nonce, when, after how long.
	heard   uint64
	heardAt time.Duration
	took    time.Duration
	due     time.Duration
}

// keepLease renews what is due, and wakes when the lease ends.
func (n *Node) keepLease(now time.Duration) {
	l := &n.lease
	if !n.view.lived || l.left {
		return
	}
	if n.view.live && n.view.meta == nil && now >= n.metaAt+n.config.Renew {
		n.putMeta(now)
	}
	if n.leaving(now) {
		l.due = now + n.config.Retry
		return
	}
	regain := now >= l.until && n.settled(now) && l.sentAt < n.view.quiet
	// Claimants wait for the living only for a moment after an outage.
	every := n.config.Renew
	if l.pending && n.view.live && now < n.view.quiet {
		every = n.config.Retry
	}
	if l.last == 0 || now-l.sentAt >= every || l.gap && l.last <= l.after || regain {
		n.renew(now)
	}
	// Timers are late at times: one that is due sooner than the gap is none.
	l.due = min(l.sentAt+every, now+n.config.Gap*9/10)
	switch {
	case now < l.until:
		l.due = min(l.due, l.until)
	case now < n.view.quiet:
		l.due = min(l.due, n.view.quiet)
	}
	if l.held && now >= l.until {
		l.held, n.all = false, true
	}
}

// renew sends a renewal. The lease will run from now, if this one is acknowledged.
func (n *Node) renew(now time.Duration) {
	l := &n.lease
	if n.refused || l.left || n.leaving(now) || n.view.meta == nil ||
		n.view.meta.Secret != n.config.Secret {
		return
	}
	for nonce, at := range l.sent {
		if now-at > n.config.Slowest {
			delete(l.sent, nonce)
		}
	}
	f := pendingWrite{kind: renewal, id: n.config.ID, base: l.revision, highest: l.highest}
	l.last = n.put(f, NodeKey(n.config.ID), func(nonce uint64) any { return n.record(nonce) })
	l.sent[l.last], l.base = now, f.base
	l.sentAt, l.pending, l.conflicted = now, true, false
}

func (n *Node) record(nonce uint64) NodeRecord {
	return NodeRecord{
		Mark:        Mark{n.config.Instance, nonce},
		Incarnation: n.lease.incarnation,
		After:       n.lease.replaced,
		Dead:        n.config.Dead,
		Peer:        n.config.Peer,
		Media:       n.config.Media,
		Load:        n.ownLoad(),
		Draining:    n.drain.on,
		Version:     n.config.Version,
		Format:      n.config.Format,
	}
}

// renewalResult handles the outcome of a renewal.
func (n *Node) renewalResult(
	now time.Duration, nonce uint64, f pendingWrite, outcome Outcome, revision uint64,
) {
	l := &n.lease
	if l.last == nonce {
		l.pending = false
	}
	if outcome != Unknown {
		n.hear(now, nonce)
	}
	switch outcome {
	case Stored:
		if revision > l.revision || f.base == l.revision {
			l.revision = revision
		}
		n.grant(now, nonce, revision, false)
		l.highest = max(l.highest, revision)
	case Conflict:
		delete(l.sent, nonce)
		if l.revision != f.base {
			return // another of our renewals was stored meanwhile
		}
		l.conflicted = !n.believeWatch()
		if !l.conflicted {
			n.renew(now)
		}
	case Unknown: // the next one is due soon; if the register forgot, that was a conflict
		n.believeWatch()
	}
}

// believeWatch takes the revision of this node's key from the watch, and reports whether it is
// another. If the watch is only late, that costs a conflict.
func (n *Node) believeWatch() bool {
	var known uint64
	if self := n.view.nodes[n.config.ID]; self != nil {
		known = self.revision
	}
	if !n.view.live || known == n.lease.revision {
		return false
	}
	n.lease.revision = known
	return true
}

// grant lets the lease run from the sending of a renewal. An acknowledgement is enough to keep a
// lease. One that had ended is gained again only by what the watch shows, once the register's
// history is settled: another may have owned the rooms in one that was lost.
func (n *Node) grant(now time.Duration, nonce, revision uint64, watched bool) {
	l := &n.lease
	at, ok := l.sent[nonce]
	if !ok {
		return
	}
	until := at + n.config.Lease - n.config.Margin
	if now >= until || now >= l.until && !(watched && n.settled(now)) {
		return
	}
	if now >= l.until {
		n.all = true
	}
	l.until, l.granted, l.held = max(l.until, until), max(l.granted, revision), true
	if l.gap && nonce > l.after {
		l.gap = false
		n.all = true
	}
	if l.granted > l.needs && l.needs > 0 {
		l.needs = 0
		n.all = true
	}
}

// observeSelf handles what the watch shows of this node's own key.
func (n *Node) observeSelf(now time.Duration) {
	l := &n.lease
	self := n.view.nodes[n.config.ID]
	switch {
	case self == nil || l.left:
		if n.view.live && !l.left { // a register that forgot this node
			l.revision = 0
			n.renew(now)
		}
	case self.Fenced != "" || self.Instance != n.config.Instance:
		n.observeForeign(now, self)
	case self.Incarnation == l.incarnation:
		l.registered = true
		if f, pending := n.pendingWrites[self.Nonce]; pending {
			n.proves(now, f, self.revision)
		}
		n.hear(now, self.Nonce)
		// One that was sent since then over an older value will be refused, whenever that is told.
		behind := l.conflicted || self.Nonce < l.last && l.base < self.revision
		if self.revision > l.revision || behind {
			l.revision = self.revision
		}
		n.grant(now, self.Nonce, self.revision, true)
		l.highest = max(l.highest, self.revision)
		if behind {
			n.renew(now)
		}
	}
}

// observeForeign handles a value of this node's key that this process did not write: a fence, or
// what another process left.
func (n *Node) observeForeign(now time.Duration, self *peer) {
	l := &n.lease
	switch {
	case self.Incarnation < l.incarnation: // of before; where history went backwards, again
	case self.Fenced == "" && l.registered:
		if self.Incarnation > l.incarnation {
			n.refuse(Superseded)
			return
		}
	default:
		// Whatever the lease says: whoever fenced may have given the rooms away. Another
		// incarnation may claim them again, as anybody may.
		l.until, l.registered = min(l.until, now), false
		l.incarnation = self.Incarnation + 1
		n.succeed(self.changedAt)
		clear(l.sent)
		for room, t := range n.tenures {
			t.unassert(0)
			n.touched[room] = true
		}
	}
	l.revision, l.replaced = self.revision, &self.Mark
	if n.view.live {
		n.renew(now)
	}
}

// succeed notes when the last lease has ended of another process of this node whose last renewal
// was seen at an instant: it is replaced, but may hear of that late.
func (n *Node) succeed(seen time.Duration) {
	n.lease.heir = max(n.lease.heir, seen+n.config.Lease)
}

// succeedUnknown takes an incarnation that is later than those of rooms that this node had, where
// its key is gone: it said goodbye with rooms left, or the register forgot it.
func (n *Node) succeedUnknown(now time.Duration) {
	l := &n.lease
	if n.view.nodes[n.config.ID] != nil || l.last != 0 {
		return
	}
	for room := range n.view.rooms {
		if record, _ := n.view.room(room); record.Node == n.config.ID {
			l.incarnation = max(l.incarnation, record.Incarnation+1)
		}
	}
	if l.incarnation > 1 {
		n.succeed(now)
	}
}

// chain renews after a claim. What the register forgets is the end of its history: a node whose
// last renewal is later than its claims loses that, too, and notices at the next one.
func (n *Node) chain(now time.Duration) {
	l := &n.lease
	if l.needs == 0 || l.conflicted || now >= l.until ||
		l.pending && now-l.sentAt < n.config.Retry {
		return
	}
	n.renew(now)
	l.due = min(l.due, now+n.config.Retry)
}

// healthy reports whether this node may take on anything.
func (n *Node) healthy(now time.Duration) bool {
	l := &n.lease
	return l.registered && !l.gap && !l.left && now < l.until && n.view.live
}

// MayDecide reports whether this node may decide anything in a room at this instant.
func (n *Node) MayDecide(now time.Duration, room string) bool {
	t, l := n.tenures[room], &n.lease
	switch {
	case t == nil || t.stage != owned || n.refused || l.gap || now-n.now > n.config.Gap:
		return false
	case t.incarnation != l.incarnation || now >= l.until:
		return false
	case t.asserted == 0: // the register forgot, and the lease of before still runs
		return now < t.frozen
	}
	return t.seen && now >= t.notBefore && l.granted > t.asserted
}

// LeaseLeft returns how long this node may go on deciding without another renewal.
func (n *Node) LeaseLeft(now time.Duration) time.Duration {
	if n.refused || n.lease.gap {
		return 0
	}
	return max(0, n.lease.until-now)
}
