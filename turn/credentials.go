package turn

import (
	"crypto/hmac"
	"crypto/sha1" //nolint:gosec // the TURN REST form says HMAC-SHA1
	"encoding/base64"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"
)

// Credentials are what a client needs to allocate a relayed address.
type Credentials struct {
	Username string    // "expiry:participant", expiry in Unix seconds
	Password string    // base64 of HMAC-SHA1(secret, username)
	Expires  time.Time // to the second
}

// maxParticipantBytes bounds the participant's part of a username; RFC 8489 §14.3 allows 508 bytes
// in all.
const maxParticipantBytes = 128

var errUsername = errors.New("turn: username is not of the form expiry:participant")

// NewCredentials makes the credentials of a participant in TURN REST form
// (draft-uberti-behave-turn-rest-00 §2.2).
func NewCredentials(secret []byte, participant string, expires time.Time) Credentials {
	username := strconv.FormatInt(expires.Unix(), 10) + ":" + participant
	return Credentials{
		Username: username,
		Password: password(secret, username),
		Expires:  time.Unix(expires.Unix(), 0),
	}
}

// password derives the password that belongs to a username.
func password(secret []byte, username string) string {
	mac := hmac.New(sha1.New, secret)
	mac.Write([]byte(username)) // a hash never returns an error
	return base64.StdEncoding.EncodeToString(mac.Sum(nil))
}

// parseUsername splits a username that came from the network. It is strict, so that one credential
// has one spelling and its quota cannot be had twice.
func parseUsername(username string) (expires time.Time, participant string, err error) {
	digits, participant, found := strings.Cut(username, ":")
	if !found {
		return time.Time{}, "", fmt.Errorf("%w: no colon", errUsername)
	}
	if len(digits) == 0 || len(digits) > 12 || digits[0] == '0' {
		return time.Time{}, "", fmt.Errorf("%w: expiry of %d digits", errUsername, len(digits))
	}
	seconds, err := strconv.ParseUint(digits, 10, 63)
	if err != nil {
		return time.Time{}, "", fmt.Errorf("%w: expiry is not a number", errUsername)
	}
	if !validParticipant(participant) {
		return time.Time{}, "", fmt.Errorf(
			"%w: participant must be 1 to %d visible ASCII characters", errUsername,
			maxParticipantBytes)
	}
	return time.Unix(int64(seconds), 0), participant, nil
}

func validParticipant(participant string) bool {
	if len(participant) == 0 || len(participant) > maxParticipantBytes {
		return false
	}
	for _, b := range []byte(participant) {
		if b <= ' ' || b > '~' {
			return false
		}
	}
	return true
}
