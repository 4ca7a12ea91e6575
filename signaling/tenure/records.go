package tenure

import "encoding/json"

// The keys of the register.
const (
	MetaKey    = "meta"
	nodePrefix = "node."
	roomPrefix = "room."
)

// NodeKey returns the key of a node.
func NodeKey(id string) string { return nodePrefix + id }

// RoomKey returns the key of a room.
func RoomKey(room string) string { return roomPrefix + room }

// Meta is what all nodes of a cluster have in common.
type Meta struct {
	Format int    `json:"format"` // of the register's keys and values
	Secret string `json:"secret"` // check value
}

// metaFormat is the format of the register's keys and values that this package reads and writes.
const metaFormat = 1

// Mark tells which process wrote a value, and which of its writes it was: so a process knows its
// own write again whose acknowledgement was lost.
type Mark struct {
	Instance string `json:"instance"`
	Nonce    uint64 `json:"nonce"`
}

// NodeRecord is the value of a node's key. In a fence, the mark is that of the renewal that it
// replaced.
type NodeRecord struct {
	Mark
	Incarnation uint64   `json:"incarnation"`
	After       *Mark    `json:"after,omitempty"` // value that this incarnation replaced
	Dead        []string `json:"dead,omitempty"`  // earlier processes that are proved to be
	Peer        string   `json:"peer,omitempty"`
	Media       []string `json:"media,omitempty"`
	Load        float64  `json:"load"`
	Draining    bool     `json:"draining,omitempty"`
	Version     string   `json:"version,omitempty"`
	Format      int      `json:"format"`
	Fenced      string   `json:"fenced,omitempty"` // by this node
}

// RoomRecord is the value of a room's key. Node is empty once the room is over.
type RoomRecord struct {
	Mark
	Epoch       uint64          `json:"epoch"`
	Node        string          `json:"node"`
	Incarnation uint64          `json:"incarnation"`
	Format      int             `json:"format"`
	State       json.RawMessage `json:"state,omitempty"`
}

// encode never fails: the records hold strings, numbers and JSON that was checked.
func encode(record any) []byte {
	value, err := json.Marshal(record)
	if err != nil {
		panic("tenure: a record cannot be encoded: " + err.Error())
	}
	return value
}

func decode(value []byte, record any) error { return json.Unmarshal(value, record) }
