package tenure

import (
	"bytes"
	"encoding/json"
	"time"
)

// legacy is what this node remembers of a room that it owned and another owns now. Where the
// register forgot what this node had written, the new owner does not know it.
type legacy struct {
	state json.RawMessage
	again time.Duration // the owner is told again then
	until time.Duration // it is remembered
}

// bequeath remembers a room that this node owns no more, if anything of it must not be forgotten.
func (n *Node) bequeath(now time.Duration, t *tenure) {
	if len(n.merge(nil, t.state)) == 0 {
		return
	}
	l := n.legacies[t.room]
	if l == nil {
		l = &legacy{}
		n.legacies[t.room] = l
	}
	l.state, l.until = n.merge(t.state, l.state), now+n.config.Remember
	n.touched[t.room] = true
}

// advanceLegacy tells a room's owner what the record shows that they do not know.
func (n *Node) advanceLegacy(now time.Duration, room string, l *legacy) {
	if t := n.tenures[room]; t != nil && (t.stage == owned || t.stage == claiming) {
		n.learn(t, l.state)
	}
	if now >= l.until {
		delete(n.legacies, room)
		return
	}
	n.wakeFor(room, l.until)
	record, _ := n.view.room(room)
	if record == nil || record.Node == "" || record.Node == n.config.ID ||
		record.Format > n.config.Format ||
		bytes.Equal(n.merge(record.State, l.state), record.State) {
		return // another change of the record will come, if any
	}
	if now >= l.again {
		l.again = now + n.config.Renew
		n.do(Remind{record.Node, room, l.state})
	}
	n.wakeFor(room, l.again)
}

// Reminded handles what a former owner of a room remembers of it.
func (n *Node) Reminded(now time.Duration, room string, state json.RawMessage) []Effect {
	n.begin(now)
	if t := n.tenures[room]; t != nil && t.stage != releasing {
		n.learn(t, state)
	}
	return n.settle(now)
}
