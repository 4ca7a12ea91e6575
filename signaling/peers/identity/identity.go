// Package identity is what the nodes of one cluster show each other: certificates, made out of the
// one secret that they share. There is no authority to run and nothing to renew.
//
// The secret yields, by HKDF (RFC 5869), an Ed25519 key that every node has: the cluster's
// authority. A process draws a key of its own when it starts, which never leaves its memory, and
// signs a certificate for it with the authority's key, which binds it to the node's id and to the
// process. It signs a new one every minute, valid for an hour.
//
// Whether a certificate is one of the cluster is judged without a clock. When it is valid is judged
// afterwards, once the other has told its own time (Judge): so a clock that is wrong and a
// certificate that has ended are told apart.
package identity

import (
	"crypto/ed25519"
	"crypto/hkdf"
	"crypto/rand"
	"crypto/sha256"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/hex"
	"errors"
	"fmt"
	"math/big"
	"net/url"
	"sync"
	"time"
)

const (
	// Validity is how long a certificate is valid. Whoever steals a process's key without the
	// secret can be that node for so long.
	Validity = time.Hour
	// renewAfter is how old a certificate may be that is shown.
	renewAfter = time.Minute
	// MaxSkew is how far the clocks of two nodes may stand apart: as far as those of the servers
	// that sign an invitation and check it.
	MaxSkew = time.Minute
	// minSecret is the least number of bytes of a secret.
	minSecret = 16
	// maxID is the greatest length of a node's id and of a process's.
	maxID = 64

	authorityName = "draille cluster"
	scheme        = "draille"
	checkBytes    = 8
)

// Config says who a node is.
type Config struct {
	Secret   []byte // of the cluster
	Node     string // 1 to 64 letters, digits, '.', '-', '_'
	Instance string // of the process, drawn when it starts; of the same letters
	Now      func() time.Time
}

// Identity is what a process shows others. Its methods may be called concurrently.
type Identity struct {
	node, instance string
	check          string
	now            func() time.Time
	authority      *x509.Certificate
	authorityKey   ed25519.PrivateKey
	key            ed25519.PrivateKey

	mu     sync.Mutex
	shown  *tls.Certificate
	signed time.Time // when that was signed
}

// New derives a node's identity.
func New(config Config) (*Identity, error) {
	if len(config.Secret) < minSecret {
		return nil, fmt.Errorf("expected a secret of at least %d bytes, got %d: make one with "+
			"openssl rand -hex 32", minSecret, len(config.Secret))
	}
	for what, id := range map[string]string{
		"node id": config.Node, "id of the process": config.Instance,
	} {
		if !ValidID(id) {
			return nil, fmt.Errorf("expected a %s of 1 to %d letters, digits, '.', '-' and '_', "+
				"got %q: choose another", what, maxID, id)
		}
	}
	if config.Now == nil {
		config.Now = time.Now
	}
	seed, err := derive(config.Secret, "draille nodes v1", ed25519.SeedSize)
	if err != nil {
		return nil, err
	}
	check, err := derive(config.Secret, "draille secret check v1", checkBytes)
	if err != nil {
		return nil, err
	}
	_, key, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		return nil, fmt.Errorf("no key could be drawn for this node: %w", err)
	}
	i := &Identity{
		node: config.Node, instance: config.Instance, now: config.Now, key: key,
		check: hex.EncodeToString(check), authorityKey: ed25519.NewKeyFromSeed(seed),
	}
	return i, i.makeAuthority()
}

func derive(secret []byte, purpose string, length int) ([]byte, error) {
	key, err := hkdf.Key(sha256.New, secret, nil, purpose, length)
	if err != nil {
		return nil, fmt.Errorf("no key could be derived from the secret: %w", err)
	}
	return key, nil
}

// ValidID reports whether a text may name a node or a process.
func ValidID(id string) bool {
	if id == "" || len(id) > maxID {
		return false
	}
	for _, c := range []byte(id) {
		letter := c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9'
		if !letter && c != '.' && c != '-' && c != '_' {
			return false
		}
	}
	return true
}

