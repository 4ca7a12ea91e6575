package people_test

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"encoding/json"
	"testing"

	"github.com/go-webauthn/webauthn/protocol/webauthncbor"
	"github.com/stretchr/testify/require"
)

// authenticator is a security key in software: what navigator.credentials does with one (WebAuthn
// Level 3).
type authenticator struct {
	t        *testing.T
	origin   string
	verified bool // asks for a finger
	key      *ecdsa.PrivateKey
	id       []byte
	handle   string // of the person, as options had it
	counter  uint32
}

func newAuthenticator(t *testing.T) *authenticator {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	require.NoError(t, err)
	return &authenticator{
		t:        t,
		origin:   "http://localhost:8080",
		verified: true,
		key:      key,
		id:       random(16),
	}
}

// Flags of authenticator data: section 6.1.
const (
	userPresent  = 1
	userVerified = 1 << 2
	attested     = 1 << 6
)

func (a *authenticator) data(rp string, flags byte) []byte {
	hash := sha256.Sum256([]byte(rp))
	if a.verified {
		flags |= userVerified
	}
	a.counter++
	return binary.BigEndian.AppendUint32(append(hash[:], flags|userPresent), a.counter)
}

func (a *authenticator) client(kind string, options map[string]any) []byte {
	text, err := json.Marshal(
		map[string]any{
			"type":        kind,
			"challenge":   options["challenge"],
			"origin":      a.origin,
			"crossOrigin": false,
		},
	)
	require.NoError(a.t, err)
	return text
}

// create answers the options of a new passkey.
func (a *authenticator) create(options map[string]any) []byte {
	a.handle = options["user"].(map[string]any)["id"].(string)
	public, err := a.key.PublicKey.ECDH()
	require.NoError(a.t, err)
	point := public.Bytes() // 4, x, y
	// COSE_Key of ES256: RFC 9053, section 7.1.1.
	cose, err := webauthncbor.Marshal(
		map[int]any{1: 2, 3: -7, -1: 1, -2: point[1:33], -3: point[33:]},
	)
	require.NoError(a.t, err)
	data := a.data(options["rp"].(map[string]any)["id"].(string), attested)
	data = append(data, make([]byte, 16)...) // AAGUID
	data = binary.BigEndian.AppendUint16(data, uint16(len(a.id)))
	data = append(append(data, a.id...), cose...)
	attestation, err := webauthncbor.Marshal(
		map[string]any{"fmt": "none", "attStmt": map[string]any{}, "authData": data},
	)
	require.NoError(a.t, err)
	return a.answer(
		map[string]any{
			"attestationObject": encoded(attestation),
			"clientDataJSON":    encoded(a.client("webauthn.create", options)),
		},
	)
}

// get answers the options of a sign-in.
func (a *authenticator) get(options map[string]any) []byte {
	data, client := a.data(options["rpId"].(string), 0), a.client("webauthn.get", options)
	hash := sha256.Sum256(client)
	digest := sha256.Sum256(append(append([]byte(nil), data...), hash[:]...))
	signature, err := ecdsa.SignASN1(rand.Reader, a.key, digest[:])
	require.NoError(a.t, err)
	return a.answer(
		map[string]any{"authenticatorData": encoded(data), "clientDataJSON": encoded(client),
			"signature": encoded(signature), "userHandle": a.handle},
	)
}

func (a *authenticator) answer(response map[string]any) []byte {
	text, err := json.Marshal(
		map[string]any{
			"id":       encoded(a.id),
			"rawId":    encoded(a.id),
			"type":     "public-key",
			"response": response,
		},
	)
	require.NoError(a.t, err)
	return text
}

func encoded(b []byte) string { return base64.RawURLEncoding.EncodeToString(b) }
