package hl7

import (
	"strconv"
	"strings"
	"unicode"

	"draille/signaling/practice/interop/hl7/er7"
)

// shown are the fields that say nothing of a patient, by segment. Components are all of a field.
var shown = map[string]map[int]bool{
	"PID": {1: true, 8: true, 32: true}, "MRG": {},
	"PV1": {1: true, 2: true, 3: true, 10: true},
	"SCH": {1: true, 2: true, 8: true, 9: true, 10: true, 11: true, 25: true},
	"AIS": {1: true, 2: true, 3: true, 4: true, 7: true, 8: true},
	"AIL": {1: true, 2: true, 3: true, 4: true},
	"AIP": {1: true, 2: true}, "RGS": {1: true, 2: true, 3: true},
	"TQ1": {1: true, 7: true, 8: true},
}

// shownParts are components of fields that are not shown: types and authorities of identifiers,
// names, addresses.
var shownParts = map[string]map[int]bool{
	"PID-3": {4: true, 5: true}, "MRG-1": {4: true, 5: true}, "PID-5": {7: true},
	"PID-11": {7: true}, "AIP-3": {9: true, 10: true},
}

// Mask is a message for whoever looks after the connection and sees no patient: where something
// stands, and of what kind, but for codes, times and identifiers of messages and appointments. What
// cannot be read is masked as a whole.
func Mask(text string) string {
	m, err := er7.Parse([]byte(text))
	if err != nil {
		return masked(text)
	}
	var lines []string
	for _, s := range m.Segments {
		fields := []string{s.Name}
		for number := 1; number <= s.Len(); number++ {
			if s.Name == "MSH" && number == 1 {
				continue
			}
			fields = append(fields, maskField(m.Delimiters, s, number))
		}
		lines = append(lines, strings.Join(fields, string(rune(m.Delimiters.Field))))
	}
	return strings.Join(lines, "\n")
}

func maskField(d er7.Delimiters, s er7.Segment, number int) string {
	value := s.Field(number)
	if s.Name == "MSH" || s.Name == "EVN" && number != 5 || shown[s.Name][number] {
		return value.Raw()
	}
	parts := shownParts[s.Name+"-"+strconv.Itoa(number)]
	var repetitions []string
	for _, repetition := range value.Repetitions() {
		var components []string
		for i, component := range repetition.Components() {
			text := component.Raw()
			if !parts[i+1] {
				text = masked(text)
			}
			components = append(components, text)
		}
		repetitions = append(repetitions, strings.Join(components, string(rune(d.Component))))
	}
	return strings.Join(repetitions, string(rune(d.Repetition)))
}

// masked keeps how long something is and what separates it.
func masked(text string) string {
	return strings.Map(func(r rune) rune {
		switch {
		case unicode.IsDigit(r):
			return '9'
		case unicode.IsLetter(r), unicode.IsMark(r), unicode.IsNumber(r):
			return 'x'
		case r == '\r':
			return '\n'
		}
		return r
	}, text)
}
