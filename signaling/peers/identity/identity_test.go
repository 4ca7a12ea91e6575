package identity

import (
	"bytes"
	"crypto/ed25519"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"errors"
	"math/big"
	"net"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

var (
	secret = bytes.Repeat([]byte("s"), 32)
	start  = time.Date(2026, time.December, 1, 12, 0, 0, 0, time.UTC)
)

func made(t testing.TB, node, instance string, secret []byte, now func() time.Time) *Identity {
	t.Helper()
	if now == nil {
		now = func() time.Time { return start }
	}
	i, err := New(Config{Secret: secret, Node: node, Instance: instance, Now: now})
	require.NoError(t, err)
	return i
}

func leafOfIdentity(t testing.TB, i *Identity) *x509.Certificate {
	t.Helper()
	shown, err := i.Certificate()
	require.NoError(t, err)
	leaf, err := x509.ParseCertificate(shown.Certificate[0])
	require.NoError(t, err)
	return leaf
}

func problem(t *testing.T, err error) *Problem {
	t.Helper()
	var found *Problem
	require.ErrorAs(t, err, &found)
	return found
}

func TestNodesOfOneSecretKnowEachOther(t *testing.T) {
	a, b := made(t, "a", "1", secret, nil), made(t, "b.2_x-y", "2", secret, nil)
	peer, err := a.Verify(leafOfIdentity(t, b), "b:1")
	require.NoError(t, err)
	require.Equal(t, Peer{"b.2_x-y", "2", start, start.Add(Validity)}, peer)
	_, err = a.Verify(leafOfIdentity(t, a), "a:1") // itself
	require.NoError(t, err)
}

func TestForeignCertificatesAreRefused(t *testing.T) {
	a, b := made(t, "a", "1", secret, nil), made(t, "b", "2", secret, nil)
	foreign := made(t, "b", "2", bytes.Repeat([]byte("x"), 32), nil)
	_, err := a.Verify(leafOfIdentity(t, foreign), "b:1")
	require.Equal(t, OtherSecret, problem(t, err).Kind)
	require.Contains(t, err.Error(), a.Check())
	_, err = a.Verify(leafOfIdentity(t, made(t, "a", "2", secret, nil)), "b:1")
	require.Equal(t, SameID, problem(t, err).Kind)

	public, key, err := ed25519.GenerateKey(rand.Reader)
	require.NoError(t, err)
	forge := func(issuer string, parentKey ed25519.PrivateKey,
		names ...*url.URL) *x509.Certificate {
		parent := &x509.Certificate{Subject: pkix.Name{CommonName: issuer},
			SerialNumber: big.NewInt(2), IsCA: true, BasicConstraintsValid: true}
		raw, err := x509.CreateCertificate(rand.Reader, &x509.Certificate{
			SerialNumber: big.NewInt(3), URIs: names,
			Subject: pkix.Name{CommonName: strings.Repeat("b", 1000)}}, parent, public, parentKey)
		require.NoError(t, err)
		leaf, err := x509.ParseCertificate(raw)
		require.NoError(t, err)
		return leaf
	}
	name := func(node, instance string) *url.URL {
		return &url.URL{Scheme: scheme, Host: node, Path: "/" + instance}
	}
	for what, c := range map[string]struct {
		leaf *x509.Certificate
		kind Kind
	}{
		"another key": {forge(authorityName, key, name("b", "2")), OtherSecret},
		// A node's own key signs for nobody: the authority's does.
		"signed by a node":  {forge(authorityName, b.key, name("c", "3")), OtherSecret},
		"another authority": {forge("Some CA", key, name("b", "2")), Stranger},
		"no name":           {forge(authorityName, a.authorityKey), Stranger},
		"two names": {forge(authorityName, a.authorityKey, name("b", "2"),
			name("c", "3")), Stranger},
		"no instance": {forge(authorityName, a.authorityKey, name("b", "")), Stranger},
		"another scheme": {forge(authorityName, a.authorityKey,
			&url.URL{Scheme: "https", Host: "b", Path: "/2"}), Stranger},
		"a long name": {forge(authorityName, a.authorityKey,
			name(strings.Repeat("b", 65), "2")), Stranger},
	} {
		_, err := a.Verify(c.leaf, "b:1")
		require.Equal(t, c.kind, problem(t, err).Kind, what)
		require.Less(t, len(err.Error()), 500, what)
	}
}

func TestClocksAndTimesAreTold(t *testing.T) {
	a := made(t, "a", "1", secret, nil)
	b := Peer{Node: "b", Instance: "2", NotBefore: start, NotAfter: start.Add(Validity)}
	for _, c := range []struct {
		passed, off time.Duration // since the certificate begins; theirs less ours
		kind        Kind
		words       string
	}{
		{0, 0, "", ""},
		{0, MaxSkew, "", ""},
		{0, -MaxSkew, "", ""},
		{0, MaxSkew + time.Second, Clock, "1m1s ahead of"},
		{0, -time.Hour, Clock, "1h0m0s behind that of node \"a\" (2026-12-01 11:00:00 UTC, " +
			"2026-12-01 12:00:00 UTC)"},
		{Validity + MaxSkew, 0, "", ""},
		{Validity + MaxSkew + time.Second, 0, Expired, "ended at 2026-12-01 13:00:00 UTC"},
		{-MaxSkew, 0, "", ""},
		{-MaxSkew - time.Second, 0, NotYet, "begins at 2026-12-01 12:00:00 UTC"},
		{2 * Validity, time.Hour, Clock, "1h0m0s ahead of"}, // it explains the rest
	} {
		now := start.Add(c.passed)
		err := a.Judge(b, now.Add(c.off), now)
		if c.kind == "" {
			require.NoError(t, err, "%+v", c)
			continue
		}
		require.Equal(t, c.kind, problem(t, err).Kind, "%+v", c)
		require.Contains(t, err.Error(), c.words)
		if c.kind != Clock {
			require.NoError(t, a.JudgeClock(b, now.Add(c.off), now))
		}
	}
}

func TestCertificatesAreSignedAnew(t *testing.T) {
	now := start
	a := made(t, "a", "1", secret, func() time.Time { return now })
	first := leafOfIdentity(t, a)
	now = now.Add(renewAfter - time.Second)
	require.Equal(t, first.Raw, leafOfIdentity(t, a).Raw)
	now = now.Add(time.Second)
	require.Equal(t, now, leafOfIdentity(t, a).NotBefore)
	now = now.Add(-time.Hour) // the clock was set
	require.Equal(t, now, leafOfIdentity(t, a).NotBefore)
}

func TestCheckValues(t *testing.T) {
	a, b := made(t, "a", "1", secret, nil), made(t, "b", "2", secret, nil)
	require.Equal(t, a.Check(), b.Check())
	require.Len(t, a.Check(), 2*checkBytes)
	require.NotEqual(t, a.Check(), made(t, "a", "1", bytes.Repeat([]byte("x"), 32), nil).Check())
	require.Equal(t, "a", a.Node())
	require.Equal(t, "1", a.Instance())
}

func TestConfigIsChecked(t *testing.T) {
	for what, c := range map[string]Config{
		"no secret":     {Node: "a", Instance: "1"},
		"a short one":   {Secret: []byte("short"), Node: "a", Instance: "1"},
		"no id":         {Secret: secret, Instance: "1"},
		"a long id":     {Secret: secret, Node: strings.Repeat("a", 65), Instance: "1"},
		"a slash":       {Secret: secret, Node: "a/b", Instance: "1"},
		"a colon":       {Secret: secret, Node: "a:1", Instance: "1"},
		"another space": {Secret: secret, Node: "a", Instance: "é"},
	} {
		_, err := New(c)
		require.ErrorContains(t, err, "expected a", what)
	}
}

// handshake tells what both ends of a handshake over TLS hear.
func handshake(t *testing.T, client, server *tls.Config) (clientErr, serverErr error) {
	t.Helper()
	here, there := pair(t)
	done := make(chan error, 1)
	go func() {
		conn := tls.Server(there, server)
		err := conn.Handshake()
		if err == nil {
			_, err = conn.Write([]byte("x"))
		}
		done <- err
	}()
	conn := tls.Client(here, client)
	clientErr = conn.Handshake()
	if clientErr == nil {
		_, clientErr = conn.Read(make([]byte, 1))
	}
	return clientErr, <-done
}

// pair returns both ends of a TCP connection, whose kernel holds what is not read.
func pair(t *testing.T) (here, there net.Conn) {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	defer listener.Close()
	here, err = net.Dial("tcp", listener.Addr().String())
	require.NoError(t, err)
	there, err = listener.Accept()
	require.NoError(t, err)
	t.Cleanup(func() {
		here.Close()
		there.Close()
	})
	return here, there
}

func TestHandshakes(t *testing.T) {
	a, b := made(t, "a", "1", secret, nil), made(t, "b", "2", secret, nil)
	other := made(t, "b", "2", bytes.Repeat([]byte("x"), 32), nil)
	var known []Peer
	var refusals []error
	server := func(i *Identity) *tls.Config {
		known, refusals = nil, nil
		return i.Server(func(_ net.Conn, p Peer) { known = append(known, p) },
			func(_ net.Conn, err error) { refusals = append(refusals, err) })
	}
	clientErr, serverErr := handshake(t, a.Client("b", "b:1"), server(b))
	require.NoError(t, clientErr)
	require.NoError(t, serverErr)
	require.Len(t, known, 1)
	require.Equal(t, "a", known[0].Node)

	clientErr, serverErr = handshake(t, a.Client("b", "b:1"), server(other))
	require.Equal(t, OtherSecret, problem(t, Explain(clientErr, "b", "b:1")).Kind)
	require.Equal(t, OtherSecret, problem(t, Explain(serverErr, "a", "a:1")).Kind)
	require.Empty(t, known)

	clientErr, _ = handshake(t, a.Client("c", "b:1"), server(b))
	require.Equal(t, OtherNode, problem(t, Explain(clientErr, "c", "b:1")).Kind)

	// A client that does not look whom it calls is refused all the same.
	blind := other.Client("b", "b:1")
	blind.VerifyConnection = nil
	clientErr, serverErr = handshake(t, blind, server(b))
	require.Equal(t, OtherSecret, problem(t, Explain(clientErr, "b", "b:1")).Kind)
	require.Contains(t, Explain(clientErr, "b", "b:1").Error(), "does not take this node's")
	require.Equal(t, OtherSecret, problem(t, serverErr).Kind)
	require.Len(t, refusals, 1)
}

func TestWhatSpeaksNoTLS(t *testing.T) {
	here, there := pair(t)
	go func() {
		_, _ = there.Read(make([]byte, 1<<10))
		_, _ = there.Write([]byte("HTTP/1.1 400 Bad Request\r\n\r\n"))
		there.Close()
	}()
	a := made(t, "a", "1", secret, nil)
	err := Explain(tls.Client(here, a.Client("b", "b:1")).Handshake(), "b", "b:1")
	require.Equal(t, Stranger, problem(t, err).Kind)
	require.Contains(t, err.Error(), "speaks no TLS")
	_, err = PeerOf(nil)
	require.Error(t, err)
	_, err = PeerOf(&tls.ConnectionState{})
	require.Error(t, err)
}

// genuine is a certificate of node b, the same in each process.
func genuine(f *testing.F, of *Identity) []byte {
	key := ed25519.NewKeyFromSeed(bytes.Repeat([]byte("b"), ed25519.SeedSize))
	raw, err := x509.CreateCertificate(rand.Reader, &x509.Certificate{
		SerialNumber: big.NewInt(7), NotBefore: start, NotAfter: start.Add(Validity),
		URIs: []*url.URL{{Scheme: scheme, Host: "b", Path: "/2"}},
	}, of.authority, key.Public(), of.authorityKey)
	require.NoError(f, err)
	return raw
}

// No bytes of a stranger are taken for a certificate of the cluster.
func FuzzVerify(f *testing.F) {
	a := made(f, "a", "1", secret, nil)
	signed := genuine(f, a)
	f.Add(signed)
	f.Fuzz(func(t *testing.T, raw []byte) {
		leaf, err := x509.ParseCertificate(raw)
		if err != nil {
			return
		}
		peer, err := a.Verify(leaf, "b:1")
		if err != nil {
			require.Less(t, len(err.Error()), 1000)
			return
		}
		require.Equal(t, "b", peer.Node)
		require.Equal(t, signed, leaf.Raw, "signed by nobody who has the secret")
	})
}

const patience = 10 * time.Second

// shake lets two processes shake hands as members, and returns what each finds.
func shake(t *testing.T, client, server *Identity) (of, by error) {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	defer listener.Close()
	served := make(chan error, 1)
	go func() {
		there, err := listener.Accept()
		if err != nil {
			served <- err
			return
		}
		defer there.Close()
		conn := tls.Server(there, server.Member())
		err = errors.Join(there.SetDeadline(time.Now().Add(patience)), conn.Handshake())
		if err == nil { // the client's certificate has been judged; it hears so
			_, err = conn.Write([]byte("x"))
		}
		served <- err
	}()
	here, err := net.Dial("tcp", listener.Addr().String())
	require.NoError(t, err)
	defer here.Close()
	require.NoError(t, here.SetDeadline(time.Now().Add(patience)))
	conn := tls.Client(here, client.Member())
	of = conn.Handshake()
	if of == nil {
		_, of = conn.Read(make([]byte, 1))
	}
	return of, <-served
}

func TestMembersKnowEachOther(t *testing.T) {
	a := made(t, "a", "1", secret, nil)
	of, by := shake(t, a, made(t, "b", "2", secret, nil))
	require.NoError(t, of)
	require.NoError(t, by)

	of, _ = shake(t, a, made(t, "b", "2", bytes.Repeat([]byte("x"), 32), nil))
	require.Equal(t, OtherSecret, problem(t, of).Kind)

	late := func() time.Time { return start.Add(2 * time.Hour) }
	of, _ = shake(t, a, made(t, "b", "2", secret, late))
	require.Equal(t, Clock, problem(t, of).Kind)
	require.Contains(t, of.Error(), "set both by NTP")
	of, _ = shake(t, made(t, "b", "2", secret, late), a)
	require.Equal(t, Clock, problem(t, of).Kind)
}
