// Package desk serves the HTTP API of the practice that API.md describes: the day, appointments,
// patients, links, tablets and administration. It asks package rights before anything is shown or
// changed, and writes who saw and did what into the ledger.
package desk

import (
	"crypto/sha256"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"sync"
	"time"

	"go.uber.org/zap"

	"draille/signaling/practice/agenda"
	"draille/signaling/practice/courier"
	"draille/signaling/practice/interop/hl7"
	"draille/signaling/practice/interop/machines"
	"draille/signaling/practice/notice"
	"draille/signaling/practice/people"
	"draille/signaling/practice/picture"
	"draille/signaling/practice/store"
)

// Config is what a Desk needs. Store, People, Agenda, Courier, Pictures, Key and Public are
// required.
type Config struct {
	Store    *store.Store
	People   *people.People
	Agenda   *agenda.Agenda
	Courier  *courier.Courier
	Pictures *picture.Keeper
	Key      []byte   // 32 bytes: marks the codes and challenges of tablets
	Public   *url.URL // scheme and host that browsers open
	Throttle Throttle // how often one address may try to sign in or open a link; nil: as it likes
	Logouts  Throttle // how often one address may bring tokens that end sessions; nil: as it likes
	Version  string   // of the server, told in Hello
	Demo     bool     // what there is was invented
	Log      *zap.Logger
	Now      func() time.Time
	// CheckSetting says why a setting of another part of the practice cannot be this JSON, or that
	// there is none.
	CheckSetting func(key, value string) error
	// DefaultSettings are the values, in JSON, of settings of other parts that nobody has chosen.
	DefaultSettings map[string]string
	// Hospital applies messages of the hospitals' systems again; nil: none are taken here.
	Hospital *hl7.Receiver
	// CleanText takes from what people write what cannot be shown; nil: nothing.
	CleanText func(text string) string
	// Machines knows the programs that use the FHIR interface; nil: there is none.
	Machines *machines.Registry
	// Bearer says whose an invitation into a call is, also one that has expired; nil: nobody knows.
	Bearer func(signed string) (participant string, ok bool)
	// Tellers say what whoever listens to events is told of a change.
	Tellers []Teller
}

// Throttle decides whether a request of an address is one too many.
type Throttle interface {
	Allow(r *http.Request, now time.Time) bool
}

// Desk is an http.Handler for the paths below /api/.
type Desk struct {
	config Config
	log    *zap.Logger
	mux    *http.ServeMux
	routes []route
	events *stream

	mu    sync.Mutex
	views map[string]noted // who looks at what → when the ledger was last told of it
	swept time.Time        // views, of what is over
}

// New returns a Desk.
func New(config Config) (*Desk, error) {
	if config.Store == nil || config.People == nil || config.Public == nil ||
		config.Agenda == nil || config.Courier == nil || config.Pictures == nil {
		return nil, errors.New("expected Config.Store, People, Agenda, Courier, Pictures and " +
			"Public, got nil; give all of them")
	}
	if len(config.Key) < sha256.Size {
		return nil, fmt.Errorf("expected Config.Key of %d bytes, got %d", sha256.Size,
			len(config.Key))
	}
	if config.Log == nil {
		config.Log = zap.NewNop()
	}
	if config.Now == nil {
		config.Now = time.Now
	}
	lists := newLister(config.Store)
	notices := notice.Notices{Can: config.Courier.Can}
	asked := opinions{config.Agenda, config.Pictures, notices, config.Courier}
	days, mail, own := calendar{lists}, post{config.Courier}, self{config.Courier}
	tables := tablets{config.Agenda, lists, config.Key}
	systems := hospital{config.Agenda, config.Hospital}
	if config.CleanText == nil {
		config.CleanText = strings.TrimSpace
	}
	written := threads{config.CleanText, notices}
	config.Tellers = slices.Concat(config.Tellers, days.tellers(), tables.tellers(), mail.tellers(),
		own.tellers(), systems.tellers(), asked.tellers(), written.tellers())
	d := &Desk{config: config, log: config.Log, mux: http.NewServeMux(), events: newStream(config),
		views: map[string]noted{}}
	d.mux.HandleFunc("/api/", func(w http.ResponseWriter, r *http.Request) {
		d.fail(w, r, refuse(CodeNotFound, "expected a path of the API, got %s %s", r.Method,
			r.URL.Path))
	})
	d.add(route{"GET /api/events", signedInOrTablet, d.events.serve})
	d.add(signIn{}.routes()...)
	d.add(own.routes()...)
	d.add(office{}.routes()...)
	d.add(staff{}.routes()...)
	d.add(records{}.routes()...)
	d.add(days.routes()...)
	d.add(bookings{config.Agenda, config.Courier}.routes()...)
	d.add(callers{config.Agenda, config.Courier}.routes()...)
	d.add(patients{config.Agenda}.routes()...)
	d.add(links{config.Agenda}.routes()...)
	d.add(tables.routes()...)
	d.add(mail.routes()...)
	d.add(systems.routes()...)
	d.add(programs{config.Machines}.routes()...)
	d.add(reports{config.Courier}.routes()...)
	d.add(asked.routes()...)
	d.add(pictures{asked}.routes()...)
	d.add(statistics{}.routes()...)
	d.add(written.routes()...)
	d.add(threadOffice{}.routes()...)
	return d, nil
}

// Close ends all streams of events.
func (d *Desk) Close() { d.events.close() }

// ServeHTTP implements http.Handler.
func (d *Desk) ServeHTTP(w http.ResponseWriter, r *http.Request) { d.mux.ServeHTTP(w, r) }

// audience is who may ask a route at all, before rights are looked at.
type audience int

const (
	anybody  audience = iota // no session: whoever has the address
	provider                 // another server: a request of no page of ours, at most so many
	signedIn                 // a person with a session
	tablet                   // an enrolled tablet
	signedInOrTablet
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

func (d *Desk) secure() bool { return d.config.Public.Scheme == "https" }
