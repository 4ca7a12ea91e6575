package people

import (
	"sync"
	"time"

	"draille/signaling/practice"
)

// maxStrangers is how many logins that nobody has are remembered: months of one address's tries.
const maxStrangers = 10_000

// strangers locks logins that nobody has as it locks accounts: otherwise a few wrong tries would
// tell who has one. The zero value is ready.
type strangers struct {
	mu    sync.Mutex
	known map[string]*attempts // by login
}

// attempts are those of one login that went wrong in a row.
type attempts struct {
	failures    int
	lockedUntil practice.Instant
}

// lockedUntil is until when a login is locked; 0: it is not.
func (s *strangers) lockedUntil(login string) practice.Instant {
	s.mu.Lock()
	defer s.mu.Unlock()
	if one := s.known[login]; one != nil {
		return one.lockedUntil
	}
	return 0
}

// failed counts a wrong try.
func (s *strangers) failed(login string, now time.Time) {
	s.mu.Lock()
	defer s.mu.Unlock()
	one := s.known[login]
	if one == nil {
		if s.known == nil || len(s.known) >= maxStrangers {
			s.known = map[string]*attempts{}
		}
		one = &attempts{}
		s.known[login] = one
	}
	if one.failures++; one.failures >= freeFailures {
		one.lockedUntil = practice.InstantOf(now.Add(lockFor(one.failures)))
	}
}
