package fhir

import (
	"bytes"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"encoding/pem"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/golang-jwt/jwt/v5"
	"github.com/stretchr/testify/require"

	"draille/signaling/practice"
	"draille/signaling/practice/agenda"
	"draille/signaling/practice/interop/fhir/fhirjson"
	"draille/signaling/practice/interop/interoptest"
	"draille/signaling/practice/interop/machines"
	"draille/signaling/practice/store"
)

func TestAProgramShowsItsSecret(t *testing.T) {
	w := newWard(t)
	stranger := w.one
	stranger.token = ""
	answer := stranger.ask("GET", "Patient?identifier=1", "")
	answer.refused(401, "login", "", w.address+Token)
	require.Contains(t, answer.header.Get("WWW-Authenticate"), "Bearer")
	stranger.token = w.one.token + "x"
	stranger.ask("GET", "Patient?identifier=1", "").refused(401, "login", "", "access token")
	stranger.secret = "another"
	require.Equal(t, "invalid_client", stranger.authorized("").text(401, "error"))
	stranger.machine.ID = practice.NewID()
	require.Equal(t, "invalid_client", stranger.authorized("").text(401, "error"))
	require.Equal(t, "invalid_scope", w.one.authorized("patient/*.rs").text(400, "error"))
	require.Equal(t, "system/Patient.crus", w.one.authorized("openid system/Patient.*").
		text(200, "scope"))
	require.Equal(t, "system/Appointment.rs system/Encounter.rs system/Patient.rs",
		w.one.authorized("system/*.read").text(200, "scope"))
	require.Equal(t, "unsupported_grant_type", w.posted(url.Values{"grant_type": {"password"}}).
		text(400, "error"))
	basic, err := http.NewRequestWithContext(t.Context(), "POST", w.address+Token,
		strings.NewReader("grant_type=client_credentials"))
	require.NoError(t, err)
	basic.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	basic.SetBasicAuth(w.one.machine.ID, w.one.secret)
	said, err := w.http.Do(basic)
	require.NoError(t, err)
	w.replied(said).is(200)
	// A token is good for five minutes, and no longer once its machine is revoked.
	w.one.ask("GET", "Patient?identifier=1", "").is(200)
	w.Now = interoptest.Morning.Add(machines.TokenLasts + time.Second)
	w.one.ask("GET", "Patient?identifier=1", "").is(401)
	w.one.token = w.one.authorized("").text(200, "access_token")
	w.one.ask("GET", "Patient?identifier=1", "").is(200)
	w.Write(func(tx *store.Tx) error {
		require.ErrorIs(t, machines.Revoke(tx, "E2", w.one.machine.ID, w.Now), store.ErrNotFound)
		return machines.Revoke(tx, "E1", w.one.machine.ID, w.Now)
	})
	w.one.ask("GET", "Patient?identifier=1", "").is(401)
	w.one.authorized("").is(401)
	require.Zero(t, w.Count("SELECT COUNT(*) FROM machines WHERE secret_hash = $1", w.one.secret))
	require.Positive(t, w.fhir.Counts()[Count{"token", "refused"}])
	require.Positive(t, w.fhir.Counts()[Count{"search", "ok"}])
	w.Quiet()
}

func TestAReaderWritesNothing(t *testing.T) {
	w := newWard(t)
	reader := w.program(practice.Machine{Establishment: "E1", Name: "reader",
		Access: practice.MachineReads})
	reader.ask("POST", "Patient", text(dominique("1"))).refused(403, "forbidden", "",
		"system/Patient.c")
	reader.ask("PUT", whereIPP+"1", text(dominique("1"))).refused(403, "forbidden", "",
		"system/Patient.u")
	narrow := w.one
	narrow.token = w.one.authorized("system/Appointment.crus").text(200, "access_token")
	narrow.ask("GET", "Patient?identifier=1", "").is(403)
	narrow.ask("GET", "Appointment?date=2026", "").is(200)
}

