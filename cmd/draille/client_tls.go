package main

import (
	"crypto/tls"
	"crypto/x509"
	"fmt"
	"os"

	"go.uber.org/zap"
)

// clientTLS is an address of its own for hospitals' programs, which may have to show a certificate.
type clientTLS struct{ section, cert, key, clientCA string }

// config is how the address is encrypted. The certificate is read again when it was renewed.
func (c clientTLS) config(log *zap.Logger) (*tls.Config, error) {
	files, err := loadCertificate(c.cert, c.key)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", c.section, err)
	}
	config := &tls.Config{MinVersion: tls.VersionTLS12,
		GetCertificate: func(hello *tls.ClientHelloInfo) (*tls.Certificate, error) {
			if _, err := files.renew(); err != nil {
				log.Error("the certificate cannot be read again: the one before is shown",
					zap.Error(err))
			}
			return files.get(hello)
		}}
	if c.clientCA == "" {
		return config, nil
	}
	text, err := os.ReadFile(c.clientCA)
	if err != nil {
		return nil, fmt.Errorf("%s.client-ca: %w", c.section, err)
	}
	config.ClientAuth, config.ClientCAs = tls.RequireAndVerifyClientCert, x509.NewCertPool()
	if !config.ClientCAs.AppendCertsFromPEM(text) {
		return nil, fmt.Errorf("%s.client-ca: expected certificates in PEM, got none in %s",
			c.section, c.clientCA)
	}
	return config, nil
}
