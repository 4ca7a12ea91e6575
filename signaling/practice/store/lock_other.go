//go:build !unix

package store

import (
	"errors"
	"fmt"
	"os"
)

// ownAsFolder does nothing: here a file has the rights of its folder.
func ownAsFolder(string) error { return nil }

// lockFile holds a file until unlock is called. It is removed then; after a crash it has to be
// removed by hand.
func lockFile(path string) (unlock func() error, err error) {
	file, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE|os.O_EXCL, 0o600)
	if errors.Is(err, os.ErrExist) {
		return nil, fmt.Errorf("%s: %w; if there is none, remove this file", path, ErrInUse)
	}
	if err != nil {
		return nil, err
	}
	return func() error { return errors.Join(file.Close(), os.Remove(path)) }, nil
}
