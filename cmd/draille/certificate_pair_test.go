package main

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"encoding/pem"
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"
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
			_, err := loadCertificate(test.chain, test.key)
			require.ErrorContains(t, err, test.remedy)
		})
	}
	_, err = loadCertificate(chain, key)
	require.NoError(t, err)
}
