package certificates

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/letsencrypt/pebble/v2/ca"
	"github.com/letsencrypt/pebble/v2/db"
	"github.com/letsencrypt/pebble/v2/va"
	"github.com/letsencrypt/pebble/v2/wfe"
	"github.com/miekg/dns"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.uber.org/zap"
	"golang.org/x/crypto/acme"
	"golang.org/x/crypto/acme/autocert"

	"draille/signaling/homes/register"
	"draille/signaling/homes/register/memory"
)

// patience is for orders on a machine that does other things, too.
const patience = time.Minute

// authority is the one that Let's Encrypt gives to those who test against it (pebble). It looks at
// the name's address as the real one does, over TLS with ALPN.
type authority struct {
	t           *testing.T
	front       atomic.Pointer[http.Handler]
	server      *httptest.Server
	database    *db.MemoryStore
	validation  *va.VAImpl
	port        int           // at which servers are looked at
	leads       atomic.Value  // of string: the address to which the name leads
	opens       chan struct{} // what path names waits until this is closed
	path        atomic.Value  // of string
	waits       chan struct{} // has one for each request that waits
	orders      atomic.Int32
	accounts    sync.Map                      // by address
	certificate atomic.Pointer[x509.CertPool] // of its roots
}

func startAuthority(t *testing.T, valid time.Duration) *authority {
	t.Setenv("PEBBLE_VA_NOSLEEP", "1")
	t.Setenv("PEBBLE_AUTHZREUSE", "0") // each order is validated
	a := &authority{t: t, database: db.NewMemoryStore(), port: 20_000 + os.Getpid()%10_000,
		opens: make(chan struct{}), waits: make(chan struct{}, 100)}
	a.path.Store("")
	a.certificate.Store(x509.NewCertPool())
	quiet := log.New(io.Discard, "", 0)
	a.validation = va.New(quiet, a.port, a.port, false, a.names(), a.database)
	a.grants(valid)
	a.server = httptest.NewTLSServer(http.HandlerFunc(a.serve))
	t.Cleanup(a.server.Close)
	return a
}

// grants has certificates from now on be valid for so long.
func (a *authority) grants(valid time.Duration) {
	quiet := log.New(io.Discard, "", 0)
	issuer := ca.New(quiet, a.database, "", "ecdsa", 0, 1, map[string]ca.Profile{
		"default": {ValidityPeriod: uint64(valid / time.Second)}})
	trusted := a.certificate.Load().Clone()
	root, _ := pem.Decode(issuer.GetRootCert(0).PEM())
	parsed, err := x509.ParseCertificate(root.Bytes)
	require.NoError(a.t, err)
	trusted.AddCert(parsed)
	a.certificate.Store(trusted)
	front := wfe.New(quiet, a.database, a.validation, issuer, []string{"pebble.example"}, false,
		false, 1, 1)
	handler := front.Handler()
	a.front.Store(&handler)
}

func (a *authority) serve(w http.ResponseWriter, r *http.Request) {
	if path := a.path.Load().(string); path != "" && strings.HasPrefix(r.URL.Path, path) {
		a.waits <- struct{}{}
		select {
		case <-a.opens:
		case <-r.Context().Done():
			return
		}
	}
	(*a.front.Load()).ServeHTTP(w, r)
	made := w.Header().Get("Location")
	switch {
	case made == "": // it refuses a nonce now and then, to see that it is asked again
	case r.URL.Path == "/order-plz":
		a.orders.Add(1)
	case r.URL.Path == "/sign-me-up":
		a.accounts.Store(made, true)
	}
}

// names serves the name's address.
func (a *authority) names() (address string) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(a.t, err)
	answer := func(w dns.ResponseWriter, question *dns.Msg) {
		said := new(dns.Msg)
		said.SetReply(question)
		if q := question.Question[0]; q.Qtype == dns.TypeA {
			said.Answer = append(said.Answer, &dns.A{Hdr: dns.RR_Header{Name: q.Name,
				Rrtype: q.Qtype, Class: q.Qclass}, A: net.ParseIP(a.leads.Load().(string))})
		}
		_ = w.WriteMsg(said) // whoever asked is gone, perhaps
	}
	server := &dns.Server{Listener: listener, Handler: dns.HandlerFunc(answer)}
	served := make(chan error, 1)
	go func() { served <- server.ActivateAndServe() }()
	a.t.Cleanup(func() {
		require.NoError(a.t, server.Shutdown())
		require.NoError(a.t, <-served)
	})
	return listener.Addr().String()
}

