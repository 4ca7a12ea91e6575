// Package machines keeps the programs of hospitals that use this server without a person's session:
// what they show of themselves (a secret, a key or a certificate), and the access tokens that they
// get for it. Each belongs to one establishment. It follows RFC 6749 §4.4, RFC 7523 and SMART's
// Backend Services.
//
// Who was revoked is refused at the next request: a token is looked up with its machine each time.
package machines

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"errors"
	"fmt"
	"net/url"
	"regexp"
	"strings"
	"time"
	"unicode/utf8"

	"draille/signaling/practice"
	"draille/signaling/practice/agenda"
	"draille/signaling/practice/store"
)

// Config is what a Registry needs. Store, Key, Audience and Endpoint are required.
type Config struct {
	Store    *store.Store
	Key      []byte // 32 bytes: signs access tokens
	Audience string // that access tokens are for: the address of the interface
	Endpoint string // that assertions are for: the address that tokens are asked for at
	Now      func() time.Time
}

// Registry knows machines. Its methods may be called concurrently.
type Registry struct {
	config Config
	now    func() time.Time
}

// New returns a Registry.
func New(config Config) (*Registry, error) {
	if config.Store == nil || config.Audience == "" || config.Endpoint == "" {
		return nil, errors.New("expected Config.Store, Audience and Endpoint, got nothing; " +
			"give all")
	}
	if len(config.Key) < sha256.Size {
		return nil, fmt.Errorf("expected Config.Key of %d bytes, got %d", sha256.Size,
			len(config.Key))
	}
	if config.Now == nil {
		config.Now = time.Now
	}
	return &Registry{config: config, now: config.Now}, nil
}

// Caller is a machine that makes a request, and what it may do.
type Caller struct {
	Machine practice.Machine
	Scope   Scope
}

const (
	maxName     = 40 // characters, as of the sources of HL7 messages
	maxURI      = 200
	secretBytes = 32
)

var certificateName = regexp.MustCompile(`^[A-Za-z0-9*._ -]{1,200}$`)

// Add writes a new machine down. One that has neither a key nor a certificate is given a secret,
// which is told once and of which only the hash is kept.
func (r *Registry) Add(tx *store.Tx, m practice.Machine) (_ practice.Machine, secret string,
	err error) {
	if err := check(tx, &m); err != nil {
		return m, "", err
	}
	m.ID, m.CreatedAt, m.SeenAt, m.RevokedAt = practice.NewID(), practice.InstantOf(r.now()), 0, 0
	with := store.With{}
	if m.PublicKey == "" && m.Certificate == "" {
		random := make([]byte, secretBytes)
		_, _ = rand.Read(random) // never fails
		secret = base64.RawURLEncoding.EncodeToString(random)
		with["secret_hash"] = hashOf(secret)
	}
	if err := store.Insert(tx, m, with); err != nil {
		if errors.Is(err, store.ErrDuplicate) {
			return m, "", agenda.Wrong("name", "expected a name, and a certificate, that no other "+
				"program has; revoke that one, or choose another")
		}
		return m, "", err
	}
	return m, secret, nil
}

// hashOf is what is kept of a secret of 256 bits of chance, which nobody guesses by its hash.
func hashOf(secret string) string {
	sum := sha256.Sum256([]byte(secret))
	return hex.EncodeToString(sum[:])
}

// check brings what an administrator has typed into one form and refuses what cannot be.
func check(tx *store.Tx, m *practice.Machine) error {
	m.Name, m.Authority = strings.TrimSpace(m.Name), strings.TrimSpace(m.Authority)
	m.Certificate, m.PublicKey = strings.TrimSpace(m.Certificate), strings.TrimSpace(m.PublicKey)
	if m.Name == "" || utf8.RuneCountInString(m.Name) > maxName {
		return agenda.Wrong("name", "expected 1 to %d characters, got %d", maxName,
			utf8.RuneCountInString(m.Name))
	}
	if m.Access != practice.MachineReads && m.Access != practice.MachineWrites {
		return agenda.Wrong("access", "expected read or write, got %q", m.Access)
	}
	if m.Authority != "" {
		if parsed, err := url.Parse(m.Authority); err != nil || !parsed.IsAbs() ||
			len(m.Authority) > maxURI {
			return agenda.Wrong("authority", "expected a URI such as "+
				"urn:oid:1.2.250.1.71.4.2.7, got %q", m.Authority)
		}
	}
	if m.Certificate != "" && !certificateName.MatchString(m.Certificate) {
		return agenda.Wrong("certificate", "expected a name in its certificate, such as "+
			"rdv.ch-x.example, got %q", m.Certificate)
	}
	if m.PublicKey != "" {
		if _, err := publicKey(m.PublicKey); err != nil {
			return agenda.Wrong("publicKey", "%v", err)
		}
	}
	if m.Service == "" {
		return nil
	}
	_, err := store.Get[practice.Service](tx, "WHERE establishment = $1 AND id = $2",
		m.Establishment, m.Service)
	if errors.Is(err, store.ErrNotFound) {
		return agenda.Wrong("service", "expected the id of a service here, got %q", m.Service)
	}
	return err
}

// List are the machines of an establishment, also those that were revoked.
func List(tx *store.Tx, establishment string) ([]practice.Machine, error) {
	return store.Find[practice.Machine](tx,
		"WHERE establishment = $1 ORDER BY revoked_at, name, id", establishment)
}

// Revoke ends a machine: whatever it shows opens nothing any more, from its next request on.
func Revoke(tx *store.Tx, establishment, id string, now time.Time) error {
	ended, err := tx.Exec(`UPDATE machines SET revoked_at = $1, secret_hash = '', public_key = ''
		WHERE establishment = $2 AND id = $3 AND revoked_at = 0`,
		int64(practice.InstantOf(now)), establishment, id)
	if err == nil && ended == 0 {
		return store.ErrNotFound
	}
	return err
}

// ByCertificate finds the machine with one of the names of a verified client certificate.
func (r *Registry) ByCertificate(ctx context.Context, names []string) (Caller, error) {
	var caller Caller
	err := r.config.Store.Read(ctx, func(tx *store.Tx) error {
		for _, name := range names {
			m, err := store.Get[practice.Machine](tx.Across("a machine is found by what it shows"),
				"WHERE certificate = $1 AND certificate <> '' AND revoked_at = 0", name)
			if err == nil {
				caller = Caller{m, FullScope(m.Access)}
				return nil
			}
			if !errors.Is(err, store.ErrNotFound) {
				return err
			}
		}
		return ErrUnknown
	})
	return caller, err
}

// byID finds a machine by the name that it is known by in OAuth. One that is unknown or revoked is
// ErrUnknown.
func byID(tx *store.Tx, id string) (practice.Machine, error) {
	if !utf8.ValidString(id) || strings.ContainsRune(id, 0) { // no store looks for it
		return practice.Machine{}, ErrUnknown
	}
	m, err := store.Get[practice.Machine](tx.Across("a machine is found by what it shows"),
		"WHERE id = $1 AND revoked_at = 0", id)
	if errors.Is(err, store.ErrNotFound) {
		return m, ErrUnknown
	}
	return m, err
}
