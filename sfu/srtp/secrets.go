package srtp

import (
	"crypto/sha256"
	"fmt"
	"slices"

	"github.com/pion/dtls/v3/pkg/crypto/prf"
	"github.com/pion/srtp/v3"
)

// secrets make keys.
type secrets struct {
	master, clientRandom []byte
	serverRandom         [randomBytes]byte
	isClient             bool
}

// ExportKeyingMaterial derives keys (RFC 5705) as package srtp wants them. Every suite that we
// offer hashes with SHA-256.
func (s *secrets) ExportKeyingMaterial(label string, _ []byte, length int) ([]byte, error) {
	seed := slices.Concat([]byte(label), s.clientRandom, s.serverRandom[:])
	return prf.PHash(s.master, seed, length, sha256.New)
}

// Keys derives the keys of media.
func (s *secrets) Keys(profile srtp.ProtectionProfile) (srtp.SessionKeys, error) {
	config := srtp.Config{Profile: profile}
	if err := config.ExtractSessionKeysFromDTLS(s, s.isClient); err != nil {
		return srtp.SessionKeys{}, fmt.Errorf("sfu: the keys of media cannot be derived: %w", err)
	}
	return config.Keys, nil
}
