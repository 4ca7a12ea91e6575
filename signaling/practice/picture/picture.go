package picture

import (
	"context"
	"fmt"
	"time"

	"draille/signaling/practice"
	"draille/signaling/practice/ledger"
	"draille/signaling/practice/store"
)

// How long pictures are kept.
const (
	// keptAfter an opinion's end is as long as the opinion stays in lists.
	keptAfter = 30 * 24 * time.Hour
	// unfinished pictures have had a week of links and shifts to be finished.
	unfinished = 7 * 24 * time.Hour
)

// Of are the pictures of a question, in order.
func Of(tx *store.Tx, o practice.Opinion) ([]practice.Picture, error) {
	return store.Find[practice.Picture](tx,
		"WHERE establishment = $1 AND opinion = $2 ORDER BY made_at, id", o.Establishment, o.ID)
}

// Get is one picture of a question.
func Get(tx *store.Tx, o practice.Opinion, id string) (practice.Picture, error) {
	return store.Get[practice.Picture](tx,
		"WHERE establishment = $1 AND opinion = $2 AND id = $3", o.Establishment, o.ID, id)
}

// Remove deletes a picture.
func Remove(tx *store.Tx, p practice.Picture) error {
	for _, statement := range []string{
		"DELETE FROM picture_parts WHERE establishment = $1 AND picture = $2",
		"DELETE FROM pictures WHERE establishment = $1 AND id = $2",
	} {
		if _, err := tx.Exec(statement, p.Establishment, p.ID); err != nil {
			return err
		}
	}
	changed(tx, p)
	return nil
}

// Retain deletes the pictures of opinions that were over a month ago, and those that were never
// finished, and returns how many. The deletion is an entry of the audit log.
func Retain(ctx context.Context, s *store.Store, now time.Time) (deleted int64, err error) {
	err = s.Write(ctx, func(tx *store.Tx) error {
		all := tx.Across("pictures of all establishments are kept for the same time")
		old, err := store.Find[practice.Picture](all, `WHERE whole_at = 0 AND made_at < $1
			OR opinion IN (SELECT id FROM opinions WHERE ended_at > 0 AND ended_at < $2)`,
			int64(practice.InstantOf(now.Add(-unfinished))),
			int64(practice.InstantOf(now.Add(-keptAfter))))
		if err != nil || len(old) == 0 {
			return err
		}
		for _, p := range old {
			if err := Remove(tx, p); err != nil {
				return err
			}
		}
		deleted = int64(len(old))
		return ledger.Append(tx, now, practice.AuditEntry{ActorKind: practice.ActorSystem,
			Action: "picture.retention", Detail: fmt.Sprintf(`{"deleted":"%d"}`, deleted)})
	})
	return deleted, err
}
