package main

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"encoding/json"
	"encoding/pem"
	"io"
	"math/big"
	"net"
	"net/http"
	"net/http/httptrace"
	"net/url"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.uber.org/zap"

	"draille/signaling/practice"
	"draille/signaling/practice/store"
	"draille/signaling/quota"
)

// clientCertificate is one of a program, and the file of the authority that has signed it.
func clientCertificate(t *testing.T, name string) (tls.Certificate, string) {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	require.NoError(t, err)
	template := &x509.Certificate{SerialNumber: big.NewInt(2), DNSNames: []string{name},
		NotAfter: time.Now().Add(time.Hour), IsCA: true, BasicConstraintsValid: true,
		ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageClientAuth}}
	der, err := x509.CreateCertificate(rand.Reader, template, template, &key.PublicKey, key)
	require.NoError(t, err)
	path := filepath.Join(t.TempDir(), "ca.pem")
	require.NoError(t, os.WriteFile(path,
		pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der}), 0o600))
	return tls.Certificate{Certificate: [][]byte{der}, PrivateKey: key}, path
}

func TestProgramsOfTheHospitalAreServed(t *testing.T) {
	config := testConfig(t)
	files := certificateFiles(t)
	shown, authority := clientCertificate(t, "rdv.ch-x.example")
	free, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	require.NoError(t, free.Close())
	config.Practice.FHIR = FHIRConfig{Enabled: true, Listen: free.Addr().String(),
		Cert: files.Cert, Key: files.Key, ClientCA: authority}
	require.NoError(t, config.Practice.FHIR.validate())
	require.Contains(t, checkFHIR(config)[1].Found, "can be opened, for client certificates")
	s := start(t, config)
	var secret practice.Machine
	var key string
	require.NoError(t, s.practice.store.Write(t.Context(), func(tx *store.Tx) (err error) {
		require.NoError(t, store.Insert(tx, practice.Establishment{ID: "E1", Name: "CH X",
			Zone: "Europe/Paris", Version: 1}, nil))
		_, _, err = s.practice.fhir.machines.Add(tx, practice.Machine{Establishment: "E1",
			Name: "dpi", Access: practice.MachineReads, Certificate: "rdv.ch-x.example"})
		require.NoError(t, err)
		secret, key, err = s.practice.fhir.machines.Add(tx, practice.Machine{Establishment: "E1",
			Name: "rdv", Access: practice.MachineReads})
		return err
	}))
	answer, err := http.PostForm(s.url("/fhir/token"), url.Values{"client_secret": {key},
		"grant_type": {"client_credentials"}, "client_id": {secret.ID}})
	require.NoError(t, err)
	defer answer.Body.Close()
	var issued struct {
		Token string `json:"access_token"`
	}
	require.NoError(t, json.NewDecoder(answer.Body).Decode(&issued))
	status := func(client *http.Client, address, token string) int {
		request, err := http.NewRequestWithContext(t.Context(), "GET", address, nil)
		require.NoError(t, err)
		if token != "" {
			request.Header.Set("Authorization", "Bearer "+token)
		}
		answer, err := client.Do(request)
		require.NoError(t, err)
		defer answer.Body.Close()
		return answer.StatusCode
	}
	const path = "/fhir/R4/Patient?identifier=1"
	require.Equal(t, 200, status(http.DefaultClient, s.url(path), issued.Token))
	require.Equal(t, 401, status(http.DefaultClient, s.url(path), ""))
	chain, err := os.ReadFile(files.Cert)
	require.NoError(t, err)
	roots := x509.NewCertPool()
	require.True(t, roots.AppendCertsFromPEM(chain))
	transport := &http.Transport{TLSClientConfig: &tls.Config{RootCAs: roots,
		ServerName: "localhost", Certificates: []tls.Certificate{shown}}}
	defer transport.CloseIdleConnections()
	address := "https://" + config.Practice.FHIR.Listen + path
	require.Equal(t, 200, status(&http.Client{Transport: transport}, address, ""))
	nobody := &http.Transport{TLSClientConfig: &tls.Config{RootCAs: roots,
		ServerName: "localhost"}}
	defer nobody.CloseIdleConnections()
	_, err = (&http.Client{Transport: nobody}).Get(address)
	require.Error(t, err)
	_, metrics := get(t, "http://"+s.metricsListen.Addr().String()+"/metrics")
	require.Contains(t, metrics, `practice_fhir_requests_total{interaction="search",`+
		`outcome="ok"} 2`)
	require.Contains(t, checkFHIR(config)[1].Found, "by a running server")
	require.NoError(t, s.stop())
}

