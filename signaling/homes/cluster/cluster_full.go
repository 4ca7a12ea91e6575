package cluster

import (
	"encoding/json"
	"strings"
	"time"

	"go.uber.org/zap"

	"draille/signaling/tenure"
)

// noRoomFor keeps a claim of a new room away from a register that is nearly full, and lets the node
// try again: what is left is for renewals of leases, and for rooms that are there, also for those
// that the register has forgotten. Whoever looks for the room is told.
func (c *Cluster) noRoomFor(e tenure.Put) bool {
	room, isRoom := strings.CutPrefix(e.Key, tenure.RoomKey(""))
	if !isRoom || e.Revision != 0 || c.config.NearlyFull == nil || !c.config.NearlyFull() ||
		c.isThere(room, e.Value) {
		return false
	}
	if f := c.finds[room]; f != nil {
		f.reason = tenure.RegisterFull
	}
	c.post(func(n *tenure.Node, now time.Duration) []tenure.Effect {
		return n.Result(now, e.Nonce, tenure.Unknown, 0)
	})
	return true
}

// isThere reports whether a room that stands no more in the register is open here, was handed over
// to this node, or leaves something to be remembered: none of it is a first claim.
func (c *Cluster) isThere(room string, value []byte) bool {
	var record tenure.RoomRecord
	return c.held[room] != nil || json.Unmarshal(value, &record) == nil &&
		(record.Epoch > 1 || record.Node == "")
}

// noteFull says once that the register is full, and once that it is no more.
func (c *Cluster) noteFull() {
	refuses := c.counts.refuses.Load()
	full := refuses || c.config.NearlyFull != nil && c.config.NearlyFull()
	was := c.counts.full.Swap(full)
	switch {
	case full && !was:
		c.config.Log.Error("the register is full: calls go on, but no new room is opened; what "+
			"removed rooms left behind is taken away within two hours, so that it goes on by "+
			"itself; if it does not, look at what its keepers' folders and the account hold, and "+
			"make room", zap.Bool("refuses renewals", refuses))
	case !full && was:
		c.config.Log.Info("the register has room again")
	}
}
