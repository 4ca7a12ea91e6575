// Package picture keeps the pictures of questions to experts. A browser sends a preview, then the
// other pieces of the picture, in parts, each from wherever its last part that arrived has ended.
// All are sealed; who may send or see them is asked by whoever calls.
package picture

import (
	"bytes"
	"crypto/aes"
	"crypto/cipher"
	"crypto/hkdf"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"time"

	"draille/signaling/practice"
	"draille/signaling/practice/agenda"
	"draille/signaling/practice/store"
)

// KeyBytes is the length of the key that pictures are sealed with: AES-256.
const KeyBytes = 32

// MaxPart is the length of a part at most, in bytes: a tenth of a second of a good link.
const MaxPart = 512 << 10

// Keeper seals pictures, and opens them.
type Keeper struct {
	key  []byte
	aead cipher.AEAD
}

// New returns a Keeper with a key of KeyBytes.
func New(key []byte) (*Keeper, error) {
	if len(key) != KeyBytes {
		return nil, fmt.Errorf("expected a key of %d bytes, got %d", KeyBytes, len(key))
	}
	block, err := aes.NewCipher(key)
	if err != nil {
		return nil, err
	}
	aead, err := cipher.NewGCMWithRandomNonce(block)
	return &Keeper{key, aead}, err
}

// ErrOver says that a question is over: it is given no more pictures.
var ErrOver = errors.New("expected a question that is not over, got one that is")

// Offer is a picture that is promised.
type Offer struct {
	practice.Picture
	Sizes []int64 // of its pieces, in bytes
	Key   string  // the same promises nothing new
}

// Begin promises a picture to a question.
func (k *Keeper) Begin(tx *store.Tx, o practice.Opinion, offer Offer, now time.Time) (
	practice.Picture, error) {
	p, key := offer.Picture, offer.Key
	if len(key) < 16 || len(key) > 64 {
		return p, agenda.Wrong("key", "expected 16 to 64 characters of chance, got %d",
			len(key))
	}
	before, err := store.Get[practice.Picture](tx,
		"WHERE establishment = $1 AND opinion = $2 AND request_key = $3", o.Establishment, o.ID,
		key)
	if !errors.Is(err, store.ErrNotFound) {
		return before, err
	}
	if o.EndedAt != 0 {
		return p, ErrOver
	}
	if err := bounded(p); err != nil {
		return p, err
	}
	if err := pieced(p, offer.Sizes); err != nil {
		return p, err
	}
	others, err := Of(tx, o)
	if err != nil {
		return p, err
	}
	if err := counted(p, others); err != nil {
		return p, err
	}
	p.ID, p.Establishment, p.Opinion = practice.NewID(), o.Establishment, o.ID
	p.Received, p.Seconds, p.MadeAt, p.WholeAt = 0, 0, practice.InstantOf(now), 0
	p.Pieces, p.Previewed = len(offer.Sizes), false
	if err := store.Insert(tx, p, store.With{"request_key": key, "preview": []byte{},
		"sizes": words(offer.Sizes)}); err != nil {
		return p, err
	}
	changed(tx, p)
	return p, nil
}

// counted says that a question has as many of a kind as it may.
func counted(p practice.Picture, others []practice.Picture) error {
	most, kind := practice.MaxPictures, "pictures"
	if p.Sound {
		most, kind = practice.MaxSounds, "sounds"
	}
	count := 0
	for _, other := range others {
		if other.Sound == p.Sound {
			count++
		}
	}
	if count >= most {
		return agenda.Wrong("key", "expected at most %d %s, got one more", most, kind)
	}
	return nil
}

// bounded says what is wrong with a picture that is promised.
func bounded(p practice.Picture) error {
	most := int64(MaxBytes)
	if p.Sound {
		most = MaxSoundBytes
	}
	if p.Size < 1 || p.Size > most {
		return agenda.Wrong("size", "expected 1 to %d bytes, got %d", most, p.Size)
	}
	if digest, err := hex.DecodeString(p.Digest); err != nil || len(digest) != sha256.Size {
		return agenda.Wrong("digest", "expected a SHA-256 in hexadecimal")
	}
	if p.Sound && (p.Width != 0 || p.Height != 0) {
		return agenda.Wrong("width", "expected a sound without sides, got %d × %d", p.Width,
			p.Height)
	}
	return nil
}

