package agenda

import (
	"fmt"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/teambition/rrule-go"

	"draille/signaling/practice"
)

// occurrence is one instance of a series.
type occurrence struct {
	local string // by the rule, in the series' zone
	start time.Time
}

// frequencies are those that meetings of people have.
var frequencies = []rrule.Frequency{rrule.DAILY, rrule.WEEKLY, rrule.MONTHLY, rrule.YEARLY}

// maxInstances bounds what one series makes at a time.
const maxInstances = 400

var untilDate = regexp.MustCompile(`(?i)(UNTIL=\d{8})(;|$)`)

// recurrence reads the rule of a series. Its times are wall-clock times as if they were UTC, so
// that nine o'clock stays nine o'clock over a change of the clocks.
func recurrence(
	series practice.Series,
	zone *time.Location,
) (*rrule.RRule, *rrule.ROption, error) {
	// A date without a time means that whole day.
	rule := untilDate.ReplaceAllString(series.Rule, "${1}T235959$2")
	option, err := rrule.StrToROption(rule)
	if err != nil {
		return nil, nil, Wrong(
			"rule",
			"expected a rule of RFC 5545 such as FREQ=WEEKLY;BYDAY=TU, got %q: %v",
			series.Rule,
			err,
		)
	}
	if !slices.Contains(frequencies, option.Freq) ||
		len(option.Byhour)+len(option.Byminute)+len(option.Bysecond) > 0 {
		return nil, nil, Wrong(
			"rule",
			"expected FREQ DAILY, WEEKLY, MONTHLY or YEARLY at one time of the day, got %q",
			series.Rule,
		)
	}
	if option.Dtstart, err = time.Parse(localLayout, series.LocalStart); err != nil {
		return nil, nil, Wrong(
			"localStart",
			"expected a time such as 2026-12-01T09:00, got %q",
			series.LocalStart,
		)
	}
	if !option.Until.IsZero() && strings.Contains(strings.ToUpper(rule), "Z") {
		local := option.Until.In(zone)
		option.Until = time.Date(
			local.Year(),
			local.Month(),
			local.Day(),
			local.Hour(),
			local.Minute(),
			local.Second(),
			0,
			time.UTC,
		)
	}
	made, err := rrule.NewRRule(*option)
	if err != nil {
		return nil, nil, Wrong(
			"rule",
			"expected a rule that has a meeting, got %q: %v",
			series.Rule,
			err,
		)
	}
	return made, option, nil
}

// occurrences returns the instances of a series that begin in [from, until), without exceptions.
func occurrences(series practice.Series, from, until time.Time) ([]occurrence, error) {
	zone, err := Zone(series.Zone)
	if err != nil {
		return nil, err
	}
	rule, _, err := recurrence(series, zone)
	if err != nil {
		return nil, err
	}
	left := strings.Split(series.Exceptions, ",")
	var found []occurrence
	// A day more at each end: the rule is asked in wall-clock time, the answer is in moments.
	for _, wall := range rule.Between(naive(from, zone).Add(-dayBefore),
		naive(until, zone).Add(dayBefore), true) {
		local := wall.Format(localLayout)
		start, err := resolveRecurring(local, zone)
		if err != nil {
			return nil, err
		}
		if slices.Contains(left, local) || start.Before(from) || !start.Before(until) {
			continue
		}
		if found = append(found, occurrence{local: local, start: start}); len(
			found,
		) > maxInstances {
			return nil, Wrong(
				"rule",
				"expected at most %d meetings at a time, got more; lengthen the interval",
				maxInstances,
			)
		}
	}
	return found, nil
}

// naive is what the clocks of a zone show at a moment, as if it were UTC.
func naive(moment time.Time, zone *time.Location) time.Time {
	_, offset := moment.In(zone).Zone()
	return moment.UTC().Add(time.Duration(offset) * time.Second)
}

// shiftRule returns the rule of a series that goes on from another start: as it was, but on the day
// of the week of that start when the day has changed.
func shiftRule(
	series practice.Series,
	zone *time.Location,
	oldStart, newStart string,
	left int,
) (string, error) {
	_, option, err := recurrence(series, zone)
	if err != nil {
		return "", err
	}
	before, err := time.Parse(localLayout, oldStart)
	if err != nil {
		return "", err
	}
	after, err := time.Parse(localLayout, newStart)
	if err != nil {
		return "", err
	}
	if before.Weekday() != after.Weekday() ||
		before.Day() != after.Day() && option.Freq == rrule.MONTHLY {
		simple := option.Freq == rrule.WEEKLY && len(option.Byweekday) <= 1 ||
			option.Freq == rrule.DAILY
		if !simple {
			return "", Wrong(
				"reach",
				"expected another time of the same day, got another day of a rule with days of "+
					"its own (%s); cancel the following ones and make a new series",
				series.Rule,
			)
		}
		option.Byweekday = nil
	}
	if option.Count > 0 {
		option.Count = left
	}
	option.Dtstart = time.Time{}
	return option.RRuleString(), nil
}

// exceptionsWith adds a local start to those that are left out.
func exceptionsWith(exceptions, local string) string {
	if exceptions == "" {
		return local
	}
	return fmt.Sprintf("%s,%s", exceptions, local)
}
