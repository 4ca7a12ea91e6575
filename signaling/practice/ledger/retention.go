package ledger

import (
	"context"
	"fmt"
	"time"

	"draille/signaling/practice"
	"draille/signaling/practice/store"
)

// MonthsKey is the setting of the group that says for how many months entries are kept.
const MonthsKey = "audit.months"

const (
	// DefaultMonths and MinMonths are those of French practice for traces of access to health data;
	// nobody has asked for more than MaxMonths.
	DefaultMonths = 12
	MinMonths     = 6
	MaxMonths     = 240
)

// Months reads the setting.
func Months(value string) (int, error) {
	return store.Whole(value, "months", MinMonths, MaxMonths)
}

// MonthsKept returns for how many months entries are kept.
func MonthsKept(tx *store.Tx) (int, error) {
	return store.GroupNumber(tx, MonthsKey, DefaultMonths, Months)
}

// deletedAtOnce bounds how long a deletion holds up other writers.
const deletedAtOnce = 5000

// Retain deletes the entries that are older than the setting says, and returns how many. Where the
// log then begins is anchored, so that it can still be verified, and the deletion is an entry
// itself.
func Retain(ctx context.Context, s *store.Store, now time.Time) (deleted int64, err error) {
	return s.WriteInParts(ctx, deletedAtOnce, func(tx *store.Tx) (int64, error) {
		return retainSome(tx, now)
	})
}

func retainSome(tx *store.Tx, now time.Time) (int64, error) {
	months, err := MonthsKept(tx)
	if err != nil {
		return 0, err
	}
	wide := tx.Across("the log of all establishments is kept for the same time")
	old, err := store.Find[practice.AuditEntry](wide, "WHERE at < $1 ORDER BY sequence LIMIT $2",
		int64(practice.InstantOf(now.AddDate(0, -months, 0))), deletedAtOnce)
	if err != nil || len(old) == 0 {
		return 0, err
	}
	last := old[len(old)-1]
	_, err = tx.Exec("INSERT INTO audit_anchors (sequence, hash, deleted, months, at) VALUES "+
		"($1, $2, $3, $4, $5)",
		last.Sequence, last.Hash, len(old), months, int64(practice.InstantOf(now)))
	if err != nil {
		return 0, err
	}
	deleted, err := wide.Exec("DELETE FROM audit WHERE sequence <= $1", last.Sequence)
	if err != nil {
		return 0, err
	}
	return deleted,
		Append(tx, now,
			practice.AuditEntry{ActorKind: practice.ActorSystem, Action: "audit.retention",
				Detail: fmt.Sprintf(`{"deleted":%d,"months":%d,"lastSequence":%d}`, deleted, months,
					last.Sequence)})
}
