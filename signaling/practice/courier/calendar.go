package courier

import (
	"strconv"
	"strings"
	"time"
	"unicode/utf8"
)

// event is a meeting for a calendar, by iTIP (RFC 5546).
type event struct {
	method   string // REQUEST or CANCEL
	uid      string // the same for all messages about one appointment
	sequence int
	start    time.Time
	end      time.Time
	stamp    time.Time
	summary  string
	address  string
	guest    string // mail address
}

// calendarTime is a moment in UTC (RFC 5545 section 3.3.5, form 2).
const calendarTime = "20060102T150405Z"

// text writes the calendar (RFC 5545). Organizer is the mail address that answers go to.
func (e event) text(organizer string) string {
	var b strings.Builder
	line := func(name, value string) { fold(&b, name+":"+value) }
	line("BEGIN", "VCALENDAR")
	line("VERSION", "2.0")
	line("PRODID", "-//Draille//Practice//FR")
	line("METHOD", e.method)
	line("BEGIN", "VEVENT")
	line("UID", e.uid)
	line("SEQUENCE", strconv.Itoa(e.sequence))
	line("DTSTAMP", e.stamp.UTC().Format(calendarTime))
	line("DTSTART", e.start.UTC().Format(calendarTime))
	line("DTEND", e.end.UTC().Format(calendarTime))
	line("SUMMARY", escape(e.summary))
	line("ORGANIZER", "mailto:"+organizer)
	line("ATTENDEE;ROLE=REQ-PARTICIPANT;PARTSTAT=NEEDS-ACTION;RSVP=FALSE", "mailto:"+e.guest)
	if e.method == "CANCEL" {
		line("STATUS", "CANCELLED")
	} else {
		line("STATUS", "CONFIRMED")
		line("DESCRIPTION", escape(e.address))
		line("LOCATION", escape(e.address))
		line("URL", e.address)
	}
	line("CLASS", "PRIVATE")
	line("TRANSP", "OPAQUE")
	line("END", "VEVENT")
	line("END", "VCALENDAR")
	return b.String()
}

// maxOctets is how long a line may be without its end (RFC 5545 section 3.1).
const maxOctets = 75

// fold writes a line, broken where it is too long but never within a character.
func fold(b *strings.Builder, line string) {
	width := 0
	for _, r := range line {
		if size := utf8.RuneLen(r); width+size > maxOctets {
			b.WriteString("\r\n ")
			width = 1 + size
		} else {
			width += size
		}
		b.WriteRune(r)
	}
	b.WriteString("\r\n")
}

var escaping = strings.NewReplacer(`\`, `\\`, ";", `\;`, ",", `\,`, "\n", `\n`)

// escape writes a value of type TEXT.
func escape(text string) string { return escaping.Replace(text) }
