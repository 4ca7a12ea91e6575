// Package desk serves the HTTP API of the practice that API.md describes: the day, appointments,
// patients, links, tablets and administration. It asks package rights before anything is shown or
// changed, and writes who saw and did what into the ledger.
package desk

import (
	"errors"
	"net/http"
	"net/url"
	"time"

	"go.uber.org/zap"

	"draille/signaling/practice/people"
	"draille/signaling/practice/store"
)

// Config is what a Desk needs. Store, Sessions and Public are required.
type Config struct {
	Store    *store.Store
	Sessions *people.Sessions
	Public   *url.URL // scheme and host that browsers open
	Version  string   // of the server, told in Hello
	Log      *zap.Logger
	Now      func() time.Time
}

// Desk is an http.Handler for the paths below /api/.
type Desk struct {
	config Config
	log    *zap.Logger
	mux    *http.ServeMux
	routes []route
}

// New returns a Desk.
func New(config Config) (*Desk, error) {
	if config.Store == nil || config.Sessions == nil || config.Public == nil {
		return nil, errors.New("expected Config.Store, Sessions and Public, came nil; give all of them")
	}
	if config.Log == nil {
		config.Log = zap.NewNop()
	}
	if config.Now == nil {
		config.Now = time.Now
	}
	d := &Desk{config: config, log: config.Log, mux: http.NewServeMux()}
	d.mux.HandleFunc("/api/", func(w http.ResponseWriter, r *http.Request) {
		d.fail(w, r, refuse(CodeNotFound, "expected a path of the API, came %s %s", r.Method, r.URL.Path))
	})
	return d, nil
}

// ServeHTTP implements http.Handler.
func (d *Desk) ServeHTTP(w http.ResponseWriter, r *http.Request) { d.mux.ServeHTTP(w, r) }

// audience is who may ask a route at all, before rights are looked at.
type audience int

const (
	anybody  audience = iota // no session: whoever has the address
	provider                 // another server: the request does not come from a page of ours
	signedIn                 // a person with a session
	tablet                   // an enrolled tablet
)

// route is one path of the API.
type route struct {
	pattern string // as http.ServeMux wants it
	who     audience
	serve   func(*call) error
}

func (d *Desk) add(routes ...route) {
	for _, r := range routes {
		d.routes = append(d.routes, r)
		d.mux.HandleFunc(r.pattern, func(w http.ResponseWriter, request *http.Request) {
			d.answer(r, w, request)
		})
	}
}

// answer serves one request: where it comes from, who asks, what is asked, and what went wrong.
func (d *Desk) answer(route route, w http.ResponseWriter, r *http.Request) {
	w.Header().Set("Cache-Control", "no-store")
	r.Body = http.MaxBytesReader(w, r.Body, maxUpload)
	c := &call{Desk: d, w: w, r: r, now: d.config.Now()}
	err := c.identify(route.who)
	if err == nil {
		err = route.serve(c)
	}
	if err != nil {
		d.fail(w, r, err)
	}
}
