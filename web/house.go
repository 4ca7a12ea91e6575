package web

import (
	"bytes"
	"cmp"
	"compress/gzip"
	"crypto/sha256"
	"encoding/base64"
	"html"
	"io"
	"strings"

	"github.com/andybalholm/brotli"
)

// House is who runs the server: what a patient reads on every page, also where no server answers
// any more, and what the law wants to be declared. Everything may be empty.
type House struct {
	Name, Phone   string // of the hospital, and of whoever helps there
	Accessibility Accessibility
}

// Accessibility is what the operator declares about access to these pages (RGAA 4.1).
type Accessibility struct {
	Status  string // none, partial or full; empty counts as none
	Rate    string // percentage of the criteria that are met; empty: nobody has counted
	Audited string // when, as in 2026-11-30; empty: never
	Auditor string // by whom
	Contact string // address to write to, or of a form
	Plan    string // address of the scheme for several years
}

// furnish writes the house into the page, where its scripts find it without another request, and
// the doors by which the server is reached besides the page's own. The build's name changes with
// them: browsers that have kept the page load it again.
func (h House) furnish(contents map[string][]byte, doors []string) {
	page, ok := contents[pageName]
	status := cmp.Or(h.Accessibility.Status, "none")
	var meta string
	if h.Name != "" || h.Phone != "" || status != "none" {
		meta = h.meta(status)
	}
	if len(doors) > 0 {
		meta += `<meta name="doors" content="` + html.EscapeString(strings.Join(doors, " ")) + `">`
	}
	if !ok || meta == "" {
		return
	}
	page = bytes.Replace(page, []byte("</head>"), []byte(meta+"</head>"), 1)
	if match := buildName.FindSubmatchIndex(page); match != nil {
		sum := sha256.Sum256(page)
		renamed := append(bytes.Clone(page[:match[3]]),
			base64.RawURLEncoding.EncodeToString(sum[:6])...)
		page = append(renamed, page[match[3]:]...)
	}
	contents[pageName] = page
	contents[pageName+".br"], contents[pageName+".gz"] = compressed(page)
}

func (h House) meta(status string) string {
	return `<meta name="house" content="` + html.EscapeString(h.Name) + `"><meta name="phone"` +
		` content="` + html.EscapeString(h.Phone) + `"><meta name="accessibility" content="` +
		html.EscapeString(status) + `">`
}

// compressed returns the copies of a page that is not as it was built.
func compressed(page []byte) (br, gz []byte) {
	var brotlied, gzipped bytes.Buffer
	b := brotli.NewWriterLevel(&brotlied, brotli.BestCompression)
	g := gzip.NewWriter(&gzipped)
	for _, w := range []io.WriteCloser{b, g} {
		_, _ = w.Write(page) // into memory: it does not fail
		_ = w.Close()
	}
	return brotlied.Bytes(), gzipped.Bytes()
}

// New prepares the client that is embedded in this binary. Doors, as host or host:port, are where
// pages find the servers of a cluster.
func New(house House, doors ...string) (*Client, error) {
	return newClient(embedded, house, doors...)
}
