package hl7

import (
	"errors"
	"strings"
	"time"

	"draille/signaling/practice/agenda"
)

// layouts of a timestamp (DTM), by how many digits there are before a fraction and an offset.
var layouts = map[int]string{4: "2006", 6: "200601", 8: "20060102", 10: "2006010215",
	12: "200601021504", 14: "20060102150405"}

// timestamp reads a timestamp; without an offset it is one of the zone. Of a time that the clocks
// show twice it is the first. Ok is false if there is no such time.
func timestamp(text string, zone *time.Location) (at time.Time, ok bool) {
	digits, offset := text, ""
	if i := strings.IndexAny(text, "+-"); i >= 0 {
		digits, offset = text[:i], text[i:]
	}
	digits, fraction, _ := strings.Cut(digits, ".")
	layout, known := layouts[len(digits)]
	if !known {
		return at, false
	}
	if fraction != "" {
		if len(digits) != 14 || len(fraction) > 4 {
			return at, false
		}
		layout, digits = layout+"."+strings.Repeat("0", len(fraction)), digits+"."+fraction
	}
	if offset != "" {
		at, err := time.Parse(layout+"-0700", digits+offset)
		return at, err == nil
	}
	wall, err := time.Parse(layout, digits)
	if err != nil {
		return at, false
	}
	moment, err := agenda.Resolve(wall.Format("2006-01-02T15:04"), zone, false)
	var twice *agenda.TwoSuchTimesError
	switch {
	case errors.As(err, &twice):
		moment = twice.First
	case err != nil:
		return at, false
	}
	return moment.Add(wall.Sub(wall.Truncate(time.Minute))), true
}
