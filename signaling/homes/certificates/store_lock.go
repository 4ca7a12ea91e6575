package certificates

import (
	"context"
	"maps"
	"time"
)

// lock reports whether this server is to ask for a certificate. A lock that its server renews no
// more is over: that server is dead.
func (s *Store) lock(ctx context.Context, name string) bool {
	key := keyOf(lockKind, name)
	e, _, _ := s.look(key)
	switch owner := e.owner(); {
	case owner == s.own:
		s.keep(key)
		return true
	case owner != "" && time.Since(e.since) < s.silentFor:
		return false
	}
	if _, err := s.write(ctx, key, sealed{Owner: s.own}, e.revision); err != nil {
		return false
	}
	s.keep(key)
	return true
}

// keep has a lock renewed from now on, for lockFor since it was taken.
func (s *Store) keep(key string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if _, ok := s.locks[key]; !ok {
		s.locks[key] = time.Now().Add(lockFor)
	}
}

// unlock gives up a lock.
func (s *Store) unlock(ctx context.Context, key string) error {
	s.mu.Lock()
	delete(s.locks, key)
	s.mu.Unlock()
	return s.remove(ctx, key)
}

// renewLocks renews this process's locks until ctx ends.
func (s *Store) renewLocks(ctx context.Context) {
	due := time.NewTicker(renewEvery)
	defer due.Stop()
	for {
		select {
		case <-due.C:
		case <-ctx.Done():
			return
		}
		for key, until := range s.kept() {
			s.renewLock(ctx, key, until)
		}
	}
}

// kept returns a copy of this process's locks.
func (s *Store) kept() map[string]time.Time {
	s.mu.Lock()
	defer s.mu.Unlock()
	return maps.Clone(s.locks)
}

// renewLock renews one lock, or gives it up when it has had its time.
func (s *Store) renewLock(ctx context.Context, key string, until time.Time) {
	e, _, _ := s.look(key)
	s.mu.Lock()
	_, kept := s.locks[key]
	if e.value != nil && e.owner() != s.own { // another took it, and asks
		delete(s.locks, key)
		kept = false
	}
	s.mu.Unlock()
	switch {
	case !kept:
	case time.Now().After(until):
		_ = s.unlock(ctx, key) // or it is silent from now on
	default:
		_, _ = s.write(ctx, key, sealed{Owner: s.own}, e.revision) // the next one is due soon
	}
}
