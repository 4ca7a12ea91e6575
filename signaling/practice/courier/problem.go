package courier

import (
	"errors"
	"fmt"
	"regexp"
)

// problem is why a message did not go out, and what follows from it.
type problem struct {
	err         error
	permanent   bool // it will not go out another time either
	unreachable bool // nothing goes out by this channel now
}

func (p *problem) Error() string { return p.err.Error() }
func (p *problem) Unwrap() error { return p.err }

func permanent(format string, values ...any) error {
	return &problem{err: fmt.Errorf(format, values...), permanent: true}
}

func unreachable(format string, values ...any) error {
	return &problem{err: fmt.Errorf(format, values...), unreachable: true}
}

func isPermanent(err error) bool {
	var p *problem
	return errors.As(err, &p) && p.permanent
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

// scrub takes addresses and telephone numbers out of what another server said.
func scrub(text string) string {
	text = numbers.ReplaceAllString(addresses.ReplaceAllString(text, "…"), "…")
	if len(text) > longest {
		text = text[:longest]
	}
	return text
}
