package agenda

import (
	"encoding/json"
	"fmt"
	"strconv"
	"time"

	"draille/signaling/practice"
	"draille/signaling/practice/store"
)

// Keys of settings that the agenda reads. Values are whole minutes, of SettingContact whole days;
// the telephone number is text.
const (
	SettingLinkBefore   = "link.minutes-before"
	SettingLinkAfter    = "link.minutes-after"
	SettingReminderDay  = "reminder.day-minutes"  // before the start; 0: none
	SettingReminderSoon = "reminder.soon-minutes" // before the start; 0: none
	SettingPhone        = "secretariat.phone"
	SettingContact      = "contact.days" // that addresses and numbers are kept after the end
)

// Policy is what an establishment's administrator may choose.
type Policy struct {
	Before       time.Duration // a link opens this long before the start
	After        time.Duration // and closes this long after the end
	ReminderDay  time.Duration
	ReminderSoon time.Duration
	Phone        string        // of the secretariat
	Contact      time.Duration // addresses and numbers of guests are kept after the end
}

// DefaultPolicy holds where nobody has chosen.
var DefaultPolicy = Policy{Before: 30 * time.Minute, After: 2 * time.Hour,
	ReminderDay: 24 * time.Hour, ReminderSoon: 10 * time.Minute, Contact: 7 * day}

const day = 24 * time.Hour

// DefaultSettings are the values of DefaultPolicy, in JSON, by their keys.
func DefaultSettings() map[string]string {
	minutes := func(d time.Duration) string { return strconv.Itoa(int(d / time.Minute)) }
	return map[string]string{
		SettingLinkBefore:   minutes(DefaultPolicy.Before),
		SettingLinkAfter:    minutes(DefaultPolicy.After),
		SettingReminderDay:  minutes(DefaultPolicy.ReminderDay),
		SettingReminderSoon: minutes(DefaultPolicy.ReminderSoon),
		SettingPhone:        `""`,
		SettingContact:      strconv.Itoa(int(DefaultPolicy.Contact / day)),
	}
}

// limits of the settings: minutes, and days of SettingContact.
var settingLimits = map[string][2]int{
	SettingLinkBefore: {5, 24 * 60}, SettingLinkAfter: {0, 24 * 60},
	SettingReminderDay: {0, 7 * 24 * 60}, SettingReminderSoon: {0, 24 * 60},
	SettingContact: {1, 365},
}

// CheckSetting returns why a value, in JSON, cannot be that of a key.
func CheckSetting(key, value string) error {
	if key == SettingPhone {
		var text string
		if err := json.Unmarshal([]byte(value), &text); err != nil || len(text) > 30 {
			return Wrong("value", "expected a telephone number as text in JSON, got %q", value)
		}
		return nil
	}
	limits, known := settingLimits[key]
	if !known {
		return Wrong("key", "expected one of the settings of API.md, got %q", key)
	}
	var number int
	if err := json.Unmarshal([]byte(value), &number); err != nil || number < limits[0] ||
		number > limits[1] {
		return Wrong(
			"value",
			"expected a whole number from %d to %d, got %s",
			limits[0],
			limits[1],
			value,
		)
	}
	return nil
}

// PolicyOf reads what holds in an establishment: its own settings before those of the group.
func PolicyOf(tx *store.Tx, establishment string) (Policy, error) {
	policy := DefaultPolicy
	// The group's come first, so that the establishment's overwrite them.
	settings, err := store.Find[practice.Setting](
		tx,
		"WHERE establishment IN ('', $1) ORDER BY establishment",
		establishment,
	)
	if err != nil {
		return policy, err
	}
	for _, setting := range settings {
		if err := policy.set(setting); err != nil {
			return policy, fmt.Errorf(
				"the setting %s of establishment %q cannot be read: %w",
				setting.Key,
				setting.Establishment,
				err,
			)
		}
	}
	return policy, nil
}

func (p *Policy) set(setting practice.Setting) error {
	durations := map[string]*time.Duration{
		SettingLinkBefore:   &p.Before,
		SettingLinkAfter:    &p.After,
		SettingReminderDay:  &p.ReminderDay,
		SettingReminderSoon: &p.ReminderSoon,
		SettingContact:      &p.Contact,
	}
	if setting.Key == SettingPhone {
		return json.Unmarshal([]byte(setting.Value), &p.Phone)
	}
	field, known := durations[setting.Key]
	if !known {
		return nil // of another part
	}
	var number int
	if err := json.Unmarshal([]byte(setting.Value), &number); err != nil {
		return err
	}
	unit := time.Minute
	if setting.Key == SettingContact {
		unit = day
	}
	*field = time.Duration(number) * unit
	return nil
}

// Opens is when a link into an appointment begins to work.
func (p Policy) Opens(
	a practice.Appointment,
) practice.Instant {
	return a.StartsAt.Add(-p.Before)
}

// Closes is when it ends.
func (p Policy) Closes(a practice.Appointment) practice.Instant { return a.EndsAt.Add(p.After) }

// Within returns nil while an appointment may be entered, or why it may not.
func (p Policy) Within(a practice.Appointment, now time.Time) error {
	at := practice.InstantOf(now)
	switch {
	case a.Status == practice.StatusCancelled:
		return ErrCancelled
	case at < p.Opens(a):
		return ErrTooEarly
	case at >= p.Closes(a):
		return ErrTooLate
	}
	return nil
}
