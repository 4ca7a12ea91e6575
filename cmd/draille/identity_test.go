package main

import (
	"crypto/sha256"
	"crypto/tls"
	"encoding/json"
	"net/http"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestTheServerTellsWhichCertificateItShows(t *testing.T) {
	config := testConfig(t)
	config.TLS = certificateFiles(t)
	s := start(t, config)
	response, body := get(t, "https://"+s.webListener.Addr().String()+"/certificate")
	require.Equal(t, http.StatusOK, response.StatusCode)
	var told identity
	require.NoError(t, json.Unmarshal([]byte(body), &told))
	pair, err := tls.LoadX509KeyPair(config.TLS.Cert, config.TLS.Key)
	require.NoError(t, err)
	sum := sha256.Sum256(pair.Certificate[0])
	octets := strings.Split(told.SHA256, ":")
	require.Len(t, octets, len(sum))
	require.Equal(t, "0123456789ABCDEF"[sum[0]>>4], octets[0][0])
	require.Equal(t, "–", told.Issuer, "it names nobody")

	plain := start(t, testConfig(t))
	response, _ = get(t, plain.url("/certificate"))
	require.Equal(t, http.StatusNotFound, response.StatusCode)
}
