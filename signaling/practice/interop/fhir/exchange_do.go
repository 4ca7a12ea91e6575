package fhir

import (
	"errors"
	"net/http"
	"net/url"
	"strconv"
	"strings"

	"draille/signaling/practice/interop/fhir/fhirjson"
	"draille/signaling/practice/store"
)

// read answers with one resource.
func (e *exchange) read() error {
	var found answer
	err := e.config.Store.Read(e.r.Context(), func(tx *store.Tx) (err error) {
		found, err = e.kind.read(e, tx, e.r.PathValue("id"))
		return err
	})
	if errors.Is(err, store.ErrNotFound) {
		return notThere(e.r.PathValue("type"))
	}
	if err != nil {
		return err
	}
	if err := e.note([]answer{found}); err != nil {
		return err
	}
	if known := e.r.Header.Get("If-None-Match"); known != "" {
		if version, ok := versionIn(known); ok && version == found.version {
			e.w.WriteHeader(http.StatusNotModified)
			return nil
		}
	}
	return e.reply(http.StatusOK, found)
}

// note writes into the audit log what was seen, before it is told.
func (e *exchange) note(seen []answer) error {
	return e.config.Store.Write(e.r.Context(), func(tx *store.Tx) error {
		if len(seen) == 0 { // that it was looked for is told, too
			return e.audit(tx, answer{})
		}
		for _, one := range seen {
			if err := e.audit(tx, one); err != nil {
				return err
			}
		}
		return nil
	})
}

// page is a part of what a search has found.
type page struct {
	total int
	found []answer
	next  string // where the next page begins; empty: this is the last
}

// search answers with a bundle.
func (e *exchange) search() error {
	q, err := newQuery(e.r)
	if err != nil {
		return err
	}
	var found page
	err = e.config.Store.Read(e.r.Context(), func(tx *store.Tx) (err error) {
		if found, err = e.kind.search(e, tx, q); err != nil {
			return err
		}
		return q.unused()
	})
	if err != nil {
		return err
	}
	if err := e.note(found.found); err != nil {
		return err
	}
	address := e.base + "/" + e.r.PathValue("type")
	bundle := Bundle{ResourceType: "Bundle", Type: "searchset", Total: found.total,
		Link: []Link{{"self", address + q.again("")}}}
	if found.next != "" {
		bundle.Link = append(bundle.Link, Link{"next", address + q.again(found.next)})
	}
	for _, one := range found.found {
		bundle.Entry = append(bundle.Entry, Entry{FullURL: e.address(one.id),
			Resource: one.resource, Search: SearchEntry{"match"}})
	}
	return e.write(http.StatusOK, bundle)
}

// create makes a resource, unless If-None-Exist finds one.
func (e *exchange) create() error {
	said, err := e.body()
	if err != nil {
		return err
	}
	status := http.StatusCreated
	var made answer
	err = e.change(func(tx *store.Tx, w writable) error {
		if where := e.r.Header.Get("If-None-Exist"); where != "" {
			values, err := url.ParseQuery(strings.TrimPrefix(where, "?"))
			if err != nil {
				return refuse(http.StatusBadRequest, "invalid", "", "expected If-None-Exist: "+
					"identifier=system|value, got something else")
			}
			id, err := e.one(tx, w, values)
			if err != nil {
				return err
			}
			if id != "" {
				status = http.StatusOK
				made, err = w.read(e, tx, id)
				return err
			}
		}
		made, err = w.create(e, tx, said)
		return err
	}, &made)
	if err != nil {
		return err
	}
	return e.reply(status, made)
}

// update makes a resource what is said.
func (e *exchange) update() error {
	said, err := e.body()
	if err != nil {
		return err
	}
	id := e.r.PathValue("id")
	if own := said.Child("id"); own.Text() != id {
		return own.Wrong("the id that the address names")
	}
	version, err := e.version()
	if err != nil {
		return err
	}
	var made answer
	err = e.change(func(tx *store.Tx, w writable) (err error) {
		made, err = w.update(e, tx, id, said, version)
		if errors.Is(err, store.ErrNotFound) {
			return notThere(e.r.PathValue("type"))
		}
		return err
	}, &made)
	if err != nil {
		return err
	}
	return e.reply(http.StatusOK, made)
}

