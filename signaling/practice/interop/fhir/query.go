package fhir

import (
	"mime"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"draille/signaling/practice"
)

// Lengths of pages, in resources: each seen is a line of the audit log.
const (
	usualPage = 20
	maxPage   = 50
)

// maxForm is more than any search has, in bytes.
const maxForm = 16 << 10

// query is what a search asks for. What nobody takes was not understood.
type query struct {
	values url.Values
	used   url.Values
	strict bool
}

// newQuery reads a search from the address, or from the form of _search.
func newQuery(r *http.Request) (*query, error) {
	q := &query{values: r.URL.Query(), used: url.Values{},
		strict: strings.Contains(r.Header.Get("Prefer"), "handling=strict")}
	if r.Method != http.MethodPost {
		return q, q.bounded()
	}
	media, _, err := mime.ParseMediaType(r.Header.Get("Content-Type"))
	if err != nil || media != "application/x-www-form-urlencoded" {
		return q, refuse(http.StatusUnsupportedMediaType, "not-supported", "", "expected "+
			"Content-Type: application/x-www-form-urlencoded, got another")
	}
	r.Body = http.MaxBytesReader(nil, r.Body, maxForm)
	if err := r.ParseForm(); err != nil {
		return q, refuse(http.StatusBadRequest, "invalid", "", "expected a form of at most %d "+
			"bytes, got something else", maxForm)
	}
	q.values = r.Form
	return q, q.bounded()
}

// maxValues is how many values all parameters of a search may have: a statement is remembered for
// each number of them.
const maxValues = 20

func (q *query) bounded() error {
	n := 0
	for _, found := range q.values {
		for _, text := range found {
			if !plain(text) {
				return refuse(http.StatusBadRequest, "invalid", "", "expected parameters in UTF-8 "+
					"without control characters, got others")
			}
			n += 1 + strings.Count(text, ",")
		}
	}
	if n > maxValues {
		return refuse(http.StatusBadRequest, "too-costly", "", "expected at most %d values in a "+
			"search, got %d; ask several times", maxValues, n)
	}
	return nil
}

// plain reports whether a text is one that every store takes.
func plain(text string) bool {
	return utf8.ValidString(text) && !strings.ContainsFunc(text, unicode.IsControl)
}

// take are the values of a parameter: each has to match.
func (q *query) take(name string) []string {
	found := q.values[name]
	if len(found) > 0 {
		q.used[name] = found
	}
	return slices.DeleteFunc(slices.Clone(found), func(text string) bool { return text == "" })
}

// one is the value of a parameter that may come once; empty: it did not.
func (q *query) one(name string) (string, error) {
	found := q.take(name)
	switch len(found) {
	case 0:
		return "", nil
	case 1:
		return found[0], nil
	}
	return "", refuse(http.StatusBadRequest, "invalid", "", "expected %s once, got it %d times",
		name, len(found))
}

// unused refuses what was not understood, if whoever asks wants that: FHIR lets a server ignore it.
func (q *query) unused() error {
	for name := range q.values {
		if q.used[name] == nil && !strings.HasPrefix(name, "_") && q.strict {
			return refuse(http.StatusBadRequest, "not-supported", "", "expected parameters that "+
				"metadata names, got another one; without Prefer: handling=strict it is ignored")
		}
	}
	return nil
}

// again is the same search, from a place on.
func (q *query) again(after string) string {
	values := url.Values{}
	for name, found := range q.used {
		if name != "_after" {
			values[name] = found
		}
	}
	if after != "" {
		values.Set("_after", after)
	}
	if len(values) == 0 {
		return ""
	}
	return "?" + values.Encode()
}

// count is how many resources a page has.
func (q *query) count() (int, error) {
	text, err := q.one("_count")
	if err != nil || text == "" {
		return usualPage, err
	}
	n, err := strconv.Atoi(text)
	if err != nil || n < 1 {
		return 0, refuse(http.StatusBadRequest, "invalid", "", "expected _count of 1 to %d, got "+
			"something else", maxPage)
	}
	return min(n, maxPage), nil
}

// after is where a page begins: a moment and an id.
func (q *query) after() (at int64, id string, err error) {
	text, err := q.one("_after")
	if err != nil || text == "" {
		return -1 << 62, "", err
	}
	moment, id, _ := strings.Cut(text, ".")
	if at, err = strconv.ParseInt(moment, 36, 64); err != nil {
		return 0, "", refuse(http.StatusBadRequest, "invalid", "", "expected _after as the link "+
			"next of a bundle has it, got something else")
	}
	return at, id, nil
}

func afterOf(at practice.Instant, id string) string {
	return strconv.FormatInt(int64(at), 36) + "." + id
}

// references are the ids that a parameter names, as id, Type/id or the address of this server.
func references(values []string, base, kind string) []string {
	var ids []string
	for _, value := range values {
		for one := range strings.SplitSeq(value, ",") {
			one = strings.TrimPrefix(one, base+"/")
			ids = append(ids, strings.TrimPrefix(one, kind+"/"))
		}
	}
	return ids
}

// moments is what a parameter of dates asks of a start: to lie in [from, until).
type moments struct{ from, until practice.Instant }

const always = practice.Instant(1 << 61)

// momentsOf reads a date with its prefix (FHIR R4, 3.1.1.4.7). Without an offset it is a time in
// the zone.
func momentsOf(text string, zone *time.Location) (moments, error) {
	text = strings.ReplaceAll(text, " ", "+") // an offset that was not escaped
	prefix, date := "eq", text
	if len(text) > 2 && text[0] >= 'a' && text[0] <= 'z' {
		prefix, date = text[:2], text[2:]
	}
	from, until, ok := spanOf(date, zone)
	if ok {
		switch prefix {
		case "eq":
			return moments{from, until}, nil
		case "ge":
			return moments{from, always}, nil
		case "gt", "sa":
			return moments{until, always}, nil
		case "lt", "eb":
			return moments{-always, from}, nil
		case "le":
			return moments{-always, until}, nil
		}
	}
	return moments{}, refuse(http.StatusBadRequest, "invalid", "", "expected date as in "+
		"ge2026-12-01 or 2026-12-01T09:00:00+01:00, with eq, ge, gt, le, lt, sa, eb or no prefix, "+
		"got something else")
}

// spanOf is when a date of any precision begins and ends.
func spanOf(date string, zone *time.Location) (from, until practice.Instant, ok bool) {
	for _, layout := range []struct {
		text string
		end  func(time.Time) time.Time
	}{
		{"2006", func(t time.Time) time.Time { return t.AddDate(1, 0, 0) }},
		{"2006-01", func(t time.Time) time.Time { return t.AddDate(0, 1, 0) }},
		{time.DateOnly, func(t time.Time) time.Time { return t.AddDate(0, 0, 1) }},
		{"2006-01-02T15:04", func(t time.Time) time.Time { return t.Add(time.Minute) }},
		{"2006-01-02T15:04Z07:00", func(t time.Time) time.Time { return t.Add(time.Minute) }},
		{"2006-01-02T15:04:05", func(t time.Time) time.Time { return t.Add(time.Second) }},
		{time.RFC3339, func(t time.Time) time.Time { return t.Add(time.Second) }},
	} {
		if at, err := time.ParseInLocation(layout.text, date, zone); err == nil {
			return practice.InstantOf(at), practice.InstantOf(layout.end(at)), true
		}
	}
	return 0, 0, false
}
