package courier

import (
	"html"
	"strings"

	"draille/signaling/practice"
)

// letter is a message with its words, ready to go out.
type letter struct {
	id       string // of the message: the same at every try
	to       string
	subject  string // of a mail
	lines    []string
	address  string           // last line, as a link; empty: none
	calendar *event           // of a mail
	message  practice.Message // of a record, which needs no words
}

// trialLetter is what « Essayer » sends.
func trialLetter(id, to string) letter {
	return letter{
		id:      id,
		to:      to,
		subject: "Draille : essai",
		lines:   []string{"Essai de Draille : ce message est bien arrivé."},
	}
}

// text is a letter without marks: an SMS, and a mail for programs that show no HTML.
func (l letter) text(separator string) string {
	parts := l.lines
	if l.address != "" {
		parts = append(parts[:len(parts):len(parts)], l.address)
	}
	return strings.Join(parts, separator)
}

// html is a letter as a page.
func (l letter) html() string {
	var b strings.Builder
	b.WriteString(
		`<!doctype html><html><body style="font-family:sans-serif;font-size:16px;line-height:1.5">`,
	)
	for _, line := range l.lines {
		b.WriteString("<p>" + html.EscapeString(line) + "</p>")
	}
	if l.address != "" {
		escaped := html.EscapeString(l.address)
		b.WriteString(`<p><a href="` + escaped + `">` + escaped + `</a></p>`)
	}
	b.WriteString("</body></html>")
	return b.String()
}
