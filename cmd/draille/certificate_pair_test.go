package main

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"encoding/pem"
	"net/http"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.uber.org/zap"
	"go.uber.org/zap/zaptest/observer"
)

func TestWhatIsWrongWithACertificateIsSaidWithWhatToDo(t *testing.T) {
	folder := t.TempDir()
	file := func(name, content string) string {
		path := filepath.Join(folder, name)
		require.NoError(t, os.WriteFile(path, []byte(content), 0o600))
		return path
	}
	files := certificateFiles(t)
	chain, key := files.Cert, files.Key
	other, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	require.NoError(t, err)
	der, err := x509.MarshalPKCS8PrivateKey(other)
	require.NoError(t, err)
	foreign := file("foreign.pem",
		string(pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: der})))
	for name, test := range map[string]struct{ chain, key, remedy string }{
		"away":      {filepath.Join(folder, "none"), key, "give the path of a file that is there"},
		"no PEM":    {file("text", "hello"), key, "give files in PEM"},
		"other key": {chain, foreign, "give the key that the certificate was made for"},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := loadCertificate("tls", test.chain, test.key)
			require.ErrorContains(t, err, test.remedy)
		})
	}
	_, err = loadCertificate("tls", chain, key)
	require.NoError(t, err)
}

// A certificate that ends is said to in time, each day, and at once when it has.
func TestACertificateThatEndsIsSaidTo(t *testing.T) {
	files := certificateFiles(t) // of an hour
	c, err := loadCertificate("tls", files.Cert, files.Key)
	require.NoError(t, err)
	seen, logs := observer.New(zap.InfoLevel)
	log := zap.New(seen)
	said := func(at time.Time) (all []string) {
		c.remind(at, log)
		for _, entry := range logs.TakeAll() {
			all = append(all, entry.Level.String()+": "+entry.Message)
		}
		return all
	}
	soon := "warn: the certificate expires soon: renew it, it is read again within a minute"
	ends := c.leaf().NotAfter
	require.Empty(t, said(ends.Add(-15*24*time.Hour)))
	require.Equal(t, []string{soon}, said(ends.Add(-13*24*time.Hour)))
	require.Empty(t, said(ends.Add(-12*24*time.Hour-time.Minute)))
	require.Equal(t, []string{soon}, said(ends.Add(-12*24*time.Hour)))
	require.Empty(t, c.outOfDate(ends))
	require.Equal(t, []string{soon}, said(ends.Add(-time.Minute)))
	ended := said(ends.Add(time.Second))
	require.Len(t, ended, 1, "though something was said a minute ago")
	require.Contains(t, ended[0], "error: expected a certificate that is valid, got one that "+
		"expired on "+ends.UTC().Format(time.RFC3339))
	require.Empty(t, said(ends.Add(time.Minute)))
	require.Len(t, said(ends.Add(25*time.Hour)), 1)
}

func TestAServerWhoseCertificateHasEndedIsNotReady(t *testing.T) {
	config := testConfig(t)
	config.TLS = certificateUntil(t, time.Now().Add(-time.Minute))
	s := start(t, config)
	web := "https://" + s.webListener.Addr().String()
	response, body := get(t, web+"/readyz")
	require.Equal(t, http.StatusServiceUnavailable, response.StatusCode)
	require.Contains(t, body, "got one that expired on")
	require.NotContains(t, body, config.TLS.Cert, "a stranger learns no path")
	response, _ = get(t, web+"/healthz")
	require.Equal(t, http.StatusOK, response.StatusCode)
	_, body = get(t, "http://"+s.metricsListen.Addr().String()+"/metrics")
	require.Contains(t, body, "draille_ready 0\n")
	require.Regexp(t, `\ndraille_certificate_seconds{of="tls"} -6\d\.`, body)
}
