package protocol

import (
	"strings"
	"unicode"

	"golang.org/x/text/unicode/norm"
)

// invisible are characters that Unicode calls letters, marks or symbols and that show nothing:
// fillers, blanks and variation selectors. Control and format characters are no graphic ones
// anyway.
var invisible = &unicode.RangeTable{
	R16: []unicode.Range16{
		{Lo: 0x034f, Hi: 0x034f, Stride: 1}, {Lo: 0x115f, Hi: 0x1160, Stride: 1},
		{Lo: 0x17b4, Hi: 0x17b5, Stride: 1}, {Lo: 0x180b, Hi: 0x180f, Stride: 1},
		{Lo: 0x2800, Hi: 0x2800, Stride: 1}, {Lo: 0x3164, Hi: 0x3164, Stride: 1},
		{Lo: 0xfe00, Hi: 0xfe0f, Stride: 1}, {Lo: 0xffa0, Hi: 0xffa0, Stride: 1},
	},
	R32: []unicode.Range32{{Lo: 0xe0100, Hi: 0xe01ef, Stride: 1}},
}

// joining are format characters without which scripts and emoji cannot be written; they are left in
// what people write. Of names they could make two that look alike.
var joining = &unicode.RangeTable{R16: []unicode.Range16{
	{Lo: 0x061c, Hi: 0x061c, Stride: 1}, {Lo: 0x200c, Hi: 0x200f, Stride: 1},
	{Lo: 0xfe0e, Hi: 0xfe0f, Stride: 1},
}}

// joined are letters of the scripts that join, Arabic to Mongolian, and emoji. Between two of them
// a joiner or a non-joiner shows (UAX #31, A1 to B): it is left in names, too. Persian, Hindi and
// Sinhala names are written with them, and emoji of families and professions.
var joined = &unicode.RangeTable{
	R16: []unicode.Range16{
		{Lo: 0x0600, Hi: 0x109f, Stride: 1}, {Lo: 0x1780, Hi: 0x18af, Stride: 1},
		{Lo: 0x2194, Hi: 0x2195, Stride: 1}, {Lo: 0x2600, Hi: 0x27bf, Stride: 1},
		{Lo: 0x2b1b, Hi: 0x2b1b, Stride: 1},
	},
	R32: []unicode.Range32{{Lo: 0x1f000, Hi: 0x1faff, Stride: 1}},
}

func isJoiner(r rune) bool { return r == '\u200c' || r == '\u200d' }

// maxMarks is how many combining marks may follow one another: Vietnamese needs two, pointed Hebrew
// three.
const maxMarks = 3

// CleanName returns a name as it can be shown: in Unicode's compatibility composition (NFKC, UAX
// #15), on one line, without characters that show nothing, and of MaxNameCharacters at most. It may
// be empty.
func CleanName(name string) string {
	name = cleanName(name)
	for { // what is taken out may leave a joiner alone, or let a letter and a mark meet
		again := cleanName(name)
		if again == name {
			return name
		}
		name = again
	}
}

func cleanName(name string) string {
	var b strings.Builder
	marks, count := 0, 0
	for _, r := range joinNames(seen(norm.NFKC.String(strings.ToValidUTF8(name, "")))) {
		switch {
		case isJoiner(r): // and whoever stacks marks gets no more of them by it
		case unicode.IsSpace(r):
			r, marks = ' ', 0
			if text := b.String(); text == "" || strings.HasSuffix(text, " ") {
				continue
			}
		case unicode.IsMark(r):
			if marks++; marks > maxMarks || b.Len() == 0 {
				continue
			}
		default:
			marks = 0
		}
		if count++; count > MaxNameCharacters {
			break
		}
		b.WriteRune(r)
	}
	// What was taken out may have stood between a letter and its mark.
	return strings.TrimSpace(norm.NFKC.String(b.String()))
}

// seen leaves out what shows nothing, but for joiners.
func seen(name string) string {
	return strings.Map(func(r rune) rune {
		if !isJoiner(r) && !unicode.IsSpace(r) && (unicode.Is(invisible, r) ||
			!unicode.IsGraphic(r)) {
			return -1
		}
		return r
	}, name)
}

// joinNames leaves joiners out that do not stand alone between two characters which join.
func joinNames(name string) []rune {
	var kept []rune
	all := []rune(name)
	for i, r := range all {
		if !isJoiner(r) || i > 0 && unicode.Is(joined, all[i-1]) && i+1 < len(all) &&
			unicode.Is(joined, all[i+1]) {
			kept = append(kept, r)
		}
	}
	return kept
}

// CleanText returns what somebody wrote without control characters and without those that change
// the direction of what follows. Lines end with "\n". It may be empty.
func CleanText(text string) string {
	return strings.TrimSpace(cleanDraft(text))
}

// cleanDraft is CleanText of a piece of a text: its spaces stand between it and the others.
func cleanDraft(text string) string {
	text = strings.NewReplacer("\r\n", "\n", "\r", "\n", "\u2028", "\n", "\u2029", "\n").
		Replace(strings.ToValidUTF8(text, ""))
	return strings.Map(func(r rune) rune {
		switch {
		case r == '\n' || r == '\t' || unicode.Is(joining, r):
			return r
		case unicode.Is(invisible, r) || !unicode.IsGraphic(r):
			return -1
		}
		return r
	}, text)
}

// cleaned are the messages that hold text of people: it is cleaned as the message is read, and
// never refused for its characters.
type cleaned interface{ clean() ClientMessage }

func (m Join) clean() ClientMessage  { m.Name = CleanName(m.Name); return m }
func (m Enter) clean() ClientMessage { m.Name = CleanName(m.Name); return m }
func (m Say) clean() ClientMessage   { m.Text = CleanText(m.Text); return m }
func (m Note) clean() ClientMessage  { m.Text = CleanText(m.Text); return m }

func (m Typing) clean() ClientMessage { m.Text = cleanDraft(m.Text); return m }
func (m Invite) clean() ClientMessage { m.Name = CleanName(m.Name); return m }
