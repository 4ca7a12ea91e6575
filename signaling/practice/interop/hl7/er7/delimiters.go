package er7

import (
	"bytes"
	"encoding/hex"
	"fmt"
	"strings"
	"unicode/utf8"

	"golang.org/x/text/encoding/charmap"
)

// Delimiters are the five characters that part a message. 0: the message has none for it.
type Delimiters struct{ Field, Component, Repetition, Escaping, Subcomponent byte }

// Usual are the delimiters of almost all messages: |^~\&
var Usual = Delimiters{'|', '^', '~', '\\', '&'}

// delimitersOf reads the start of the first segment.
func delimitersOf(raw []byte) (Delimiters, error) {
	var d Delimiters
	if !bytes.HasPrefix(raw, []byte("MSH")) {
		return d, &SyntaxError{Line: 1, Expected: "the segment MSH first, one message at a time",
			Got: named(raw)}
	}
	if len(raw) < 5 {
		return d, &SyntaxError{Line: 1, Expected: `delimiters after MSH, as in MSH|^~\&`,
			Got: "the end of the message"}
	}
	d.Field = raw[3]
	end := bytes.IndexAny(raw[4:], string([]byte{d.Field, '\r', '\n'}))
	if end < 0 {
		end = len(raw) - 4
	}
	others := raw[4 : 4+end]
	if len(others) < 1 || len(others) > 5 { // the fifth is version 2.7's for what was cut
		return d, &SyntaxError{Line: 1, Expected: `one to five delimiters in MSH-2, as in ^~\&`,
			Got: fmt.Sprintf("%d", len(others))}
	}
	for i, into := range []*byte{&d.Component, &d.Repetition, &d.Escaping, &d.Subcomponent} {
		if i < len(others) {
			*into = others[i]
		}
	}
	seen := map[byte]bool{}
	for _, c := range append([]byte{d.Field}, others...) {
		if c <= ' ' || c >= 0x7f || c >= '0' && c <= '9' || c >= 'A' && c <= 'Z' ||
			c >= 'a' && c <= 'z' || c == '"' || seen[c] {
			return d, &SyntaxError{Line: 1,
				Expected: `five different signs as delimiters, as in MSH|^~\&`,
				Got:      "a letter, a digit, a control character, or one twice"}
		}
		seen[c] = true
	}
	return d, nil
}

// Unescape reads escapes. One that is not known, or does not end, stays as it stands; highlighting
// goes.
func (d Delimiters) Unescape(text string) string {
	if d.Escaping == 0 || strings.IndexByte(text, d.Escaping) < 0 {
		return text
	}
	var b strings.Builder
	for {
		before, rest, found := strings.Cut(text, string(rune(d.Escaping)))
		b.WriteString(before)
		if !found {
			return b.String()
		}
		code, after, ends := strings.Cut(rest, string(rune(d.Escaping)))
		meant, known := d.meaning(code)
		if !ends || !known {
			b.WriteByte(d.Escaping)
			text = rest
			continue
		}
		b.WriteString(meant)
		text = after
	}
}

// meaning is what stands for the code of an escape.
func (d Delimiters) meaning(code string) (string, bool) {
	letters := map[string]byte{"F": d.Field, "S": d.Component, "T": d.Subcomponent,
		"R": d.Repetition, "E": d.Escaping}
	switch {
	case letters[code] != 0:
		return string(rune(letters[code])), true
	case code == "H", code == "N": // highlighted, and no longer
		return "", true
	case code == ".br", code == ".sp":
		return "\n", true
	case strings.HasPrefix(code, "X"):
		decoded, err := hex.DecodeString(code[1:])
		if err != nil || len(decoded) == 0 || bytes.IndexByte(decoded, 0) >= 0 {
			return "", false
		}
		if utf8.Valid(decoded) {
			return string(decoded), true
		}
		text, err := charmap.Windows1252.NewDecoder().Bytes(decoded)
		return string(text), err == nil
	}
	return "", false
}

// Escape writes text so that it stands as one part of a message, whatever is in it. What is not
// UTF-8, and zero bytes, which no store takes, become U+FFFD.
func (d Delimiters) Escape(text string) string {
	var b strings.Builder
	text = strings.ReplaceAll(strings.ToValidUTF8(text, "\uFFFD"), "\x00", "\uFFFD")
	for i := range len(text) {
		switch c := text[i]; {
		case c == d.Escaping:
			b.WriteString(d.escaped("E"))
		case c == d.Field:
			b.WriteString(d.escaped("F"))
		case c == d.Component:
			b.WriteString(d.escaped("S"))
		case c == d.Subcomponent:
			b.WriteString(d.escaped("T"))
		case c == d.Repetition:
			b.WriteString(d.escaped("R"))
		case c < ' ' || c == 0x7f: // segments and frames end with such
			b.WriteString(d.escaped("X" + strings.ToUpper(hex.EncodeToString([]byte{c}))))
		default:
			b.WriteByte(c)
		}
	}
	if b.String() == Null { // two quotation marks, not the sign for nothing
		return d.escaped("X22") + d.escaped("X22")
	}
	return b.String()
}

func (d Delimiters) escaped(code string) string {
	return string(rune(d.Escaping)) + code + string(rune(d.Escaping))
}

// Components writes texts as the components of one field. Empty ones at the end go.
func (d Delimiters) Components(texts ...string) string {
	return d.join(d.Component, texts)
}

// Subcomponents writes texts as the subcomponents of one component; it is not escaped again.
func (d Delimiters) Subcomponents(texts ...string) string {
	return d.join(d.Subcomponent, texts)
}

func (d Delimiters) join(delimiter byte, texts []string) string {
	parts := make([]string, len(texts))
	for i, text := range texts {
		parts[i] = d.Escape(text)
	}
	return strings.TrimRight(strings.Join(parts, string(rune(delimiter))), string(rune(delimiter)))
}
