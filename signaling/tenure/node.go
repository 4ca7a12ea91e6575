// Package tenure decides on which node of a cluster a room lives, and whether this node may decide
// anything in it. It is a pure state machine over a register that compares and sets: every method
// takes the time as an argument and returns effects to carry out. It does no I/O, starts no
// goroutine, reads no clock and draws no random number.
//
// The time is that of CLOCK_BOOTTIME, which goes on while the machine is suspended; Go's monotonic
// clock does not, and the wall clock jumps.
//
// What is kept is kept by acknowledgement: a lease runs from the sending of the last acknowledged
// renewal. What is gained (a room, or a lease that had ended) is gained when the watch shows it.
package tenure

import (
	"maps"
	"slices"
	"strings"
	"time"
)

// Node is one node's part in the cluster. It is not safe for concurrent use.
type Node struct {
	config Config
	merge  Merge
	view   view
	lease  lease
	now    time.Duration // of the last event
	begun  bool

	tenures       map[string]*tenure
	wants         map[string]*want
	pendingWrites map[uint64]pendingWrite // writes without an outcome
	legacies      map[string]*legacy
	fencing       map[string]bool // nodes with a fence on its way
	nonces        uint64
	writes        int // of rooms, on their way

	load    float64
	drain   drain
	metaAt  time.Duration // when the cluster's own key was written last
	taken   int           // rooms claimed since the load was told
	refused bool

	// What the event in progress has done; emptied by settle.
	effects []Effect
	touched map[string]bool          // rooms to look at
	all     bool                     // every room that is held or wanted is to be looked at
	due     time.Duration            // when Tick looks at every room
	dues    map[string]time.Duration // when it looks at one
	next    time.Duration            // the first of these
	backlog []string                 // rooms whose writes wait until others have an outcome
}

// pendingWrite is a write on its way.
type pendingWrite struct {
	kind     writeKind
	id       string // of the room or node
	base     uint64 // revision that it replaces
	deletion bool   // its revision is not told
	seen     uint64 // highest revision that was known when it was sent
	highest  uint64 // highest revision of the same key that was known then
	assertor bool   // it claims a room, or claims it again
	release  bool   // it ends a tenure
}

type writeKind int

const (
	renewal writeKind = iota
	fence
	roomWrite
	other
)

// New returns a node that has not joined yet: it does when the watch is live.
func New(config Config, merge Merge) *Node {
	return &Node{
		config: config,
		merge:  merge,
		view:   newView(),
		lease: lease{
			incarnation: 1,
			sent:        map[uint64]time.Duration{},
			due:         never,
		},
		tenures:       map[string]*tenure{},
		wants:         map[string]*want{},
		pendingWrites: map[uint64]pendingWrite{},
		legacies:      map[string]*legacy{},
		fencing:       map[string]bool{},
		touched:       map[string]bool{},
		due:           never,
		dues:          map[string]time.Duration{},
		next:          never,
	}
}

// Changed handles a change that the watch reports.
func (n *Node) Changed(now time.Duration, c Change) []Effect {
	n.begin(now)
	switch c.Kind {
	case Gap:
		n.view.gap(now)
		for _, t := range n.tenures {
			t.broken = t.broken || !t.seen
		}
	case Live:
		n.live(now)
	case Set, Deleted:
		n.observe(now, c)
	}
	return n.settle(now)
}

// begin starts an event. After a long gap, whatever was going to be decided may be out of date.
func (n *Node) begin(now time.Duration) {
	if n.begun && now-n.now > n.config.Gap {
		n.lease.gap, n.lease.after = true, n.nonces
	}
	n.now, n.begun = now, true
}

// live handles the end of a snapshot.
func (n *Node) live(now time.Duration) {
	n.view.begin(now, n.config)
	n.wake(n.view.quiet)
	n.all = true
	switch meta := n.view.meta; {
	case meta == nil:
		n.putMeta(now)
	case meta.Secret != n.config.Secret:
		n.refuse(OtherSecret)
	case meta.Format > metaFormat:
		n.refuse(NewerFormat)
	}
	n.believeWatch()
	n.succeedUnknown(now)
	for _, room := range slices.Sorted(maps.Keys(n.tenures)) {
		t := n.tenures[room]
		if t.broken && !t.seen {
			t.notBefore = n.view.quiet
		}
		t.broken = false
		if record, _ := n.view.room(room); record == nil || record.Nonce != t.nonce {
			t.dirty = true
		}
		n.reconcile(now, t)
	}
	n.renew(now)
}

