package courier

import (
	"context"

	"draille/signaling/practice"
)

// SendDue sends what is due in a channel whose server is not known to be away.
func (c *Courier) SendDue(ctx context.Context, channel practice.Channel) error {
	return c.sendDue(ctx, channel, &outage{})
}

// Hurried reports whether somebody wants a channel tried now.
func (c *Courier) Hurried(channel practice.Channel) bool { return len(c.hurries[channel]) > 0 }
