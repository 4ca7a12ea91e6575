package agenda

import (
	"fmt"
	"time"
	_ "time/tzdata" // the zones of servers that have none installed
)

// localLayout is a wall-clock time as people choose it, without a zone.
const localLayout = "2006-01-02T15:04"

// NoSuchTimeError says that the clocks of a zone skip a time.
type NoSuchTimeError struct {
	Local, Zone string
	Before      time.Time // the last moment of the old time
	After       string    // what the clocks show right after
}

func (e *NoSuchTimeError) Error() string {
	return fmt.Sprintf(
		"expected a time that exists, got %s, which the clocks of %s skip: they go to %s; "+
			"choose an earlier or a later one",
		e.Local,
		e.Zone,
		e.After,
	)
}

// TwoSuchTimesError says that the clocks of a zone show a time twice.
type TwoSuchTimesError struct {
	Local, Zone   string
	First, Second time.Time
}

func (e *TwoSuchTimesError) Error() string {
	return fmt.Sprintf(
		"expected a time that exists once, got %s, which the clocks of %s show twice: "+
			"at %s and at %s UTC; say with later which is meant",
		e.Local,
		e.Zone,
		e.First.UTC().Format("15:04"),
		e.Second.UTC().Format("15:04"),
	)
}

// Zone loads a zone by its IANA name.
func Zone(name string) (*time.Location, error) {
	zone, err := time.LoadLocation(name)
	if err != nil || name == "" || name == "Local" {
		return nil, Wrong("zone", "expected an IANA time zone such as Europe/Paris, got %q", name)
	}
	return zone, nil
}

// Resolve returns the moment at which the clocks of a zone show a local time. Of two it is an
// error, unless later chooses the second; first is what a caller does who has no choice.
func Resolve(local string, zone *time.Location, later bool) (time.Time, error) {
	wall, err := time.Parse(localLayout, local)
	if err != nil {
		return time.Time{}, Wrong(
			"localStart",
			"expected a time such as 2026-12-01T09:00, got %q",
			local,
		)
	}
	moments := candidates(wall, zone)
	switch {
	case len(moments) == 0:
		before := inGap(wall, zone)
		return time.Time{}, &NoSuchTimeError{Local: local, Zone: zone.String(), Before: before,
			After: before.In(zone).Format("15:04")}
	case len(moments) == 1:
		return moments[0], nil
	case later:
		return moments[1], nil
	}
	return time.Time{}, &TwoSuchTimesError{Local: local, Zone: zone.String(), First: moments[0],
		Second: moments[1]}
}

// resolveRecurring is Resolve for an instance of a series, by RFC 5545 section 3.3.5: of two the
// first; in a gap, what the offset before the gap makes of it.
func resolveRecurring(local string, zone *time.Location) (time.Time, error) {
	wall, err := time.Parse(localLayout, local)
	if err != nil {
		return time.Time{}, err
	}
	if moments := candidates(wall, zone); len(moments) > 0 {
		return moments[0], nil
	}
	_, offset := wall.Add(-dayBefore).In(zone).Zone()
	return wall.Add(-time.Duration(offset) * time.Second), nil
}

// dayBefore is far enough from a change of the clocks to see the offset before it, and near enough
// not to meet another one.
const dayBefore = 24 * time.Hour

// candidates are the moments at which a zone's clocks show a wall time, the earlier first. The wall
// time is given as if it were UTC.
func candidates(wall time.Time, zone *time.Location) []time.Time {
	var moments []time.Time
	for _, probe := range []time.Time{wall.Add(-dayBefore), wall.Add(dayBefore)} {
		_, offset := probe.In(zone).Zone()
		moment := wall.Add(-time.Duration(offset) * time.Second)
		if _, there := moment.In(zone).Zone(); there != offset {
			continue
		}
		if len(moments) == 0 || !moments[0].Equal(moment) {
			moments = append(moments, moment)
		}
	}
	if len(moments) == 2 && moments[1].Before(moments[0]) {
		moments[0], moments[1] = moments[1], moments[0]
	}
	return moments
}

// inGap is the moment at which the clocks jump over a wall time.
func inGap(wall time.Time, zone *time.Location) time.Time {
	_, before := wall.Add(-dayBefore).In(zone).Zone()
	_, end := wall.Add(-time.Duration(before) * time.Second).Add(-dayBefore).In(zone).ZoneBounds()
	return end
}

// Local is what the clocks of a zone show at a moment.
func Local(
	moment time.Time,
	zone *time.Location,
) string {
	return moment.In(zone).Format(localLayout)
}

// DayOf are the moments at which a date begins and ends in a zone.
func DayOf(date string, zone *time.Location) (from, until time.Time, err error) {
	begin, err := time.ParseInLocation(time.DateOnly, date, zone)
	if err != nil {
		return from, until, Wrong("date", "expected a date such as 2026-12-01, got %q", date)
	}
	return begin, begin.AddDate(0, 0, 1), nil
}