// updateWhere makes the resource with an identifier what is said, or makes it if there is none.
func (e *exchange) updateWhere() error {
	said, err := e.body()
	if err != nil {
		return err
	}
	version, err := e.version()
	if err != nil {
		return err
	}
	status := http.StatusOK
	var made answer
	err = e.change(func(tx *store.Tx, w writable) error {
		id, err := e.one(tx, w, e.r.URL.Query())
		switch {
		case err != nil:
			return err
		case id == "" && version > 0:
			return refuse(http.StatusPreconditionFailed, "conflict", "", "expected a resource "+
				"with the version of If-Match, got none with the identifier")
		case id == "":
			status = http.StatusCreated
			made, err = w.create(e, tx, said)
			return err
		}
		if own := said.Child("id"); own.Present() && own.Text() != id {
			return own.WrongAs("the id of the resource with the identifier, or none", "another one")
		}
		made, err = w.update(e, tx, id, said, version)
		return err
	}, &made)
	if err != nil {
		return err
	}
	return e.reply(status, made)
}

// change calls f with the right to change the store, and writes down what it made.
func (e *exchange) change(f func(*store.Tx, writable) error, made *answer) error {
	w, ok := e.kind.(writable)
	if !ok {
		return e.nothing()
	}
	return e.config.Store.Write(e.r.Context(), func(tx *store.Tx) error {
		e.remarks = nil
		if e.house.Closed {
			return refuse(http.StatusUnprocessableEntity, "business-rule", "", "expected an "+
				"establishment that takes patients, got one that is closed")
		}
		if err := f(tx, w); err != nil {
			return err
		}
		return e.audit(tx, *made)
	})
}

// one is the id of the one resource that a condition finds; empty: there is none.
func (e *exchange) one(tx *store.Tx, w writable, condition url.Values) (string, error) {
	only := condition["identifier"]
	for name := range condition {
		if name != "identifier" && !strings.HasPrefix(name, "_") {
			only = nil
		}
	}
	if len(only) != 1 {
		return "", refuse(http.StatusPreconditionFailed, "not-supported", "", "expected the "+
			"condition identifier=system|value alone, got another")
	}
	id, err := identifierOf(only[0])
	if err != nil {
		return "", err
	}
	found, err := w.matching(e, tx, id)
	switch {
	case err != nil:
		return "", err
	case len(found) > 1:
		return "", refuse(http.StatusPreconditionFailed, "multiple-matches", "", "expected one "+
			"resource with the identifier, got %d; name one by its id", len(found))
	case len(found) == 0:
		return "", nil
	}
	return found[0], nil
}

// version is that of If-Match; 0: none is wanted.
func (e *exchange) version() (int, error) {
	text := e.r.Header.Get("If-Match")
	if text == "" {
		return 0, nil
	}
	version, ok := versionIn(text)
	if !ok {
		return 0, refuse(http.StatusBadRequest, "invalid", "",
			`expected If-Match: W/"3", the ETag that was read, got something else`)
	}
	return version, nil
}

func versionIn(tag string) (int, bool) {
	text := strings.Trim(strings.TrimPrefix(strings.TrimSpace(tag), "W/"), `"`)
	version, err := strconv.Atoi(text)
	return version, err == nil && version > 0
}

// identifier is one that a condition or a search names.
type identifier struct {
	system, value string
	any           bool // of any system
}

// identifierOf reads system|value, |value or value.
func identifierOf(text string) (identifier, error) {
	system, value, said := strings.Cut(text, "|")
	if !said {
		system, value = "", text
	}
	if value == "" || !plain(text) {
		return identifier{}, refuse(http.StatusBadRequest, "invalid", "", "expected "+
			"identifier=system|value, got no value, or control characters")
	}
	return identifier{system, value, !said}, nil
}

// textOf is a text of an element that may not be missing.
func textOf(e fhirjson.Element, expected string) (string, error) {
	if text := e.Text(); text != "" {
		return text, nil
	}
	return "", e.Wrong(expected)
}
