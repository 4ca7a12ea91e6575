// Package token signs and checks invitations: who may enter which room, as what, and when. An
// invitation is a JWT (RFC 7519) signed with HMAC-SHA-256 and nothing else, small enough for a
// link, and holds no health data.
package token

import (
	"crypto/rand"
	"errors"
	"fmt"
	"time"

	"github.com/golang-jwt/jwt/v5"

	"draille/signaling/protocol"
)

// Skew is how far the clocks of the server that signed and of the one that checks may stand apart.
const Skew = 60 * time.Second

// MinSecretBytes is the shortest secret accepted: RFC 7518 section 3.2 wants a key as long as the
// hash.
const MinSecretBytes = 32

// Errors of Verify. Every error it returns wraps exactly one of them.
var (
	ErrExpired = errors.New("the invitation has expired")
	ErrNotYet  = errors.New("the invitation is not valid yet")
	ErrInvalid = errors.New("the invitation is not one of this server's")
)

// claims are the JWT's; the standard names where there is one.
type claims struct {
	Room string        `json:"room"`
	Kind protocol.Kind `json:"kind"`
	Role protocol.Role `json:"role"`
	Name string        `json:"name,omitempty"`
	// Seats is left out where it is the default of the role.
	Seats  int    `json:"seats,omitempty"`
	Family string `json:"family,omitempty"`
	// Of the appointment: who receives the person, and when (NumericDate, RFC 7519 section 2).
	With string           `json:"with,omitempty"`
	At   *jwt.NumericDate `json:"at,omitempty"`
	Zone string           `json:"zone,omitempty"`
	jwt.RegisteredClaims
}

// Signer signs and checks the invitations of one server.
type Signer struct {
	secret   []byte
	audience string
}

// NewSigner returns a Signer whose invitations are good for the server called audience and for no
// other. The secret must have at least MinSecretBytes.
func NewSigner(secret []byte, audience string) (*Signer, error) {
	if len(secret) < MinSecretBytes {
		return nil, fmt.Errorf(
			"expected a secret of at least %d bytes, got %d; generate one with `openssl rand "+
				"-hex 32`",
			MinSecretBytes,
			len(secret),
		)
	}
	if audience == "" {
		return nil, errors.New("expected the name of the server as audience, got nothing; set one")
	}
	return &Signer{secret: append([]byte(nil), secret...), audience: audience}, nil
}

// Sign returns the token of an invitation. It refuses one that Verify would not accept.
func (s *Signer) Sign(invitation Invitation) (string, error) {
	if invitation.ID == "" {
		invitation.ID = rand.Text()
	}
	if err := invitation.check(); err != nil {
		return "", err
	}
	var at *jwt.NumericDate
	if !invitation.At.IsZero() {
		at = jwt.NewNumericDate(invitation.At)
	}
	return jwt.NewWithClaims(jwt.SigningMethodHS256, claims{
		Room:   invitation.Room,
		Kind:   invitation.Kind,
		Role:   invitation.Role,
		Name:   invitation.Name,
		Seats:  invitation.Seats,
		Family: invitation.Family,
		With:   invitation.With,
		At:     at,
		Zone:   invitation.Zone,
		RegisteredClaims: jwt.RegisteredClaims{
			Audience:  jwt.ClaimStrings{s.audience},
			ID:        invitation.ID,
			NotBefore: jwt.NewNumericDate(invitation.NotBefore),
			ExpiresAt: jwt.NewNumericDate(invitation.Expires),
		},
	}).SignedString(s.secret)
}

// Verify checks a token and returns its invitation. With ErrExpired the invitation is returned too:
// it was genuine, and a call that began in time may be resumed after its end. With the other errors
// it is empty.
func (s *Signer) Verify(signed string, now time.Time) (Invitation, error) {
	var c claims
	_, err := jwt.NewParser(
		jwt.WithValidMethods([]string{jwt.SigningMethodHS256.Alg()}),
		jwt.WithAudience(s.audience),
		jwt.WithExpirationRequired(),
		jwt.WithNotBeforeRequired(),
		jwt.WithStrictDecoding(),
		jwt.WithLeeway(Skew),
		jwt.WithTimeFunc(func() time.Time { return now }),
	).ParseWithClaims(signed, &c, func(*jwt.Token) (any, error) { return s.secret, nil })

	verdict := classify(err)
	if verdict != nil && !errors.Is(verdict, ErrExpired) {
		return Invitation{}, verdict
	}
	invitation := Invitation{Room: c.Room, Kind: c.Kind, Role: c.Role, Name: c.Name, Seats: c.Seats,
		ID: c.ID, Family: c.Family, With: c.With, Zone: c.Zone,
		NotBefore: c.NotBefore.Time, Expires: c.ExpiresAt.Time}
	if c.At != nil {
		invitation.At = c.At.Time
	}
	if err := invitation.check(); err != nil {
		return Invitation{}, fmt.Errorf("%w: %w", ErrInvalid, err)
	}
	return invitation, verdict
}

// classify puts the parser's joined errors in order: a token that is expired and also for another
// server is invalid.
func classify(err error) error {
	if err == nil {
		return nil
	}
	for _, cause := range []error{
		jwt.ErrTokenMalformed, jwt.ErrTokenUnverifiable, jwt.ErrTokenSignatureInvalid,
		jwt.ErrTokenInvalidAudience, jwt.ErrTokenRequiredClaimMissing} {
		if errors.Is(err, cause) {
			return fmt.Errorf("%w: %w", ErrInvalid, err)
		}
	}
	switch {
	case errors.Is(err, jwt.ErrTokenNotValidYet):
		return fmt.Errorf("%w: %w", ErrNotYet, err)
	case errors.Is(err, jwt.ErrTokenExpired):
		return fmt.Errorf("%w: %w", ErrExpired, err)
	}
	return fmt.Errorf("%w: %w", ErrInvalid, err)
}
