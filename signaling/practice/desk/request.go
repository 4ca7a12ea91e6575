package desk

import (
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"strconv"
	"strings"
	"time"

	"draille/signaling/practice"
	"draille/signaling/practice/people"
	"draille/signaling/practice/rights"
)

// MaxBody is how long a request may be, in bytes, unless its route says otherwise.
const MaxBody = 64 << 10

const (
	defaultLimit = 50
	maxLimit     = 200
)

// Request is what a route is asked, and by whom.
type Request struct {
	*http.Request
	Now    time.Time
	Caller people.Signed // empty for Anyone
	writer http.ResponseWriter
	desk   *Desk
}

// Answer is an answer with a status or headers of its own.
type Answer struct {
	Status int
	Body   any // nil: none
	Header http.Header
}

// Created is the answer 201.
func Created(body any) Answer { return Answer{Status: http.StatusCreated, Body: body} }

// identify finds out who asks, and refuses whoever the route is not for.
func (r *Request) identify(audience Audience) error {
	var refused error
	for _, way := range []struct {
		audiences []Audience
		cookie    string
	}{
		{[]Audience{Staff, StaffOrTablet}, staffCookie},
		{[]Audience{Tablet, StaffOrTablet}, tabletCookie},
	} {
		if audience != way.audiences[0] && audience != way.audiences[1] {
			continue
		}
		signed, err := r.desk.config.Sessions.Resolve(r.Context(), r.desk.cookie(r.Request, way.cookie))
		if err == nil && (signed.Device.ID != "") == (way.cookie == tabletCookie) {
			if signed.Token != "" {
				r.desk.setCookie(r.writer, way.cookie, signed.Token, 0)
			}
			r.Caller = signed
			return nil
		}
		if err == nil {
			err = people.ErrSignedOut
		}
		refused = err
	}
	return refused
}

// May reports whether whoever asks has a right.
func (r *Request) May(action practice.Action, establishment, service string) bool {
	return rights.May(r.Caller.Grants, action, establishment, service)
}

// Demand returns an error unless whoever asks has a right: forbidden, or not-found where they have no
// right at all in the establishment, so that ids tell nothing.
func (r *Request) Demand(action practice.Action, establishment, service string) error {
	if r.May(action, establishment, service) {
		return nil
	}
	if !r.May(practice.ActionDirectoryView, establishment, "") {
		return fault(CodeNotFound, "there is none, or it is not for you")
	}
	return fault(CodeForbidden, "expected the right %s, got somebody without it; ask an administrator", action)
}

// Decode reads the body as JSON without unknown members.
func (r *Request) Decode(into any) error {
	decoder := json.NewDecoder(r.Body)
	decoder.DisallowUnknownFields()
	err := decoder.Decode(into)
	if err == nil {
		if _, err = decoder.Token(); errors.Is(err, io.EOF) {
			return nil
		}
		err = errors.New("more follows the first value")
	}
	var tooLarge *http.MaxBytesError
	if errors.As(err, &tooLarge) {
		return err
	}
	return fault(CodeMalformed, "expected one JSON object of API.md, got something else: %s", err)
}

// Expected returns the version in If-Match.
func (r *Request) Expected() (int, error) {
	header := r.Header.Get("If-Match")
	if header == "" {
		return 0, fault(CodeNeedsVersion, `expected If-Match: "3" with the version that was read, got none`)
	}
	version, err := strconv.Atoi(strings.Trim(header, `"`))
	if err != nil {
		return 0, fault(CodeMalformed, `expected If-Match: "3", got %q`, header)
	}
	return version, nil
}

// Limit returns how many items are wanted.
func (r *Request) Limit() (int, error) {
	text := r.URL.Query().Get("limit")
	if text == "" {
		return defaultLimit, nil
	}
	limit, err := strconv.Atoi(text)
	if err != nil || limit < 1 || limit > maxLimit {
		return 0, invalid("limit", "expected 1 to %d, got %q", maxLimit, text)
	}
	return limit, nil
}

// answer writes what a route returned.
func answer(w http.ResponseWriter, body any) {
	switch answered := body.(type) {
	case nil:
		w.WriteHeader(http.StatusNoContent)
	case Answer:
		for name, values := range answered.Header {
			w.Header()[name] = values
		}
		if answered.Body == nil {
			w.WriteHeader(answered.Status)
			return
		}
		write(w, answered.Status, answered.Body)
	case done: // it has answered by itself
	default:
		write(w, http.StatusOK, body)
	}
}

// done is what a route returns that has written its answer.
type done struct{}

func write(w http.ResponseWriter, status int, body any) {
	if version := versionOf(body); version > 0 {
		w.Header().Set("ETag", `"`+strconv.Itoa(version)+`"`)
	}
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(body) // whoever has gone away is not told
}

// versionOf is that of what may be edited; 0 of anything else.
func versionOf(body any) int {
	switch b := body.(type) {
	case practice.Establishment:
		return b.Version
	case practice.Service:
		return b.Version
	case practice.Place:
		return b.Version
	case practice.Patient:
		return b.Version
	case practice.Setting:
		return b.Version
	case PersonView:
		return b.Person.Version
	case AppointmentView:
		return b.Row.Appointment.Version
	}
	return 0
}
