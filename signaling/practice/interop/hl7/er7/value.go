package er7

import "strings"

// Value is a field, or a part of one, as it stands in the message.
type Value struct {
	text       string
	delimiters Delimiters
}

// Repetitions returns the field's repetitions; of an empty field none.
func (v Value) Repetitions() []Value {
	if v.text == "" {
		return nil
	}
	return v.parts(v.delimiters.Repetition)
}

// Components returns the components of the first repetition.
func (v Value) Components() []Value {
	return v.part(v.delimiters.Repetition, 1).parts(v.delimiters.Component)
}

// Component returns one component of the first repetition, counted from 1.
func (v Value) Component(number int) Value {
	return v.part(v.delimiters.Repetition, 1).part(v.delimiters.Component, number)
}

// Sub returns one subcomponent of the first component, counted from 1.
func (v Value) Sub(number int) Value {
	return v.Component(1).part(v.delimiters.Subcomponent, number)
}

func (v Value) parts(delimiter byte) []Value {
	if delimiter == 0 {
		return []Value{v}
	}
	var parts []Value
	for _, text := range strings.SplitN(v.text, string(rune(delimiter)), maxParts) {
		parts = append(parts, Value{text, v.delimiters})
	}
	return parts
}

func (v Value) part(delimiter byte, number int) Value {
	rest := v.text
	for ; delimiter != 0; number-- {
		at := strings.IndexByte(rest, delimiter)
		if number == 1 && at >= 0 {
			return Value{rest[:at], v.delimiters}
		}
		if at < 0 || number <= 1 {
			break
		}
		rest = rest[at+1:]
	}
	if number != 1 {
		rest = ""
	}
	return Value{rest, v.delimiters}
}

// Text is what the value says, without escapes: of what has parts the first of the first. A null
// says nothing.
func (v Value) Text() string {
	text := v.Sub(1).text
	if text == Null {
		return ""
	}
	return v.delimiters.Unescape(text)
}

// Raw is the value as it stands in the message.
func (v Value) Raw() string { return v.text }

// Empty reports whether nothing was said.
func (v Value) Empty() bool { return v.text == "" }

// IsNull reports whether it was said that there is nothing.
func (v Value) IsNull() bool { return v.text == Null }
