package tenure

import (
	"maps"
	"slices"
)

// SetMedia changes the addresses to which media are sent, as the register tells them from the next
// renewal on.
func (n *Node) SetMedia(media []string) { n.config.Media = media }

// MediaElsewhere returns the media addresses of the other nodes: of those that may own rooms, and
// of those that were declared dead. A node that is cut off from the register forwards on, in rooms
// for which nobody waits.
func (n *Node) MediaElsewhere() (open, fenced []string) {
	for _, id := range slices.Sorted(maps.Keys(n.view.nodes)) {
		switch p := n.view.nodes[id]; {
		case id == n.config.ID:
		case p.Fenced != "":
			fenced = append(fenced, p.Media...)
		default:
			open = append(open, p.Media...)
		}
	}
	return open, fenced
}
