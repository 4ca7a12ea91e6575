package agenda

import (
	"regexp"
	"strings"
	"time"
)

// What the traits of a patient look like, whoever says them.
const (
	MaxName    = 100 // characters
	oldestYear = 1900
)

var (
	// IPPShape is that of a hospital's number.
	IPPShape = regexp.MustCompile(`^[A-Za-z0-9./-]{1,40}$`)
	// INSShape is that of the national identity.
	INSShape = regexp.MustCompile(`^[0-9]{6}[0-9AB][0-9]{8}$`)
	// BirthPlaceShape is that of INSEE's code of a commune or a country.
	BirthPlaceShape = regexp.MustCompile(`^(?:[0-9]{2}|2[AB])[0-9]{3}$`)
)

// INSAuthorities are those of the national identity: NIR, NIA, and that of tests.
var INSAuthorities = []string{"1.2.250.1.213.1.4.8", "1.2.250.1.213.1.4.9",
	"1.2.250.1.213.1.4.10"}

// BirthDate is a date as it is kept, 1979-03-28. It is false of one that there is not, that is too
// long ago, or to come.
func BirthDate(layout, text string, now time.Time) (string, bool) {
	day, err := time.Parse(layout, text)
	if err != nil || day.Year() < oldestYear || day.After(now) {
		return "", false
	}
	return day.Format(time.DateOnly), true
}

// OneLine is a text with single spaces.
func OneLine(text string) string { return strings.Join(strings.Fields(text), " ") }

// RPPS is the number of a professional in any of the forms in which it is sent: 11 digits, or these
// behind an 8. It is empty if the text is none.
func RPPS(text string) string {
	if len(text) == 12 && text[0] == '8' {
		text = text[1:]
	}
	if len(text) != 11 || strings.Trim(text, "0123456789") != "" {
		return ""
	}
	return text
}
