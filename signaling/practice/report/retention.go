package report

import (
	"context"
	"fmt"
	"time"

	"draille/signaling/practice"
	"draille/signaling/practice/ledger"
	"draille/signaling/practice/store"
)

// DaysKey is the setting of the group that says for how many days a report is kept once the record
// has it; 0: for ever.
const DaysKey = "report.days"

const (
	// DefaultDays are enough to notice that something is missing in the record.
	DefaultDays = 30
	maxDays     = 3650
)

// Days reads the setting.
func Days(value string) (int, error) {
	return store.Whole(value, "days, or 0 for ever,", 0, maxDays)
}

// forgottenAtOnce bounds how long a deletion holds up other writers.
const forgottenAtOnce = 500

// inTheRecord are versions that the record took before $1, none of whose document is on its way,
// or is being written. What went nowhere stays: it is the only one there is.
const inTheRecord = `WHERE (forgotten_at = 0 OR withdrawn_why <> '') AND state <> 'draft'
	AND NOT EXISTS (SELECT 1 FROM reports AS written WHERE written.document = reports.document
		AND written.state = 'draft')
	AND EXISTS (SELECT 1 FROM outbox WHERE outbox.appointment = reports.appointment
		AND outbox.participant = reports.document AND outbox.channel = 'record'
		AND outbox.state = 'sent' AND outbox.sent_at <= $1
		AND outbox.sequence >= reports.number)
	AND NOT EXISTS (SELECT 1 FROM outbox WHERE outbox.appointment = reports.appointment
		AND outbox.participant = reports.document AND outbox.channel = 'record'
		AND outbox.sequence >= reports.number
		AND (outbox.state IN ('waiting', 'failed') OR outbox.sent_at > $1))
	ORDER BY id LIMIT $2`

// Retain deletes what versions say that the record has had for as many days as the setting says,
// and returns of how many. That there was a version, whose and when stays: no draft is made anew.
// The deletion is an entry of the audit log.
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
	wide := tx.Across("reports of all establishments are kept for the same time")
	old, err := store.Find[practice.Report](wide, inTheRecord,
		int64(practice.InstantOf(now.AddDate(0, 0, -days))), forgottenAtOnce)
	if err != nil || len(old) == 0 {
		return 0, err
	}
	for _, r := range old {
		r.Motive, r.Findings, r.Conclusion, r.Act, r.Facts = "", "", "", "", ""
		r.WithdrawnWhy, r.ForgottenAt = "", practice.InstantOf(now)
		if err := store.Update(tx, &r, nil); err != nil {
			return 0, err
		}
		tx.Changed(practice.TopicAppointment, r.Establishment, r.Appointment)
	}
	return int64(len(old)), ledger.Append(tx, now, practice.AuditEntry{
		ActorKind: practice.ActorSystem, Action: "report.retention",
		Detail: fmt.Sprintf(`{"deleted":"%d","days":"%d"}`, len(old), days)})
}
