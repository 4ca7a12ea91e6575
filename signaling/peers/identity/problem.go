package identity

import "time"

// Kind is what is wrong with a peer.
type Kind string

// The kinds of Problem.
const (
	OtherSecret Kind = "other-secret" // a node of a cluster with another secret
	Stranger    Kind = "stranger"     // no node of any cluster
	OtherNode   Kind = "other-node"   // a node of the cluster, but not the one that was looked for
	SameID      Kind = "same-id"      // another process with this node's own id
	Clock       Kind = "clock"        // its clock and this machine's stand too far apart
	Expired     Kind = "expired"      // its certificate has ended
	NotYet      Kind = "not-yet"      // its certificate begins later
)

// Problem says in words why a peer is refused, and what to do.
type Problem struct {
	Kind  Kind
	Words string
}

// Error implements error.
func (p *Problem) Error() string { return p.Words }

// shorten bounds what somebody unknown has written.
func shorten(text string) string {
	if len(text) > maxID {
		return text[:maxID]
	}
	return text
}

func direction(off time.Duration) string {
	if off > 0 {
		return "ahead of"
	}
	return "behind"
}

func clock(t time.Time) string { return t.UTC().Format("2006-01-02 15:04:05 UTC") }
