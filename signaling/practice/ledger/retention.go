package ledger

import (
	"encoding/json"
	"fmt"
)

// MonthsKey is the setting of the group that says for how many months entries are kept.
const MonthsKey = "audit.months"

const (
	// DefaultMonths and MinMonths are those of French practice for traces of access to health data; nobody has
	// asked for more than MaxMonths.
	DefaultMonths = 12
	MinMonths     = 6
	MaxMonths     = 240
)

// Months reads the setting.
func Months(value string) (int, error) {
	var months int
	if err := json.Unmarshal([]byte(value), &months); err != nil || months < MinMonths || months > MaxMonths {
		return 0, fmt.Errorf("expected a number of months from %d to %d, got %.20q", MinMonths, MaxMonths, value)
	}
	return months, nil
}
