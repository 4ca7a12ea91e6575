package mllp

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"math/big"
	"net"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// authority signs certificates for tests.
type authority struct {
	t    *testing.T
	cert *x509.Certificate
	key  *ecdsa.PrivateKey
}

func newAuthority(t *testing.T) authority {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	require.NoError(t, err)
	template := &x509.Certificate{SerialNumber: big.NewInt(1), IsCA: true,
		Subject: pkix.Name{CommonName: "AC"}, BasicConstraintsValid: true,
		NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour),
		KeyUsage: x509.KeyUsageCertSign}
	raw, err := x509.CreateCertificate(rand.Reader, template, template, &key.PublicKey, key)
	require.NoError(t, err)
	cert, err := x509.ParseCertificate(raw)
	require.NoError(t, err)
	return authority{t, cert, key}
}

func (a authority) pool() *x509.CertPool {
	pool := x509.NewCertPool()
	pool.AddCert(a.cert)
	return pool
}

// leaf is a certificate for a name, valid until.
func (a authority) leaf(name string, until time.Time) tls.Certificate {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	require.NoError(a.t, err)
	template := &x509.Certificate{SerialNumber: big.NewInt(2), DNSNames: []string{name},
		Subject: pkix.Name{CommonName: name + " (CN)"}, IPAddresses: []net.IP{{127, 0, 0, 1}},
		NotBefore: time.Now().Add(-2 * time.Hour), NotAfter: until,
		ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageClientAuth, x509.ExtKeyUsageServerAuth}}
	raw, err := x509.CreateCertificate(rand.Reader, template, a.cert, &key.PublicKey, a.key)
	require.NoError(a.t, err)
	return tls.Certificate{Certificate: [][]byte{raw}, PrivateKey: key}
}

func TestClientsShowCertificates(t *testing.T) {
	ours, theirs := newAuthority(t), newAuthority(t)
	later := time.Now().Add(time.Hour)
	peers := make(chan Peer, 1)
	address := served(t, Config{
		TLS: &tls.Config{Certificates: []tls.Certificate{ours.leaf("draille", later)},
			ClientAuth: tls.RequireAndVerifyClientCert, ClientCAs: ours.pool()},
		Handle: func(_ context.Context, from Peer, message []byte) []byte {
			peers <- from
			return message
		}})
	send := func(config *tls.Config) error {
		_, err := sender(t, SenderConfig{Address: address, TLS: config}).Send(t.Context(),
			[]byte("MSH|^~"))
		return err
	}
	require.NoError(t, send(&tls.Config{RootCAs: ours.pool(),
		Certificates: []tls.Certificate{ours.leaf("gam.ch-x.example", later)}}))
	peer := <-peers
	require.Equal(t, []string{"gam.ch-x.example", "gam.ch-x.example (CN)"}, peer.Names)
	require.True(t, peer.Address.IsLoopback())
	for name, config := range map[string]*tls.Config{
		"none": {RootCAs: ours.pool()},
		"of another authority": {RootCAs: ours.pool(),
			Certificates: []tls.Certificate{theirs.leaf("gam.ch-x.example", later)}},
		"expired": {RootCAs: ours.pool(), Certificates: []tls.Certificate{
			ours.leaf("gam.ch-x.example", time.Now().Add(-time.Hour))}},
		"a server that is not trusted": {RootCAs: theirs.pool(),
			Certificates: []tls.Certificate{ours.leaf("gam.ch-x.example", later)}},
	} {
		require.Error(t, send(config), name)
	}
	require.Error(t, send(nil))
}
