package simulation

import (
	"fmt"
	"math/rand/v2"
	"time"
)

// Plan is a world and what goes wrong in it.
type Plan struct {
	Seed   uint64 // of everything that is not in the plan
	Nodes  int
	Rooms  int
	Length time.Duration // until all is healed
	Churn  time.Duration // in a room, something happens so often
	late   float64       // share of the writes that may be stored after they were given up
	drops  float64       // share of the acknowledgements that are lost
	Faults []Fault
}

// Fault is one thing that goes wrong.
type Fault struct {
	Kind  FaultKind
	At    time.Duration
	While time.Duration
	Node  int
}

func (f Fault) String() string {
	return fmt.Sprintf("%v at %v for %v on %d", f.Kind, f.At, f.While, f.Node)
}

// FaultKind is what may go wrong.
type FaultKind int

// What may go wrong. The first registerFaults concern the register, and nobody else.
const (
	Away        FaultKind = iota // the register does not answer
	Slow                         // the network takes up to 0.3 s
	Unanswered                   // half of the acknowledgements are lost
	Late                         // the register's disks are slow: each way takes up to lateBy
	Forgets                      // the register is away for 4 s or more, and loses what came before
	ForgetsNow                   // it loses what came before at once, and watches break
	ForgetsDumb                  // and watches do not break
	Kill                         // kill -9, and a restart after a while
	Stop                         // SIGSTOP, or the machine is suspended
	Cut                          // a machine is off from the register
	Lonely                       // a machine is off from all others
	Dark                         // both
	Drain
	Jump // of a wall clock
	faultKinds
)

// forgetful are those of which a world has many in which claims are lost.
var forgetful = []FaultKind{ForgetsNow, ForgetsNow, ForgetsDumb, ForgetsDumb, Forgets, Dark, Kill}

// registerFaults is how many kinds concern the register alone.
const registerFaults = 4

func (k FaultKind) String() string {
	return [...]string{"away", "slow", "unanswered", "late", "forgets", "forgets now",
		"forgets dumb", "kill", "stop", "cut", "lonely", "dark", "drain", "jump"}[k]
}

// Draw draws a number below n.
type Draw func(n int, name string) int

// Random draws with a seed.
func Random(seed uint64) Draw {
	rng := rand.New(rand.NewPCG(seed, 1))
	return func(n int, _ string) int { return rng.IntN(n) }
}

// Bounds says how large drawn worlds are.
type Bounds struct {
	Nodes, Rooms int
	Length       time.Duration
	Churn        time.Duration
	Faults       int
	Forgetful    bool // what goes wrong is what makes claims, and the register forgets them
}

// DrawPlan draws a plan. One of four has no faults but those of the register.
func DrawPlan(draw Draw, bounds Bounds) Plan {
	p := Plan{
		Seed:   uint64(draw(1<<30, "seed")),
		Nodes:  3 + draw(bounds.Nodes-2, "nodes"),
		Rooms:  1 + draw(bounds.Rooms, "rooms"),
		Length: bounds.Length/2 + bounds.Length*time.Duration(draw(50, "length"))/100,
		Churn:  bounds.Churn/4 + bounds.Churn*time.Duration(draw(75, "churn"))/100,
		late:   []float64{0, 0, 0.01, 0.05}[draw(4, "late")],
		drops:  []float64{0, 0, 0.02, 0.2}[draw(4, "drops")],
	}
	kinds := int(faultKinds)
	if draw(4, "register only") == 3 {
		kinds, p.late = registerFaults, 0
	}
	for range draw(bounds.Faults+1, "faults") {
		kind := FaultKind(draw(kinds, "kind"))
		if bounds.Forgetful {
			kind = forgetful[draw(len(forgetful), "forgetful")]
		}
		f := Fault{
			Kind: kind,
			At: 10*time.Second +
				time.Duration(draw(int(p.Length/time.Millisecond)-10_000, "at"))*time.Millisecond,
			While: time.Duration(100+draw(9900, "while")) * time.Millisecond,
			Node:  draw(p.Nodes, "node"),
		}
		switch draw(3, "while of a kind") {
		case 1: // about a lease: whoever is back may renew just when they are fenced
			f.While = 4300*time.Millisecond + f.While/20
		case 2:
			if f.Kind == Away {
				f.While *= 6
			}
		}
		p.Faults = append(p.Faults, f)
	}
	return p
}
