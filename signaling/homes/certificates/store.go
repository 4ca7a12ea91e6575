// Package certificates keeps in the register what an autocert.Manager remembers: all servers of one
// name share one certificate, and any of them answers what the authority asks. All of it is
// sealed with a key of the cluster's secret. One server at a time asks for a certificate.
package certificates

import (
	"context"
	"crypto/aes"
	"crypto/cipher"
	"crypto/hkdf"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"sync"
	"time"

	"go.uber.org/zap"
	"golang.org/x/crypto/acme/autocert"

	"draille/signaling/homes/register"
)

const (
	// kind and lockKind are the first names of the keys. One watch tells of both, in their order: a
	// lock is given up after the certificate is there.
	kind, lockKind = "acme", "acme.lock"
	// lockFor is how long one server asks for a certificate, before another may try: authorities
	// take seconds, and autocert gives up after five minutes.
	lockFor = 2 * time.Minute
	// silentFor is how long a lock holds that is not renewed, as whoever waits sees it: its server
	// is dead then. Who lives renews it again after the longest election of the register.
	silentFor = election + writeWithin + renewEvery
	// election is for how long the register stores nothing at most when its leader dies (NATS: 4 to
	// 9 s), and renewEvery is how often a lock is renewed.
	election, renewEvery = 9 * time.Second, time.Second
	// localAfter is when the copy on the disk is used because the register does not answer.
	localAfter = 3 * time.Second
	// answerWithin is how long an answer to the authority is waited for that another server may
	// just have written: a watch that lost changes notices within 5 s.
	answerWithin = 6 * time.Second
	// lookEvery is how often whoever waits looks whether a lock is over.
	lookEvery = time.Second
	// writeWithin bounds one write, and watchAgain is when a watch is tried again.
	writeWithin, watchAgain = 2 * time.Second, time.Second
	// writeTimes bounds how often a change is tried that others were faster with.
	writeTimes = 5
)

// Store is an autocert.Cache.
type Store struct {
	register register.Register
	seal     cipher.AEAD
	own      string // this process, which no other is
	local    autocert.Cache
	log      *zap.Logger

	silentFor time.Duration
	running   context.Context // ends when Run does
	end       context.CancelFunc

	mu      sync.Mutex
	live    bool
	known   map[string]entry
	had     map[string]bool      // certificates that this process has got
	locks   map[string]time.Time // until when this process keeps its locks, by key
	changed chan struct{}        // closed at the next change
}

var _ autocert.Cache = (*Store)(nil)

// entry is a key as the watch has shown it.
type entry struct {
	value    []byte
	revision uint64
	since    time.Time
}

// owner is the process that has a lock; empty: none.
func (e entry) owner() string {
	var held sealed
	if json.Unmarshal(e.value, &held) != nil {
		return ""
	}
	return held.Owner
}

// sealed is the value of a key.
type sealed struct {
	Data  []byte `json:"data,omitempty"`
	Owner string `json:"owner,omitempty"` // of a lock
	Nonce string `json:"nonce"`           // the register wants no two equal values
}

// New returns a store. Local keeps a copy for when the register does not answer. Run does the work.
func New(r register.Register, secret []byte, own string, local autocert.Cache, log *zap.Logger) (
	*Store, error) {
	key, err := hkdf.Key(sha256.New, secret, nil, "draille certificates v1", 32)
	if err != nil {
		return nil, err
	}
	block, err := aes.NewCipher(key)
	if err != nil {
		return nil, err
	}
	seal, err := cipher.NewGCM(block)
	if err != nil {
		return nil, err
	}
	running, end := context.WithCancel(context.Background())
	return &Store{register: r, seal: seal, own: own, local: local, log: log,
		silentFor: silentFor, running: running, end: end, known: map[string]entry{},
		had: map[string]bool{}, locks: map[string]time.Time{}, changed: make(chan struct{})}, nil
}

// keyOf makes a key of a name that has other characters than keys have.
func keyOf(of, name string) string {
	return of + "." + base64.RawURLEncoding.EncodeToString([]byte(name))
}

// isCertificate reports whether a name of autocert's is that of a certificate, which one server
// alone asks for: the others are answers to the authority, and accounts.
func isCertificate(name string) bool {
	return !isAnswer(name) && !strings.HasSuffix(name, "+key")
}

func isAnswer(name string) bool {
	return strings.HasSuffix(name, "+token") || strings.HasSuffix(name, "+http-01")
}

// Run watches, and renews locks, until ctx ends. It runs once.
func (s *Store) Run(ctx context.Context) {
	defer s.end()
	var renewing sync.WaitGroup
	renewing.Go(func() { s.renewLocks(ctx) })
	defer renewing.Wait()
	for ctx.Err() == nil {
		changes, err := s.register.Watch(ctx, kind)
		if err == nil {
			for change := range changes {
				s.hear(change)
			}
		}
		select {
		case <-ctx.Done():
		case <-time.After(watchAgain):
		}
	}
}

