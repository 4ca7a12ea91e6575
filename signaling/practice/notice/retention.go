package notice

import (
	"context"
	"time"

	"draille/signaling/practice"
	"draille/signaling/practice/courier"
	"draille/signaling/practice/store"
)

// days are how long the outbox keeps notices that were sent or dropped: to find out why one did not
// come. They are more than all other messages.
const days = 30

// forgottenAtOnce bounds how long a deletion holds up other writers.
const forgottenAtOnce = 500

// Retain deletes notices that were sent or dropped, and returns how many. One whose message is not
// read yet stays as long as that: by it nobody is told twice.
func Retain(ctx context.Context, s *store.Store, now time.Time) (int64, error) {
	old := int64(practice.InstantOf(now.AddDate(0, 0, -days)))
	return s.WriteInParts(ctx, forgottenAtOnce, func(tx *store.Tx) (int64, error) {
		wide := tx.Across("notices of all establishments are kept for the same time")
		return wide.Exec(`DELETE FROM outbox WHERE id IN (SELECT id FROM outbox WHERE person <> ''
			AND state <> 'waiting' AND created_at < $1 AND NOT (purpose = $2 AND state <> 'dropped'
				AND EXISTS (SELECT 1 FROM thread_messages
					WHERE thread_messages.thread = outbox.subject
					AND thread_messages.number = outbox.sequence
					AND NOT EXISTS (SELECT 1 FROM thread_reads
						WHERE thread_reads.thread = outbox.subject
						AND thread_reads.person = outbox.person
						AND thread_reads.number >= outbox.sequence)))
			ORDER BY created_at LIMIT $3)`, old, courier.PurposeThread, forgottenAtOnce)
	})
}
