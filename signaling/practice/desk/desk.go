// Package desk is the HTTP API of the practice and its stream of events: what API.md beside this file
// says. The frame is here (routes, sessions, errors, events); what is asked and answered stands in
// areas, which are lists of routes.
package desk

import (
	"errors"
	"net/http"
	"net/url"
	"time"

	"go.uber.org/zap"

	"draille/signaling/practice"
	"draille/signaling/practice/people"
	"draille/signaling/practice/store"
)

// Audience is who a route answers.
type Audience int

const (
	Anyone        Audience = iota // no session is needed
	Staff                         // a person who is signed in
	Tablet                        // an enrolled tablet
	StaffOrTablet                 //
)

// Route answers one method and path.
type Route struct {
	Pattern string // of http.ServeMux, as in "GET /api/day"
	For     Audience
	// Handle returns the body of the answer: nil for 204, an Answer for anything but 200. Rights of whoever asks are its
	// own matter.
	Handle func(*Request) (any, error)
	// Bytes is how long the request may be; 0: MaxBody.
	Bytes int64
}

// Area is a part of the API.
type Area interface{ Routes() []Route }

// Config is what the frame needs. All of it is required but the areas.
type Config struct {
	Store    *store.Store
	Sessions *people.Sessions
	Public   *url.URL // address of the server that browsers open
	Version  string   // of the server
	Now      func() time.Time
	Log      *zap.Logger
	Areas    []Area
	// Tellers say what is told of a change to whoever listens to events.
	Tellers []Teller
}

// Desk answers what is below /api/.
type Desk struct {
	config Config
	mux    *http.ServeMux
	routes []Route
	events *stream
}

// New puts the areas together. Close ends its events.
func New(config Config) *Desk {
	d := &Desk{config: config, mux: http.NewServeMux(), events: newStream(config)}
	for _, area := range append(config.Areas, d.events) {
		for _, route := range area.Routes() {
			d.routes = append(d.routes, route)
			d.mux.Handle(route.Pattern, d.handler(route))
		}
	}
	d.mux.HandleFunc("/api/", func(w http.ResponseWriter, _ *http.Request) {
		d.fail(w, nil, fault(CodeNotFound, "expected a path of API.md, got another"))
	})
	return d
}

// Routes lists what is answered.
func (d *Desk) Routes() []Route { return d.routes }

// Close ends all streams of events, and waits for them.
func (d *Desk) Close() { d.events.close() }

// ServeHTTP refuses what another site's page asks for, and answers the rest.
func (d *Desk) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("Cache-Control", "no-store")
	if err := d.sameOrigin(r); err != nil {
		d.fail(w, r, err)
		return
	}
	d.mux.ServeHTTP(w, r)
}

// sameOrigin refuses a request that changes something unless it comes from our own page, or from no
// browser at all. Cookies are SameSite=Strict besides.
func (d *Desk) sameOrigin(r *http.Request) error {
	var protection http.CrossOriginProtection
	if err := protection.AddTrustedOrigin(d.config.Public.String()); err != nil {
		return err
	}
	if protection.Check(r) != nil {
		return fault(CodeOrigin, "expected a request from this server's own pages, got one from another site")
	}
	return nil
}

func (d *Desk) handler(route Route) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		bytes := route.Bytes
		if bytes == 0 {
			bytes = MaxBody
		}
		r.Body = http.MaxBytesReader(w, r.Body, bytes)
		request := &Request{Request: r, Now: d.config.Now(), writer: w, desk: d}
		err := request.identify(route.For)
		var body any
		if err == nil {
			body, err = route.Handle(request)
		}
		if err != nil {
			d.fail(w, r, err)
			return
		}
		answer(w, body)
	})
}

// fail answers with the failure that an error is.
func (d *Desk) fail(w http.ResponseWriter, r *http.Request, err error) {
	failure := failureOf(err)
	if failure.Code == CodeInternal {
		failure.Reference = practice.NewID()
		route := ""
		if r != nil {
			route = r.Pattern
		}
		d.config.Log.Error("a request failed", zap.String("route", route), zap.String("reference", failure.Reference), zap.Error(err))
	}
	write(w, failure.status(), failure)
}

// failureOf turns what went wrong into the words of the API.
func failureOf(err error) *Failure {
	var failure *Failure
	var tooLarge *http.MaxBytesError
	switch {
	case errors.As(err, &failure):
		copied := *failure
		return &copied
	case errors.As(err, &tooLarge):
		return fault(CodeTooLarge, "expected at most %d bytes, got more", tooLarge.Limit)
	case errors.Is(err, people.ErrSignedOut):
		return fault(CodeSignedOut, "%s", people.ErrSignedOut)
	}
	for _, known := range []struct {
		err  error
		code ErrorCode
	}{
		{store.ErrNotFound, CodeNotFound}, {store.ErrVersion, CodeVersion}, {store.ErrDuplicate, CodeDuplicate},
		{store.ErrBusy, CodeStoreBusy}, {store.ErrFull, CodeStoreFull}, {store.ErrAway, CodeStoreAway},
	} {
		if errors.Is(err, known.err) {
			return fault(known.code, "%s", known.err)
		}
	}
	return fault(CodeInternal, "the server has made a mistake; tell its administrator the reference")
}