// door is one server of the name.
type door struct {
	t       *testing.T
	address string
	store   *Store
	dies    func()
}

// mortal is the way of a server to the register, as long as it lives.
type mortal struct {
	register.Register
	ctx context.Context
}

func (m mortal) Put(ctx context.Context, key string, value []byte, at uint64) (uint64, error) {
	if m.ctx.Err() != nil {
		return 0, register.ErrUnknown
	}
	return m.Register.Put(ctx, key, value, at)
}

func (m mortal) Delete(ctx context.Context, key string, at uint64) error {
	if m.ctx.Err() != nil {
		return register.ErrUnknown
	}
	return m.Register.Delete(ctx, key, at)
}

// door starts a server, on a loopback address of its own.
func (a *authority) door(r register.Register, number int, renewBefore time.Duration) *door {
	ctx, cancel := context.WithCancel(a.t.Context())
	pid := os.Getpid()
	d := &door{t: a.t, address: fmt.Sprintf("127.%d.%d.%d", 64+16*number+pid>>16&15, pid>>8&255,
		pid&255)}
	var err error
	d.store, err = New(mortal{r, ctx}, []byte("secret"), d.address,
		autocert.DirCache(a.t.TempDir()), zap.NewNop())
	require.NoError(a.t, err)
	var running sync.WaitGroup
	running.Go(func() { d.store.Run(ctx) })
	transport := a.server.Client().Transport.(*http.Transport).Clone()
	manager := &autocert.Manager{Prompt: autocert.AcceptTOS, Cache: d.store,
		HostPolicy: autocert.HostWhitelist(name), RenewBefore: renewBefore,
		Client: &acme.Client{DirectoryURL: a.server.URL + "/dir",
			HTTPClient: &http.Client{Transport: living{transport, ctx}},
			RetryBackoff: func(int, *http.Request, *http.Response) time.Duration {
				if ctx.Err() != nil { // autocert tidies up behind everyone's back
					return 0
				}
				return 10 * time.Millisecond
			}}}
	listener, err := tls.Listen("tcp", net.JoinHostPort(d.address, strconv.Itoa(a.port)),
		manager.TLSConfig())
	require.NoError(a.t, err)
	server := &http.Server{Handler: http.NotFoundHandler(),
		ErrorLog: log.New(io.Discard, "", 0)}
	running.Go(func() { _ = server.Serve(listener) }) // until it dies
	d.dies = func() {
		cancel()
		server.Close()
		transport.CloseIdleConnections()
		running.Wait()
	}
	a.t.Cleanup(d.dies)
	return d
}

// living is a way to the authority that ends with the server.
type living struct {
	http.RoundTripper
	ctx context.Context
}

func (l living) RoundTrip(r *http.Request) (*http.Response, error) {
	ctx, cancel := context.WithCancel(r.Context())
	stop := context.AfterFunc(l.ctx, cancel)
	defer stop()
	response, err := l.RoundTripper.RoundTrip(r.WithContext(ctx))
	if err == nil { // the body is read to its end
		var body []byte
		body, err = io.ReadAll(response.Body)
		err = errors.Join(err, response.Body.Close())
		response.Body = io.NopCloser(strings.NewReader(string(body)))
	}
	cancel()
	return response, err
}

// shows returns the certificate that a server shows to whoever asks for the name.
func (a *authority) shows(d *door) (*x509.Certificate, error) {
	dialer := &tls.Dialer{Config: &tls.Config{ServerName: name, RootCAs: a.certificate.Load()}}
	conn, err := dialer.DialContext(a.t.Context(), "tcp",
		net.JoinHostPort(d.address, strconv.Itoa(a.port)))
	if err != nil {
		return nil, err
	}
	defer conn.Close()
	return conn.(*tls.Conn).ConnectionState().PeerCertificates[0], nil
}

