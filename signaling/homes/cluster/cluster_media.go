package cluster

import (
	"slices"
	"time"

	"draille/signaling/tenure"
)

// media are the addresses of other nodes' media, as they were told last.
type media struct {
	told         bool
	open, fenced []string
}

// tellMedia tells where other nodes have their media, if that has changed.
func (c *Cluster) tellMedia(n *tenure.Node) {
	if c.config.MediaElsewhere == nil {
		return
	}
	open, fenced := n.MediaElsewhere()
	if m := &c.media; !m.told || !slices.Equal(m.open, open) || !slices.Equal(m.fenced, fenced) {
		*m = media{true, open, fenced}
		c.config.MediaElsewhere(open, fenced)
	}
}

// SetMedia changes the addresses to which media are sent here.
func (c *Cluster) SetMedia(media []string) {
	c.post(func(n *tenure.Node, _ time.Duration) []tenure.Effect {
		n.SetMedia(media)
		return nil
	})
}
