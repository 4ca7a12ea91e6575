package courier

import (
	"context"

	"draille/signaling/practice"
)

// Try sends a trial message by a channel.
func (c *Courier) Try(ctx context.Context, channel practice.Channel, to string) practice.Trial {
	return c.carriers.attempt(ctx, channel,
		func(ctx context.Context, by carrier) ([]practice.Step, error) {
			return by.try(ctx, trialLetter(practice.NewID(), to))
		})
}
