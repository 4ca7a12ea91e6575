package srtp

import (
	"crypto/aes"
	"crypto/cipher"
	"encoding/binary"
	"fmt"

	"github.com/pion/rtp"
	"github.com/pion/srtp/v3"

	"draille/sfu/rtpx"
)

// Sealer protects the RTP packets of one transport that leave. It is used by one goroutine at a
// time.
type Sealer interface {
	// Seal writes the protected payload behind the header, which stands in the first bytes of
	// buffer, and returns the length of the whole packet. The payload may stand behind the header
	// already. h is the header, index counts the packets of its SSRC.
	Seal(
		buffer []byte, header int, payload []byte, h *Header, index *PacketIndex,
	) (length int, err error)
}

// PacketIndex counts the packets of one SSRC beyond 16 bits (RFC 3711 section 3.3.1). The zero
// value is ready.
type PacketIndex struct{ numbers rtpx.Unwrapper[uint16] }

// rollovers returns how many times the sequence number has begun anew when it reaches this one.
func (x *PacketIndex) rollovers(sequence uint16) uint32 {
	return uint32(max(x.numbers.Unwrap(sequence), 0) >> 16)
}

// NewSealer makes the sealer of a profile.
func NewSealer(masterKey, masterSalt []byte, profile srtp.ProtectionProfile) (Sealer, error) {
	switch profile {
	case srtp.ProtectionProfileAeadAes128Gcm, srtp.ProtectionProfileAeadAes256Gcm:
		return newGCMSealer(masterKey, masterSalt)
	}
	context, err := srtp.CreateContext(masterKey, masterSalt, profile)
	if err != nil {
		return nil, err
	}
	return &contextSealer{context: context}, nil
}

// Labels of derived keys (RFC 3711 section 4.3.1).
const (
	labelEncryption = 0
	labelSalt       = 2
)

// saltBytes is the length of a salt of AES-GCM (RFC 7714 section 12).
const saltBytes = 12

// gcmSealer protects with AES-GCM (RFC 7714). It is what package srtp does, without looking again
// for what is known here: where the header ends, and which stream it is of.
type gcmSealer struct {
	aead  cipher.AEAD
	salt  [saltBytes]byte
	nonce [saltBytes]byte // reused
}

func newGCMSealer(masterKey, masterSalt []byte) (*gcmSealer, error) {
	if len(masterSalt) != saltBytes {
		return nil, fmt.Errorf(
			"sfu: expected a salt of %d bytes, got %d", saltBytes, len(masterSalt),
		)
	}
	key, err := deriveKey(masterKey, masterSalt, labelEncryption, len(masterKey))
	if err != nil {
		return nil, err
	}
	block, err := aes.NewCipher(key)
	if err != nil {
		return nil, err
	}
	aead, err := cipher.NewGCM(block)
	if err != nil {
		return nil, err
	}
	salt, err := deriveKey(masterKey, masterSalt, labelSalt, saltBytes)
	if err != nil {
		return nil, err
	}
	return &gcmSealer{aead: aead, salt: [saltBytes]byte(salt)}, nil
}

// deriveKey derives a session key (RFC 3711 section 4.3.3) that is never renewed.
func deriveKey(masterKey, masterSalt []byte, label byte, bytes int) ([]byte, error) {
	block, err := aes.NewCipher(masterKey)
	if err != nil {
		return nil, fmt.Errorf("sfu: keys of media cannot be derived: %w", err)
	}
	var start [aes.BlockSize]byte
	copy(start[:14], masterSalt)
	start[7] ^= label
	key := make([]byte, bytes)
	cipher.NewCTR(block, start[:]).XORKeyStream(key, key)
	return key, nil
}

func (g *gcmSealer) Seal(
	buffer []byte, header int, payload []byte, h *Header, index *PacketIndex,
) (int, error) {
	n := &g.nonce // RFC 7714 section 8.1
	n[0], n[1] = 0, 0
	binary.BigEndian.PutUint32(n[2:], h.SSRC)
	binary.BigEndian.PutUint32(n[6:], index.rollovers(h.Sequence))
	binary.BigEndian.PutUint16(n[10:], h.Sequence)
	for i := range n {
		n[i] ^= g.salt[i]
	}
	sealed := g.aead.Seal(buffer[header:header], n[:], payload, buffer[:header])
	return header + len(sealed), nil
}

// contextSealer protects as package srtp does.
type contextSealer struct {
	context *srtp.Context
	parsed  rtp.Header // reused
}

func (c *contextSealer) Seal(
	buffer []byte, header int, payload []byte, _ *Header, _ *PacketIndex,
) (int, error) {
	length := header + copy(buffer[header:], payload)
	protected, err := c.context.EncryptRTP(buffer, buffer[:length], &c.parsed)
	return len(protected), err
}
