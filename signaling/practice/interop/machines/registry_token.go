package machines

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rsa"
	"crypto/subtle"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"time"

	"github.com/golang-jwt/jwt/v5"

	"draille/signaling/practice"
	"draille/signaling/practice/store"
)

// Errors that callers tell apart.
var (
	ErrUnknown = errors.New("expected a program that an administrator has set up here, with its " +
		"secret or key, got another, or one that was revoked; ask the administrator")
	ErrScope = errors.New("expected scopes such as system/Appointment.cru that the program was " +
		"given here, got none of them")
	ErrToken = errors.New("expected an access token of this server that is still valid, got " +
		"another; ask for a new one at the token endpoint")
	ErrAssertion = errors.New("expected a client assertion that is signed with the program's key " +
		"(ES256, ES384, RS256 or RS384), for this token endpoint, with iss and sub that are the " +
		"client's id, a jti of its own and an exp of at most 5 minutes, got another")
)

const (
	// TokenLasts is short, for a program asks for a new one by itself (SMART Backend Services: at
	// most 5 minutes).
	TokenLasts = 5 * time.Minute
	// assertionLasts is the most that SMART Backend Services allows.
	assertionLasts = 5 * time.Minute
	// leeway is how far clocks of two servers may be apart.
	leeway      = 30 * time.Second
	leastRSA    = 2048 // bits: NIST SP 800-57, 112 bits of security
	maxJTI      = 200
	maxPrompted = 8 << 10 // bytes of an assertion or a token
)

// Shown is what a program shows at the token endpoint: a secret or an assertion.
type Shown struct {
	Client    string // client_id; empty with an assertion that says it
	Secret    string
	Assertion string // JWT, RFC 7523
	Scope     string // that is asked for; empty: all
}

// Issued is an access token.
type Issued struct {
	Token   string
	Lasts   time.Duration
	Scope   Scope
	Machine practice.Machine
}

// claims are those of an access token.
type claims struct {
	jwt.RegisteredClaims
	Scope string `json:"scope"`
}

// Issue gives an access token to whoever shows what a machine has.
func (r *Registry) Issue(ctx context.Context, shown Shown) (Issued, error) {
	issued := Issued{Lasts: TokenLasts}
	now := r.now()
	err := r.config.Store.Write(ctx, func(tx *store.Tx) (err error) {
		if shown.Assertion != "" {
			issued.Machine, err = r.asserted(tx, shown, now)
		} else {
			issued.Machine, err = secretly(tx, shown)
		}
		if err != nil {
			return err
		}
		_, err = tx.Exec("UPDATE machines SET seen_at = $1 WHERE establishment = $2 AND id = $3",
			int64(practice.InstantOf(now)), issued.Machine.Establishment, issued.Machine.ID)
		return err
	})
	if err != nil {
		return issued, err
	}
	issued.Scope = FullScope(issued.Machine.Access).narrow(shown.Scope)
	if len(issued.Scope) == 0 {
		return issued, ErrScope
	}
	issued.Token, err = jwt.NewWithClaims(jwt.SigningMethodHS256, claims{jwt.RegisteredClaims{
		Subject: issued.Machine.ID, Audience: jwt.ClaimStrings{r.config.Audience},
		IssuedAt: jwt.NewNumericDate(now), ExpiresAt: jwt.NewNumericDate(now.Add(TokenLasts))},
		issued.Scope.String()}).SignedString(r.config.Key)
	return issued, err
}

// secretly finds a machine by its id and secret.
func secretly(tx *store.Tx, shown Shown) (practice.Machine, error) {
	m, err := byID(tx, shown.Client)
	if err != nil {
		return m, err
	}
	var kept string
	err = tx.Scan("SELECT secret_hash FROM machines WHERE establishment = $1 AND id = $2",
		[]any{m.Establishment, m.ID}, &kept)
	if err != nil {
		return m, err
	}
	if kept == "" || subtle.ConstantTimeCompare([]byte(kept), []byte(hashOf(shown.Secret))) != 1 {
		return m, ErrUnknown
	}
	return m, nil
}

