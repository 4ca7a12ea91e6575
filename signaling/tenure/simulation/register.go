package simulation

import (
	"maps"
	"slices"
	"time"

	"draille/signaling/tenure"
)

// stored is the value of a key.
type stored struct {
	value    []byte
	revision uint64
	at       time.Duration // when it was stored
}

// write is one entry of the register's history, with what it replaced.
type write struct {
	at       time.Duration
	key      string
	before   *stored
	after    *stored // nil: deleted
	revision uint64
}

// register is a register that misbehaves: it delays, does not acknowledge what it stored, shows
// changes of different keys in another order, is away, and forgets the end of its history. It
// compares and sets without fault, and shows each key's changes in order.
type register struct {
	w       *World
	state   map[string]*stored
	history []write // of the last minute
	last    uint64
	away    bool
	service time.Duration // a write takes so long, one after the other
	busy    time.Duration // it is until then

	writes int
}

// request is a Put or Delete on its way.
type request struct {
	from     *machine
	process  int
	nonce    uint64
	key      string
	value    []byte
	deletes  bool
	revision uint64
}

// timeout is when a caller gives a write up.
const timeout = time.Second

// send takes a write from a machine. Whatever becomes of it, the machine is told within the
// timeout.
func (r *register) send(q request) {
	w, done := r.w, false
	answer := func(outcome tenure.Outcome, revision uint64) {
		if !done {
			done = true
			q.from.event(q.process, func(n *tenure.Node, now time.Duration) []tenure.Effect {
				return n.Result(now, q.nonce, outcome, revision)
			})
		}
	}
	w.after(timeout, func() { answer(tenure.Unknown, 0) })
	wait := w.registerDelay()
	if w.chance(w.plan.late) {
		wait = w.between(0, 3*time.Second) // it may be stored after it was given up
	}
	w.after(wait, func() {
		if r.away || q.from.cut {
			return
		}
		r.busy = max(r.busy, w.now) + r.service
		w.after(r.busy-w.now, func() {
			if r.away {
				return
			}
			outcome, revision := r.store(q)
			w.trace(q.from.id, "%d %s: outcome %d, revision %d", q.nonce, q.key, outcome, revision)
			if w.chance(w.drops) {
				return
			}
			w.after(w.registerDelay(), func() {
				if !q.from.cut {
					answer(outcome, revision)
				}
			})
		})
	})
}

// store compares and sets.
func (r *register) store(q request) (tenure.Outcome, uint64) {
	before := r.state[q.key]
	switch {
	case before == nil && (q.revision != 0 || q.deletes),
		before != nil && before.revision != q.revision:
		return tenure.Conflict, 0
	}
	r.last++
	entry := write{at: r.w.now, key: q.key, before: before, revision: r.last}
	if !q.deletes {
		entry.after = &stored{q.value, r.last, r.w.now}
	}
	r.writes++
	r.w.judgeWrite(q.from, entry)
	r.apply(entry)
	r.history = append(r.history, entry)
	if len(r.history) > 1000 && r.history[500].at < r.w.now-time.Minute {
		r.history = slices.Clone(r.history[500:])
	}
	return tenure.Stored, r.last
}

// apply makes an entry the present, and shows it to those who watch.
func (r *register) apply(entry write) {
	r.set(entry.key, entry.after)
	change := tenure.Change{Kind: tenure.Deleted, Key: entry.key, Revision: entry.revision}
	if entry.after != nil {
		change.Kind, change.Value = tenure.Set, entry.after.value
	}
	for _, m := range r.w.machines {
		m.watch.show(change)
	}
}

func (r *register) set(key string, value *stored) {
	if value == nil {
		delete(r.state, key)
	} else {
		r.state[key] = value
	}
}

// forget loses all that was stored in the last while. Told: the watches break.
func (r *register) forget(last time.Duration, told bool) {
	var forgotten []write
	for len(r.history) > 0 && r.history[len(r.history)-1].at > r.w.now-last {
		entry := r.history[len(r.history)-1]
		r.history = r.history[:len(r.history)-1]
		r.set(entry.key, entry.before)
		r.last = entry.revision - 1
		forgotten = append(forgotten, entry)
	}
	r.w.forgot(forgotten)
	if told {
		r.breakWatches()
		return
	}
	shown := map[string]bool{}
	for _, entry := range forgotten {
		if shown[entry.key] {
			continue
		}
		shown[entry.key] = true
		change := tenure.Change{Kind: tenure.Deleted, Key: entry.key, Revision: r.last}
		if now := r.state[entry.key]; now != nil {
			change.Kind, change.Value, change.Revision = tenure.Set, now.value, now.revision
		}
		for _, m := range r.w.machines {
			m.watch.show(change)
		}
	}
}

// setAway lets the register go away or come back.
func (r *register) setAway(away bool) {
	r.away = away
	if away {
		r.breakWatches()
	}
}

func (r *register) breakWatches() {
	for _, m := range r.w.machines {
		m.watch.lose(time.Second)
	}
}

// watch is a machine's watch over all keys.
type watch struct {
	m          *machine
	connection int  // counts them
	up         bool // the register shows changes
	connecting bool
	last       time.Duration            // nothing of this connection is seen before
	shown      map[string]time.Duration // when a key's last change is seen
	gap        time.Duration            // when the machine notices that the connection is gone
}

// show lets the machine see a change, later: changes of one key in order.
func (c *watch) show(change tenure.Change) {
	if !c.up || c.m.cut {
		return
	}
	w, connection := c.m.w, c.connection
	at := max(w.now+w.registerDelay(), c.last, c.shown[change.Key])
	c.shown[change.Key] = at
	w.after(at-w.now, func() {
		if c.connection == connection || w.now < c.gap && c.connection == connection+1 {
			c.m.changed(change)
		}
	})
}

// lose ends the connection; the machine notices within a while, and what was on its way until then
// is seen.
func (c *watch) lose(within time.Duration) {
	if !c.up {
		return
	}
	w := c.m.w
	c.up = false
	c.connection++
	c.gap = w.now + w.between(0, within)
	for _, at := range c.shown { // what is seen before may not come after
		if at < w.now+within {
			c.gap = max(c.gap, at)
		}
	}
	connection := c.connection
	w.after(c.gap-w.now, func() {
		if c.connection == connection {
			c.m.changed(tenure.Change{Kind: tenure.Gap})
			c.connect()
		}
	})
}

// reset forgets the connection of a process that is gone.
func (c *watch) reset() {
	c.connection++
	c.up, c.connecting, c.gap = false, false, 0
}

// connect tries until the register answers.
func (c *watch) connect() {
	if c.connecting || c.up {
		return
	}
	c.connecting = true
	w, connection := c.m.w, c.connection
	w.after(w.between(20*time.Millisecond, 500*time.Millisecond), func() {
		if c.connection != connection {
			return
		}
		c.connecting = false
		if w.register.away || c.m.cut {
			c.connect()
			return
		}
		c.open()
	})
}

// open begins a watch with what there is.
func (c *watch) open() {
	w, connection := c.m.w, c.connection
	c.up, c.last, c.shown = true, w.now+w.registerDelay(), map[string]time.Duration{}
	snapshot := maps.Clone(w.register.state)
	w.after(c.last-w.now, func() {
		if c.connection != connection {
			return
		}
		for _, key := range slices.Sorted(maps.Keys(snapshot)) {
			value := snapshot[key]
			c.m.changed(tenure.Change{Kind: tenure.Set, Key: key, Value: value.value,
				Revision: value.revision})
		}
		c.m.changed(tenure.Change{Kind: tenure.Live})
	})
}
