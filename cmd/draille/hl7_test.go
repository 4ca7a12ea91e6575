package main

import (
	"crypto/tls"
	"crypto/x509"
	"net"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"draille/signaling/practice"
	"draille/signaling/practice/interop/hl7/mllp"
	"draille/signaling/practice/store"
)

// withHL7 is a configuration that takes messages over TLS for an establishment.
func withHL7(t *testing.T, establishment string) Config {
	t.Helper()
	config := testConfig(t)
	files := certificateFiles(t)
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	require.NoError(t, listener.Close())
	sources := filepath.Join(t.TempDir(), "sources.yaml")
	require.NoError(t, os.WriteFile(sources, []byte("- name: gam\n  establishment: \""+
		establishment+"\"\n  networks: [127.0.0.0/8]\n"), 0o600))
	config.Practice.HL7 = HL7Config{Listen: listener.Addr().String(), Cert: files.Cert,
		Key: files.Key, SourcesFile: sources}
	return config
}

func TestMessagesOfTheHospitalComeIn(t *testing.T) {
	config := withHL7(t, "480000017")
	require.Contains(t, checkHL7(config)[0].Found, "can be opened, for 1 sources")
	require.Contains(t, checkHL7(config)[1].Found, "the certificate expires on") // in an hour
	s := start(t, config)
	require.NoError(t, s.practice.store.Write(t.Context(), func(tx *store.Tx) error {
		return store.Insert(tx, practice.Establishment{ID: "E1", Name: "CH X",
			Zone: "Europe/Paris", FINESS: "480000017", Version: 1}, nil)
	}))
	text, err := os.ReadFile(config.Practice.HL7.Cert)
	require.NoError(t, err)
	roots := x509.NewCertPool()
	require.True(t, roots.AppendCertsFromPEM(text))
	sender := mllp.NewSender(mllp.SenderConfig{Address: config.Practice.HL7.Listen,
		TLS: &tls.Config{RootCAs: roots, ServerName: "localhost"}})
	defer sender.Close()
	answer, err := sender.Send(t.Context(), []byte("MSH|^~\\&|GAM|CHU-X|DPI|CHU-X|20261201080000"+
		"||ADT^A28|1|P|2.5\rPID|1||7^^^CHU-X^PI||PAT-TROIS^DOMINIQUE^^^^^L||19790328|F\r"))
	require.NoError(t, err)
	require.Contains(t, string(answer), "\rMSA|AA|1\r")
	found := checkHL7(config)[0]
	require.Equal(t, verdictOK, found.Verdict)
	require.Contains(t, found.Found, "listens with TLS, by a running server")
	sender.Close()
	require.NoError(t, s.stop())
	_, err = sender.Send(t.Context(), []byte("MSH|^~\\&|"))
	require.ErrorContains(t, err, "cannot be reached")
}

// The certificate that hospitals' programs are shown is kept as that of the web.
func TestTheCertificateForProgramsIsKept(t *testing.T) {
	config := withHL7(t, "E1")
	s := start(t, config)
	u := newUpkeep(s.server)
	u.tick(0, time.Now())
	said := s.logs.FilterMessageSnippet("the certificate expires soon").All()
	require.NotEmpty(t, said, "it is one of an hour")
	require.Equal(t, "practice.hl7", said[0].ContextMap()["of"])

	renewed := certificateFiles(t)
	for from, to := range map[string]string{renewed.Cert: config.Practice.HL7.Cert,
		renewed.Key: config.Practice.HL7.Key} {
		data, err := os.ReadFile(from)
		require.NoError(t, err)
		require.NoError(t, os.WriteFile(to, data, 0o600))
		require.NoError(t, os.Chtimes(to, time.Time{}, time.Now().Add(time.Second)))
	}
	before := s.practice.hl7.files.leaf().Raw
	u.tick(0, time.Now().Add(renewEvery))
	require.NotEqual(t, before, s.practice.hl7.files.leaf().Raw)
	require.Equal(t, 1, s.logs.FilterMessage("the certificate was read again").Len())
}

func TestDoctorLooksAtHL7(t *testing.T) {
	config := withHL7(t, "E1")
	requireHealthy(t, checkHL7(defaultConfig()), "hl7")
	plain := config
	plain.Practice.HL7.Cert, plain.Practice.HL7.Key = "", ""
	require.Equal(t, verdictWarn, verdicts(checkHL7(plain))["hl7"])
	silent, err := net.Listen("tcp", config.Practice.HL7.Listen)
	require.NoError(t, err)
	go func() {
		for {
			connection, err := silent.Accept()
			if err != nil {
				return
			}
			connection.Close() // some other program
		}
	}()
	require.Equal(t, verdictFail, verdicts(checkHL7(config))["hl7"])
	require.NoError(t, silent.Close())
	config.Practice.HL7.SourcesFile = "/nowhere"
	require.Equal(t, verdictFail, verdicts(checkHL7(config))["hl7"])
}

func TestSourcesThatCannotBe(t *testing.T) {
	c := HL7Config{SourcesFile: filepath.Join(t.TempDir(), "sources.yaml")}
	gam, twice := "- name: gam\n", "- {name: a, establishment: E, networks: [\"::1/128\"]}\n"
	at := gam + "  establishment: E1"
	for text, expected := range map[string]string{
		"": "expected one source or more", "[]": "expected one source or more",
		at:                                "anybody could write",
		gam + "  networks: [10.0.0.0/8]":  "FINESS",
		at + "\n  networks: [ici]":        "10.1.2.0/24",
		at + "\n  certificate: a.example": "practice.hl7.client-ca",
		at + "\n  netwroks: [10.0.0.0/8]": "netwroks",
		twice + twice:                     "got it twice",
	} {
		require.NoError(t, os.WriteFile(c.SourcesFile, []byte(text), 0o600))
		_, err := c.sources()
		require.ErrorContains(t, err, expected, text)
	}
	for _, wrong := range []HL7Config{{Listen: ":1"},
		{Listen: ":1", SourcesFile: "x", Cert: "x"},
		{Listen: ":1", SourcesFile: "x", ClientCA: "x"}} {
		require.Error(t, wrong.validate())
	}
}
