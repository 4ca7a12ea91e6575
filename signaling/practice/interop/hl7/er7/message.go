// Package er7 reads and writes HL7 v2 messages in ER7, the encoding with the delimiters | and ^.
//
// It is our own because it has to accept what hospitals really send: delimiters are those of MSH,
// segments end with CR, LF or both, unknown segments are kept, and each field is read as UTF-8 or,
// where it is not, as the eight-bit set that MSH-18 names (Windows-1252 when it names none). A
// value's meaning is the caller's business.
//
// The package is pure: it opens nothing, reads no clock and starts nothing.
package er7

import (
	"bytes"
	"fmt"
	"strings"
	"unicode/utf8"

	"golang.org/x/text/encoding/charmap"
)

// Limits of one message. They are far beyond what identities and appointments need, and keep what a
// message costs in proportion to its size.
const (
	MaxBytes    = 1 << 20
	maxSegments = 2000
	maxFields   = 1000 // of one segment
	maxParts    = 1000 // repetitions, components or subcomponents that are looked at
)

// Null is the field that says: delete what was known.
const Null = `""`

// Message is one message. Segments stand in their order, unknown ones among them.
type Message struct {
	Delimiters Delimiters
	Segments   []Segment
	// Declared is the character set of MSH-18, as it stands there.
	Declared string
	// Odd is whether a field was not UTF-8 though MSH-18 says so or says nothing.
	Odd bool
}

// Segment is one line of a message.
type Segment struct {
	Name       string
	fields     []string // without the name; of MSH from MSH-1 on
	delimiters Delimiters
}

// SyntaxError says why bytes are no message.
type SyntaxError struct {
	Line     int    // from 1; 0: the whole message
	Expected string // what should have come
	Got      string // what came instead, without contents
}

func (e *SyntaxError) Error() string {
	where := ""
	if e.Line > 0 {
		where = fmt.Sprintf("line %d: ", e.Line)
	}
	return fmt.Sprintf("%sexpected %s, got %s", where, e.Expected, e.Got)
}

// Parse reads one message. Its errors are of type *SyntaxError.
func Parse(raw []byte) (Message, error) {
	if len(raw) > MaxBytes {
		return Message{}, &SyntaxError{Expected: fmt.Sprintf("at most %d bytes", MaxBytes),
			Got: fmt.Sprintf("%d", len(raw))}
	}
	raw = bytes.TrimPrefix(raw, []byte("\xef\xbb\xbf"))
	raw = bytes.TrimLeft(raw, "\r\n \t")
	if at := bytes.IndexByte(raw, 0); at >= 0 || bytes.HasPrefix(raw, []byte("\xff\xfe")) ||
		bytes.HasPrefix(raw, []byte("\xfe\xff")) {
		return Message{}, &SyntaxError{
			Expected: "UTF-8 or an eight-bit character set; let the sender use UNICODE UTF-8",
			Got:      "UTF-16, or bytes of zero"}
	}
	var m Message
	var err error
	if m.Delimiters, err = delimitersOf(raw); err != nil {
		return m, err
	}
	lines := bytes.FieldsFunc(raw, func(r rune) bool { return r == '\r' || r == '\n' })
	if len(lines) > maxSegments {
		return m, &SyntaxError{Expected: fmt.Sprintf("at most %d segments", maxSegments),
			Got: fmt.Sprintf("%d", len(lines))}
	}
	m.Declared = declared(lines[0], m.Delimiters)
	for i, line := range lines {
		segment, err := m.segment(line, i+1)
		if err != nil {
			return m, err
		}
		m.Segments = append(m.Segments, segment)
	}
	return m, nil
}

// named is the name of what came where a segment should begin; never its contents.
func named(line []byte) string {
	if len(line) == 0 {
		return "nothing"
	}
	if len(line) >= 3 && validName(line[:3]) {
		return "the segment " + string(line[:3])
	}
	return "something that is no segment"
}

func validName(name []byte) bool {
	for i, c := range name {
		if c < 'A' || c > 'Z' {
			if i == 0 || c < '0' || c > '9' {
				return false
			}
		}
	}
	return len(name) == 3
}

// declared is MSH-18 of the line, before anything is decoded.
func declared(line []byte, d Delimiters) string {
	fields := bytes.SplitN(line, []byte{d.Field}, 19)
	if len(fields) < 18 {
		return ""
	}
	first, _, _ := bytes.Cut(fields[17], []byte{d.Repetition})
	return strings.ToValidUTF8(string(first), "?")
}

