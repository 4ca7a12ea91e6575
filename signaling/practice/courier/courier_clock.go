package courier

import (
	"context"

	"draille/signaling/practice"
	"draille/signaling/practice/store"
)

// ClockStepped lets out what waits for a time that was told while the clock was ahead. It is for
// whenever the clock of this machine was set; Run does it at the start. Clocks of nodes may stand
// apart by less than claimFor.
func (c *Courier) ClockStepped(ctx context.Context) error {
	now := practice.InstantOf(c.now())
	ahead, tooLong := now.Add(2*claimFor), now.Add(2*claimFor+lastRetry)
	return c.config.Store.Write(ctx, func(tx *store.Tx) error {
		wide := tx.Across("the clock is the same for all establishments")
		// A try is repeated within lastRetry; a claim ends within claimFor.
		if _, err := wide.Exec(`UPDATE outbox SET claimed_until = 0
			WHERE state = 'waiting' AND claimed_until > $1`, int64(ahead)); err != nil {
			return err
		}
		if _, err := wide.Exec(`UPDATE outbox SET next_at = CASE WHEN due_at > $1 THEN due_at
			ELSE $1 END WHERE state = 'waiting' AND next_at > due_at AND next_at > $2`, int64(now),
			int64(tooLong)); err != nil {
			return err
		}
		// What was due when it was made is due now; a notice, as long after as it was to wait.
		changed, err := wide.Exec(`UPDATE outbox SET due_at = $1 + due_at - created_at,
			next_at = $1 + due_at - created_at, created_at = $1
			WHERE state = 'waiting' AND created_at > $2 AND (due_at = created_at OR person <> '')`,
			int64(now), int64(ahead))
		if changed > 0 {
			tx.Changed(practice.TopicOutbox, "", "")
		}
		return err
	})
}
