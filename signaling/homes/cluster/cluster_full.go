package cluster

import (
	"strings"
	"time"

	"go.uber.org/zap"

	"draille/signaling/tenure"
)

// noRoomFor keeps a claim of a room of which the register knows nothing away from one that is
// nearly full, and lets the node try again: what is left is for renewals of leases, and for rooms
// that are there. Whoever looks for the room is told.
func (c *Cluster) noRoomFor(e tenure.Put) bool {
	room, isRoom := strings.CutPrefix(e.Key, tenure.RoomKey(""))
	if !isRoom || e.Revision != 0 || c.config.NearlyFull == nil || !c.config.NearlyFull() {
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