// observe handles one key's change.
func (n *Node) observe(now time.Duration, c Change) {
	n.view.listed[c.Key] = true
	back := false
	if room, ok := strings.CutPrefix(c.Key, roomPrefix); ok {
		if c.Kind == Deleted {
			delete(n.view.rooms, room)
		} else {
			back = n.view.setRoom(room, c)
		}
		n.passed(now, back, c.Revision)
		if t := n.tenures[room]; t != nil && n.view.live {
			n.reconcile(now, t)
		}
		if n.wants[room] != nil || n.tenures[room] != nil || n.legacies[room] != nil {
			n.touched[room] = true
		}
		return
	}
	id, ok := strings.CutPrefix(c.Key, nodePrefix)
	switch {
	case !ok && c.Key == MetaKey:
		n.observeMeta(c)
	case ok && c.Kind == Deleted:
		delete(n.view.nodes, id)
		n.all = true
	case ok:
		var over bool
		back, over = n.view.setNode(now, n.config.Lease, id, c)
		n.all = n.all || over
	}
	n.passed(now, back, c.Revision)
	if ok && id == n.config.ID {
		n.observeSelf(now)
	}
}

// passed notes a revision, and whether the register's history went backwards to it.
func (n *Node) passed(now time.Duration, back bool, revision uint64) {
	if back {
		n.wentBack(now)
	}
	n.view.seen = max(n.view.seen, revision)
}

func (n *Node) observeMeta(c Change) {
	meta := new(Meta)
	if c.Kind == Deleted || decode(c.Value, meta) != nil {
		n.view.meta = nil
		return
	}
	n.view.meta = meta
	switch {
	case meta.Secret != n.config.Secret:
		n.refuse(OtherSecret)
	case meta.Format > metaFormat:
		n.refuse(NewerFormat)
	}
}

func (n *Node) putMeta(now time.Duration) {
	n.metaAt = now
	n.put(pendingWrite{kind: other}, MetaKey, func(uint64) any {
		return Meta{Format: metaFormat, Secret: n.config.Secret}
	})
}

// wentBack handles proof that the register lost what it had acknowledged. Leases and rooms that it
// granted and forgot end within one lease: until then nobody gains anything. This node's own rooms
// must be written again before its renewals count for them.
func (n *Node) wentBack(now time.Duration) {
	n.view.quiet = max(n.view.quiet, now+n.config.Lease)
	n.wake(n.view.quiet)
	for room, t := range n.tenures {
		n.unassert(now, t)
		n.touched[room] = true
	}
	l := &n.lease
	n.view.seen, l.highest, l.granted, l.needs = 0, 0, 0, 0
	for _, p := range n.view.nodes {
		p.renewing = false
	}
	for nonce, f := range n.pendingWrites { // their numbers prove nothing any more
		f.seen, f.highest = 0, 0
		n.pendingWrites[nonce] = f
	}
}

// unassert notes that a room must be claimed again. The lease under which it is decided still runs.
func (n *Node) unassert(now time.Duration, t *tenure) {
	if n.MayDecide(now, t.room) {
		t.unassert(n.lease.until)
	} else {
		t.unassert(0)
	}
}

// Result handles the outcome of a Put or Delete; the revision counts only if it was stored.
func (n *Node) Result(now time.Duration, nonce uint64, outcome Outcome, revision uint64) []Effect {
	n.begin(now)
	f, ok := n.pendingWrites[nonce]
	if !ok || n.refused {
		return n.settle(now)
	}
	delete(n.pendingWrites, nonce)
	if outcome == Stored {
		n.proves(now, f, revision)
		n.view.seen = max(n.view.seen, revision)
	}
	switch f.kind {
	case renewal:
		n.renewalResult(now, nonce, f, outcome, revision)
	case fence:
		delete(n.fencing, f.id)
		if outcome != Stored { // else the watch will show it
			n.wake(now + n.config.Retry)
		}
	case roomWrite:
		n.writes--
		if t := n.tenures[f.id]; t != nil && t.writing == nonce {
			n.roomResult(now, t, f, outcome, revision)
		}
	case other:
	}
	return n.settle(now)
}