// Append adds a part that begins at an offset of the picture's bytes, and may go on into the pieces
// behind. What begins elsewhere than where the last part of its piece has ended was sent again, or
// too early: it is not added, and Have says where to go on. With its last part a piece is read from
// end to end, and so is the picture.
func (k *Keeper) Append(tx *store.Tx, p practice.Picture, offset int64, part []byte,
	now time.Time) (practice.Picture, error) {
	if p.WholeAt != 0 {
		return p, nil
	}
	if most := min(MaxPart, p.Size-offset); len(part) == 0 || int64(len(part)) > most {
		return p, agenda.Wrong("part", "expected 1 to %d bytes, got %d", most, len(part))
	}
	before := p.Received
	pieces, err := k.piecesOf(tx, p)
	if err != nil {
		return p, err
	}
	for _, one := range piecesFrom(pieces, offset) {
		if len(part) == 0 {
			break
		}
		if err := k.fill(tx, p, &one); err != nil {
			return p, err
		}
		size := min(int64(len(part)), one.size-one.have)
		if offset != one.begins+one.have || size == 0 {
			break
		}
		if err := k.add(tx, &p, one, part[:size]); err != nil {
			return p, err
		}
		offset, part, p.Received = offset+size, part[size:], p.Received+size
	}
	if p.Received == before {
		return p, nil
	}
	if p.Received == p.Size {
		if p.Seconds, err = k.complete(tx, p); err != nil {
			return p, err
		}
		p.WholeAt = practice.InstantOf(now)
		changed(tx, p)
	}
	_, err = tx.Exec(`UPDATE pictures SET received = $1, whole_at = $2, seconds = $3, previewed = $4
		WHERE establishment = $5 AND id = $6`, p.Received, int64(p.WholeAt), p.Seconds,
		p.Previewed, p.Establishment, p.ID)
	return p, err
}

// add keeps a part of a piece, from where the last one has ended.
func (k *Keeper) add(tx *store.Tx, p *practice.Picture, one piece, part []byte) error {
	offset := one.begins + one.have
	_, err := tx.Exec(`INSERT INTO picture_parts (establishment, picture, begins, sealed)
		VALUES ($1, $2, $3, $4)`, p.Establishment, p.ID, offset,
		k.aead.Seal(nil, nil, part, partOf(p.ID, offset)))
	if err != nil || p.Pieces == 1 || one.have+int64(len(part)) < one.size {
		return err
	}
	if one.number == 0 {
		p.Previewed = true
	}
	if one.number < 2 { // of tiles only who looks at the picture wants to know
		changed(tx, *p)
	}
	if err := k.fits(tx, *p, one); err != nil {
		return err
	}
	return k.join(tx, *p, one)
}

// join keeps a piece as one part: beside a call it has come in hundreds, and each look reads all.
func (k *Keeper) join(tx *store.Tx, p practice.Picture, one piece) error {
	if one.size > MaxPart {
		return nil
	}
	data, err := k.bytes(tx, p, one.begins, one.begins+one.size)
	if err != nil {
		return err
	}
	if _, err := tx.Exec(`DELETE FROM picture_parts WHERE establishment = $1 AND picture = $2
		AND begins > $3 AND begins < $4`, p.Establishment, p.ID, one.begins,
		one.begins+one.size); err != nil {
		return err
	}
	_, err = tx.Exec(`UPDATE picture_parts SET sealed = $1 WHERE establishment = $2
		AND picture = $3 AND begins = $4`, k.aead.Seal(nil, nil, data, partOf(p.ID, one.begins)),
		p.Establishment, p.ID, one.begins)
	return err
}

