// Package simulation plays clusters of nodes that use package tenure, in virtual time, with a
// register that misbehaves, clocks that lie, and machines that fail. It judges the invariants.
package simulation

import (
	"fmt"
	"math/rand/v2"
	"time"

	"draille/signaling/tenure"
)

// World is a cluster, its register and the people who use it. Run plays it.
type World struct {
	queue
	plan     Plan
	config   tenure.Config
	rng      *rand.Rand
	register *register
	machines []*machine
	byID     map[string]*machine
	rooms    map[string]*room
	names    []string // of the rooms, in order
	roomLoad float64
	drops    float64
	slow     int
	late     int
	calm     bool // nothing goes wrong any more

	// Trace, if it is set, is told what happens.
	Trace func(line string)

	// Violations of the invariants, the first few.
	Violations []string

	roomTime                                             time.Duration
	longest                                              time.Duration
	fencedAt                                             time.Duration // last
	fences, takeovers, islands, handOvers, joins, losses int
}

// NewWorld returns a world that nothing has happened in.
func NewWorld(plan Plan) *World {
	w := &World{
		plan:   plan,
		config: tenure.DefaultConfig(),
		rng:    rand.New(rand.NewPCG(plan.Seed, 2)),
		byID:   map[string]*machine{},
		rooms:  map[string]*room{},
		drops:  plan.drops,
	}
	w.roomLoad = 1 / (4*float64(plan.Rooms)/float64(plan.Nodes) + 10)
	w.register = &register{w: w, state: map[string]*stored{}}
	for i := range plan.Nodes {
		m := &machine{w: w, id: fmt.Sprintf("n%d", i), clock: clock{
			offset: w.between(0, time.Hour), rate: 0.99 + 0.02*w.rng.Float64()}}
		m.watch.m = m
		w.machines = append(w.machines, m)
		w.byID[m.id] = m
	}
	for i := range plan.Rooms {
		r := &room{name: fmt.Sprintf("r%d", i)}
		r.people = []*person{{room: r}, {room: r}}
		w.rooms[r.name] = r
		w.names = append(w.names, r.name)
	}
	return w
}

// Run plays the plan, heals everything, and judges.
func (w *World) Run() {
	for _, m := range w.machines {
		w.after(w.between(0, time.Second), m.start)
	}
	for _, name := range w.names {
		for _, p := range w.rooms[name].people {
			w.after(w.between(time.Second, 10*time.Second), func() { w.come(p) })
		}
	}
	w.live()
	for _, f := range w.plan.Faults {
		w.after(f.At, func() {
			if !w.calm {
				w.fault(f)
			}
		})
	}
	w.run(w.plan.Length)
	w.trace("-", "healed")
	w.heal()
	w.run(w.plan.Length + w.config.Lease + 4*time.Second)
	w.judgeEnd(w.plan.Length)
	for _, name := range w.names {
		if r := w.rooms[name]; r.active {
			w.roomTime += w.now - r.since
		}
	}
}

// come lets somebody want to be in their room.
func (w *World) come(p *person) {
	if !p.wants {
		p.wants = true
		w.arrive(p, 0)
	}
}

// live lets people come and go, lose websockets, and be removed: something every few milliseconds.
func (w *World) live() {
	w.after(w.between(0, 2*w.plan.Churn/time.Duration(len(w.names))), func() {
		r := w.rooms[w.names[w.rng.IntN(len(w.names))]]
		p := r.people[w.rng.IntN(len(r.people))]
		switch what := w.rng.IntN(20); {
		case !p.wants:
			w.come(p)
		case what < 2 && w.now > 10*time.Second:
			w.leave(p)
		case what < 5:
			w.lost(p)
		case p.owner != nil && what < 8 && !w.calm:
			p.owner.remove(r.name)
		}
		w.live()
	})
}

