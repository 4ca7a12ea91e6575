package main

import (
	"context"
	"crypto/tls"
	"draille/turn/sendbuffer"
	"fmt"
	"net"
	"net/http"
	"net/url"
	"strings"
	"time"

	"go.uber.org/zap"
	"golang.org/x/crypto/acme/autocert"
)

const (
	readHeaderTimeout = 10 * time.Second
	readTimeout       = 30 * time.Second
	// writeTimeout lets the client's files through a link of 32 kbit/s. Websockets are not bound by
	// it.
	writeTimeout   = 2 * time.Minute
	idleTimeout    = 2 * time.Minute
	maxHeaderBytes = 16 << 10
	// maxStreams is how many files a browser asks for at once over one connection; more wait there.
	maxStreams = 32
)

// readyAgain is after how many seconds it is worth asking again whether new participants may come:
// a server looks every second at what may have sent them elsewhere (RFC 9110, 10.2.3).
const readyAgain = "1"

// newHandler is the web server: the client's files, the websocket, and two signs for whoever
// watches: /healthz says that the process lives, /readyz that new participants may be sent to it.
// Unready says why they may not; empty: they may. The API of the practice is nil where there is
// none. certificate tells which one the server shows.
func newHandler(client page, websocket, api, certificate http.Handler, unready func() string,
	public *url.URL, doors []string, secure bool) http.Handler {
	mux := http.NewServeMux()
	mux.Handle("/", client)
	if api != nil {
		mux.Handle("/api/", api)
		mux.Handle("/fhir/", api)
	}
	mux.Handle("GET /ws", websocket)
	mux.Handle("GET /certificate", certificate)
	mux.HandleFunc("GET /healthz", func(w http.ResponseWriter, _ *http.Request) {
		say(w, http.StatusOK, "ok")
	})
	mux.HandleFunc("GET /readyz", func(w http.ResponseWriter, _ *http.Request) {
		if why := unready(); why != "" {
			w.Header().Set("Retry-After", readyAgain)
			say(w, http.StatusServiceUnavailable, why)
		} else {
			say(w, http.StatusOK, "ready")
		}
	})
	return withSecurityHeaders(mux, client.Scripts(), public, doors, secure)
}

// page is the client's files. Scripts are the sources, in a Content-Security-Policy, of what stands
// in its HTML.
type page interface {
	http.Handler
	Scripts() []string
}

// boundedPage puts each file down to whoever asks for it, until done is called, before it is sent.
type boundedPage struct {
	page
	admit func(*http.Request) (done func(), ok bool)
}

// ServeHTTP implements http.Handler.
func (b boundedPage) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	serveAdmitted(w, r, b.admit, b.page)
}

// serveAdmitted answers what is admitted.
func serveAdmitted(w http.ResponseWriter, r *http.Request,
	admit func(*http.Request) (done func(), ok bool), next http.Handler) {
	done, ok := admit(r)
	if !ok {
		w.Header().Set("Retry-After", "1")
		say(w, http.StatusTooManyRequests,
			"too many files in so short a time from one address; try again later")
		return
	}
	defer done()
	next.ServeHTTP(w, r)
}

func say(w http.ResponseWriter, status int, words string) {
	w.Header().Set("Content-Type", "text/plain; charset=utf-8")
	w.Header().Set("Cache-Control", "no-store")
	w.WriteHeader(status)
	fmt.Fprintln(w, words)
}

// withSecurityHeaders says on every answer what a page from here may do: nothing but talk to this
// server, by any door, and use the devices of a call.
func withSecurityHeaders(next http.Handler, scripts []string, public *url.URL,
	doors []string, secure bool) http.Handler {
	// Safari before 15.4 does not count the websocket among 'self'.
	scheme := strings.Replace(public.Scheme, "http", "ws", 1)
	connect := []string{"connect-src 'self'", scheme + "://" + public.Host}
	for _, door := range doors {
		if door != public.Host {
			connect = append(connect, scheme+"://"+door)
		}
	}
	headers := map[string]string{
		"Content-Security-Policy": strings.Join([]string{
			"default-src 'self'",
			strings.Join(connect, " "),
			"img-src 'self' data:", // the icon
			strings.Join(append([]string{"script-src 'self'"}, scripts...), " "),
			"media-src 'self' blob: mediastream:",
			"object-src 'none'",
			"base-uri 'none'",
			"form-action 'none'",
			"frame-ancestors 'none'",
		}, "; "),
		"Permissions-Policy": "camera=(self), microphone=(self), display-capture=(self), " +
			"speaker-selection=(self), " +
			"screen-wake-lock=(self), autoplay=(self), fullscreen=(self), geolocation=(), " +
			"payment=(), usb=(), " +
			"midi=(), serial=(), bluetooth=()",
		"Referrer-Policy":              "no-referrer",
		"X-Content-Type-Options":       "nosniff",
		"Cross-Origin-Opener-Policy":   "same-origin",
		"Cross-Origin-Resource-Policy": "same-origin",
	}
	if secure {
		headers["Strict-Transport-Security"] = "max-age=31536000"
	}
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		for name, value := range headers {
			w.Header().Set(name, value)
		}
		next.ServeHTTP(w, r)
	})
}

func newHTTPServer(handler http.Handler, logger *zap.Logger) *http.Server {
	return &http.Server{
		Handler:           handler,
		ReadHeaderTimeout: readHeaderTimeout,
		ReadTimeout:       readTimeout,
		WriteTimeout:      writeTimeout,
		IdleTimeout:       idleTimeout,
		MaxHeaderBytes:    maxHeaderBytes,
		HTTP2:             &http.HTTP2Config{MaxConcurrentStreams: maxStreams},
		// The signalling decides what a thin link carries first: the kernel must not hold it back.
		ConnContext: func(ctx context.Context, conn net.Conn) context.Context {
			sendbuffer.Bound(conn)
			return ctx
		},
		// What it would log can be caused by any stranger, such as a failed TLS handshake.
		ErrorLog: debugLog(logger),
	}
}

// newTLS makes the TLS configuration, or nil without TLS. The certificate is nil when it does not
// come out of files.
func newTLS(config Config, cache autocert.Cache) (*tls.Config, *certificate, error) {
	switch config.TLS.Mode {
	case tlsFiles:
		files, err := loadCertificate("tls", config.TLS.Cert, config.TLS.Key)
		if err != nil {
			return nil, nil, err
		}
		return &tls.Config{GetCertificate: files.get, NextProtos: []string{"h2", "http/1.1"},
			MinVersion: tls.VersionTLS12}, files, nil
	case tlsACME:
		manager := &autocert.Manager{
			Prompt:     autocert.AcceptTOS,
			HostPolicy: autocert.HostWhitelist(config.TLS.ACMEDomains...),
			Cache:      cache,
			Email:      config.TLS.ACMEEmail,
		}
		made := manager.TLSConfig()
		made.MinVersion = tls.VersionTLS12
		return made, nil, nil
	default:
		return nil, nil, nil
	}
}
