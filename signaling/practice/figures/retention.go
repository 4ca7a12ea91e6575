package figures

import (
	"context"
	"fmt"
	"time"

	"draille/signaling/practice"
	"draille/signaling/practice/ledger"
	"draille/signaling/practice/store"
)

// YearsKey is the setting of the group that says for how many whole years figures are kept beside
// the one that goes on; 0: for ever.
const YearsKey = "figures.years"

const (
	// DefaultYears is for ever: there is nobody in them.
	DefaultYears = 0
	// MaxYears is more than anybody compares.
	MaxYears = 50
)

// Years reads the setting.
func Years(value string) (int, error) {
	return store.Whole(value, "years, or 0 for ever,", 0, MaxYears)
}

// Retain deletes figures that are older than the setting says, and returns how many. The deletion
// is an entry of the audit log.
func Retain(ctx context.Context, s *store.Store, now time.Time) (deleted int64, err error) {
	err = s.Write(ctx, func(tx *store.Tx) error {
		deleted = 0
		years, err := store.GroupNumber(tx, YearsKey, DefaultYears, Years)
		if err != nil || years == 0 {
			return err
		}
		// The years end with the calendar's: figures of half a year compare with nothing.
		last := (now.UTC().Year()-years-1)*100 + 12
		if deleted, err = forget(tx, last); err != nil || deleted == 0 {
			return err
		}
		return ledger.Append(tx, now, practice.AuditEntry{ActorKind: practice.ActorSystem,
			Action: "figures.retention", Detail: fmt.Sprintf(
				`{"deleted":%d,"years":%d,"lastMonth":%d}`, deleted, years, last)})
	})
	return deleted, err
}

// forget deletes the figures up to a month.
func forget(tx *store.Tx, last int) (deleted int64, err error) {
	if _, err := tx.Exec(`INSERT INTO figures_forgotten (month) VALUES ($1)
		ON CONFLICT (month) DO NOTHING`, last); err != nil {
		return 0, err
	}
	wide := tx.Across("figures of all establishments are kept for the same time")
	for _, statement := range []string{"DELETE FROM figures WHERE month <= $1",
		"DELETE FROM satisfaction WHERE month > 0 AND month <= $1"} {
		some, err := wide.Exec(statement, last)
		if err != nil {
			return deleted, err
		}
		deleted += some
	}
	return deleted, nil
}
