package mllp

import (
	"net"
	"net/netip"
	"slices"
	"time"

	"go.uber.org/zap"
)

// caller is one connection. Whoever has not shown who they are makes room for others.
type caller struct {
	net.Conn
	address netip.Addr
	since   time.Time

	// These belong to Server.mu.
	known    bool // a message was of somebody who may send
	madeRoom bool
}

// Connections is how many are open.
func (s *Server) Connections() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return len(s.callers)
}

// enter finds room for a connection; nil if there is none.
func (s *Server) enter(connection net.Conn) *caller {
	one := &caller{Conn: connection, address: addressOf(connection), since: time.Now()}
	admitted := s.config.Admits == nil || s.config.Admits(one.address) || ofThisMachine(connection)
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.closing {
		return nil
	}
	if !admitted {
		s.refused.tell(one, "nobody may send from its address; see practice.hl7.sources-file")
		return nil
	}
	// Whoever is known counts among all alone: one address may be that of a whole hospital, and
	// what it cannot show by its number is shown by its messages.
	unknown := 0
	for _, other := range s.callers {
		if other.address == one.address && !other.known {
			unknown++
		}
	}
	switch {
	case unknown >= s.config.MaxPerAddress:
		s.makeRoom(one.address)
	case len(s.callers) >= s.config.MaxConnections:
		if !s.makeRoom(s.crowd()) {
			s.refused.tell(one, "there are as many as there may be, all of known senders")
			return nil
		}
	}
	s.callers = append(s.callers, one)
	return one
}

// crowd is the address with the most connections whose senders are not known. s.mu is held.
func (s *Server) crowd() (address netip.Addr) {
	unknown, most := map[netip.Addr]int{}, 0
	for _, one := range s.callers {
		if one.known {
			continue
		}
		if unknown[one.address]++; unknown[one.address] > most {
			address, most = one.address, unknown[one.address]
		}
	}
	return address
}

// makeRoom closes the oldest connection of an address whose sender is not known. s.mu is held.
func (s *Server) makeRoom(address netip.Addr) bool {
	at := slices.IndexFunc(s.callers, func(one *caller) bool {
		return !one.known && one.address == address
	})
	if at < 0 {
		return false
	}
	one := s.callers[at]
	one.madeRoom = true
	s.callers = slices.Delete(s.callers, at, at+1)
	one.Close() // of the socket: TLS has no goodbye here that could wait
	return true
}

// leave ends a connection. Its place is free before its peer hears of it, and may come back.
func (s *Server) leave(one *caller) {
	s.mu.Lock()
	s.callers = slices.DeleteFunc(s.callers, func(other *caller) bool { return other == one })
	s.mu.Unlock()
	one.Close()
}

func (s *Server) known(one *caller) {
	s.mu.Lock()
	defer s.mu.Unlock()
	one.known = true
}

func (s *Server) madeRoom(one *caller) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return one.madeRoom
}

// knownUntil is until when a connection has to show who sends; zero: it has.
func (s *Server) knownUntil(one *caller) time.Time {
	s.mu.Lock()
	defer s.mu.Unlock()
	if one.known {
		return time.Time{}
	}
	return one.since.Add(s.config.Unknown)
}

// sooner is the earlier of two times, of which the first may be none.
func sooner(a, b time.Time) time.Time {
	if a.IsZero() || b.Before(a) {
		return b
	}
	return a
}

// ofThisMachine reports whether both ends of a connection are at one address.
func ofThisMachine(connection net.Conn) bool {
	local, err := netip.ParseAddrPort(connection.LocalAddr().String())
	return err == nil && local.Addr().Unmap() == addressOf(connection)
}

// refusalsEvery is how often connections that were closed at once are told of: whoever opens them
// does not fill the log.
const refusalsEvery = time.Minute

// refusals tells of connections that were closed at once, of each reason by itself: many of one do
// not hide another. Server.mu guards it.
type refusals struct {
	log *zap.Logger
	why map[string]*refusal
}

type refusal struct {
	told time.Time
	more int // since then
}

func (r *refusals) tell(one *caller, why string) {
	of := r.why[why]
	if of == nil {
		of = &refusal{}
		r.why[why] = of
	}
	of.more++
	if one.since.Sub(of.told) < refusalsEvery {
		return
	}
	r.log.Warn("a connection was closed at once: "+why, zap.Stringer("from", one.address),
		zap.Int("closed since the last line", of.more))
	of.told, of.more = one.since, 0
}
