package web

import (
	_ "embed"
	"html/template"
	"net/http"
	"strings"

	"golang.org/x/text/language"
)

//go:embed nothing.html
var nothingHTML string

var (
	nothing = template.Must(template.New("nothing").Parse(nothingHTML))
	// spoken are the languages of the pages; the first one is for readers of neither.
	spoken = language.NewMatcher([]language.Tag{language.French, language.English})
)

// serveNothing answers for an address where there is nothing: a browser that opens it as a page
// (Accept names text/html) gets one in the language of its reader (RFC 9110 section 12.5.4),
// anything else a sentence.
func serveNothing(w http.ResponseWriter, r *http.Request, house House) {
	header := w.Header()
	header.Set("Cache-Control", "no-store")
	header.Set("Vary", "Accept, Accept-Language")
	if !strings.Contains(r.Header.Get("Accept"), "text/html") {
		http.Error(w, "There is nothing at this address. Please open the invitation link again.",
			http.StatusNotFound)
		return
	}
	tag, _ := language.MatchStrings(spoken, r.Header.Get("Accept-Language"))
	base, _ := tag.Base()
	header.Set("Content-Type", contentTypes[".html"])
	header.Set("Content-Language", base.String())
	w.WriteHeader(http.StatusNotFound)
	if r.Method != http.MethodHead {
		_ = nothing.Execute(w, struct { // whoever went away does not read it
			House
			Language string
		}{house, base.String()})
	}
}
