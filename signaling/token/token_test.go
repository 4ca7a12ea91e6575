package token

import (
	"bytes"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"encoding/base64"
	"strings"
	"testing"
	"time"

	"github.com/golang-jwt/jwt/v5"
	"github.com/stretchr/testify/require"

	"draille/signaling/protocol"
)

var (
	start  = time.Date(2026, 3, 1, 14, 0, 0, 0, time.UTC)
	secret = bytes.Repeat([]byte("k"), MinSecretBytes)
)

func invitation() Invitation {
	return Invitation{
		Room:      "cozes-12",
		Kind:      protocol.KindConsultation,
		Role:      protocol.RoleGuest,
		Name:      "Mme Roux",
		ID:        "inv-1",
		NotBefore: start,
		Expires:   start.Add(time.Hour),
	}
}

func signer(t testing.TB, key []byte, audience string) *Signer {
	t.Helper()
	s, err := NewSigner(key, audience)
	require.NoError(t, err)
	return s
}

func TestSignedInvitationComesBack(t *testing.T) {
	s := signer(t, secret, "draille.example")
	signed, err := s.Sign(invitation())
	require.NoError(t, err)
	got, err := s.Verify(signed, start.Add(time.Minute))
	require.NoError(t, err)
	require.True(t, got.NotBefore.Equal(start) && got.Expires.Equal(start.Add(time.Hour)))
	got.NotBefore, got.Expires = invitation().NotBefore, invitation().Expires
	require.Equal(t, invitation(), got)

	appointment := invitation()
	appointment.With, appointment.At = "Dr Vidal", start.Add(30*time.Minute)
	appointment.Zone = "Indian/Reunion"
	signed, err = s.Sign(appointment)
	require.NoError(t, err)
	got, err = s.Verify(signed, start)
	require.NoError(t, err)
	require.Equal(t, "Dr Vidal", got.With)
	require.True(t, got.At.Equal(appointment.At))
	require.Equal(t, "Indian/Reunion", got.Zone)
	appointment.Zone = "Paris"
	_, err = s.Sign(appointment)
	require.ErrorContains(t, err, `such as Europe/Paris, got "Paris"`)
	appointment.Zone = ""
	appointment.With = "Dr\nVidal"
	_, err = s.Sign(appointment)
	require.ErrorContains(t, err, "with:")

	anonymous := invitation()
	anonymous.ID, anonymous.Name = "", ""
	signed, err = s.Sign(anonymous)
	require.NoError(t, err)
	got, err = s.Verify(signed, start)
	require.NoError(t, err)
	require.NotEmpty(t, got.ID)
}

func TestValidityAllowsTheSkewAndNoMore(t *testing.T) {
	s := signer(t, secret, "draille.example")
	signed, err := s.Sign(invitation())
	require.NoError(t, err)
	for _, c := range []struct {
		at   time.Time
		want error
	}{
		{start.Add(-Skew - time.Second), ErrNotYet},
		{start.Add(-Skew), nil},
		{start.Add(time.Hour + Skew - time.Second), nil},
		{start.Add(time.Hour + Skew), ErrExpired},
	} {
		_, err := s.Verify(signed, c.at)
		require.ErrorIs(t, err, c.want, c.at)
	}
	late, err := s.Verify(signed, start.Add(48*time.Hour))
	require.ErrorIs(t, err, ErrExpired)
	require.Equal(t, "inv-1", late.ID, "a genuine invitation is still told when it has expired")
}

