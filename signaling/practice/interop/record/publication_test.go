package record

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"encoding/json"
	"io"
	"log"
	"math/big"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"draille/signaling/practice"
	"draille/signaling/practice/courier"
	"draille/signaling/practice/interop/interoptest"
	"draille/signaling/practice/report"
	"draille/signaling/practice/store"
)

func TestAPublishedReportIsReplacedAndWithdrawn(t *testing.T) {
	t.Parallel()
	d, s := newDesk(t), openShelf(t)
	records := New(d.store, []Way{s.way()}, nil)
	step := func(m practice.Message, states ...string) {
		t.Helper()
		require.NoError(t, records.Deliver(t.Context(), m))
		require.NoError(t, records.Deliver(t.Context(), m), "again")
		d.settle(m, practice.OutboxSent)
		require.Equal(t, states, s.states(t))
	}
	step(d.sign("Repos."), "current")
	require.Contains(t, pdfText(t, s.last(t)), "Repos.")
	subject := s.papers[0]["subject"].(map[string]any)["identifier"]
	require.Equal(t, map[string]any{"system": "urn:oid:1.2.250.1.999", "value": "770001"}, subject)
	step(d.correct("Radiographie."), "superseded", "current")
	require.Contains(t, pdfText(t, s.last(t)), "Radiographie.")
	step(d.withdraw(), "superseded", "entered-in-error")
	require.Contains(t, pdfText(t, s.last(t)), "Radiographie.", "what it says stays as it was")
}

// What a record of FHIR does to one document: err is what is told of it, twice whether the record
// has it and is asked in vain whether it has.
func TestAFHIRServerThatMisbehavesHasEachDocumentOnce(t *testing.T) {
	t.Parallel()
	for how, words := range map[behaviour]string{
		takes:    "",
		cuts:     "has not answered",
		late:     "has not answered",
		torn:     "has not answered to its end",
		deaf:     "has not answered",
		crashes:  "HTTP 500",
		conflict: "HTTP 409",
		refuses:  "HTTP 422: DocumentReference.subject; patient … … inconnu",
	} {
		for _, search := range []behaviour{finds, ignores} {
			t.Run(string(how+" "+search), func(t *testing.T) {
				d, s := newDesk(t), openShelf(t)
				s.search, s.behaviours = search, []behaviour{how}
				records := New(d.store, []Way{s.way()}, nil)
				m := d.sign("Repos.")
				ctx, cancel := context.WithTimeout(t.Context(), waitsFor(how))
				defer cancel()
				err := records.Deliver(ctx, m)
				if words == "" {
					require.NoError(t, err)
				} else {
					require.ErrorContains(t, err, words)
				}
				require.NoError(t, records.Deliver(t.Context(), m), "the next time")
				require.Equal(t, []string{"current"}, s.states(t))
				d.settle(m, practice.OutboxSent)
				require.NoError(t, records.Deliver(t.Context(), d.correct("Radiographie.")))
				require.Equal(t, []string{"superseded", "current"}, s.states(t))
			})
		}
	}
}

// waitsFor is how long a record has to answer.
func waitsFor(how behaviour) time.Duration {
	if how == late {
		return time.Second // whatever: it does not answer before
	}
	return time.Minute
}

// A record that is down for a day takes what was signed and corrected meanwhile, once and in order.
func TestARecordThatIsDownForADayLosesNothing(t *testing.T) {
	t.Parallel()
	d, s := newDesk(t), openShelf(t)
	s.down = true
	clock := atomic.Int64{}
	clock.Store(by.At.Add(time.Hour).UnixNano())
	run := func() (stop func()) {
		post, err := courier.New(courier.Config{Store: d.store, Links: noLinks{},
			Record: New(d.store, []Way{s.way()}, nil),
			Public: &url.URL{Scheme: "https", Host: "draille.example"},
			Now:    func() time.Time { return time.Unix(0, clock.Load()) }})
		require.NoError(t, err)
		ctx, cancel := context.WithCancel(t.Context())
		ran := make(chan struct{})
		go func() { defer close(ran); post.Run(ctx) }()
		return func() { cancel(); <-ran }
	}
	d.sign("Repos.")
	for hour := range 24 {
		stop := run()
		<-s.asked
		stop()
		clock.Add(int64(time.Hour))
		if hour == 11 {
			d.correct("Radiographie.")
		}
	}
	require.Equal(t, 2, waiting(d.store))
	require.Empty(t, s.states(t))

	s.mu.Lock()
	s.down = false
	s.mu.Unlock()
	changes, stopWatching := d.store.Watch()
	defer stopWatching()
	defer run()()
	for waiting(d.store) > 0 {
		<-changes
	}
	require.Equal(t, []string{"superseded", "current"}, s.states(t))
	require.Contains(t, pdfText(t, s.last(t)), "Radiographie.")
}

