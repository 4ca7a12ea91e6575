package agenda

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"draille/signaling/practice"
)

func paris(t require.TestingT) *time.Location {
	zone, err := Zone("Europe/Paris")
	require.NoError(t, err)
	return zone
}

func TestATimeThatTheClocksSkipIsAnsweredInWords(t *testing.T) {
	_, err := Resolve("2027-03-28T02:30", paris(t), false)
	var none *NoSuchTimeError
	require.ErrorAs(t, err, &none)
	require.Equal(t, "03:00", none.After)
	require.ErrorContains(t, err, "which the clocks of Europe/Paris skip: they go to 03:00")
	for local, utc := range map[string]string{
		"2027-03-28T01:59": "2027-03-28T00:59:00Z", "2027-03-28T03:00": "2027-03-28T01:00:00Z"} {
		at, err := Resolve(local, paris(t), false)
		require.NoError(t, err)
		require.Equal(t, utc, at.UTC().Format(time.RFC3339))
	}
}

func TestATimeThatExistsTwiceAsksWhich(t *testing.T) {
	_, err := Resolve("2027-10-31T02:30", paris(t), false)
	var two *TwoSuchTimesError
	require.ErrorAs(t, err, &two)
	require.Equal(t, time.Hour, two.Second.Sub(two.First))
	second, err := Resolve("2027-10-31T02:30", paris(t), true)
	require.NoError(t, err)
	require.Equal(t, "2027-10-31T01:30:00Z", second.UTC().Format(time.RFC3339))
	once, err := Resolve("2027-10-31T03:00", paris(t), true)
	require.NoError(t, err)
	require.Equal(t, "2027-10-31T02:00:00Z", once.UTC().Format(time.RFC3339))
}

func TestEveryOtherTimeIsWhatTheClocksShow(t *testing.T) {
	zones := []string{"Europe/Paris", "America/New_York", "Indian/Reunion", "Pacific/Noumea",
		"Australia/Lord_Howe", "America/St_Johns", "UTC"}
	rapid.Check(t, func(t *rapid.T) {
		zone, err := Zone(rapid.SampledFrom(zones).Draw(t, "zone"))
		require.NoError(t, err)
		minute := rapid.Int64Range(29_000_000, 32_000_000).Draw(t, "minute") // 2025 to 2030
		moment := time.Unix(minute*60, 0)
		found, err := Resolve(Local(moment, zone), zone, false)
		var two *TwoSuchTimesError
		if err != nil {
			require.ErrorAs(t, err, &two)
			require.True(t, two.First.Equal(moment) || two.Second.Equal(moment))
			require.Equal(t, Local(two.First, zone), Local(two.Second, zone))
			return
		}
		require.True(t, found.Equal(moment), "%s in %s", moment, zone)
	})
}

func series(rule, local string) practice.Series {
	return practice.Series{ID: "S", Rule: rule, LocalStart: local, Zone: "Europe/Paris",
		Minutes: 60}
}

func TestNineOClockStaysNineOClockWhenTheClocksChange(t *testing.T) {
	from := time.Date(2027, 3, 1, 0, 0, 0, 0, time.UTC)
	found, err := occurrences(series("FREQ=WEEKLY;BYDAY=TU", "2027-03-02T09:00"), from,
		from.AddDate(0, 2, 0))
	require.NoError(t, err)
	require.Len(t, found, 9)
	for _, one := range found {
		require.Equal(t, one.local, Local(one.start, paris(t)))
		require.Equal(t, "09:00", one.local[11:])
	}
	require.Equal(t, 8, found[0].start.UTC().Hour())
	require.Equal(t, 7, found[8].start.UTC().Hour())
}

func TestAnInstanceInTheGapIsReadWithTheOffsetBefore(t *testing.T) {
	from := time.Date(2027, 3, 27, 0, 0, 0, 0, time.UTC)
	found, err := occurrences(series("FREQ=DAILY", "2027-03-27T02:30"), from, from.AddDate(0, 0, 3))
	require.NoError(t, err)
	require.Len(t, found, 3)
	require.Equal(t, "2027-03-28T02:30", found[1].local)
	// 03:30 on the clocks
	require.Equal(t, "2027-03-28T01:30:00Z", found[1].start.UTC().Format(time.RFC3339))
}

func TestRulesOfTheRFC(t *testing.T) {
	from := time.Date(2026, 12, 1, 0, 0, 0, 0, time.UTC)
	for rule, want := range map[string]int{
		"FREQ=WEEKLY;BYDAY=TU;COUNT=3":                 3,
		"FREQ=WEEKLY;BYDAY=TU,TH;UNTIL=20261210":       4, // the 10th itself is one
		"FREQ=MONTHLY;BYDAY=1TU;COUNT=2":               2,
		"FREQ=WEEKLY;INTERVAL=2;UNTIL=20270101T000000": 3,
	} {
		found, err := occurrences(series(rule, "2026-12-01T09:00"), from, from.AddDate(0, 3, 0))
		require.NoError(t, err)
		require.Len(t, found, want, rule)
	}
	left := series("FREQ=WEEKLY;COUNT=3", "2026-12-01T09:00")
	left.Exceptions = "2026-12-08T09:00"
	found, err := occurrences(left, from, from.AddDate(0, 3, 0))
	require.NoError(t, err)
	require.Len(t, found, 2)
	for _, bad := range []string{"", "FREQ=HOURLY", "FREQ=DAILY;BYHOUR=9,10", "every tuesday",
		"FREQ=WEEKLY;BYDAY=XX"} {
		_, err := occurrences(series(bad, "2026-12-01T09:00"), from, from.AddDate(0, 3, 0))
		var field *FieldError
		require.ErrorAs(t, err, &field, bad)
		require.Equal(t, "rule", field.Field)
	}
}
