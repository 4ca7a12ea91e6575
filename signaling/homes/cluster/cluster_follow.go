package cluster

import (
	"encoding/json"
	"maps"
	"slices"
	"time"

	"draille/signaling/homes"
	"draille/signaling/tenure"
)

// early is what a giver said of a room before its claim here counted.
type early struct {
	Volatile
	until time.Duration
}

// hold begins a tenure.
func (c *Cluster) hold(e tenure.Held) {
	h := newHeld(c, e)
	c.held[e.Room] = h
	c.counts.claimed(causeOf(e, c.config.Node.ID))
	h.awaits = e.Follows
	if v, ok := c.early[e.Room]; ok {
		delete(c.early, e.Room)
		c.complete(h, v.Volatile)
	}
}

// ended ends a tenure. Where nobody had come to the room, what its giver said goes on with it.
func (c *Cluster) ended(e tenure.Ended) {
	h := c.held[e.Room]
	if peer, ok := c.node.Peer(e.Node); ok && h != nil {
		h.heir.Store(&heir{node: e.Node, peer: peer, epoch: e.Epoch})
		if !h.given {
			c.send(e.Node, Message{Room: e.Room,
				Volatile: &Volatile{Epoch: e.Epoch, State: h.raw, Content: h.content}})
		}
	}
	c.tell(e.Room, homes.Listener.Ended)
	delete(c.held, e.Room)
	c.counts.rooms.Store(int64(len(c.held)))
	c.counts.ended.Add(1)
	c.saved(e.Room)
}

// follows handles what a giver says of a room. Where people are in it already it comes too late.
func (c *Cluster) follows(now time.Duration, room string, v Volatile) {
	if h := c.held[room]; h != nil {
		c.complete(h, v)
		return
	}
	if _, claimed := c.node.State(room); claimed && len(c.early) < earlyMost {
		c.early[room] = early{v, now + followWithin}
	}
}

// complete adds to a room what its giver says, and lets those in who wait for it.
func (c *Cluster) complete(h *held, v Volatile) {
	if !h.awaits || v.Epoch != h.epoch {
		return
	}
	if len(v.State) > 0 {
		h.raw = merge(v.State, h.raw)
	}
	h.content = v.Content
	c.begin(h)
}

// begin lets those in who wait for what a giver says of a room.
func (c *Cluster) begin(h *held) {
	h.awaits = false
	if h.wanted {
		h.given = h.given || c.finds[h.room] != nil
		c.answer(h.room, homes.Home{Tenure: h})
	}
}

// followLate lets those in who have waited for too long: the giver has died, or knows nothing.
func (c *Cluster) followLate(now time.Duration) {
	for _, room := range slices.Sorted(maps.Keys(c.held)) {
		if h := c.held[room]; h.awaits && now >= h.since+followWithin {
			c.begin(h)
		}
	}
	maps.DeleteFunc(c.early, func(_ string, v early) bool { return now >= v.until })
}

// heir is where a room lives that has ended here.
type heir struct {
	node, peer string
	epoch      uint64
}

// encodeAny never fails: what is encoded holds strings, numbers and instants.
func encodeAny(value any) json.RawMessage {
	raw, err := json.Marshal(value)
	if err != nil {
		panic("cluster: the state of a room cannot be encoded: " + err.Error())
	}
	return raw
}
