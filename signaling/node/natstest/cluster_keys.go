package natstest

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"encoding/pem"
	"fmt"
	"math/big"
	"net"
	"os"
	"sync/atomic"
	"testing"
	"time"

	"github.com/nats-io/jwt/v2"
	"github.com/nats-io/nkeys"
	"github.com/stretchr/testify/require"
)

// Own is what the documentation of draille has a user's permissions be.
func Own() jwt.Permissions {
	return jwt.Permissions{
		Pub: jwt.Permission{Allow: jwt.StringList{"$JS.API.>", "$KV.draille.>"}},
		Sub: jwt.Permission{Allow: jwt.StringList{"_INBOX.>"}},
	}
}

// certify makes a certificate for all servers, signed by itself.
func (c *Cluster) certify() {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	require.NoError(c.t, err)
	template := &x509.Certificate{SerialNumber: big.NewInt(1), IsCA: true,
		IPAddresses: []net.IP{OwnAddress()}, NotAfter: time.Now().Add(time.Hour),
		BasicConstraintsValid: true,
		KeyUsage:              x509.KeyUsageDigitalSignature | x509.KeyUsageCertSign,
		ExtKeyUsage:           []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth}}
	der, err := x509.CreateCertificate(rand.Reader, template, template, key.Public(), key)
	require.NoError(c.t, err)
	private, err := x509.MarshalPKCS8PrivateKey(key)
	require.NoError(c.t, err)
	for name, block := range map[string]*pem.Block{
		c.CA():            {Type: "CERTIFICATE", Bytes: der},
		c.File("key.pem"): {Type: "PRIVATE KEY", Bytes: private},
	} {
		require.NoError(c.t, os.WriteFile(name, pem.EncodeToMemory(block), 0o600))
	}
	leaf, err := x509.ParseCertificate(der)
	require.NoError(c.t, err)
	c.Trusted = x509.NewCertPool()
	c.Trusted.AddCert(leaf)
}

// operate makes an operator, an account for what the servers do among themselves and one with
// JetStream, and returns the part of a server's configuration that says so.
func (c *Cluster) operate() string {
	operator, own := newKey(c.t, nkeys.CreateOperator), NewAccount(c.t)
	c.Account = NewAccount(c.t)
	said := jwt.NewOperatorClaims(public(c.t, operator))
	said.SystemAccount = public(c.t, own)
	plain := jwt.NewAccountClaims(public(c.t, own))
	with := jwt.NewAccountClaims(public(c.t, c.Account))
	with.Limits.JetStreamLimits = jwt.JetStreamLimits{MemoryStorage: -1, DiskStorage: -1,
		Streams: -1, Consumer: -1}
	tokens := [3]string{}
	for i, claims := range []jwt.Claims{said, plain, with} {
		token, err := claims.Encode(operator)
		require.NoError(c.t, err)
		tokens[i] = token
	}
	return fmt.Sprintf("operator: %q\nsystem_account: %s\nresolver: MEMORY\n"+
		"resolver_preload { %s: %q, %s: %q }\n", tokens[0], plain.Subject, plain.Subject, tokens[1],
		with.Subject, tokens[2])
}

// NewAccount makes the key of an account that no server knows yet.
func NewAccount(t *testing.T) nkeys.KeyPair { return newKey(t, nkeys.CreateAccount) }

func newKey(t *testing.T, make func() (nkeys.KeyPair, error)) nkeys.KeyPair {
	t.Helper()
	key, err := make()
	require.NoError(t, err)
	return key
}

func public(t *testing.T, key nkeys.KeyPair) string {
	t.Helper()
	text, err := key.PublicKey()
	require.NoError(t, err)
	return text
}

// Credentials writes a user's file, signed by an account, and returns its path.
func (c *Cluster) Credentials(name string, signer nkeys.KeyPair, may jwt.Permissions) string {
	c.t.Helper()
	user := newKey(c.t, nkeys.CreateUser)
	claims := jwt.NewUserClaims(public(c.t, user))
	claims.Permissions = may
	token, err := claims.Encode(signer)
	require.NoError(c.t, err)
	seed, err := user.Seed()
	require.NoError(c.t, err)
	content, err := jwt.FormatUserConfig(token, seed)
	require.NoError(c.t, err)
	require.NoError(c.t, os.WriteFile(c.File(name), content, 0o600))
	return c.File(name)
}

// OwnAddress is a loopback address that no other process on this machine derives: no connection
// comes from there, so that a server that is started again finds its port free.
func OwnAddress() net.IP {
	pid := os.Getpid()
	return net.IPv4(127, byte(64+pid>>16&63), byte(pid>>8), byte(pid))
}

var lastPort atomic.Int32

// FreeAddress is an address of OwnAddress that nobody was given before.
func FreeAddress() string { return fmt.Sprintf("%s:%d", OwnAddress(), 6300+lastPort.Add(1)) }
