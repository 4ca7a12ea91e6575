package web

import (
	_ "embed"
	"html/template"
	"net/http"
)

// The addresses of the statement, in French and in English.
const (
	statementName        = "accessibilite"
	statementNameEnglish = "accessibility"
)

//go:embed statement.html
var statementHTML string

var statement = template.Must(template.New("statement").Parse(statementHTML))

// serveStatement answers with the declaration of accessibility that article 47 of the French law
// 2005-102 asks of whoever runs the server, after the model of RGAA 4.1. It is HTML alone: it can
// be read where the calls' pages cannot.
func serveStatement(w http.ResponseWriter, r *http.Request, house House, english bool) {
	header := w.Header()
	header.Set("Cache-Control", "no-cache")
	header.Set("Content-Type", contentTypes[".html"])
	language := "fr"
	if english {
		language = "en"
	}
	header.Set("Content-Language", language)
	if r.Method == http.MethodHead {
		return
	}
	_ = statement.Execute(w, struct { // whoever went away does not read it
		House
		Language string
	}{house, language})
}
