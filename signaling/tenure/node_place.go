package tenure

import (
	"hash/fnv"
	"maps"
	"slices"
	"time"
)

// takes reports whether this node takes a room with a record. One with nothing but rooms of its
// own left takes none while it drains.
func (n *Node) takes(now time.Duration, record *RoomRecord) bool {
	return n.healthy(now) && n.settled(now) && !n.drain.on && n.ownLoad() < 1 &&
		(record == nil || record.Format <= n.config.Format)
}

// ownLoad is what this node was told of its load, and the rooms that it has taken since.
func (n *Node) ownLoad() float64 { return n.load + float64(n.taken)*n.config.RoomLoad }

// candidate is a node that may take a room.
type candidate struct {
	id     string
	load   float64
	weight uint64
}

// choose returns the node that is to take a room; empty: none does. The door itself, if it carries
// little and no more than others; else the less loaded of the two nodes that come first by
// rendezvous hashing, so that doors that choose at once choose the same.
func (n *Node) choose(
	now time.Duration, room string, record *RoomRecord, tried map[string]bool,
) string {
	candidates, mean := n.candidates(now, room, record, tried)
	if n.takes(now, record) && !tried[n.config.ID] {
		load := n.ownLoad()
		if load < n.config.OwnBelow && load <= mean+n.config.Uneven || len(candidates) == 0 {
			return n.config.ID
		}
		candidates = append(candidates, candidate{n.config.ID, load, weigh(room, n.config.ID)})
	}
	slices.SortFunc(candidates, func(a, b candidate) int {
		switch {
		case a.weight > b.weight:
			return -1
		case a.weight < b.weight:
			return 1
		}
		return 0
	})
	switch {
	case len(candidates) == 0:
		return ""
	case len(candidates) > 1 && candidates[1].load < candidates[0].load:
		return candidates[1].id
	}
	return candidates[0].id
}

// candidates lists the other nodes that may take a room, and the mean load of them and this one.
// None is draining, full, silent, or of an older format than the room's.
func (n *Node) candidates(
	now time.Duration, room string, record *RoomRecord, tried map[string]bool,
) (candidates []candidate, mean float64) {
	sum := n.ownLoad()
	for _, id := range slices.Sorted(maps.Keys(n.view.nodes)) {
		p := n.view.nodes[id]
		load := p.Load + p.given
		if id == n.config.ID || tried[id] || p.Fenced != "" || p.Draining || load >= 1 ||
			now >= p.changedAt+n.config.Lease || record != nil && p.Format < record.Format {
			continue
		}
		candidates = append(candidates, candidate{id, load, weigh(room, id)})
		sum += load
	}
	return candidates, sum / float64(len(candidates)+1)
}

// weigh is the rendezvous hash of a room and a node, the same on every node.
func weigh(room, node string) uint64 {
	h := fnv.New64a()
	_, _ = h.Write([]byte(room + "\x00" + node)) // a hash never fails
	x := h.Sum64()
	x = (x ^ x>>33) * 0xff51afd7ed558ccd // FNV alone leaves names that differ at the end alike
	x = (x ^ x>>33) * 0xc4ceb9fe1a85ec53
	return x ^ x>>33
}
