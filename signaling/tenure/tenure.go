package tenure

import (
	"encoding/json"
	"time"
)

// stage is how far a tenure is.
type stage int

const (
	claiming  stage = iota // written, and not known to be stored
	owned                  // this node's
	handing                // offered to another node
	releasing              // over
)

// told is what the effects have said of a tenure.
type told int

const (
	nothing told = iota
	decides
	islanded
)

// tenure is one room of this node.
type tenure struct {
	room        string
	stage       stage
	epoch       uint64
	incarnation uint64
	state       json.RawMessage
	before      string          // node that owned it when it was claimed
	learned     json.RawMessage // of another history, and not yet in what the owner gives

	revision uint64 // of the room's key, as far as known
	highest  uint64 // highest revision of it that was ever known
	first    uint64 // nonces of writes of this tenure are not below
	nonce    uint64 // of the last write
	since    uint64 // nonces of writes that have the state of now are not below
	claim    uint64 // nonce of the write that claimed the room, or claimed it again
	asserted uint64 // revision of that write; zero: to be claimed again
	seen     bool   // the watch has shown that write or a later one
	broken   bool   // the watch broke before it did
	// Nothing is decided before; set where the watch broke before it showed the claim.
	notBefore time.Duration
	frozen    time.Duration // while it is to be claimed again, the lease of before ends then

	dirty   bool   // state is to be written
	writing uint64 // nonce of the write without an outcome; 0: none
	wroteAt time.Duration
	retryAt time.Duration
	queued  bool // in the backlog
	stuck   bool // the revision is out of date, and the watch will tell

	told     told
	named    uint64 // epoch that was told
	toDoors  bool
	giver    string // waits for an answer: it hands the room over
	offer    uint64 // epoch of what it gave
	follows  bool   // and says more of it then
	heir     string // that the room is offered to
	offered  time.Duration
	declined map[string]bool // nodes that would not have it
	trouble  Reason          // why it could not be given away when that was tried last
}

// unassert notes that the room must be claimed again. The lease of before, if the room was decided
// under it, runs until an instant.
func (t *tenure) unassert(until time.Duration) {
	if t.asserted != 0 || until == 0 {
		t.frozen = until
	}
	t.asserted, t.seen, t.highest, t.claim = 0, false, 0, 0
}

// isOurs reports whether a record was written by this process for this tenure. While it is claimed,
// one of an earlier tenure may have the same epoch, where the register had forgotten the claim.
func (t *tenure) isOurs(record *RoomRecord, instance string) bool {
	return record != nil && record.Instance == instance && record.Epoch == t.epoch &&
		(t.stage != claiming || record.Nonce >= t.first)
}

// keep takes a state that is to be written.
func (t *tenure) keep(state json.RawMessage, nonces uint64) {
	t.state, t.dirty, t.since = state, true, nonces+1
}

// holds reports whether a record of this tenure holds all that is to be written. Where the register
// takes longer than anybody waits for its answers, no other answer than this ever comes. That the
// states are alike is not enough: one may have come back while a write of another is on its way,
// which takes this record's place. Once a write of the state of now is there, those of before it
// are refused.
func (t *tenure) holds(record *RoomRecord) bool {
	return t.stage == owned && t.writing == 0 && t.asserted != 0 &&
		record.Incarnation == t.incarnation && record.Nonce >= t.since
}

// idle reports whether the tenure has nothing more to write.
func (t *tenure) idle() bool { return t.writing == 0 && !t.dirty && t.asserted != 0 }
