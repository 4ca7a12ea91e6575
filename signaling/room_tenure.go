package signaling

import (
	"cmp"
	"maps"
	"slices"
	"time"

	"draille/signaling/protocol"
	"draille/signaling/rules"
)

// decisions are the messages by which it is decided who may meet whom, and as what.
var decisions = map[string]bool{
	protocol.TypeOf(protocol.Enter{}):    true,
	protocol.TypeOf(protocol.Admit{}):    true,
	protocol.TypeOf(protocol.Refuse{}):   true,
	protocol.TypeOf(protocol.Remove{}):   true,
	protocol.TypeOf(protocol.Block{}):    true,
	protocol.TypeOf(protocol.Lock{}):     true,
	protocol.TypeOf(protocol.End{}):      true,
	protocol.TypeOf(protocol.Handover{}): true,
}

// mayDecide reports whether a message may be carried out now, or refuses it. The call goes on
// meanwhile. Whoever is not in it yet is sent to the doors: behind another one somebody may decide.
func (r *room) mayDecide(c *connection, message protocol.ClientMessage) bool {
	of := protocol.TypeOf(message)
	switch {
	case !decisions[of] || r.tenure.MayDecide():
		return true
	case of == protocol.TypeOf(protocol.Enter{}):
		r.evict(c, protocol.ByeMoved)
	default:
		c.fail(protocol.ErrorServer, of, "expected the register of the servers to answer in "+
			"time, it does not: nothing can be decided in the room for now; try again in a moment")
	}
	return false
}

// Ended implements homes.Listener.
func (r *room) Ended() { r.inbox.put(event{do: r.moved}) }

// moved ends the room here because it lives on another server.
func (r *room) moved() {
	r.leaving, r.moving = true, true
	volatile := r.rules.Volatile()
	for i := range volatile.Photos {
		volatile.Photos[i].Key = r.photoKeys[volatile.Photos[i].Info.Number]
	}
	r.tenure.HandOn(r.rules.State(r.server.config.Now()), volatile)
	r.apply(r.rules.Moved(r.server.config.Now()))
}

// linger goes on forwarding while pages connect to the other server: they change when media come
// from there. It ends when their transports have, or after a while.
func (r *room) linger() {
	late := time.NewTimer(r.server.config.MoveTimeout)
	defer late.Stop()
	reached := func(s *seat) bool { return s.reached.Load() }
	for waiting := true; waiting && slices.ContainsFunc(r.parted, reached); {
		select {
		case <-r.changed:
		case <-late.C:
			waiting = false
		case <-r.server.cut:
			waiting = false
		}
	}
	for _, s := range r.parted {
		s.leave()
	}
}

// ToDoors implements homes.Listener.
func (r *room) ToDoors() { r.inbox.put(event{do: r.toDoors}) }

// toDoors lets everybody connect again, and holds their places.
func (r *room) toDoors() {
	connections := slices.SortedFunc(maps.Values(r.connections),
		func(a, b *connection) int { return cmp.Compare(a.id, b.id) })
	for _, c := range connections {
		delete(r.connections, c.id)
		c.bye(protocol.NewBye(protocol.ByeMoved))
		r.apply(r.rules.Lost(r.server.config.Now(), c.id))
	}
}

// Learned implements homes.Listener.
func (r *room) Learned(state rules.State) {
	r.inbox.put(event{do: func() { r.apply(r.rules.Learn(r.server.config.Now(), state)) }})
}