func TestForeignTokensAreInvalid(t *testing.T) {
	s := signer(t, secret, "draille.example")
	now := start.Add(time.Minute)
	valid := func() claims {
		return claims{
			Room: "cozes-12",
			Kind: protocol.KindConsultation,
			Role: protocol.RoleHost,
			RegisteredClaims: jwt.RegisteredClaims{
				Audience:  jwt.ClaimStrings{"draille.example"},
				ID:        "x",
				NotBefore: jwt.NewNumericDate(start),
				ExpiresAt: jwt.NewNumericDate(start.Add(time.Hour)),
			},
		}
	}
	sign := func(method jwt.SigningMethod, key any, change func(*claims)) string {
		c := valid()
		if change != nil {
			change(&c)
		}
		signed, err := jwt.NewWithClaims(method, c).SignedString(key)
		require.NoError(t, err)
		return signed
	}
	_, err := s.Verify(sign(jwt.SigningMethodHS256, secret, nil), now)
	require.NoError(t, err, "the claims below are good but for the one thing each case changes")

	ec, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	require.NoError(t, err)
	good := sign(jwt.SigningMethodHS256, secret, nil)
	parts := strings.Split(good, ".")
	promoted := base64.RawURLEncoding.EncodeToString(
		[]byte(strings.Replace(decode(t, parts[1]), "cozes-12", "other-34", 1)))
	for name, signed := range map[string]string{
		"empty":             "",
		"not a token":       "a.b.c",
		"no algorithm":      sign(jwt.SigningMethodNone, jwt.UnsafeAllowNoneSignatureType, nil),
		"another HMAC":      sign(jwt.SigningMethodHS512, secret, nil),
		"an elliptic key":   sign(jwt.SigningMethodES256, ec, nil),
		"foreign key":       sign(jwt.SigningMethodHS256, bytes.Repeat([]byte("z"), 32), nil),
		"changed claims":    parts[0] + "." + promoted + "." + parts[2],
		"without signature": parts[0] + "." + parts[1] + ".",
		"other server": sign(jwt.SigningMethodHS256, secret, func(c *claims) {
			c.Audience = jwt.ClaimStrings{"other"}
		}),
		"no audience": sign(jwt.SigningMethodHS256, secret, func(c *claims) {
			c.Audience = nil
		}),
		"no expiry": sign(jwt.SigningMethodHS256, secret, func(c *claims) {
			c.ExpiresAt = nil
		}),
		"no beginning": sign(jwt.SigningMethodHS256, secret, func(c *claims) {
			c.NotBefore = nil
		}),
		"unknown role": sign(jwt.SigningMethodHS256, secret, func(c *claims) {
			c.Role = "admin"
		}),
		"unknown kind": sign(jwt.SigningMethodHS256, secret, func(c *claims) {
			c.Kind = "party"
		}),
		"no room": sign(jwt.SigningMethodHS256, secret, func(c *claims) { c.Room = "" }),
		"room with a slash": sign(jwt.SigningMethodHS256, secret, func(c *claims) {
			c.Room = "../x"
		}),
		"no id": sign(jwt.SigningMethodHS256, secret, func(c *claims) { c.ID = "" }),
		"name with controls": sign(jwt.SigningMethodHS256, secret, func(c *claims) {
			c.Name = "a\x00b"
		}),
		"expired and foreign": sign(jwt.SigningMethodHS256, secret, func(c *claims) {
			c.Audience = jwt.ClaimStrings{"other"}
			c.ExpiresAt = jwt.NewNumericDate(start.Add(-time.Hour))
		}),
	} {
		t.Run(name, func(t *testing.T) {
			got, err := s.Verify(signed, now)
			require.ErrorIs(t, err, ErrInvalid)
			require.NotErrorIs(t, err, ErrExpired)
			require.Empty(t, got)
		})
	}
}

func TestSignRefusesWhatVerifyWould(t *testing.T) {
	s := signer(t, secret, "draille.example")
	for name, change := range map[string]func(*Invitation){
		"room":     func(i *Invitation) { i.Room = "salle é" },
		"kind":     func(i *Invitation) { i.Kind = "" },
		"role":     func(i *Invitation) { i.Role = "root" },
		"name":     func(i *Invitation) { i.Name = strings.Repeat("n", 61) },
		"validity": func(i *Invitation) { i.Expires = i.NotBefore },
	} {
		i := invitation()
		change(&i)
		_, err := s.Sign(i)
		require.ErrorContains(t, err, name+":")
	}
}

func TestSignerWantsALongSecretAndAnAudience(t *testing.T) {
	_, err := NewSigner(secret[:31], "a")
	require.ErrorContains(t, err, "got 31")
	_, err = NewSigner(secret, "")
	require.ErrorContains(t, err, "audience")
}

func decode(t *testing.T, part string) string {
	t.Helper()
	b, err := base64.RawURLEncoding.DecodeString(part)
	require.NoError(t, err)
	return string(b)
}

func FuzzVerify(f *testing.F) {
	s := signer(f, secret, "draille.example")
	signed, err := s.Sign(invitation())
	require.NoError(f, err)
	f.Add(signed)
	f.Add("")
	f.Add("eyJhbGciOiJub25lIn0.e30.")
	f.Add(signed[:len(signed)-4])
	f.Fuzz(func(t *testing.T, input string) {
		got, err := s.Verify(input, start.Add(time.Minute))
		if err != nil {
			require.ErrorIs(t, err, ErrInvalid)
			require.Empty(t, got)
			return
		}
		require.Equal(t, signed, input, "only what was signed is accepted")
	})
}
