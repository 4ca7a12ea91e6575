package main

import (
	"context"
	"crypto/tls"
	"errors"
	"net"
	"net/http"
	"net/url"
	"syscall"
	"time"

	"go.uber.org/zap"

	"draille/signaling/practice/interop/fhir"
	"draille/signaling/practice/interop/machines"
	"draille/signaling/quota"
)

// FHIRConfig says whether hospitals' programs may use the FHIR interface, and how.
type FHIRConfig struct {
	Enabled                     bool
	Listen, Cert, Key, ClientCA string
}

// validate checks what several keys must be together.
func (c FHIRConfig) validate() error {
	switch {
	case c.Listen == "":
		return nil
	case !c.Enabled:
		return errors.New("practice.fhir.listen is set, but practice.fhir.enabled is off: set both")
	case c.Cert == "" || c.Key == "" || c.ClientCA == "":
		return errors.New("practice.fhir.listen is for programs with a client certificate: set " +
			"practice.fhir.cert, practice.fhir.key and practice.fhir.client-ca")
	}
	return nil
}

func (c FHIRConfig) tls() (*tls.Config, *certificate, error) {
	return clientTLS{"practice.fhir", c.Cert, c.Key, c.ClientCA}.config()
}

// fhirServer serves the hospital's programs.
type fhirServer struct {
	server   *fhir.Server
	machines *machines.Registry
	listener net.Listener // for client certificates; nil: none
	secure   *tls.Config  // of the listener
	files    *certificate // that it shows
	log      *zap.Logger
}

// openFHIR puts the interface together; nil if there is none.
func openFHIR(config FHIRConfig, p *practiceServer, keys secrets, public *url.URL, limits tries,
	log *zap.Logger) (*fhirServer, error) {
	if !config.Enabled {
		return nil, nil
	}
	f := &fhirServer{log: log}
	var err error
	if f.machines, err = machines.New(machines.Config{Store: p.store, Key: keys.machines,
		Audience: fhir.BaseOf(public), Endpoint: fhir.EndpointOf(public)}); err != nil {
		return nil, err
	}
	if f.server, err = fhir.New(fhir.Config{Store: p.store, Agenda: p.agenda,
		Machines: f.machines, Public: public, Throttle: limits, Can: p.courier.Can,
		Version: version(), Log: log}); err != nil {
		return nil, err
	}
	if config.Listen == "" {
		return f, nil
	}
	secure, files, err := config.tls()
	if err != nil {
		return nil, err
	}
	f.files = files
	secure.NextProtos = []string{"h2", "http/1.1"}
	listener, err := net.Listen("tcp", config.Listen)
	if err != nil {
		return nil, listenError("practice.fhir.listen", config.Listen, err)
	}
	f.listener, f.secure = p.programs.Listen(listener), secure
	return f, nil
}

// registry knows the programs; nil without the interface.
func (f *fhirServer) registry() *machines.Registry {
	if f == nil {
		return nil
	}
	return f.machines
}

// handler is the interface, or the answer that there is none.
func (f *fhirServer) handler() http.Handler {
	if f == nil {
		return http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
			say(w, http.StatusNotFound,
				"this server has no FHIR interface; practice.fhir.enabled opens it")
		})
	}
	return f.server
}

// fhirDrain is how long requests that are being answered may take when the server ends.
const fhirDrain = 5 * time.Second

// run serves the address for client certificates until the context ends.
func (f *fhirServer) run(ctx context.Context) {
	if f == nil || f.listener == nil {
		return
	}
	f.log.Info("hospitals' programs with a client certificate are served",
		zap.Stringer("address", f.listener.Addr()))
	mux := http.NewServeMux()
	mux.Handle("/fhir/", f.server)
	web := newHTTPServer(mux, f.log)
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		<-ctx.Done()
		drain, cancel := context.WithTimeout(context.WithoutCancel(ctx), fhirDrain)
		defer cancel()
		_ = web.Shutdown(drain) // what takes longer is cut
	}()
	web.ConnState = func(conn net.Conn, state http.ConnState) {
		if state == http.StateActive { // its certificate was checked before its first request
			quota.MarkAuthenticated(conn)
		}
	}
	if err := web.Serve(tls.NewListener(f.listener, f.secure)); err != nil && ctx.Err() == nil {
		f.log.Error("hospitals' programs with a client certificate are served no more",
			zap.Error(err))
		return
	}
	<-ended
}

// close gives the address back if run did not.
func (f *fhirServer) close() {
	if f != nil && f.listener != nil {
		f.listener.Close()
	}
}

// checkFHIR says whether hospitals' programs can be served.
func checkFHIR(config Config) []finding {
	const check = "fhir"
	c := config.Practice.FHIR
	if !c.Enabled {
		return []finding{ok(check, "off: no program of the hospital makes appointments")}
	}
	public := config.publicURL(config.Listen)
	found := []finding{ok(check, "served at %s, for programs that an administrator sets up",
		fhir.BaseOf(public))}
	if public.Scheme != "https" {
		found[0] = warn(check, "set tls, or public-url with https",
			"served at %s without TLS: whoever is on the way reads patients' names",
			fhir.BaseOf(public))
	}
	if c.Listen == "" {
		return found
	}
	_, files, err := c.tls()
	if err != nil {
		return append(found, fail(check, "see practice.fhir", "%v", err))
	}
	listener, err := net.Listen("tcp", c.Listen)
	switch {
	case err == nil:
		listener.Close()
		found = append(found, ok(check, "%s can be opened, for client certificates", c.Listen))
	case errors.Is(err, syscall.EADDRINUSE):
		found = append(found, listens(check, c.Listen, true))
	default:
		found = append(found, fail(check, listenError("practice.fhir.listen", c.Listen,
			err).Error(), "%s cannot be opened", c.Listen))
	}
	return append(found, datesFinding(check, files.leaf(), time.Now()))
}