// Node returns the node's id.
func (i *Identity) Node() string { return i.node }

// Instance returns the id of this process.
func (i *Identity) Instance() string { return i.instance }

// Check returns a value that is the same where the secret is, and from which the secret cannot be
// found.
func (i *Identity) Check() string { return i.check }

// makeAuthority makes the authority's own certificate, the same on each node but for its signature.
// It never travels: only its key and its name are needed.
func (i *Identity) makeAuthority() error {
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: authorityName},
		NotBefore:             time.Date(2000, time.January, 1, 0, 0, 0, 0, time.UTC),
		NotAfter:              time.Date(9999, time.December, 31, 23, 59, 59, 0, time.UTC),
		BasicConstraintsValid: true, IsCA: true, KeyUsage: x509.KeyUsageCertSign,
	}
	raw, err := x509.CreateCertificate(rand.Reader, template, template, i.authorityKey.Public(),
		i.authorityKey)
	if err != nil {
		return fmt.Errorf("no authority could be made of the secret: %w", err)
	}
	i.authority, err = x509.ParseCertificate(raw)
	return err
}

// Certificate returns what is shown now. It is signed anew each minute, so that its beginning tells
// what this node's clock says.
func (i *Identity) Certificate() (*tls.Certificate, error) {
	i.mu.Lock()
	defer i.mu.Unlock()
	now := i.now()
	if age := now.Sub(i.signed); i.shown != nil && age >= 0 && age < renewAfter {
		return i.shown, nil
	}
	template := &x509.Certificate{
		SerialNumber: new(big.Int).SetBytes([]byte(rand.Text()[:16])),
		Subject:      pkix.Name{CommonName: i.node},
		URIs:         []*url.URL{{Scheme: scheme, Host: i.node, Path: "/" + i.instance}},
		NotBefore:    now.UTC(), NotAfter: now.Add(Validity).UTC(),
		KeyUsage:    x509.KeyUsageDigitalSignature,
		ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageClientAuth, x509.ExtKeyUsageServerAuth},
	}
	raw, err := x509.CreateCertificate(rand.Reader, template, i.authority, i.key.Public(),
		i.authorityKey)
	if err != nil {
		return nil, fmt.Errorf("this node's certificate could not be signed: %w", err)
	}
	i.shown = &tls.Certificate{Certificate: [][]byte{raw}, PrivateKey: i.key}
	i.signed = now
	return i.shown, nil
}

// Peer is who a certificate says that somebody is.
type Peer struct {
	Node, Instance      string
	NotBefore, NotAfter time.Time
}

// Verify judges a certificate that somebody at an address shows, but not when it is valid.
func (i *Identity) Verify(leaf *x509.Certificate, address string) (Peer, error) {
	if leaf.Issuer.CommonName != authorityName {
		return Peer{}, i.stranger(address, fmt.Sprintf("its certificate is issued by %q",
			leaf.Issuer.CommonName))
	}
	if err := leaf.CheckSignatureFrom(i.authority); err != nil {
		return Peer{}, i.otherSecret(address, leaf.Subject.CommonName)
	}
	peer, err := peerOf(leaf)
	if err != nil {
		return Peer{}, i.stranger(address, err.Error())
	}
	if peer.Node == i.node && peer.Instance != i.instance {
		return Peer{}, i.sameID(address)
	}
	return peer, nil
}

// peerOf reads a certificate that the cluster's authority has signed.
func peerOf(leaf *x509.Certificate) (Peer, error) {
	if len(leaf.URIs) != 1 || leaf.URIs[0].Scheme != scheme || len(leaf.URIs[0].Path) < 2 {
		return Peer{}, errors.New("its certificate names no node")
	}
	name := leaf.URIs[0]
	peer := Peer{Node: name.Host, Instance: name.Path[1:],
		NotBefore: leaf.NotBefore, NotAfter: leaf.NotAfter}
	if !ValidID(peer.Node) || !ValidID(peer.Instance) {
		return Peer{}, errors.New("its certificate names a node that cannot be")
	}
	return peer, nil
}
