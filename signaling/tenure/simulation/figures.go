package simulation

import (
	"maps"
	"slices"
	"time"
)

// Placement is how rooms are spread over nodes.
type Placement struct {
	Rooms, Nodes    int
	Hottest         int // rooms of the fullest node
	Mean            float64
	Join            time.Duration // the longest that somebody waited for their room
	WritesPerSecond float64       // while people arrived
}

// serviceTime is how long the register takes for a write, one after the other: three nodes that
// synchronize their disks before they answer.
const serviceTime = 2 * time.Millisecond

// Place lets one person after the other open a room, at doors that they choose at random.
func Place(seed uint64, nodes, rooms int, within time.Duration) Placement {
	w := NewWorld(Plan{Seed: seed, Nodes: nodes, Rooms: rooms, Churn: 1000 * time.Hour})
	open(w, within)
	p := Placement{Rooms: rooms, Nodes: nodes, Join: w.longest,
		Mean: float64(rooms) / float64(nodes)}
	for _, m := range w.machines {
		p.Hottest = max(p.Hottest, len(m.held))
	}
	p.WritesPerSecond = float64(w.register.writes) / w.now.Seconds()
	return p
}

// open starts the nodes and lets the first person of every room come.
func open(w *World, within time.Duration) {
	w.register.service = serviceTime
	for _, m := range w.machines {
		m.start()
	}
	for _, name := range w.names {
		p := w.rooms[name].people[0]
		w.after(w.between(3*time.Second, 3*time.Second+within), func() { w.come(p) })
	}
	w.run(within + 6*time.Second)
}

// Rehoming is what the death of a node costs.
type Rehoming struct {
	Rooms   int           // that the dead node had
	Fence   time.Duration // after the death
	Half    time.Duration // after the fence: half of the rooms have an owner that may decide
	Last    time.Duration // and all of them
	Hottest int           // rooms of the fullest node after it
	Left    int           // rooms without an owner 20 s later
}

// Rehome kills a node when all rooms are open. Everybody in them comes back to other doors within
// 0.2 to 1.7 s.
func Rehome(seed uint64, nodes, rooms int) Rehoming {
	w := NewWorld(Plan{Seed: seed, Nodes: nodes, Rooms: rooms, Churn: 1000 * time.Hour})
	open(w, 20*time.Second)
	victim := w.machines[0]
	lost := slices.Sorted(maps.Keys(victim.held))
	died := w.now
	victim.kill()
	w.run(died + 20*time.Second)
	r := Rehoming{Rooms: len(lost), Fence: w.fencedAt - died}
	var owned []time.Duration
	for _, name := range lost {
		if at := w.rooms[name].heldAt; at > died {
			owned = append(owned, at-w.fencedAt)
		}
	}
	slices.Sort(owned)
	if len(owned) > 0 {
		r.Half, r.Last = owned[len(owned)/2], owned[len(owned)-1]
	}
	r.Left = len(lost) - len(owned)
	for _, m := range w.machines {
		r.Hottest = max(r.Hottest, len(m.held))
	}
	return r
}

// worldsPredicted is of how many worlds a prediction is the median.
const worldsPredicted = 7

// PredictRehoming is how long after a node's death it is fenced, and all its rooms have owners
// again: what real servers are compared with.
func PredictRehoming(seed uint64, nodes, rooms int) (fenced, owned time.Duration) {
	var fences, owners []time.Duration
	for next := range uint64(worldsPredicted) {
		r := Rehome(seed+next, nodes, rooms)
		fences, owners = append(fences, r.Fence), append(owners, r.Fence+r.Last)
	}
	slices.Sort(fences)
	slices.Sort(owners)
	return fences[worldsPredicted/2], owners[worldsPredicted/2]
}