const day = 24 * time.Hour

// The authority looks at the server that did not ask: it answers, and both show what the other
// got. Both are started again when that is to be renewed at once: one does so for both.
func TestTwoServersShareWhatAnAuthorityGives(t *testing.T) {
	a := startAuthority(t, 20*day)
	shared := memory.New()
	one, two := a.door(shared, 1, day), a.door(shared, 2, day)
	a.leads.Store(two.address)
	first, err := a.shows(one)
	require.NoError(t, err)
	seen, err := a.shows(two)
	require.NoError(t, err)
	require.Equal(t, first.SerialNumber, seen.SerialNumber)
	require.EqualValues(t, 1, a.orders.Load())
	one.dies()
	two.dies()

	a.path.Store("/order-plz")
	a.grants(90 * day)
	one, two = a.door(shared, 1, 30*day), a.door(shared, 2, 30*day)
	for _, d := range []*door{one, two} { // people need not wait for it
		seen, err = a.shows(d)
		require.NoError(t, err)
		require.Equal(t, first.SerialNumber, seen.SerialNumber)
	}
	<-a.waits
	close(a.opens)
	var renewed [2]*x509.Certificate
	require.EventuallyWithT(t, func(c *assert.CollectT) {
		for i, d := range []*door{one, two} {
			renewed[i], err = a.shows(d)
			require.NoError(c, err)
			require.True(c, renewed[i].NotAfter.After(first.NotAfter))
		}
	}, patience, 10*time.Millisecond)
	require.Equal(t, renewed[0].SerialNumber, renewed[1].SerialNumber)
	require.EqualValues(t, 2, a.orders.Load())
	accounts := 0
	a.accounts.Range(func(any, any) bool { accounts++; return true })
	require.Equal(t, 1, accounts, "the second server has the first one's")
}

// A server dies between its answer to the authority and the certificate. The other goes on with an
// order of its own, under the same account, and whoever is started in the dead one's place has
// what it got.
func TestAServerDiesInTheMiddleOfAnOrder(t *testing.T) {
	a := startAuthority(t, 90*day)
	shared := memory.New()
	one, two := a.door(shared, 1, day), a.door(shared, 2, day)
	two.store.silentFor = 2 * renewEvery
	a.leads.Store(one.address)
	a.path.Store("/finalize-order/")
	failed := make(chan error, 1)
	go func() {
		_, err := a.shows(one)
		failed <- err
	}()
	<-a.waits
	one.dies()
	require.Error(t, <-failed)
	a.leads.Store(two.address)
	close(a.opens)
	got, err := a.shows(two)
	require.NoError(t, err)
	require.EqualValues(t, 2, a.orders.Load())
	account, _, _ := two.store.look(keyOf(kind, "acme_account+key"))
	require.NotNil(t, account.value)

	again := a.door(shared, 3, day)
	seen, err := a.shows(again)
	require.NoError(t, err)
	require.Equal(t, got.SerialNumber, seen.SerialNumber)
	require.EqualValues(t, 2, a.orders.Load())
}

// Both are asked at the same moment.
func TestOneOrderForTwoServersThatAreAskedAtOnce(t *testing.T) {
	a := startAuthority(t, 90*day)
	shared := memory.New()
	doors := []*door{a.door(shared, 1, day), a.door(shared, 2, day)}
	a.leads.Store(doors[1].address)
	var asked sync.WaitGroup
	var seen [2]*x509.Certificate
	for i, d := range doors {
		asked.Go(func() {
			var err error
			seen[i], err = a.shows(d)
			assert.NoError(t, err)
		})
	}
	asked.Wait()
	require.NotNil(t, seen[0])
	require.NotNil(t, seen[1])
	require.Equal(t, seen[0].SerialNumber, seen[1].SerialNumber)
	require.EqualValues(t, 1, a.orders.Load())
}
