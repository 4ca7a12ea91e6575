package voice

import "time"

// Redundancy is which of the packets before a packet repeats (RFC 2198).
type Redundancy uint8

// Kinds of redundancy. Those with as many frames cost the same; those that reach further back
// outlast longer bursts, and make the receiver's buffer longer.
const (
	Plain  Redundancy = iota // nothing is repeated
	Single                   // the packet before
	Double                   // the two packets before
	Spread                   // the second and the fourth before
	Wide                     // the third and the sixth before
	kinds
)

var distances = [kinds][]int{Single: {1}, Double: {2, 1}, Spread: {4, 2}, Wide: {6, 3}}

// Distances returns how many packets before lies what is repeated, the oldest first. The caller
// must not change it.
func (r Redundancy) Distances() []int { return distances[r] }

// Frames returns how many frames are repeated.
func (r Redundancy) Frames() int { return len(distances[r]) }

// reach is how far back the oldest repeated frame lies.
func (r Redundancy) reach() int {
	if r == Plain {
		return 0
	}
	return distances[r][0]
}

// suits reports whether what is repeated comes in time for frames of that length.
func (r Redundancy) suits(frame time.Duration) bool {
	return r == Plain || r == Single || time.Duration(r.reach())*frame <= maxReach
}