// asserted finds a machine by what it has signed. Each assertion is good once.
func (r *Registry) asserted(tx *store.Tx, shown Shown, now time.Time) (practice.Machine, error) {
	var m practice.Machine
	var failed error
	said := jwt.RegisteredClaims{}
	if len(shown.Assertion) > maxPrompted {
		return m, ErrAssertion
	}
	_, err := jwt.ParseWithClaims(shown.Assertion, &said, func(*jwt.Token) (any, error) {
		if m, failed = byID(tx, said.Subject); failed != nil {
			return nil, failed
		}
		return publicKey(m.PublicKey)
	}, jwt.WithValidMethods([]string{"ES256", "ES384", "RS256", "RS384"}),
		jwt.WithAudience(r.config.Endpoint), jwt.WithExpirationRequired(), jwt.WithLeeway(leeway),
		jwt.WithTimeFunc(func() time.Time { return now }))
	switch {
	case failed != nil:
		return m, failed
	case err != nil, said.Issuer != said.Subject, shown.Client != "" && shown.Client != m.ID,
		said.ID == "", len(said.ID) > maxJTI,
		said.ExpiresAt.After(now.Add(assertionLasts + leeway)):
		return m, ErrAssertion
	}
	if _, err := tx.Exec("DELETE FROM machine_assertions WHERE expires_at < $1",
		int64(practice.InstantOf(now))); err != nil {
		return m, err
	}
	added, err := tx.Exec(`INSERT INTO machine_assertions (machine, assertion, expires_at)
		VALUES ($1, $2, $3) ON CONFLICT DO NOTHING`, m.ID, said.ID,
		int64(practice.InstantOf(said.ExpiresAt.Add(leeway))))
	if err == nil && added == 0 {
		return m, ErrAssertion
	}
	return m, err
}

// Resolve finds the machine that an access token was given to.
func (r *Registry) Resolve(ctx context.Context, token string) (Caller, error) {
	var said claims
	if len(token) > maxPrompted {
		return Caller{}, ErrToken
	}
	_, err := jwt.ParseWithClaims(token, &said, func(*jwt.Token) (any, error) {
		return r.config.Key, nil
	}, jwt.WithValidMethods([]string{"HS256"}), jwt.WithAudience(r.config.Audience),
		jwt.WithExpirationRequired(), jwt.WithTimeFunc(r.now))
	if err != nil {
		return Caller{}, ErrToken
	}
	var caller Caller
	err = r.config.Store.Read(ctx, func(tx *store.Tx) (err error) {
		caller.Machine, err = byID(tx, said.Subject)
		return err
	})
	if errors.Is(err, ErrUnknown) {
		return Caller{}, ErrToken
	}
	caller.Scope = FullScope(caller.Machine.Access).narrow(said.Scope)
	return caller, err
}

// publicKey reads a key in PEM. Nil keys verify nothing.
func publicKey(text string) (any, error) {
	block, _ := pem.Decode([]byte(text))
	if block == nil || block.Type != "PUBLIC KEY" {
		return nil, errors.New("expected a public key in PEM (BEGIN PUBLIC KEY), got another " +
			"text; openssl pkey -pubout writes one")
	}
	parsed, err := x509.ParsePKIXPublicKey(block.Bytes)
	if err != nil {
		return nil, errors.New("expected a public key in PEM, got one that cannot be read; " +
			"openssl pkey -pubout writes one")
	}
	switch key := parsed.(type) {
	case *ecdsa.PublicKey:
		if key.Curve == elliptic.P256() || key.Curve == elliptic.P384() {
			return key, nil
		}
	case *rsa.PublicKey:
		if key.N.BitLen() >= leastRSA {
			return key, nil
		}
	}
	return nil, errors.New("expected a key on P-256 or P-384, or an RSA key of 2048 bits or " +
		"more, got another")
}
