package courier

import (
	"crypto/tls"
	"errors"
	"fmt"
	"net/textproto"
	"regexp"
	"strings"

	"draille/signaling/practice"
)

// problem is why a message did not go out, and what follows from it.
type problem struct {
	err         error
	reason      practice.Reason
	permanent   bool // it will not go out another time either
	unreachable bool // nothing goes out by this channel now
	useless     bool // nothing is to be sent any more
}

func (p *problem) Error() string { return p.err.Error() }
func (p *problem) Unwrap() error { return p.err }

// permanent is a problem that another try does not solve.
func permanent(reason practice.Reason, format string, values ...any) error {
	return &problem{err: fmt.Errorf(format, values...), reason: reason, permanent: true}
}

// unreachable is one by which nothing goes out by a channel.
func unreachable(reason practice.Reason, format string, values ...any) error {
	return &problem{err: fmt.Errorf(format, values...), reason: reason, unreachable: true}
}

// later is one that another try may solve.
func later(format string, values ...any) error {
	return &problem{err: fmt.Errorf(format, values...), reason: practice.ReasonLater}
}

func reasonOf(err error) practice.Reason {
	var p *problem
	if errors.As(err, &p) {
		return p.reason
	}
	return practice.ReasonLater
}

// reasonOfConnection tells apart why a server cannot be spoken to.
func reasonOfConnection(err error) practice.Reason {
	var certificate *tls.CertificateVerificationError
	var record tls.RecordHeaderError
	var said *textproto.Error
	switch {
	case errors.As(err, &certificate), errors.As(err, &record),
		strings.Contains(err.Error(), "STARTTLS"): // go-mail has no error of its own for it
		return practice.ReasonTLS
	case errors.As(err, &said) && said.Code >= 530 && said.Code <= 538: // RFC 4954
		return practice.ReasonAccount
	}
	return practice.ReasonAway
}

func isPermanent(err error) bool {
	var p *problem
	return errors.As(err, &p) && p.permanent
}

func isUseless(err error) bool {
	var p *problem
	return errors.As(err, &p) && p.useless
}

func isUnreachable(err error) bool {
	var p *problem
	return errors.As(err, &p) && p.unreachable
}

var (
	addresses = regexp.MustCompile(`[^\s<>"'(]+@[^\s<>"'),;:]+`)
	numbers   = regexp.MustCompile(`\+?[0-9][0-9 .-]{7,}[0-9]`)
	longest   = 300
)

// scrub takes addresses and telephone numbers out of what another server said, and makes it a text
// that every store keeps: what cannot be noted would be noted for ever.
func scrub(text string) string {
	text = strings.ReplaceAll(strings.ToValidUTF8(text, "\uFFFD"), "\x00", "\uFFFD")
	text = numbers.ReplaceAllString(addresses.ReplaceAllString(text, "…"), "…")
	if len(text) > longest {
		text = strings.ToValidUTF8(text[:longest], "") // not in the middle of a character
	}
	return text
}