// TestSilentConnectionsShutNoProgramOff has whoever reaches the address for client certificates
// open more connections than one address may have: the oldest make room.
func TestSilentConnectionsShutNoProgramOff(t *testing.T) {
	config := testConfig(t)
	config.Limits.ConnectionsPerAddress, config.TrustedProxies = 10, nil
	files := certificateFiles(t)
	shown, authority := clientCertificate(t, "rdv.ch-x.example")
	free, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	require.NoError(t, free.Close())
	config.Practice.FHIR = FHIRConfig{Enabled: true, Listen: free.Addr().String(),
		Cert: files.Cert, Key: files.Key, ClientCA: authority}
	s := start(t, config)
	chain, err := os.ReadFile(files.Cert)
	require.NoError(t, err)
	roots := x509.NewCertPool()
	require.True(t, roots.AppendCertsFromPEM(chain))
	transport := &http.Transport{TLSClientConfig: &tls.Config{RootCAs: roots,
		ServerName: "localhost", Certificates: []tls.Certificate{shown}}}
	defer transport.CloseIdleConnections()
	asks := func() (reused bool) {
		ctx := httptrace.WithClientTrace(t.Context(), &httptrace.ClientTrace{
			GotConn: func(info httptrace.GotConnInfo) { reused = info.Reused }})
		request, err := http.NewRequestWithContext(ctx, "GET",
			"https://"+config.Practice.FHIR.Listen+"/fhir/R4/metadata", nil)
		require.NoError(t, err)
		answer, err := transport.RoundTrip(request)
		require.NoError(t, err)
		defer answer.Body.Close()
		_, err = io.Copy(io.Discard, answer.Body)
		require.NoError(t, err)
		require.Equal(t, 200, answer.StatusCode)
		return reused
	}
	asks()
	var silent []net.Conn
	for range 20 {
		connection, err := net.Dial("tcp", config.Practice.FHIR.Listen)
		require.NoError(t, err)
		defer connection.Close()
		silent = append(silent, connection)
	}
	require.NoError(t, silent[0].SetReadDeadline(time.Now().Add(5*time.Second)))
	_, err = silent[0].Read(make([]byte, 1))
	require.NotErrorIs(t, err, os.ErrDeadlineExceeded, "it made room")
	require.True(t, asks(), "whoever has shown their certificate makes none")
	require.LessOrEqual(t, s.programs.Open(), 10)
	require.NoError(t, s.stop())
}

// TestTheStaffsBrowsersShutNoProgramOff has a program behind the address of all of the hospital's
// browsers, which hold and open as many connections as one address may.
func TestTheStaffsBrowsersShutNoProgramOff(t *testing.T) {
	config := testConfig(t)
	config.TrustedProxies = nil
	config.Practice.Enabled, config.Practice.FHIR.Listen = true, ":8443"
	config.Limits.ConnectionsPerAddress, config.Limits.OpensAtOnce = 3, 1
	config.Limits.OpensPerSecond = 1
	browsers, programs, err := newConnections(config, newAccount(config, zap.NewNop()),
		zap.NewNop())
	require.NoError(t, err)
	open := func(from *quota.Connections) (closed bool) {
		listener, err := net.Listen("tcp", "127.0.0.1:0")
		require.NoError(t, err)
		defer listener.Close()
		accepted := make(chan net.Conn, 1)
		go func() {
			if one, err := from.Listen(listener).Accept(); err == nil {
				accepted <- one
			}
		}()
		connection, err := net.Dial("tcp", listener.Addr().String())
		require.NoError(t, err)
		t.Cleanup(func() { connection.Close() })
		gone := make(chan struct{})
		go func() {
			defer close(gone)
			_, _ = connection.Read(make([]byte, 1))
		}()
		select {
		case one := <-accepted:
			quota.MarkAuthenticated(one)
			t.Cleanup(func() { one.Close() })
			return false
		case <-gone:
			return true
		}
	}
	for range 3 {
		require.False(t, open(browsers))
	}
	require.True(t, open(browsers), "its address holds as many as it may")
	require.True(t, open(browsers), "and begins as many at once")
	for range 3 {
		require.False(t, open(programs))
	}
	require.True(t, open(programs), "the same limits")
}

func TestTheFHIRInterfaceIsOffUnlessItIsAskedFor(t *testing.T) {
	s := start(t, testConfig(t))
	answer, err := http.Get(s.url("/fhir/R4/metadata"))
	require.NoError(t, err)
	defer answer.Body.Close()
	require.Equal(t, http.StatusNotFound, answer.StatusCode)
	requireHealthy(t, checkFHIR(defaultConfig()), "fhir")
	for _, wrong := range []FHIRConfig{{Listen: ":1"}, {Enabled: true, Listen: ":1"},
		{Enabled: true, Listen: ":1", Cert: "x", Key: "x"}} {
		require.Error(t, wrong.validate())
	}
}
