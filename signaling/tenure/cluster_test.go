package tenure

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// cluster is some nodes on a register and a network that do everything at once.
type cluster struct {
	t        *testing.T
	now      time.Duration
	config   Config
	nodes    map[string]*Node
	values   map[string]Change
	revision uint64
	cut      map[string]bool // nodes that do not reach the register
	mute     map[string]bool // nodes that do not answer others
	said     map[string][]Effect
}

func newCluster(t *testing.T, ids ...string) *cluster {
	c := &cluster{t: t, config: DefaultConfig(), nodes: map[string]*Node{},
		values: map[string]Change{}, cut: map[string]bool{}, mute: map[string]bool{},
		said: map[string][]Effect{}}
	c.config.Format, c.config.Secret = 1, "secret"
	for _, id := range ids {
		c.add(id, c.config)
	}
	c.pass(3 * time.Second)
	return c
}

// add starts a process.
func (c *cluster) add(id string, config Config) *Node {
	config.ID, config.Instance = id, fmt.Sprintf("%s-%d", id, c.revision)
	n := New(config, mergeRemoved)
	c.nodes[id] = n
	c.watch(id)
	return n
}

// mergeRemoved is a Merge of states that hold removals, one bit each.
func mergeRemoved(state, other json.RawMessage) json.RawMessage {
	var a, b struct{ Removed uint64 }
	for raw, decoded := range map[*json.RawMessage]any{&state: &a, &other: &b} {
		_ = json.Unmarshal(*raw, decoded) // tests have states of other forms, too
	}
	if b.Removed&^a.Removed == 0 {
		return state
	}
	return json.RawMessage(fmt.Sprintf(`{"removed":%d}`, a.Removed|b.Removed))
}

// watch gives a node what there is.
func (c *cluster) watch(id string) {
	n := c.nodes[id]
	for _, key := range slices.Sorted(maps.Keys(c.values)) {
		c.do(id, n.Changed(c.now, c.values[key]))
	}
	c.do(id, n.Changed(c.now, Change{Kind: Live}))
}

// do carries effects out.
func (c *cluster) do(id string, effects []Effect) {
	for _, effect := range effects {
		c.said[id] = append(c.said[id], effect)
		switch e := effect.(type) {
		case Put:
			c.write(id, e.Nonce, Change{Set, e.Key, e.Value, 0}, e.Revision)
		case Delete:
			c.write(id, e.Nonce, Change{Deleted, e.Key, nil, 0}, e.Revision)
		case Ask:
			c.to(e.To, func(n *Node) []Effect { return n.Asked(c.now, id, e.Room) })
		case Answer:
			c.to(e.To, func(n *Node) []Effect { return n.Answered(c.now, id, e) })
		case HandOver:
			c.to(e.To, func(n *Node) []Effect { return n.Given(c.now, id, e.Room, e.Gift) })
		case Remind:
			c.to(e.To, func(n *Node) []Effect { return n.Reminded(c.now, e.Room, e.State) })
		}
	}
}

func (c *cluster) to(id string, do func(*Node) []Effect) {
	if n := c.nodes[id]; n != nil && !c.mute[id] {
		c.do(id, do(n))
	}
}

func (c *cluster) write(id string, nonce uint64, change Change, revision uint64) {
	n := c.nodes[id]
	switch {
	case c.cut[id]:
		c.do(id, n.Result(c.now, nonce, Unknown, 0))
		return
	case c.values[change.Key].Revision != revision:
		c.do(id, n.Result(c.now, nonce, Conflict, 0))
		return
	}
	c.revision++
	change.Revision = c.revision
	c.values[change.Key] = change
	if change.Kind == Deleted {
		delete(c.values, change.Key)
	}
	c.do(id, n.Result(c.now, nonce, Stored, change.Revision))
	for _, other := range slices.Sorted(maps.Keys(c.nodes)) {
		if !c.cut[other] {
			c.do(other, c.nodes[other].Changed(c.now, change))
		}
	}
}

// pass lets time go by.
func (c *cluster) pass(while time.Duration) {
	for end := c.now + while; c.now < end; c.now += 10 * time.Millisecond {
		for _, id := range slices.Sorted(maps.Keys(c.nodes)) {
			if n := c.nodes[id]; n.Next() <= c.now {
				c.do(id, n.Tick(c.now))
			}
		}
	}
}

// find asks a door and returns the answer.
func (c *cluster) find(door, room string) Found {
	c.do(door, c.nodes[door].Find(c.now, room, 0))
	found, ok := last[Found](c, door)
	require.True(c.t, ok && found.Room == room, "%s has no answer for %s", door, room)
	return found
}

// last returns the last effect of a kind.
func last[E Effect](c *cluster, id string) (E, bool) {
	for _, effect := range slices.Backward(c.said[id]) {
		if e, ok := effect.(E); ok {
			return e, true
		}
	}
	var none E
	return none, false
}

// holds counts the rooms that a node came to hold.
func (c *cluster) holds(id string) int { return count[Held](c, id) }

// count counts the effects of a kind.
func count[E Effect](c *cluster, id string) (n int) {
	for _, effect := range c.said[id] {
		if _, ok := effect.(E); ok {
			n++
		}
	}
	return n
}
