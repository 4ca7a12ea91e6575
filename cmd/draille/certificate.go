package main

import (
	"crypto/tls"
	"errors"
	"fmt"
	"os"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"go.uber.org/zap"
)

// certificate is a server's, out of files that somebody renews while it runs.
type certificate struct {
	chain, key string
	current    atomic.Pointer[tls.Certificate]

	mu     sync.Mutex
	loaded [2]time.Time // when the files had been modified that were loaded, or tried, last
}

// loadCertificate reads the files.
func loadCertificate(chain, key string) (*certificate, error) {
	c := &certificate{chain: chain, key: key}
	return c, c.load()
}

// load reads the files again. When they cannot be used, what was served before goes on being
// served.
func (c *certificate) load() error {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.loaded = c.modified()
	pair, err := tls.LoadX509KeyPair(c.chain, c.key)
	if err != nil {
		return fmt.Errorf("the certificate %s with the key %s cannot be used: %w%s", c.chain, c.key,
			err, pairRemedy(err))
	}
	c.current.Store(&pair)
	return nil
}

// pairRemedy is what to do about an error of tls.LoadX509KeyPair; "": nobody knows.
func pairRemedy(err error) string {
	says := func(text string) bool { return strings.Contains(err.Error(), text) }
	switch {
	case errors.Is(err, os.ErrNotExist):
		return "; give the path of a file that is there, from where the server is started"
	case errors.Is(err, os.ErrPermission):
		return "; let the server's user read it"
	case says("does not match"):
		return "; give the key that the certificate was made for"
	case says("failed to find"):
		return "; give files in PEM, which have lines that begin with -----BEGIN, the server's " +
			"certificate first"
	default:
		return ""
	}
}

// renew reads the files again if they have been modified since, and reports whether it did.
func (c *certificate) renew() (bool, error) {
	c.mu.Lock()
	same := c.loaded == c.modified()
	c.mu.Unlock()
	if same {
		return false, nil
	}
	return true, c.load()
}

func (c *certificate) modified() (times [2]time.Time) {
	for i, path := range []string{c.chain, c.key} {
		if info, err := os.Stat(path); err == nil {
			times[i] = info.ModTime()
		}
	}
	return times
}

// get is for tls.Config.GetCertificate.
func (c *certificate) get(*tls.ClientHelloInfo) (*tls.Certificate, error) {
	return c.current.Load(), nil
}

// ends returns when the certificate that is served does.
func (c *certificate) ends() time.Time { return c.current.Load().Leaf.NotAfter }

// outOfDate says why browsers refuse the certificate by its dates; empty: they do not.
func (c *certificate) outOfDate(now time.Time) string {
	leaf := c.current.Load().Leaf
	switch {
	case now.After(leaf.NotAfter):
		return fmt.Sprintf("expected a certificate that is valid, got one that expired on %s, %s: "+
			"no browser opens a call here; renew it, it is read again within a minute",
			leaf.NotAfter.UTC().Format(time.RFC3339), c.chain)
	case now.Before(leaf.NotBefore):
		return fmt.Sprintf("expected a certificate that is valid, got one that is not before %s, "+
			"%s: set the clock, or wait", leaf.NotBefore.UTC().Format(time.RFC3339), c.chain)
	}
	return ""
}

// remindEvery is how often the log says again that a certificate ends.
const remindEvery = 24 * time.Hour

// reminder says in the log that a certificate ends soon, or has ended.
type reminder struct {
	ended bool
	said  time.Time
}

// tick says so where it is due: once a day, and at once when the certificate has ended.
func (r *reminder) tick(c *certificate, now time.Time, log *zap.Logger) {
	why := c.outOfDate(now)
	if why == "" && c.ends().Sub(now) >= expirySoon {
		*r = reminder{}
		return
	}
	ended := why != ""
	if ended == r.ended && now.Sub(r.said).Abs() < remindEvery {
		return
	}
	*r = reminder{ended, now}
	if ended {
		log.Error(why)
	} else {
		log.Warn("the certificate expires soon: renew it, it is read again within a minute",
			zap.Time("expires", c.ends()), zap.String("file", c.chain))
	}
}
