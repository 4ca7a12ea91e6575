package main

import (
	"cmp"
	"crypto/hkdf"
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
)

const (
	secretName    = "secret"
	minSecretText = 32 // characters in the file; one made here has 64
	keyBytes      = 32
)

// secrets are the keys derived from the one secret of the server, one for each purpose (RFC 5869):
// what one of them signs is worth nothing to the other.
type secrets struct {
	invitations []byte // signs invitation tokens
	relay       []byte // makes relay credentials
	links       []byte // makes the links of appointments
	people      []byte // seals what people sign in with
	cluster     []byte // what the servers of a cluster show each other is made of it
	tablets     []byte // marks the codes and challenges of tablets
	pictures    []byte // seals the pictures of questions to experts
	machines    []byte // signs the access tokens of the hospital's programs
	mark        uint32 // tells servers on one database whether they have the same secret
}

// secretPath is the file that holds the server's secret.
func secretPath(config Config) string {
	return cmp.Or(config.SecretFile, filepath.Join(config.DataDirectory, secretName))
}

// readSecrets reads the server's secret. It makes none: a link that is signed with a new secret is
// worth nothing to the server.
func readSecrets(config Config) (secrets, error) {
	path := config.SecretFile
	if path == "" {
		path = filepath.Join(config.DataDirectory, secretName)
		if _, err := os.Stat(path); errors.Is(err, fs.ErrNotExist) {
			return secrets{},
				fmt.Errorf("there is no secret of a server in %s: give the data-directory "+
					"(or the --config) of the server, and start draille serve once, which makes it",
					config.DataDirectory)
		}
	}
	secret, err := readSecret(path)
	if err != nil {
		return secrets{}, err
	}
	return deriveSecrets(secret)
}

// makeSecrets reads the server's secret, or makes it if it is to be kept in the data directory and
// is not there yet. It is for the server alone.
func makeSecrets(config Config) (secrets, error) {
	path := config.SecretFile
	if path == "" {
		path = filepath.Join(config.DataDirectory, secretName)
		if err := makeDataDirectory(config.DataDirectory); err != nil {
			return secrets{}, err
		}
		if err := makeSecret(path); err != nil {
			return secrets{}, fmt.Errorf("the secret file %s cannot be made: %w", path, err)
		}
	}
	secret, err := readSecret(path)
	if err != nil {
		return secrets{}, err
	}
	return deriveSecrets(secret)
}

func deriveSecrets(secret []byte) (secrets, error) {
	invitations, err := hkdf.Key(sha256.New, secret, nil, "draille invitations v1", keyBytes)
	if err != nil {
		return secrets{}, err
	}
	relay, err := hkdf.Key(sha256.New, secret, nil, "draille relay credentials v1", keyBytes)
	if err != nil {
		return secrets{}, err
	}
	cluster, err := hkdf.Key(sha256.New, secret, nil, "draille cluster v1", keyBytes)
	if err != nil {
		return secrets{}, err
	}
	keys := secrets{invitations: invitations, relay: relay, cluster: cluster}
	return keys, derivePractice(secret, &keys)
}

func makeDataDirectory(path string) error {
	if err := os.MkdirAll(path, 0o700); err != nil {
		return fmt.Errorf(
			"the data directory %s cannot be made: %w; choose another with data-directory", path,
			err)
	}
	return nil
}

// makeSecret writes a new secret unless there is one. It appears whole or not at all, and of two
// processes that start together one makes it and the other uses it.
func makeSecret(path string) error {
	if _, err := os.Lstat(path); !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	random := make([]byte, keyBytes)
	rand.Read(random)                                            // never returns an error
	draft, err := os.CreateTemp(filepath.Dir(path), ".secret-*") // mode 0600
	if err != nil {
		return err
	}
	defer os.Remove(draft.Name())
	_, err = draft.WriteString(hex.EncodeToString(random) + "\n")
	if err = errors.Join(err, draft.Sync(), draft.Close()); err != nil {
		return err
	}
	if err := os.Link(draft.Name(), path); err != nil && !errors.Is(err, fs.ErrExist) {
		return err
	}
	folder, err := os.Open(filepath.Dir(path))
	if err != nil {
		return err
	}
	// The name is to survive a power cut, too: links would be worth nothing after it.
	return errors.Join(folder.Sync(), folder.Close())
}

// readSecret reads a secret file and refuses one that others can read or that can be guessed.
func readSecret(path string) ([]byte, error) {
	info, err := os.Stat(path)
	if err != nil {
		return nil, fmt.Errorf("the secret file %s cannot be read: %w; make one with: (umask "+
			"077; openssl rand -hex 32 > %s)", path, err, path)
	}
	if open := info.Mode().Perm() & 0o077; open != 0 {
		return nil, fmt.Errorf("the secret file %s can be read or written by others (mode %04o): "+
			"run chmod 600 %s, and make a new one if somebody may have read it",
			path, info.Mode().Perm(), path)
	}
	content, err := os.ReadFile(path)
	if err != nil {
		return nil, fmt.Errorf("the secret file %s cannot be read: %w", path, err)
	}
	secret := strings.TrimSpace(string(content))
	if len(secret) < minSecretText {
		return nil, fmt.Errorf("the secret file %s holds %d characters, expected at least %d: "+
			"make one with: (umask 077; openssl rand -hex 32 > %s)",
			path, len(secret), minSecretText, path)
	}
	return []byte(secret), nil
}
