// Package fhir serves patients and appointments to the hospital's programs as FHIR R4: a booking
// system makes a room for an appointment, and reads what became of it, without a person's session.
//
// Each program is a machine of one establishment (package machines) and finds no way into another
// one. Whatever it sees or writes stands in the audit log. Nothing of a patient stands in logs, in
// addresses or in what is told about a request that is refused.
package fhir

import (
	"errors"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"time"

	"go.uber.org/zap"
	"golang.org/x/time/rate"

	"draille/signaling/practice"
	"draille/signaling/practice/agenda"
	"draille/signaling/practice/interop/machines"
	"draille/signaling/practice/store"
)

// Paths of the interface, and of its token endpoint.
const (
	Base  = "/fhir/R4"
	Token = "/fhir/token"
)

// Throttle decides whether a request of an address is one too many.
type Throttle interface {
	Allow(r *http.Request, now time.Time) bool
}

// Config is what a Server needs. Store, Agenda, Machines and Public are required.
type Config struct {
	Store    *store.Store
	Agenda   *agenda.Agenda
	Machines *machines.Registry
	Public   *url.URL // scheme and host that programs use
	Throttle Throttle // how often one address may ask for a token; nil: as it likes
	// Can reports whether messages of a channel are sent; nil: none are.
	Can     func(practice.Channel) bool
	Version string // of the program
	Log     *zap.Logger
	Now     func() time.Time
}

// Server is an http.Handler for the paths below /fhir/.
type Server struct {
	config Config
	log    *zap.Logger
	now    func() time.Time
	mux    *http.ServeMux
	base   string // address of the interface

	mu      sync.Mutex // guards what follows; nothing is locked while it is held
	buckets map[string]*rate.Limiter
	counts  map[Count]uint64
}

// Count is what requests are counted by.
type Count struct {
	Interaction string // as in create, or token
	Outcome     string // ok, refused or failed
}

// A machine may ask this often: a booking system of a large hospital makes some thousand
// appointments a day, and copies a day's at once.
const (
	perSecond = 50
	burst     = 200
)

// New returns a Server.
func New(config Config) (*Server, error) {
	if config.Store == nil || config.Agenda == nil || config.Machines == nil ||
		config.Public == nil {
		return nil, errors.New("expected Config.Store, Agenda, Machines and Public, got nil; " +
			"give all of them")
	}
	if config.Log == nil {
		config.Log = zap.NewNop()
	}
	if config.Now == nil {
		config.Now = time.Now
	}
	if config.Can == nil {
		config.Can = func(practice.Channel) bool { return false }
	}
	s := &Server{config: config, log: config.Log, now: config.Now, mux: http.NewServeMux(),
		base: BaseOf(config.Public), buckets: map[string]*rate.Limiter{},
		counts: map[Count]uint64{}}
	s.mux.HandleFunc("POST "+Token, s.token)
	s.mux.HandleFunc("GET "+Base+"/metadata", s.metadata)
	s.mux.HandleFunc("GET "+Base+"/.well-known/smart-configuration", s.smart)
	for pattern, one := range map[string]interaction{
		"GET " + Base + "/{type}/{id}":        {"read", machines.Read, (*exchange).read},
		"GET " + Base + "/{type}":             {"search", machines.Search, (*exchange).search},
		"POST " + Base + "/{type}/_search":    {"search", machines.Search, (*exchange).search},
		"POST " + Base + "/{type}":            {"create", machines.Create, (*exchange).create},
		"PUT " + Base + "/{type}/{id}":        {"update", machines.Update, (*exchange).update},
		"PUT " + Base + "/{type}":             {"update", machines.Update, (*exchange).updateWhere},
		"/fhir/":                              {"other", 0, (*exchange).nothing},
		"GET " + Base + "/{type}/{id}/{rest}": {"other", 0, (*exchange).nothing},
	} {
		s.mux.HandleFunc(pattern, func(w http.ResponseWriter, r *http.Request) {
			(&exchange{Server: s, w: w, r: r, what: one, base: s.baseFor(r)}).serve()
		})
	}
	return s, nil
}

// BaseOf is the address of the interface of a server.
func BaseOf(public *url.URL) string { return public.Scheme + "://" + public.Host + Base }

// EndpointOf is the address that access tokens are asked for at.
func EndpointOf(public *url.URL) string { return public.Scheme + "://" + public.Host + Token }

// ServeHTTP implements http.Handler.
func (s *Server) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("Cache-Control", "no-store")
	s.mux.ServeHTTP(w, r)
}

// Counts are how many requests there were, by what they asked for and what came of them.
func (s *Server) Counts() map[Count]uint64 {
	s.mu.Lock()
	defer s.mu.Unlock()
	counts := make(map[Count]uint64, len(s.counts))
	for count, n := range s.counts {
		counts[count] = n
	}
	return counts
}

func (s *Server) count(interaction string, status int) {
	outcome := "ok"
	switch {
	case status >= http.StatusInternalServerError:
		outcome = "failed"
	case status >= http.StatusBadRequest:
		outcome = "refused"
	}
	s.mu.Lock()
	s.counts[Count{interaction, outcome}]++
	s.mu.Unlock()
}

// often reports whether a machine asks more often than it may.
func (s *Server) often(machine string) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	bucket := s.buckets[machine]
	if bucket == nil { // administrators make machines: there are few
		bucket = rate.NewLimiter(perSecond, burst)
		s.buckets[machine] = bucket
	}
	return !bucket.AllowN(s.now(), 1)
}

// caller finds out which machine asks: by its client certificate, or by its access token.
func (s *Server) caller(r *http.Request) (machines.Caller, error) {
	scheme, token, _ := strings.Cut(r.Header.Get("Authorization"), " ")
	switch {
	case strings.EqualFold(scheme, "Bearer"):
		return s.config.Machines.Resolve(r.Context(), strings.TrimSpace(token))
	case verified(r):
		shown := r.TLS.VerifiedChains[0][0]
		return s.config.Machines.ByCertificate(r.Context(),
			append([]string{shown.Subject.CommonName}, shown.DNSNames...))
	}
	return machines.Caller{}, refuse(http.StatusUnauthorized, "login", "", "expected the header "+
		"Authorization: Bearer with an access token, got none; ask %s for one", s.endpoint())
}

// baseFor is the address of the interface as whoever asks reaches it: those who show a certificate
// do so at an address of its own.
func (s *Server) baseFor(r *http.Request) string {
	if verified(r) {
		return "https://" + r.Host + Base
	}
	return s.base
}

// verified reports whether whoever asks has shown a certificate of an authority that is known here.
func verified(r *http.Request) bool { return r.TLS != nil && len(r.TLS.VerifiedChains) > 0 }

func (s *Server) endpoint() string { return EndpointOf(s.config.Public) }
