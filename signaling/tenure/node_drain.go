package tenure

import (
	"encoding/json"
	"maps"
	"slices"
	"time"
)

// drain is this node's leaving.
type drain struct {
	on       bool
	began    time.Duration
	deadline time.Duration
}

// Drain hands all rooms over to other nodes and leaves the cluster; at the deadline it leaves with
// what is left, and sooner if there is no other node that could take a room.
func (n *Node) Drain(now, deadline time.Duration) []Effect {
	n.begin(now)
	if !n.refused && !n.drain.on {
		n.drain = drain{true, now, deadline}
		n.wake(deadline)
		if n.view.live {
			n.renew(now) // nobody gives it any more rooms
		}
	}
	return n.settle(now)
}

// drainOn hands over what can be, a few rooms at a time.
func (n *Node) drainOn(now time.Duration) {
	if !n.drain.on || n.lease.left {
		return
	}
	offered := 0
	for _, t := range n.tenures {
		if t.stage == handing {
			offered++
		}
	}
	for _, room := range n.offerable(now, n.config.HandOvers-offered) {
		if offered < n.config.HandOvers && n.offer(now, n.tenures[room]) {
			offered++
		}
	}
	n.wake(min(n.drain.deadline, now+n.config.Retry))
}

// offerable returns the rooms that may be handed over, in their order; none if none is wanted.
func (n *Node) offerable(now time.Duration, wanted int) []string {
	if wanted <= 0 {
		return nil
	}
	var rooms []string
	for room, t := range n.tenures {
		if t.stage == owned && t.told == decides && t.idle() && n.MayDecide(now, room) {
			rooms = append(rooms, room)
		}
	}
	slices.Sort(rooms)
	return rooms
}

// offer hands a room over. From here on this node decides nothing in it.
func (n *Node) offer(now time.Duration, t *tenure) bool {
	record, _ := n.view.room(t.room)
	to := n.choose(now, t.room, record, t.declined)
	if to == "" {
		t.declined, t.trouble = nil, AllFull // another round
		return false
	}
	t.stage, t.heir, t.offered = handing, to, now
	n.wakeFor(t.room, now+4*n.config.Answer)
	n.do(HandOver{to, t.room, Gift{t.epoch, t.revision, t.state, true}})
	return true
}

// Given handles a room that another node hands over. Its answer is an effect.
func (n *Node) Given(now time.Duration, from, room string, gift Gift) []Effect {
	n.begin(now)
	record := &RoomRecord{Epoch: gift.Epoch, State: gift.State}
	if n.refused || n.tenures[room] != nil || !n.takes(now, record) {
		n.do(Answer{To: from, Room: room, Verdict: Declined, Offer: gift.Epoch})
		return n.settle(now)
	}
	n.claim(now, room, record, gift.Revision)
	t := n.tenures[room]
	t.giver, t.offer, t.follows = from, gift.Epoch, gift.Follows
	return n.settle(now)
}

// inherited handles the heir's answer.
func (n *Node) inherited(now time.Duration, t *tenure, a Answer) {
	switch a.Verdict {
	case Taken:
		delete(n.tenures, t.room)
		n.bequeath(n.now, t)
		n.do(Ended{t.room, t.heir, a.Epoch})
	case Declined, Elsewhere:
		if t.declined == nil {
			t.declined = map[string]bool{}
		}
		t.declined[t.heir] = true
		t.stage, t.heir, t.trouble = owned, "", AllFull
		n.do(Restored{t.room, t.epoch})
	}
	n.touched[t.room] = true
}

// takeBack claims a room again whose heir does not answer: where the heir's claim comes later, it
// fails.
func (n *Node) takeBack(now time.Duration, t *tenure) {
	if now < t.offered+4*n.config.Answer {
		n.wakeFor(t.room, t.offered+4*n.config.Answer)
		return
	}
	t.stage, t.heir, t.told, t.trouble = owned, "", islanded, Unanswered
	t.unassert(0)
	t.epoch++
	n.write(now, t)
}

// leaveIfDue leaves as soon as nothing is left to do, or no time to do it. A renewal on its way
// would let the deletion of the key fail; once the lease is over, that does not matter.
func (n *Node) leaveIfDue(now time.Duration) {
	if n.leaving(now) && !n.lease.left && (!n.lease.pending || now >= n.lease.until) {
		n.leave(now)
	}
}

// leaving reports whether nothing is left to do, or no time to do it. Nothing is renewed then:
// where no answer comes in time, one renewal follows the other, and one is always on its way.
func (n *Node) leaving(now time.Duration) bool {
	return n.drain.on &&
		(len(n.tenures) == 0 || now >= n.drain.deadline || n.lonely(now))
}

// lonely reports whether a node that drains has waited for long enough where there is no other that
// could take its rooms.
func (n *Node) lonely(now time.Duration) bool {
	return now >= n.drain.began+n.config.Lonely && n.alone(now)
}

// alone reports whether there is no other node that could take a room: all of them drain, too, or
// are dead.
func (n *Node) alone(now time.Duration) bool {
	for id, p := range n.view.nodes {
		if id != n.config.ID && p.Fenced == "" && !p.Draining &&
			now < p.changedAt+n.config.Lease {
			return false
		}
	}
	return true
}

// leave gives up what is left, and says goodbye. Rooms that are left belong to nobody, as the key
// of their owner is gone.
func (n *Node) leave(now time.Duration) {
	left := slices.Sorted(maps.Keys(n.tenures))
	why := n.whyLeft(now, left)
	clear(n.tenures)
	n.lease.left, n.lease.until, n.refused = true, 0, true
	n.nonces++
	n.do(Delete{n.nonces, NodeKey(n.config.ID), n.lease.revision}, Drained{left, why})
}

// whyLeft returns why rooms are left that no other node took. Without a lease nothing can be given
// away, whatever the others would say.
func (n *Node) whyLeft(now time.Duration, left []string) Reason {
	switch {
	case len(left) == 0:
		return ""
	case now >= n.lease.until:
		return n.silence(now)
	case n.alone(now):
		return NobodyElse
	}
	why := OutOfTime
	for _, room := range left {
		if trouble := n.tenures[room].trouble; trouble != "" {
			why = trouble
			break
		}
	}
	// An heir waits for two answers of the register before it answers, and is given 4*Answer.
	if why != AllFull && n.RegisterTakes(now) >= 2*n.config.Answer {
		return RegisterSlow
	}
	return why
}

// State returns what is to be remembered of a room that this node owns.
func (n *Node) State(room string) (json.RawMessage, bool) {
	if t := n.tenures[room]; t != nil {
		return t.state, true
	}
	return nil, false
}

// Kept reports whether what was given of a room's state is stored, or the room is not this node's.
func (n *Node) Kept(room string) bool {
	t := n.tenures[room]
	return t == nil || t.idle()
}

// Peer returns where another node is reached.
func (n *Node) Peer(id string) (peer string, ok bool) {
	if p := n.view.nodes[id]; p != nil {
		return p.Peer, true
	}
	return "", false
}

// Others returns where the other nodes are reached that have not been declared dead, by their ids.
func (n *Node) Others() map[string]string {
	others := map[string]string{}
	for id, p := range n.view.nodes {
		if id != n.config.ID && p.Fenced == "" {
			others[id] = p.Peer
		}
	}
	return others
}