func TestAProgramSignsWithItsKey(t *testing.T) {
	w := newWard(t)
	key, err := ecdsa.GenerateKey(elliptic.P384(), rand.Reader)
	require.NoError(t, err)
	der, err := x509.MarshalPKIXPublicKey(key.Public())
	require.NoError(t, err)
	m := practice.Machine{Establishment: "E1", Name: "signs", Access: practice.MachineReads,
		PublicKey: string(pem.EncodeToMemory(&pem.Block{Type: "PUBLIC KEY", Bytes: der}))}
	w.Write(func(tx *store.Tx) error {
		var secret string
		m, secret, err = w.machines.Add(tx, m)
		require.Empty(t, secret)
		return err
	})
	said := func(spoil func(*jwt.RegisteredClaims)) url.Values {
		claims := jwt.RegisteredClaims{Issuer: m.ID, Subject: m.ID, ID: practice.NewID(),
			Audience:  jwt.ClaimStrings{w.address + Token},
			ExpiresAt: jwt.NewNumericDate(w.Now.Add(time.Minute))}
		spoil(&claims)
		signed, err := jwt.NewWithClaims(jwt.SigningMethodES384, claims).SignedString(key)
		require.NoError(t, err)
		return url.Values{"grant_type": {"client_credentials"},
			"client_assertion_type": {assertionType}, "client_assertion": {signed}}
	}
	good := said(func(*jwt.RegisteredClaims) {})
	w.posted(good).is(200)
	w.posted(good).is(401) // once
	for name, spoil := range map[string]func(*jwt.RegisteredClaims){
		"another endpoint": func(c *jwt.RegisteredClaims) { c.Audience[0] = "https://x.example" },
		"another issuer":   func(c *jwt.RegisteredClaims) { c.Issuer = "x" },
		"no jti":           func(c *jwt.RegisteredClaims) { c.ID = "" },
		"expired": func(c *jwt.RegisteredClaims) {
			c.ExpiresAt = jwt.NewNumericDate(w.Now.Add(-time.Minute))
		},
		"for an hour": func(c *jwt.RegisteredClaims) {
			c.ExpiresAt = jwt.NewNumericDate(w.Now.Add(time.Hour))
		},
		"of another": func(c *jwt.RegisteredClaims) {
			c.Subject, c.Issuer = w.one.machine.ID, w.one.machine.ID
		},
	} {
		require.Equal(t, "invalid_client", w.posted(said(spoil)).text(401, "error"), name)
	}
	// A key is no secret: its text opens nothing.
	thief := program{ward: w, machine: m, secret: m.PublicKey}
	thief.authorized("").is(401)
}

func TestAProgramShowsItsCertificate(t *testing.T) {
	w := newWard(t)
	w.Write(func(tx *store.Tx) error {
		_, _, err := w.machines.Add(tx, practice.Machine{Establishment: "E1", Name: "mtls",
			Access: practice.MachineReads, Certificate: "rdv.ch-x.example"})
		return err
	})
	ask := func(state tls.ConnectionState) int {
		request := httptest.NewRequest("GET", Base+"/Patient?identifier=1", nil)
		request.TLS = &state
		answer := httptest.NewRecorder()
		w.fhir.ServeHTTP(answer, request)
		return answer.Code
	}
	for name, status := range map[string]int{"rdv.ch-x.example": 200, "other.example": 401} {
		shown := []*x509.Certificate{{DNSNames: []string{name}}}
		require.Equal(t, status, ask(tls.ConnectionState{PeerCertificates: shown,
			VerifiedChains: [][]*x509.Certificate{shown}}))
		require.Equal(t, 401, ask(tls.ConnectionState{PeerCertificates: shown}), "not verified")
	}
}

