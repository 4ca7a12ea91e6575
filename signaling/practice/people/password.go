package people

import (
	"crypto/subtle"
	"encoding/base64"
	"errors"
	"fmt"
	"strings"
	"unicode/utf8"

	"golang.org/x/crypto/argon2"
)

// Work of a password's hash: the second recommendation of RFC 9106, section 4.
const (
	argonTime    = 3
	argonMemory  = 64 << 10 // KiB
	argonThreads = 4
	argonSalt    = 16 // bytes
	argonKey     = 32 // bytes
)

const (
	minPassword = 12  // characters: NIST SP 800-63B wants 15 for a lone factor, 8 with a second
	maxPassword = 256 // bytes: what is hashed must have a bound
)

// hashing lets one password be hashed at a time: each takes 64 MiB and all the processor there is,
// which calls need, too.
var hashing = make(chan struct{}, 1)

func argon(password string, salt []byte, time, memory uint32, threads uint8, length uint32) []byte {
	hashing <- struct{}{}
	defer func() { <-hashing }()
	return argon2.IDKey([]byte(password), salt, time, memory, threads, length)
}

// hashPassword returns the hash of a password in the text form of the reference implementation.
func hashPassword(password string) string {
	salt := randomBytes(argonSalt)
	key := argon(password, salt, argonTime, argonMemory, argonThreads, argonKey)
	return fmt.Sprintf("$argon2id$v=%d$m=%d,t=%d,p=%d$%s$%s", argon2.Version, argonMemory,
		argonTime, argonThreads,
		base64.RawStdEncoding.EncodeToString(salt), base64.RawStdEncoding.EncodeToString(key))
}

// checkPassword reports whether a password has this hash. It uses the work that the hash was made
// with.
func checkPassword(hash, password string) (bool, error) {
	parts := strings.Split(hash, "$")
	if len(parts) != 6 || parts[1] != "argon2id" || len(password) > maxPassword {
		return false, nil
	}
	var version int
	var memory, time uint32
	var threads uint8
	if _, err := fmt.Sscanf(parts[2]+" "+parts[3], "v=%d m=%d,t=%d,p=%d", &version, &memory, &time,
		&threads); err != nil {
		return false, err
	}
	salt, err := base64.RawStdEncoding.DecodeString(parts[4])
	if err != nil {
		return false, err
	}
	expected, err := base64.RawStdEncoding.DecodeString(parts[5])
	if err != nil {
		return false, err
	}
	if version != argon2.Version || time == 0 || threads == 0 || len(expected) == 0 {
		return false, errors.New("expected a hash of argon2id, got another")
	}
	key := argon(password, salt, time, memory, threads, uint32(len(expected)))
	return subtle.ConstantTimeCompare(key, expected) == 1, nil
}

// nobodysHash is what a password is compared with when there is no such login, so that the answer
// takes as long.
var nobodysHash = "$argon2id$v=19$m=65536,t=3,p=4" +
	"$AAAAAAAAAAAAAAAAAAAAAA$AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"

// acceptable says why a password may not be chosen.
func acceptable(field, password, login string) error {
	letters := map[rune]bool{}
	for _, r := range password {
		letters[r] = true
	}
	switch {
	case utf8.RuneCountInString(password) < minPassword:
		return wrongField(field,
			"expected at least %d characters, got %d; a sentence is easy to remember",
			minPassword, utf8.RuneCountInString(password))
	case len(password) > maxPassword:
		return wrongField(field, "expected at most %d bytes, got %d", maxPassword, len(password))
	case len(letters) < 5:
		return wrongField(field, "expected at least 5 different characters, got %d", len(letters))
	case login != "" && strings.Contains(strings.ToLower(password), login):
		return wrongField(field, "expected something without the login, got it in there")
	}
	return nil
}
