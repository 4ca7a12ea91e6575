package tenure

import (
	"bytes"
	"encoding/json"
)

// Merge adds to a room's state what another state of the same room says that must not be
// forgotten: nobody who was removed in either comes back unmarked. Places are those of the first.
// It is pure; merged a second time, the same adds nothing, and the first state comes back byte for
// byte. Either may be empty; what is empty then stays so unless the other has something to add.
type Merge func(state, other json.RawMessage) json.RawMessage

// learn merges another state of a room into this node's. Two histories of one room both hold
// truths where the register forgot where one of them ended.
func (n *Node) learn(t *tenure, other json.RawMessage) {
	with := n.merge(t.state, other)
	if bytes.Equal(with, t.state) {
		return
	}
	t.keep(with, n.nonces)
	n.touched[t.room] = true
	if t.told != nothing && t.stage != releasing {
		t.learned = n.merge(t.learned, other)
		n.do(Learned{t.room, with})
	}
}

// include returns a state that the room's owner gives, with what this node has learned and the
// owner had not yet taken in.
func (n *Node) include(t *tenure, state json.RawMessage) json.RawMessage {
	if len(t.learned) == 0 {
		return state
	}
	with := n.merge(state, t.learned)
	if bytes.Equal(with, state) {
		t.learned = nil
	}
	return with
}
