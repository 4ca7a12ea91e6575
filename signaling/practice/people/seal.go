package people

import (
	"crypto/aes"
	"crypto/cipher"
	"crypto/rand"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
)

// sealKeyBytes is the length of an AES-256 key.
const sealKeyBytes = 32

// seal encrypts what whoever reads the store, or a copy of it, must not be able to use: keys of
// authenticators, sign-ins that have begun.
type seal struct{ aead cipher.AEAD }

func newSeal(key []byte) (seal, error) {
	if len(key) != sealKeyBytes {
		return seal{}, fmt.Errorf("expected a key of %d bytes, got %d", sealKeyBytes, len(key))
	}
	block, err := aes.NewCipher(key)
	if err != nil {
		return seal{}, err
	}
	aead, err := cipher.NewGCMWithRandomNonce(block)
	return seal{aead}, err
}

// close returns value as sealed text. It opens only for the same purpose.
func (s seal) close(purpose string, value any) (string, error) {
	text, err := json.Marshal(value)
	if err != nil {
		return "", err
	}
	return base64.RawStdEncoding.EncodeToString(s.aead.Seal(nil, nil, text, []byte(purpose))), nil
}

// open puts into value what close sealed.
func (s seal) open(purpose, sealed string, value any) error {
	data, err := base64.RawStdEncoding.DecodeString(sealed)
	if err != nil {
		return err
	}
	text, err := s.aead.Open(nil, nil, data, []byte(purpose))
	if err != nil {
		return errors.New(
			"expected what this server has sealed, got something else: was its secret replaced?")
	}
	return json.Unmarshal(text, value)
}

// randomBytes returns n bytes of chance.
func randomBytes(n int) []byte {
	random := make([]byte, n)
	rand.Read(random) // never returns an error
	return random
}
