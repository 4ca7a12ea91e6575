package opinion

import (
	"context"
	"fmt"
	"time"

	"draille/signaling/practice"
	"draille/signaling/practice/ledger"
	"draille/signaling/practice/store"
)

// DaysKey is the setting of the group that says for how many days what was asked and answered is
// kept after a request is over; 0: for ever.
const DaysKey = "opinion.days"

const (
	// DefaultDays are a year: the side that answers has no patient of its own whose record keeps
	// the answer, and reads it here.
	DefaultDays = 365
	maxDays     = 3650
)

// Days reads the setting. What is still in lists is not deleted.
func Days(value string) (int, error) {
	days, err := store.Whole(value, "days, or 0 for ever,", 0, maxDays)
	if least := int(kept / (24 * time.Hour)); err == nil && days > 0 && days < least {
		return 0, fmt.Errorf("expected 0 for ever, or at least the %d days for which a request "+
			"stays in lists, got %d", least, days)
	}
	return days, err
}

// forgottenAtOnce bounds how long a deletion holds up other writers.
const forgottenAtOnce = 500

// overAndTaken are requests that were over before $1. One whose answer waits to go into the record,
// or did not get there, or got there later, stays: it is the only one there is.
const overAndTaken = `WHERE ended_at > 0 AND ended_at <= $1 AND forgotten_at = 0
	AND NOT EXISTS (SELECT 1 FROM outbox WHERE outbox.establishment = opinions.establishment
		AND outbox.subject = opinions.id AND outbox.subject <> '' AND outbox.channel = 'record'
		AND (outbox.state IN ('waiting', 'failed') OR outbox.sent_at > $1))
	ORDER BY id LIMIT $2`

// Retain deletes what was asked and answered in requests that have been over for as many days as
// the setting says, and whose answer the record has had for as long if it goes there. It returns in
// how many. That there was one, whose, when and how it ended
// stays, and so do the figures. The deletion is an entry of the audit log.
func Retain(ctx context.Context, s *store.Store, now time.Time) (forgotten int64, err error) {
	return s.WriteInParts(ctx, forgottenAtOnce, func(tx *store.Tx) (int64, error) {
		return retainSome(tx, now)
	})
}

func retainSome(tx *store.Tx, now time.Time) (int64, error) {
	days, err := store.GroupNumber(tx, DaysKey, DefaultDays, Days)
	if err != nil || days == 0 {
		return 0, err
	}
	wide := tx.Across("opinions of all establishments are kept for the same time")
	old, err := store.Find[practice.Opinion](wide, overAndTaken,
		int64(practice.InstantOf(now.AddDate(0, 0, -days))), forgottenAtOnce)
	if err != nil || len(old) == 0 {
		return 0, err
	}
	for _, o := range old {
		o.Question, o.Answer, o.ForgottenAt = "", "", practice.InstantOf(now)
		if err := store.Update(tx, &o, nil); err != nil {
			return 0, err
		}
		if _, err := tx.Exec("DELETE FROM opinion_notes WHERE establishment = $1 AND opinion = $2",
			o.Establishment, o.ID); err != nil {
			return 0, err
		}
		if _, err := tx.Exec("DELETE FROM opinion_reads WHERE establishment = $1 AND opinion = $2",
			o.Establishment, o.ID); err != nil {
			return 0, err
		}
		changed(tx, o)
	}
	return int64(len(old)), ledger.Append(tx, now, practice.AuditEntry{
		ActorKind: practice.ActorSystem, Action: "opinion.retention",
		Detail: fmt.Sprintf(`{"deleted":"%d","days":"%d"}`, len(old), days)})
}