// fault lets something go wrong.
func (w *World) fault(f Fault) {
	m := w.machines[f.Node]
	w.trace(m.id, "%v", f)
	if f.Kind >= Kill {
		m.trouble = max(m.trouble, w.now+f.While)
	}
	switch f.Kind {
	case Away:
		w.setAway(f.While)
	case Slow:
		w.slow++
		w.after(f.While, func() { w.slow-- })
	case Late:
		w.late++
		w.after(f.While, func() { w.late-- })
	case Unanswered:
		w.drops += 0.5
		w.after(f.While, func() { w.drops -= 0.5 })
	case Forgets:
		outage := 4*time.Second + f.While/2 // healing must not make it shorter: see the README
		if !w.register.away && w.now+outage < w.plan.Length {
			w.register.forget(f.While/2, true)
			w.setAway(outage)
		}
	case ForgetsNow, ForgetsDumb:
		if !w.register.away && w.allWatch() {
			w.register.forget(f.While/2, f.Kind == ForgetsNow)
		}
	case Kill:
		m.kill()
		w.after(f.While, func() { w.restart(m) })
	case Stop:
		m.sleep(f.While)
	case Cut, Lonely, Dark:
		w.separate(m, f)
	case Drain:
		if m.node != nil && !w.othersDrain(m) {
			m.leaving = true
			m.trouble = w.now + 80*time.Second
			m.event(m.process, func(n *tenure.Node, now time.Duration) []tenure.Effect {
				return n.Drain(now, now+20*time.Second)
			})
			w.after(25*time.Second, func() { m.kill(); w.restart(m) })
		}
	case Jump:
		m.clock.jumped += f.While - 5*time.Second
	}
}

func (w *World) othersDrain(m *machine) bool {
	for _, other := range w.machines {
		if other != m && other.leaving {
			return true
		}
	}
	return false
}

func (w *World) restart(m *machine) {
	if m.node == nil {
		m.start()
		m.trouble = max(m.trouble, w.now+time.Second)
	}
}

// allWatch reports whether every machine's watch is up. The register may forget without an outage
// only then: see the README's assumptions.
func (w *World) allWatch() bool {
	for _, m := range w.machines {
		if !m.watch.up {
			return false
		}
	}
	return true
}

func (w *World) setAway(while time.Duration) {
	if w.register.away {
		return
	}
	w.register.setAway(true)
	w.after(while, func() { w.register.setAway(false) })
}

// separate cuts a machine off from the register, from the other machines, or from both.
func (w *World) separate(m *machine, f Fault) {
	if m.cut || m.lonely {
		return
	}
	m.cut, m.lonely = f.Kind != Lonely, f.Kind != Cut
	if m.cut {
		m.watch.lose(3 * time.Second)
	}
	if m.lonely {
		w.unpipe(m)
	}
	w.after(f.While, func() { m.cut, m.lonely = false, false })
}

// unpipe cuts the websockets that are piped between a machine and others.
func (w *World) unpipe(m *machine) {
	for _, name := range w.names {
		for _, p := range w.rooms[name].people {
			if p.owner != nil && p.owner != p.door && (p.owner == m || p.door == m) {
				w.lost(p)
			}
		}
	}
}

// heal ends all that is wrong.
func (w *World) heal() {
	w.calm, w.drops, w.slow, w.late, w.plan.late = true, 0, 0, 0, 0
	w.register.setAway(false)
	for _, m := range w.machines {
		m.cut, m.lonely = false, false
		m.trouble = max(m.trouble, w.now)
		if m.asleep {
			m.awake()
		}
	}
}

// reachable reports whether one machine reaches another.
func (w *World) reachable(a, b *machine) bool {
	return a == b || !a.lonely && !b.lonely && b.node != nil
}

// delay is how long something takes to get from one machine to another.
func (w *World) delay() time.Duration {
	switch {
	case w.slow > 0:
		return w.between(0, 300*time.Millisecond)
	case w.chance(0.005):
		return w.between(0, 200*time.Millisecond)
	}
	return w.between(200*time.Microsecond, 2*time.Millisecond)
}

// lateBy is how long a way to or from a register whose disks are slow takes, at most: a renewal and
// what shows it to the others are there before a lease is over, and answers come after nobody waits
// for them.
const lateBy = 1200 * time.Millisecond

// registerDelay is how long something takes to the register, or back.
func (w *World) registerDelay() time.Duration {
	if w.late > 0 {
		return w.between(0, lateBy)
	}
	return w.delay()
}

func (w *World) between(least, most time.Duration) time.Duration {
	return least + time.Duration(w.rng.Int64N(int64(most-least)+1))
}

func (w *World) chance(p float64) bool { return p > 0 && w.rng.Float64() < p }

// trace tells what happens, for whoever looks for the cause of a violation.
func (w *World) trace(who string, format string, arguments ...any) {
	if w.Trace != nil {
		w.Trace(fmt.Sprintf("%v %s ", w.now, who) + fmt.Sprintf(format, arguments...))
	}
}

// Hours returns for how long rooms were in use, all together.
func (w *World) Hours() float64 { return w.roomTime.Hours() }
