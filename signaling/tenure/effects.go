package tenure

import (
	"encoding/json"
	"time"
)

// Kind is what a watch reports.
type Kind int

// The kinds of Change. A watch begins with Set for every key that there is, then Live, then what
// changes. After Gap it begins again.
const (
	Set Kind = iota
	Deleted
	Live
	Gap
)

// Change is what a watch over all keys reports.
type Change struct {
	Kind     Kind
	Key      string
	Value    []byte
	Revision uint64
}

// Outcome is what became of a Put or Delete.
type Outcome int

// The outcomes. Unknown: no answer came, and the write may have succeeded or may still do so.
const (
	Stored Outcome = iota
	Conflict
	Unknown
)

// Effect is one thing to do, in the order returned.
type Effect interface{ effect() }

// Put writes a value where the key's revision is the given one; zero: where there is no such key.
// The outcome is told to Node.Result.
type Put struct {
	Nonce    uint64
	Key      string
	Value    []byte
	Revision uint64
}

// Delete deletes a key where its revision is the given one. The outcome is told to Node.Result.
type Delete struct {
	Nonce    uint64
	Key      string
	Revision uint64
}

// Held says that this node owns a room from now on, and what must be remembered of it.
type Held struct {
	Room   string
	Epoch  uint64
	State  json.RawMessage
	Before string // node that owned it until then, this one perhaps; empty: none
	Given  bool   // that node, or another, handed it over
	// That node tells what it kept in memory alone, as soon as it has heard of this.
	Follows bool
}

// Learned says that another history of a room that this node owns held what must be remembered, and
// what all of it is now: whoever decides in the room takes it in. What is given to Node.Keep and
// Node.Release until then is completed with it.
type Learned struct {
	Room  string
	State json.RawMessage
}

// Found answers Node.Find: the room lives on a node, this one or another.
type Found struct {
	Room  string
	Node  string
	Peer  string
	Epoch uint64
}

// Away says that a room's owner cannot be told for the moment, and why. Who waits goes on waiting.
type Away struct {
	Room   string
	Reason Reason
}

// Reason says why something cannot be.
type Reason string

// The reasons.
const (
	RegisterAway Reason = "the register does not answer"
	RegisterSlow Reason = "the register answers too late: its keepers, their disks or the " +
		"network between them are overloaded"
	RegisterFull Reason = "the register is full: rooms that are open go on, and no new one " +
		"is opened"
	AllFull     Reason = "no node takes the room: all are full or draining"
	OtherSecret Reason = "the cluster has another secret"
	NewerFormat Reason = "the register has a newer format"
	Superseded  Reason = "another process runs under the same node id"
	NobodyElse  Reason = "no other node could take rooms: all have stopped, or drain, too"
	Unanswered  Reason = "the other nodes do not answer this one"
	OutOfTime   Reason = "the time was over before all were handed over"
)

// Islanded says that this node may decide nothing in a room that it owns, until Restored or Ended.
// It goes on forwarding, and resumes seats that it knows.
type Islanded struct{ Room string }

// Restored says that this node may decide (again). The epoch is higher than before if it had to
// claim the room again.
type Restored struct {
	Room  string
	Epoch uint64
}

// ToDoors sends everybody in an islanded room to the doors, so that a call never splits.
type ToDoors struct{ Room string }

// Ended says that this node owns a room no more. Node is who does, if known.
type Ended struct {
	Room  string
	Node  string
	Epoch uint64
}

// Ask asks a node to take a room. Its answer is told to Node.Answered.
type Ask struct{ To, Room string }

// Answer answers a node that asked for a room to be taken, or handed one over.
type Answer struct {
	To, Room string
	Verdict  Verdict
	Epoch    uint64 // where it was taken
	// Offer is the epoch of the gift that is answered; zero: Ask is answered. An answer that comes
	// late is none to the offer that followed.
	Offer uint64
}

// Verdict is how a node answers that is asked to take a room.
type Verdict int

// The verdicts. Elsewhere: the room has an owner already, which the register tells.
const (
	Taken Verdict = iota
	Elsewhere
	Declined
)

// HandOver gives a room to another node: whoever carries it out adds what the register does not
// hold. The other's Node.Given is told, and its answer comes to Node.Answered. This node decides
// nothing more in the room unless Restored says so.
type HandOver struct {
	To   string
	Room string
	Gift Gift
}

// Gift is what the new owner of a room must know of the old one.
type Gift struct {
	Epoch    uint64
	Revision uint64
	State    json.RawMessage
	Follows  bool // what was kept in memory alone is told once the room is taken
}

// Remind tells a room's owner what this node remembers of it and the register forgot. The owner's
// Node.Reminded is told; without an effect on the room's record it is said again.
type Remind struct {
	To    string
	Room  string
	State json.RawMessage
}

// Drained says that this node has left the cluster, which rooms it could not hand over, and why.
type Drained struct {
	Left   []string
	Reason Reason
}

// Refused says that this node is no part of the cluster. Nothing follows.
type Refused struct{ Reason Reason }

func (Put) effect()      {}
func (Delete) effect()   {}
func (Held) effect()     {}
func (Learned) effect()  {}
func (Found) effect()    {}
func (Away) effect()     {}
func (Islanded) effect() {}
func (Restored) effect() {}
func (ToDoors) effect()  {}
func (Ended) effect()    {}
func (Ask) effect()      {}
func (Answer) effect()   {}
func (HandOver) effect() {}
func (Remind) effect()   {}
func (Drained) effect()  {}
func (Refused) effect()  {}

// never is later than any instant.
const never = time.Duration(1<<63 - 1)