// Of a server whose certificate has expired nobody's report is told, and it is said why.
func TestARecordWhoseCertificateHasExpiredIsSentNothing(t *testing.T) {
	t.Parallel()
	d, s := newDesk(t), openShelf(t)
	ends := time.Now().Add(-time.Hour)
	certificate, pool := certificateUntil(t, ends)
	server := httptest.NewUnstartedServer(s.Config.Handler)
	server.TLS = &tls.Config{Certificates: []tls.Certificate{certificate}}
	server.Config.ErrorLog = log.New(io.Discard, "", 0)
	server.StartTLS()
	t.Cleanup(server.Close)
	way := s.way()
	way.Address, way.TLS = server.URL+"/fhir/", &tls.Config{RootCAs: pool}
	err := New(d.store, []Way{way}, nil).Deliver(t.Context(), d.sign("Repos."))
	requireFate(t, err, "certificate has expired")
	require.Equal(t, practice.ReasonTLS, reasonOf(err))
	require.Empty(t, s.states(t))
}

// certificateUntil is a server's own for 127.0.0.1, and who trusts it.
func certificateUntil(t *testing.T, ends time.Time) (tls.Certificate, *x509.CertPool) {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	require.NoError(t, err)
	template := &x509.Certificate{SerialNumber: big.NewInt(1), NotBefore: ends.Add(-time.Hour),
		NotAfter: ends, IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)}, IsCA: true,
		BasicConstraintsValid: true}
	der, err := x509.CreateCertificate(rand.Reader, template, template, key.Public(), key)
	require.NoError(t, err)
	leaf, err := x509.ParseCertificate(der)
	require.NoError(t, err)
	pool := x509.NewCertPool()
	pool.AddCert(leaf)
	return tls.Certificate{Certificate: [][]byte{der}, PrivateKey: key}, pool
}

func TestARecordThatCannotSearch(t *testing.T) {
	t.Parallel()
	d, s := newDesk(t), openShelf(t)
	records := New(d.store, []Way{s.way()}, nil)
	m := d.sign("Repos.")
	s.search = ailing
	requireFate(t, records.Deliver(t.Context(), m), "HTTP 503: it does not say why")
	require.Empty(t, s.papers, "it may have it already")
	s.search = none
	require.NoError(t, records.Deliver(t.Context(), m))
	d.settle(m, practice.OutboxSent)
	requireFate(t, records.Deliver(t.Context(), d.withdraw()), "withdraw it there")
	require.Equal(t, []string{"current"}, s.states(t))
}

func TestARecordIsAskedForATokenFirst(t *testing.T) {
	t.Parallel()
	d, s := newDesk(t), openShelf(t)
	s.token = "T"
	way := s.way()
	m := d.sign("Repos.")
	requireFate(t, New(d.store, []Way{way}, nil).Deliver(t.Context(), m), "HTTP 401")
	way.Token = &Token{TokenURL: s.URL + "/token", ClientID: "draille", ClientSecret: "wrong"}
	requireFate(t, New(d.store, []Way{way}, nil).Deliver(t.Context(), m),
		"expected a token, got HTTP 401")
	way.Token = &Token{TokenURL: s.URL + "/token", ClientID: "draille", ClientSecret: "secret"}
	require.NoError(t, New(d.store, []Way{way}, nil).Deliver(t.Context(), m))
	require.Equal(t, []string{"current"}, s.states(t))
}

func TestAReportGoesNowhereElse(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	elsewhere := openShelf(t)
	server := httptest.NewServer(http.RedirectHandler(elsewhere.URL+"/fhir/DocumentReference",
		http.StatusTemporaryRedirect))
	defer server.Close()
	way := elsewhere.way()
	way.Address = server.URL
	records := New(d.store, []Way{way}, nil)
	m := d.sign("Repos.")
	requireFate(t, records.Deliver(t.Context(), m), "HTTP 307")
	require.Empty(t, elsewhere.papers)
	way.Address = "http://" + nobody
	records = New(d.store, []Way{way}, nil)
	requireFate(t, records.Deliver(t.Context(), m), "cannot be reached")
	requireFate(t, records.Deliver(t.Context(), m), "not reached a moment ago")
}

func TestOthersTakeADocumentReference(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	way := Way{Establishment: "E1", Form: FormFHIR, Authority: "CHU-X&1.2.250.1.999&ISO"}
	d.settle(d.sign("Repos."), practice.OutboxSent)
	var documents []report.Document
	for _, m := range []practice.Message{d.posted(), d.correct("Radiographie.")} {
		require.NoError(t, d.store.Read(t.Context(), func(tx *store.Tx) error {
			document, err := report.DocumentOf(tx, m)
			documents = append(documents, document)
			return err
		}))
	}
	unknown := documents[0] // nobody has a number
	unknown.Signer.RPPS, unknown.House.FINESS = "", ""
	var resources [][]byte
	for _, document := range append(documents, unknown) {
		r, err := way.documentReference(document)
		require.NoError(t, err)
		text, err := json.Marshal(r)
		require.NoError(t, err)
		resources = append(resources, text)
	}
	interoptest.OthersTake(t, "../../../../web/e2e/fhir", resources...)
}