// proves looks whether a write that was stored proves that the register forgot another before it.
func (n *Node) proves(now time.Duration, f pendingWrite, revision uint64) {
	if !f.deletion && revision <= f.seen || f.base < f.highest {
		n.wentBack(now)
	}
}

// put sends a write. The value is made with its nonce.
func (n *Node) put(f pendingWrite, key string, value func(nonce uint64) any) uint64 {
	n.nonces++
	f.seen = n.view.seen
	n.pendingWrites[n.nonces] = f
	n.do(Put{n.nonces, key, encode(value(n.nonces)), f.base})
	return n.nonces
}

func (n *Node) do(effects ...Effect) { n.effects = append(n.effects, effects...) }

// wake makes Tick look at every room at an instant.
func (n *Node) wake(at time.Duration) { n.due = min(n.due, at) }

// wakeFor makes Tick look at a room at an instant.
func (n *Node) wakeFor(room string, at time.Duration) {
	if due, ok := n.dues[room]; !ok || at < due {
		n.dues[room] = at
		n.next = min(n.next, at)
	}
}

// Next returns when Tick has something to do.
func (n *Node) Next() time.Duration { return min(n.due, n.next, n.lease.due) }

// Tick does what time alone makes due.
func (n *Node) Tick(now time.Duration) []Effect {
	n.begin(now)
	if now >= n.due {
		n.due = never
		if now < n.view.quiet {
			n.wake(n.view.quiet) // it was put off
		}
		n.all = true
	}
	if now >= n.next {
		n.next = never
		for room, at := range n.dues {
			if now >= at {
				delete(n.dues, room)
				n.touched[room] = true
			} else {
				n.next = min(n.next, at)
			}
		}
	}
	return n.settle(now)
}

// SetLoad tells how loaded this node is: 1 is full.
func (n *Node) SetLoad(load float64) { n.load, n.taken = load, 0 }

// refuse leaves the cluster for good.
func (n *Node) refuse(reason Reason) {
	if n.refused {
		return
	}
	n.refused, n.lease.until = true, 0
	for _, room := range slices.Sorted(maps.Keys(n.tenures)) {
		n.do(Ended{Room: room})
	}
	clear(n.tenures)
	clear(n.wants)
	n.do(Refused{reason})
}

// settle does what the event made possible, and returns all effects.
func (n *Node) settle(now time.Duration) []Effect {
	if !n.refused {
		n.leaveIfDue(now)
	}
	if !n.refused {
		n.keepLease(now)
		if n.all {
			for room := range n.wants {
				n.touched[room] = true
			}
			for room := range n.tenures {
				n.touched[room] = true
			}
			for room := range n.legacies {
				n.touched[room] = true
			}
		}
		n.all = false
		n.lookAll(now)
		for len(n.backlog) > 0 && n.writes < n.config.InFlight {
			if t := n.tenures[n.backlog[0]]; t != nil {
				t.queued = false
			}
			n.touched[n.backlog[0]] = true
			n.backlog = n.backlog[1:]
			n.lookAll(now)
		}
		n.chain(now)
		n.drainOn(now)
	}
	effects := n.effects
	n.effects = nil
	return effects
}

// lookAll looks at the rooms that were touched, and at those that are touched by that.
func (n *Node) lookAll(now time.Duration) {
	for len(n.touched) > 0 {
		rooms := slices.Sorted(maps.Keys(n.touched))
		clear(n.touched)
		for _, room := range rooms {
			n.look(now, room)
		}
	}
}

// look does what can be done for one room.
func (n *Node) look(now time.Duration, room string) {
	if t := n.tenures[room]; t != nil {
		n.advanceTenure(now, t)
	}
	if l := n.legacies[room]; l != nil {
		n.advanceLegacy(now, room, l)
	}
	if w := n.wants[room]; w != nil {
		n.advanceWant(now, w)
	}
}

// settled reports whether something may be gained.
func (n *Node) settled(now time.Duration) bool { return n.view.live && now >= n.view.quiet }