func (s *Store) hear(change register.Change) {
	s.mu.Lock()
	defer s.mu.Unlock()
	switch change.Kind {
	case register.Set:
		s.known[change.Key] = entry{change.Value, change.Revision, time.Now()}
	case register.Deleted:
		delete(s.known, change.Key)
	case register.Live:
		s.live = true
	case register.Gap: // what is gone meanwhile is found so by whoever writes
	}
	close(s.changed)
	s.changed = make(chan struct{})
}

// look returns what is known of a key, and what is closed when that may have changed.
func (s *Store) look(key string) (e entry, live bool, changed <-chan struct{}) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.known[key], s.live, s.changed
}

// Get implements autocert.Cache. Where there is no certificate yet one of the servers is told so,
// which then asks for one; the others wait for what it gets. A process that has had a certificate
// remembers it, and comes for it again only to renew it: that, too, one does at a time.
func (s *Store) Get(ctx context.Context, name string) ([]byte, error) {
	began := time.Now()
	again := time.NewTicker(lookEvery)
	defer again.Stop()
	renews := s.has(name, false)
	for {
		e, live, changed := s.look(keyOf(kind, name))
		switch {
		case e.value != nil && (!renews || !live || s.lock(ctx, name)):
			data, err := s.open(name, e.value)
			if err == nil {
				s.has(name, true)
			}
			return data, err
		case e.value != nil: // another renews it
		case live && isAnswer(name) && time.Since(began) < answerWithin:
		case live && (!isCertificate(name) || s.lock(ctx, name)):
			return nil, autocert.ErrCacheMiss
		case !live && time.Since(began) >= localAfter:
			return s.local.Get(ctx, name)
		}
		select {
		case <-changed:
		case <-again.C:
		case <-ctx.Done():
			return nil, ctx.Err()
		}
	}
}

// has reports whether this process has had a certificate; now notes that it has.
func (s *Store) has(name string, now bool) bool {
	if !isCertificate(name) {
		return false
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	had := s.had[name]
	s.had[name] = had || now
	return had
}

func (s *Store) open(name string, value []byte) ([]byte, error) {
	var v sealed
	if err := json.Unmarshal(value, &v); err != nil {
		return nil, fmt.Errorf("certificates: %q cannot be read: %w", name, err)
	}
	if len(v.Data) < s.seal.NonceSize() {
		return nil, fmt.Errorf("certificates: %q is too short", name)
	}
	nonce, data := v.Data[:s.seal.NonceSize()], v.Data[s.seal.NonceSize():]
	return s.seal.Open(nil, nonce, data, []byte(name))
}

func (s *Store) write(ctx context.Context, key string, v sealed, revision uint64) (uint64, error) {
	v.Nonce = rand.Text()
	value, err := json.Marshal(v)
	if err != nil {
		return 0, err
	}
	ctx, cancel := context.WithTimeout(ctx, writeWithin)
	defer cancel()
	return s.register.Put(ctx, key, value, revision)
}

// Put implements autocert.Cache.
func (s *Store) Put(ctx context.Context, name string, data []byte) error {
	if err := s.local.Put(ctx, name, data); err != nil {
		s.log.Warn("a certificate's copy cannot be written", zap.Error(err))
	}
	nonce := make([]byte, s.seal.NonceSize())
	_, _ = rand.Read(nonce) // never fails
	v := sealed{Data: s.seal.Seal(nonce, nonce, data, []byte(name))}
	if err := s.change(ctx, keyOf(kind, name), func(ctx context.Context, at uint64) error {
		_, err := s.write(ctx, keyOf(kind, name), v, at)
		return err
	}); err != nil {
		return err
	}
	if isCertificate(name) {
		s.has(name, true)
		return s.unlock(ctx, keyOf(lockKind, name))
	}
	return nil
}

// change tries a change again while others are faster, and while the store runs: autocert deletes
// answers in goroutines of its own, which know no end.
func (s *Store) change(ctx context.Context, key string,
	do func(ctx context.Context, at uint64) error) (err error) {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	defer context.AfterFunc(s.running, cancel)()
	for range writeTimes {
		e, _, changed := s.look(key)
		if err = do(ctx, e.revision); err == nil {
			return nil
		}
		if !errors.Is(err, register.ErrConflict) && !errors.Is(err, register.ErrUnknown) {
			return err
		}
		select {
		case <-changed:
		case <-time.After(lookEvery):
		case <-ctx.Done():
			return ctx.Err()
		}
	}
	return err
}

// Delete implements autocert.Cache.
func (s *Store) Delete(ctx context.Context, name string) error {
	return errors.Join(s.local.Delete(ctx, name), s.remove(ctx, keyOf(kind, name)))
}

func (s *Store) remove(ctx context.Context, key string) error {
	return s.change(ctx, key, func(ctx context.Context, at uint64) error {
		if at == 0 {
			return nil
		}
		ctx, cancel := context.WithTimeout(ctx, writeWithin)
		defer cancel()
		return s.register.Delete(ctx, key, at)
	})
}
