package people

import (
	"bytes"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/base64"
	"encoding/hex"
	"image/png"
	"time"

	"github.com/pquerna/otp"
	"github.com/pquerna/otp/totp"
)

const (
	codePeriod = 30 * time.Second // RFC 6238, section 5.2; what authenticators know
	codeSkew   = 1                // periods to either side: clocks of telephones
	qrPixels   = 256
)

// matchCode returns the period whose code was given; 0 if it is none of those around now. A code of
// a period that was used, or of one before, is not accepted: it is good once (RFC 6238, section
// 5.2).
func matchCode(secret, code string, now time.Time, used int64) (int64, error) {
	current := now.Unix() / int64(codePeriod.Seconds())
	for period := current - codeSkew; period <= current+codeSkew; period++ {
		expected, err := totp.GenerateCodeCustom(secret,
			time.Unix(period*int64(codePeriod.Seconds()), 0), totp.ValidateOpts{
				Period: uint(codePeriod.Seconds()), Digits: otp.DigitsSix,
				Algorithm: otp.AlgorithmSHA1})
		if err != nil {
			return 0, err
		}
		if subtle.ConstantTimeCompare([]byte(expected), []byte(code)) == 1 && period > used {
			return period, nil
		}
	}
	return 0, nil
}

// NewCode is what an authenticator is fed.
type NewCode struct {
	Secret string // base32
	URI    string
	QR     string // PNG as data: URL
}

func newCode(issuer, login string) (NewCode, error) {
	key, err := totp.Generate(totp.GenerateOpts{Issuer: issuer, AccountName: login, SecretSize: 20})
	if err != nil {
		return NewCode{}, err
	}
	picture, err := key.Image(qrPixels, qrPixels)
	if err != nil {
		return NewCode{}, err
	}
	var encoded bytes.Buffer
	if err := png.Encode(&encoded, picture); err != nil {
		return NewCode{}, err
	}
	return NewCode{Secret: key.Secret(), URI: key.URL(),
		QR: "data:image/png;base64," + base64.StdEncoding.EncodeToString(encoded.Bytes())}, nil
}

// digest names a text without telling it.
func digest(text string) string {
	sum := sha256.Sum256([]byte(text))
	return hex.EncodeToString(sum[:])
}
