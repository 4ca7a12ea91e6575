package main

import (
	"crypto/tls"
	"crypto/x509"
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
	of         string // the section of the configuration that names the files
	chain, key string
	current    atomic.Pointer[tls.Certificate]
	reminded   reminder // the upkeep's

	mu     sync.Mutex
	loaded [2]time.Time // when the files had been modified that were loaded, or tried, last
}

// loadCertificate reads the files.
func loadCertificate(of, chain, key string) (*certificate, error) {
	c := &certificate{of: of, chain: chain, key: key}
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

// leaf is what is shown now.
func (c *certificate) leaf() *x509.Certificate { return c.current.Load().Leaf }

// outOfDate says why whoever checks the certificate refuses it for its dates; empty: they do not.
func (c *certificate) outOfDate(now time.Time) string {
	leaf := c.leaf()
	switch {
	case now.After(leaf.NotAfter):
		return fmt.Sprintf("expected a certificate that is valid, got one that expired on %s: "+
			"nobody connects; renew it, it is read again within a minute",
			leaf.NotAfter.UTC().Format(time.RFC3339))
	case now.Before(leaf.NotBefore):
		return fmt.Sprintf("expected a certificate that is valid, got one that is not before %s: "+
			"nobody connects; set the clock, or wait", leaf.NotBefore.UTC().Format(time.RFC3339))
	}
	return ""
}

// remindEvery is how often the log says again that a certificate ends.
const remindEvery = 24 * time.Hour

// reminder is what the log has said of a certificate's dates.
type reminder struct {
	ended bool
	at    time.Time
}

// remind says in the log that the certificate ends soon, once a day, or that it has ended, at once
// and then once a day.
func (c *certificate) remind(now time.Time, log *zap.Logger) {
	why := c.outOfDate(now)
	ended := why != ""
	switch {
	case !ended && c.leaf().NotAfter.Sub(now) >= expirySoon:
		c.reminded = reminder{}
		return
	case ended == c.reminded.ended && now.Sub(c.reminded.at).Abs() < remindEvery:
		return
	}
	c.reminded = reminder{ended, now}
	log = log.With(zap.String("of", c.of), zap.String("file", c.chain))
	if ended {
		log.Error(why)
		return
	}
	log.Warn("the certificate expires soon: renew it, it is read again within a minute",
		zap.Time("expires", c.leaf().NotAfter))
}
