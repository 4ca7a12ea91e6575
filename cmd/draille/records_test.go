package main

import (
	"crypto/tls"
	"crypto/x509"
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// recordServer accepts connections as a record does; with a certificate authority it wants clients
// to show theirs.
func recordServer(t *testing.T, files TLSConfig, clients bool) string {
	t.Helper()
	pair, err := tls.LoadX509KeyPair(files.Cert, files.Key)
	require.NoError(t, err)
	config := &tls.Config{Certificates: []tls.Certificate{pair}}
	if clients {
		text, err := os.ReadFile(files.Cert)
		require.NoError(t, err)
		config.ClientAuth, config.ClientCAs = tls.RequireAndVerifyClientCert, x509.NewCertPool()
		config.ClientCAs.AppendCertsFromPEM(text)
	}
	listener, err := tls.Listen("tcp", "127.0.0.1:0", config)
	require.NoError(t, err)
	t.Cleanup(func() { listener.Close() })
	go func() {
		for {
			connection, err := listener.Accept()
			if err != nil {
				return
			}
			go func() {
				defer connection.Close()
				_, _ = connection.Read(make([]byte, 1))
			}()
		}
	}()
	_, port, err := net.SplitHostPort(listener.Addr().String())
	require.NoError(t, err)
	return net.JoinHostPort("localhost", port)
}

func withRecords(t *testing.T, text string) Config {
	t.Helper()
	config := testConfig(t)
	config.Practice.RecordsFile = filepath.Join(t.TempDir(), "records.yaml")
	require.NoError(t, os.WriteFile(config.Practice.RecordsFile, []byte(text), 0o600))
	return config
}

func TestDoctorTriesRecords(t *testing.T) {
	files := certificateFiles(t)
	entry := func(server, more string) string {
		return "- {establishment: E1, form: mdm, authority: CHU-X, server: \"" + server +
			"\", " + more + "}\n"
	}
	anybody, known := recordServer(t, files, false), recordServer(t, files, true)
	own := "ca: " + files.Cert
	for text, verdict := range map[string]verdict{
		entry(anybody, own):        verdictOK,
		entry(anybody, "ca: \"\""): verdictFail, // of an authority that nobody knows
		entry(known, own):          verdictFail, // it wants a certificate
		entry(known, own+", cert: "+files.Cert+", key: "+files.Key):        verdictOK,
		entry(anybody, "tls: false"):                                       verdictWarn,
		entry("127.0.0.1:1", "tls: false"):                                 verdictFail,
		strings.Replace(overFHIR("https", ", "+own), "dpi", anybody, 1):    verdictOK,
		strings.Replace(overFHIR("https", ", "+own), "dpi", known, 1):      verdictFail,
		"- {establishment: E1, form: folder, folder: " + t.TempDir() + "}": verdictOK,
		"- {establishment: E1, form: folder, folder: /dev/null/x}":         verdictFail,
	} {
		found := checkRecords(t.Context(), withRecords(t, text))
		require.Len(t, found, 1)
		require.Equal(t, verdict, found[0].Verdict, "%s: %s", text, found[0].Found)
	}
	requireHealthy(t, checkRecords(t.Context(), defaultConfig()), "records")
	config := defaultConfig()
	config.Practice.ReportsFolder = t.TempDir()
	requireHealthy(t, checkRecords(t.Context(), config), "records")
}

// overFHIR is a way over FHIR, with some more keys.
func overFHIR(scheme, more string) string {
	return "- {establishment: E1, form: fhir, authority: X&1.2&ISO, server: \"" + scheme +
		"://dpi/fhir\"" + more + "}"
}

func TestRecordsThatCannotBe(t *testing.T) {
	way := "- {establishment: E1, form: mdm, authority: X, server: \"dpi:2575\""
	for text, expected := range map[string]string{
		"nothing":                                "expected a list",
		"":                                       "one record or more",
		way + "}\n" + way + "}":                  "expected one way for each",
		way + ", document: rtf}":                 "pdf or cda",
		way + ", tls: false, ca: x}":             "expected no ca",
		way + ", ca: /nowhere}":                  "ca:",
		way + ", cert: x}":                       "both cert and key",
		way + ", cert: /nowhere, key: /nowhere}": "cert:",
		way + ", sever: x}":                      "a key that draille.example.yaml shows",
		way + ", client: x}":                     "with the form fhir",
		overFHIR("http", ""):                     "expected https",
		overFHIR("https", ", tls: false"):        "expected https",
		overFHIR("https", ", token-url: x"):      "expected token-url, client and secret-file",
		overFHIR("https", ", token-url: x, client: x, secret-file: /nowhere"): "secret-file:",
	} {
		_, err := recordWays(withRecords(t, text).Practice.RecordsFile)
		require.ErrorContains(t, err, expected, text)
	}
	_, err := recordWays("/nowhere")
	require.ErrorContains(t, err, recordsKey)
}
