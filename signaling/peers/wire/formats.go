package wire

import "fmt"

// Formats are those of messages, and of what rooms hand over, that a node reads and writes: all
// from the oldest to the newest. A version of draille that changes them reads N and N + 1.
type Formats struct {
	Oldest int `json:"oldest"`
	Newest int `json:"newest"`
}

// Current are the formats of this version.
var Current = Formats{Oldest: 1, Newest: 1}

// Reads reports whether a format is among them.
func (f Formats) Reads(format int) bool { return format >= f.Oldest && format <= f.Newest }

// Common returns the newest format that a peer reads, too.
func (f Formats) Common(peer Formats, node string) (int, error) {
	format := min(f.Newest, peer.Newest)
	if !f.Reads(format) || !peer.Reads(format) {
		older := "this node"
		if f.Oldest > peer.Newest {
			older = fmt.Sprintf("node %q", node)
		}
		return 0, &OtherFormat{fmt.Sprintf("this node speaks the formats %d to %d, node %q %d to "+
			"%d: update %s", f.Oldest, f.Newest, node, peer.Oldest, peer.Newest, older)}
	}
	return format, nil
}

// OtherFormat says that two nodes have no format in common, or that a message is of one that is not
// read.
type OtherFormat struct{ Words string }

// Error implements error.
func (o *OtherFormat) Error() string { return o.Words }

func (f Formats) check(format int) error {
	if f.Reads(format) {
		return nil
	}
	return &OtherFormat{fmt.Sprintf("expected a message of the formats %d to %d, got one of %d: "+
		"ask this node first which it reads, and update the older one", f.Oldest, f.Newest, format)}
}