func TestMachinesThatCannotBe(t *testing.T) {
	w := newWard(t)
	good := practice.Machine{Establishment: "E1", Name: "x", Access: practice.MachineReads}
	for field, spoil := range map[string]func(*practice.Machine){
		"name":        func(m *practice.Machine) { m.Name = "rdv" },
		"access":      func(m *practice.Machine) { m.Access = "all" },
		"authority":   func(m *practice.Machine) { m.Authority = "ipp" },
		"certificate": func(m *practice.Machine) { m.Certificate = "a/b" },
		"publicKey":   func(m *practice.Machine) { m.PublicKey = "key" },
		"service":     func(m *practice.Machine) { m.Service = "E2PSY" },
	} {
		m := good
		spoil(&m)
		err := w.Store.Write(t.Context(), func(tx *store.Tx) error {
			_, _, err := w.machines.Add(tx, m)
			return err
		})
		var wrong *agenda.FieldError
		require.ErrorAs(t, err, &wrong)
		require.Equal(t, field, wrong.Field)
	}
}

func TestWhatIsNoRequestOfTheInterface(t *testing.T) {
	w := newWard(t)
	w.one.ask("GET", "Observation?x=1", "").refused(404, "not-supported", "", "Patient")
	w.one.ask("DELETE", "Patient/1", "").refused(404, "not-supported", "", "metadata")
	w.one.ask("GET", "Patient/1/_history", "").refused(404, "not-supported", "", "metadata")
	w.one.ask("GET", "Patient/1", "", "Accept", "application/fhir+xml").refused(406,
		"not-supported", "", "Accept")
	w.one.ask("GET", "Patient/1?_format=xml", "").is(406)
	w.one.ask("GET", "Patient/1?_format=json", "").is(404)
	w.one.ask("POST", "Patient", "<Patient/>", "Content-Type", "application/fhir+xml").
		refused(415, "not-supported", "", "Content-Type")
	w.one.ask("POST", "Patient", `{"resourceType":`).refused(400, "structure",
		"resourceType", "JSON")
	w.one.ask("POST", "Patient", `{"modifierExtension":[]}`).refused(422, "extension",
		"modifierExtension", "leave it out")
	w.one.ask("POST", "Patient", `"`+strings.Repeat("x", fhirjson.MaxBytes)+`"`).is(413)
	w.one.ask("POST", "Patient", `{}`).refused(422, "required", "resourceType", "type")
	w.one.ask("PUT", "Patient/1", `{"resourceType":"Patient","id":"2"}`).refused(422, "value",
		"Patient.id", "address")
	w.one.ask("PUT", "Patient?name=x", text(dominique("1"))).refused(412, "not-supported", "",
		"identifier=system|value alone")
	// What no store takes is refused, and is no failure.
	for _, odd := range []string{"%00", "%ff"} {
		w.one.ask("GET", "Patient/"+odd, "").is(404)
		w.one.ask("GET", "Patient?identifier="+odd, "").is(400)
		w.one.ask("GET", "Appointment?patient="+odd, "").is(400)
		w.one.ask("PUT", "Patient?identifier="+odd, text(dominique("1"))).is(400)
	}
	w.posted(url.Values{"grant_type": {"client_credentials"}, "client_id": {"a\x00"}}).is(401)
	w.Write(func(tx *store.Tx) error {
		_, err := tx.Exec("UPDATE establishments SET closed = $1 WHERE id = 'E1'", true)
		return err
	})
	w.one.ask("POST", "Patient", text(dominique("1"))).refused(422, "business-rule", "", "closed")
	for range burst {
		w.one.ask("GET", "Observation?x=1", "")
	}
	answer := w.one.ask("GET", "Observation?x=1", "")
	answer.refused(429, "throttled", "", "50 requests")
	require.NotEmpty(t, answer.header.Get("Retry-After"))
	require.Positive(t, w.fhir.Counts()[Count{"search", "refused"}])
}

func TestAServerNeedsItsParts(t *testing.T) {
	_, err := New(Config{})
	require.ErrorContains(t, err, "give all")
	_, err = machines.New(machines.Config{})
	require.ErrorContains(t, err, "give all")
	w := newWard(t)
	_, err = machines.New(machines.Config{Store: w.Store, Audience: "a", Endpoint: "b",
		Key: bytes.Repeat([]byte{1}, 3)})
	require.ErrorContains(t, err, "32 bytes")
}
