package hl7

import (
	"fmt"
	"strconv"
	"strings"
)

// Answers of MSA-1.
const (
	accepted = "AA"
	failed   = "AE" // the message cannot be applied as it is
	rejected = "AR" // it is none that is taken here
)

// Codes of HL7 table 0357.
const (
	codeAccepted  = 0   // message accepted
	codeSegment   = 100 // segment sequence error
	codeRequired  = 101 // required field missing
	codeType      = 102 // data type error
	codeTable     = 103 // table value not found
	codeMessage   = 200 // unsupported message type
	codeUnknown   = 204 // unknown key identifier
	codeDuplicate = 205 // duplicate key identifier
	codeInternal  = 207 // application internal error
)

var codeWords = map[int]string{codeAccepted: "Message accepted",
	codeSegment:  "Segment sequence error",
	codeRequired: "Required field missing", codeType: "Data type error",
	codeTable: "Table value not found", codeMessage: "Unsupported message type",
	codeUnknown: "Unknown key identifier", codeDuplicate: "Duplicate key identifier",
	codeInternal: "Application internal error"}

// fault is why a message is not applied. What came is told without what a patient's traits are: the
// text goes to the sender, into the queue and into the log.
type fault struct {
	answer   string
	code     int
	field    string // as in PID-3.1, or a segment
	expected string
	got      string
}

func (f *fault) Error() string { return "expected " + f.expected + ", got " + f.got }

// wrong is that a field cannot be what it is.
func wrong(code int, field, expected, format string, values ...any) error {
	return &fault{failed, code, field, expected, fmt.Sprintf(format, values...)}
}

// missing is that a field is empty.
func missing(field, expected string) error {
	return wrong(codeRequired, field, expected, "nothing")
}

// location is the field as ERR-2 tells it: segment, its number, field, repetition, component.
func (f *fault) location() []string {
	segment, number, _ := strings.Cut(f.field, "-")
	if number == "" {
		return []string{segment, "1"}
	}
	field, component, part := strings.Cut(number, ".")
	if !part {
		return []string{segment, "1", field}
	}
	return []string{segment, "1", field, "1", component}
}

// length tells what came without telling it.
func length(text string) string {
	if text == "" {
		return "nothing"
	}
	return strconv.Itoa(len([]rune(text))) + " characters"
}
