package main

import (
	"cmp"
	"crypto/sha256"
	"crypto/tls"
	"crypto/x509"
	"encoding/hex"
	"encoding/json"
	"net/http"
	"strings"
)

// identity tells which certificate the server itself shows, so that whoever reads the report of a
// connection test can compare it with the one that their browser names: where the two differ, the
// network opens what is encrypted.
type identity struct {
	Issuer string `json:"issuer"` // organisation and name of who signed it
	SHA256 string `json:"sha256"` // of the certificate, as browsers write it
}

// identityHandler answers GET /certificate; without TLS there is none to tell of.
func identityHandler(certificates *tls.Config, host string) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		shown, err := identityOf(certificates, host)
		if err != nil || shown == nil {
			say(w, http.StatusNotFound, "no certificate")
			return
		}
		w.Header().Set("Content-Type", "application/json")
		w.Header().Set("Cache-Control", "no-store")
		_ = json.NewEncoder(w).Encode(shown) // fails only when nobody reads it any more
	})
}

func identityOf(certificates *tls.Config, host string) (*identity, error) {
	if certificates == nil {
		return nil, nil
	}
	// Let's Encrypt would be asked for a certificate of another kind if this were no browser.
	pair, err := certificates.GetCertificate(&tls.ClientHelloInfo{
		ServerName:        host,
		CipherSuites:      []uint16{tls.TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256},
		SupportedCurves:   []tls.CurveID{tls.CurveP256},
		SignatureSchemes:  []tls.SignatureScheme{tls.ECDSAWithP256AndSHA256},
		SupportedVersions: []uint16{tls.VersionTLS12, tls.VersionTLS13},
	})
	if err != nil {
		return nil, err
	}
	leaf, err := x509.ParseCertificate(pair.Certificate[0])
	if err != nil {
		return nil, err
	}
	sum := sha256.Sum256(leaf.Raw)
	var octets []string
	for _, b := range sum {
		octets = append(octets, strings.ToUpper(hex.EncodeToString([]byte{b})))
	}
	issuer := append(append([]string{}, leaf.Issuer.Organization...), leaf.Issuer.CommonName)
	named := strings.Trim(strings.Join(issuer, ", "), ", ")
	return &identity{
		Issuer: cmp.Or(named, "–"), SHA256: strings.Join(octets, ":"),
	}, nil
}
