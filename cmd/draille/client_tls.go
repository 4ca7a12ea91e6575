package main

import (
	"crypto/tls"
	"crypto/x509"
	"fmt"
	"os"
)

// clientTLS is an address of its own for hospitals' programs, which may have to show a certificate.
type clientTLS struct{ section, cert, key, clientCA string }

// config is how the address is encrypted, and the certificate that it shows.
func (c clientTLS) config() (*tls.Config, *certificate, error) {
	files, err := loadCertificate(c.section, c.cert, c.key)
	if err != nil {
		return nil, nil, fmt.Errorf("%s: %w", c.section, err)
	}
	config := &tls.Config{MinVersion: tls.VersionTLS12, GetCertificate: files.get}
	if c.clientCA == "" {
		return config, files, nil
	}
	text, err := os.ReadFile(c.clientCA)
	if err != nil {
		return nil, nil, fmt.Errorf("%s.client-ca: %w", c.section, err)
	}
	config.ClientAuth, config.ClientCAs = tls.RequireAndVerifyClientCert, x509.NewCertPool()
	if !config.ClientCAs.AppendCertsFromPEM(text) {
		return nil, nil, fmt.Errorf("%s.client-ca: expected certificates in PEM, got none in %s",
			c.section, c.clientCA)
	}
	return config, files, nil
}