func (m *Message) segment(line []byte, number int) (Segment, error) {
	s := Segment{delimiters: m.Delimiters}
	name, rest, more := bytes.Cut(line, []byte{m.Delimiters.Field})
	if !validName(name) {
		return s, &SyntaxError{Line: number,
			Expected: "the name of a segment: a capital and two capitals or digits",
			Got:      "something else; a line break inside a field is written \\.br\\"}
	}
	s.Name = string(name)
	if !more {
		return s, nil
	}
	if s.Name == "MSH" {
		if number > 1 {
			return s, &SyntaxError{Line: number, Expected: "one message", Got: "a second MSH"}
		}
		s.fields = append(s.fields, string(m.Delimiters.Field))
	}
	if bytes.Count(rest, []byte{m.Delimiters.Field}) >= maxFields {
		return s, &SyntaxError{Line: number,
			Expected: fmt.Sprintf("at most %d fields", maxFields), Got: "more"}
	}
	for _, field := range bytes.Split(rest, []byte{m.Delimiters.Field}) {
		s.fields = append(s.fields, m.decode(field))
	}
	return s, nil
}

// decode reads a field, whatever its header says: what is UTF-8 is nothing else in practice.
func (m *Message) decode(field []byte) string {
	if utf8.Valid(field) {
		return string(field)
	}
	m.Odd = m.Odd || m.Declared == "" || strings.Contains(m.Declared, "UNICODE") ||
		m.Declared == "ASCII"
	return m.eightBit(field)
}

func (m *Message) eightBit(text []byte) string {
	set := charmap.Windows1252
	if m.Declared == "8859/15" {
		set = charmap.ISO8859_15
	}
	decoded, err := set.NewDecoder().Bytes(text)
	if err != nil { // a decoder of one byte a character knows no error
		return strings.ToValidUTF8(string(text), "?")
	}
	return string(decoded)
}

// First returns the first segment of a name, or an empty one.
func (m Message) First(name string) Segment {
	for _, s := range m.Segments {
		if s.Name == name {
			return s
		}
	}
	return Segment{delimiters: m.Delimiters}
}

// Has reports whether the message has a segment.
func (m Message) Has(name string) bool { return m.First(name).Name != "" }

// All returns the segments of a name, in their order.
func (m Message) All(name string) []Segment {
	var found []Segment
	for _, s := range m.Segments {
		if s.Name == name {
			found = append(found, s)
		}
	}
	return found
}

// Field returns a field, counted from 1 as the standard does; an empty one when there is none.
func (s Segment) Field(number int) Value {
	if number < 1 || number > len(s.fields) {
		return Value{delimiters: s.delimiters}
	}
	if s.Name == "MSH" && number <= 2 {
		return Value{text: s.fields[number-1]} // delimiters are not parted by themselves
	}
	return Value{s.fields[number-1], s.delimiters}
}

// Len is how many fields the segment has.
func (s Segment) Len() int { return len(s.fields) }

// New returns a message without segments, with the usual delimiters.
func New() Message { return Message{Delimiters: Usual} }

// Add adds a segment. Fields are written as they are: Escape or Components makes them. Those of MSH
// begin with MSH-3.
func (m *Message) Add(name string, fields ...string) {
	s := Segment{Name: name, delimiters: m.Delimiters}
	if name == "MSH" {
		d := m.Delimiters
		s.fields = []string{string(rune(d.Field)),
			string([]byte{d.Component, d.Repetition, d.Escaping, d.Subcomponent})}
	}
	s.fields = append(s.fields, fields...)
	m.Segments = append(m.Segments, s)
}

// Bytes writes the message in UTF-8, each segment with a CR behind it.
func (m Message) Bytes() []byte {
	var b strings.Builder
	field := string(rune(m.Delimiters.Field))
	for _, s := range m.Segments {
		fields := s.fields
		b.WriteString(s.Name)
		if s.Name == "MSH" && len(fields) > 0 {
			fields = fields[1:] // MSH-1 is the delimiter itself
		}
		for _, text := range fields {
			b.WriteString(field)
			b.WriteString(text)
		}
		b.WriteByte('\r')
	}
	return []byte(b.String())
}
