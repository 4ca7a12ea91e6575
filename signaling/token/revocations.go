package token

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"time"

	"draille/signaling/protocol"
)

// ErrRevoked says that the operator has withdrawn the invitation.
var ErrRevoked = errors.New("the invitation has been withdrawn")

// Revocations is the list of invitations that the operator has withdrawn: a folder with one file
// for each, named after its id, that holds when the invitation expires. Whoever may write the
// folder withdraws; the server reads it.
type Revocations struct{ Directory string }

// Add withdraws an invitation that expires at a time. It returns when that would survive a power
// cut.
func (r Revocations) Add(id string, expires time.Time) error {
	if err := protocol.CheckIdentifier("id", id); err != nil {
		return err
	}
	if err := os.MkdirAll(r.Directory, 0o700); err != nil {
		return fmt.Errorf("the folder %s for withdrawn invitations cannot be made: %w", r.Directory,
			err)
	}
	f, err := os.OpenFile(filepath.Join(r.Directory, id), os.O_WRONLY|os.O_CREATE|os.O_TRUNC, 0o600)
	if err != nil {
		return err
	}
	_, err = f.WriteString(expires.UTC().Format(time.RFC3339) + "\n")
	if err = errors.Join(err, f.Sync(), f.Close()); err != nil {
		return err
	}
	folder, err := os.Open(r.Directory)
	if err != nil {
		return err
	}
	return errors.Join(folder.Sync(), folder.Close())
}

// Revoked reports whether an invitation has been withdrawn. A list that cannot be read withdraws
// nothing.
func (r Revocations) Revoked(id string) bool {
	if protocol.CheckIdentifier("id", id) != nil {
		return false
	}
	_, err := os.Lstat(filepath.Join(r.Directory, id))
	return err == nil
}

// List returns the ids on the list, and takes those off whose invitations have expired.
func (r Revocations) List(now time.Time) ([]string, error) {
	entries, err := os.ReadDir(r.Directory)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	var ids []string
	for _, entry := range entries {
		id, path := entry.Name(), filepath.Join(r.Directory, entry.Name())
		if !entry.Type().IsRegular() || protocol.CheckIdentifier("id", id) != nil {
			continue
		}
		expires, err := readExpiry(path)
		if errors.Is(err, fs.ErrNotExist) {
			continue
		}
		if err == nil && now.After(expires.Add(Skew)) {
			_ = os.Remove(path) // is tried again
			continue
		}
		ids = append(ids, id)
	}
	return ids, err
}

// Expires returns when an invitation on the list expires.
func (r Revocations) Expires(id string) (time.Time, error) {
	if err := protocol.CheckIdentifier("id", id); err != nil {
		return time.Time{}, err
	}
	return readExpiry(filepath.Join(r.Directory, id))
}

func readExpiry(path string) (time.Time, error) {
	content, err := os.ReadFile(path)
	if err != nil {
		return time.Time{}, err
	}
	return time.Parse(time.RFC3339, strings.TrimSpace(string(content)))
}

// Checker checks invitations against a signer and a list of withdrawn ones.
type Checker struct {
	Signer      *Signer
	Revocations Revocations
}

// Verify is Signer.Verify, with ErrRevoked for an invitation that has been withdrawn, itself or
// with its family.
func (c Checker) Verify(signed string, now time.Time) (Invitation, error) {
	invitation, err := c.Signer.Verify(signed, now)
	if (err == nil || errors.Is(err, ErrExpired)) && (c.Revocations.Revoked(invitation.ID) ||
		c.Revocations.Revoked(invitation.Family)) {
		return Invitation{}, ErrRevoked
	}
	return invitation, err
}