// complete says what is wrong with a picture all parts of which are here, and how many seconds a
// sound lasts.
func (k *Keeper) complete(tx *store.Tx, p practice.Picture) (seconds int, err error) {
	data, err := k.bytes(tx, p, 0, p.Size)
	if err != nil {
		return 0, err
	}
	if digest := sha256.Sum256(data); hex.EncodeToString(digest[:]) != p.Digest {
		return 0, agenda.Wrong("digest", "expected the bytes that were promised, got others")
	}
	if p.Sound {
		if seconds, err = CheckSound(data); err != nil {
			return 0, agenda.Wrong("part", "%s", err)
		}
		return seconds, nil
	}
	if p.Pieces > 1 {
		return 0, nil // each was read when it was there
	}
	return 0, sided(data, p.Width, p.Height)
}

// sided says what is wrong with a picture that is to have these sides.
func sided(data []byte, width, height int) error {
	header, err := Check(data)
	if err != nil {
		return agenda.Wrong("part", "%s", err)
	}
	if header.Width != width || header.Height != height {
		return agenda.Wrong("part", "expected %d × %d pixels, got %d × %d", width, height,
			header.Width, header.Height)
	}
	return nil
}

// Preview is what is seen of a picture before it is whole. It returns ErrNotFound until it is here.
func (k *Keeper) Preview(tx *store.Tx, p practice.Picture) ([]byte, error) {
	if p.Pieces > 1 {
		return k.Piece(tx, p, 0)
	}
	var sealed []byte // of a picture that came in one piece, as all did once
	if err := tx.Scan("SELECT preview FROM pictures WHERE establishment = $1 AND id = $2",
		[]any{p.Establishment, p.ID}, &sealed); err != nil {
		return nil, err
	}
	return k.open(sealed, previewOf(p.ID))
}

// Whole is a picture that is not in tiles, or a sound, whose last part has arrived.
func (k *Keeper) Whole(tx *store.Tx, p practice.Picture) ([]byte, error) {
	if p.Pieces > 1 {
		return k.Piece(tx, p, 1)
	}
	return k.bytes(tx, p, 0, p.Size)
}

// bytes are some of a picture's, all of which have arrived.
func (k *Keeper) bytes(tx *store.Tx, p practice.Picture, from, to int64) ([]byte, error) {
	var data bytes.Buffer
	data.Grow(int(to - from))
	err := tx.Query(func(scan func(...any) error) error {
		var sealed []byte
		if err := scan(&sealed); err != nil {
			return err
		}
		part, err := k.open(sealed, partOf(p.ID, from+int64(data.Len())))
		data.Write(part)
		return err
	}, `SELECT sealed FROM picture_parts WHERE establishment = $1 AND picture = $2
		AND begins >= $3 AND begins < $4 ORDER BY begins`, p.Establishment, p.ID, from, to)
	if err == nil && int64(data.Len()) != to-from {
		err = fmt.Errorf("expected %d bytes of a picture in the store, got %d", to-from, data.Len())
	}
	return data.Bytes(), err
}

func (k *Keeper) open(sealed, what []byte) ([]byte, error) {
	data, err := k.aead.Open(nil, nil, sealed, what)
	if err != nil {
		return nil, errors.New(
			"expected what this server has sealed, got something else: was its secret replaced?")
	}
	return data, nil
}

// BrowserKey is what the browser of whoever sends a picture keeps it under until it is whole: what
// lies on the disk of a ward's computer is worth nothing without a session of theirs.
func (k *Keeper) BrowserKey(p practice.Picture) ([]byte, error) {
	return hkdf.Key(sha256.New, k.key, nil, "browser "+p.ID+" "+p.MadeBy, KeyBytes)
}

// previewOf and partOf bind what is sealed to its place: it opens at no other.
func previewOf(id string) []byte { return []byte("preview " + id) }

func partOf(id string, offset int64) []byte { return fmt.Appendf(nil, "part %s %d", id, offset) }

// changed tells both sides of the question.
func changed(tx *store.Tx, p practice.Picture) {
	tx.Changed(practice.TopicOpinion, p.Establishment, p.Opinion)
}
