package udp

import (
	"net/netip"
	"sync"
)

// maxSources bounds how many remote addresses are remembered. Clients that go on come back into the
// memory with their next keep-alive.
const maxSources = 8192

// sources remembers to which address of this machine each client speaks, on a port that listens on
// all of them: an answer from another address is taken for a stranger's. It keeps two generations,
// of which the older is forgotten when the newer is full, so that addresses that somebody makes up
// do not fill the memory.
type sources struct {
	mu           sync.Mutex // no other is taken under it
	newer, older map[netip.AddrPort]netip.Addr
}

func (s *sources) remember(client netip.AddrPort, local netip.Addr) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.newer[client] == local {
		return
	}
	if len(s.newer) >= maxSources {
		s.older, s.newer = s.newer, nil
	}
	if s.newer == nil {
		s.newer = map[netip.AddrPort]netip.Addr{}
	}
	s.newer[client] = local
}

// of returns the address that a client speaks to; invalid when it is not known.
func (s *sources) of(client netip.AddrPort) netip.Addr {
	s.mu.Lock()
	defer s.mu.Unlock()
	if local, ok := s.newer[client]; ok {
		return local
	}
	return s.older[client]
}
