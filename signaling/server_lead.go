package signaling

import (
	"go.uber.org/zap"

	"draille/signaling/homes"
	"draille/signaling/protocol"
	"draille/signaling/rules"
)

// arriving is somebody who has joined and waits until it is known where their room lives.
type arriving struct {
	connection *connection
	room       string
	kind       protocol.Kind
	arrival    rules.Arrival
	then       []func(*room) // what comes from them meanwhile; their message rate bounds it
}

// lead finds or opens the room of an arrival.
func (s *Server) lead(a *arriving) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.leadLocked(a)
}

func (s *Server) leadLocked(a *arriving) {
	until, ended := s.ended[resumeDigest(a.arrival.Resume)]
	switch r := s.rooms[a.room]; {
	case s.closing:
		s.turnAway(a.connection, protocol.ByeShutdown)
	case ended && s.config.Now().Before(until):
		s.turnAway(a.connection, protocol.ByeEnded)
	case r != nil:
		s.give(r, a)
	default:
		s.find(a)
	}
}

// find looks where the room of an arrival lives. Those who come meanwhile wait behind. s.mu is
// held.
func (s *Server) find(a *arriving) {
	before := s.arrivals[a.room]
	s.arrivals[a.room] = append(before, a)
	a.connection.arriving = a
	if len(before) > 0 {
		return
	}
	found := func(home homes.Home) {
		s.mu.Lock()
		defer s.mu.Unlock()
		s.found(a.room, home)
	}
	if home, known := s.config.Homes.Find(a.room, found); known {
		s.found(a.room, home)
	}
}

// found leads those on who waited to know where a room lives, in their order. s.mu is held.
func (s *Server) found(id string, home homes.Home) {
	arrivals := s.arrivals[id]
	delete(s.arrivals, id)
	var r *room
	var memory rules.State
	if home.Tenure != nil {
		memory, _ = home.Tenure.Recalled()
	}
	for _, a := range arrivals {
		a.connection.arriving = nil
		switch {
		case s.closing:
			s.turnAway(a.connection, protocol.ByeShutdown)
		case home.Tenure == nil && home.Node != "" && a.connection.passage.kept():
			s.running.Add(1)
			go s.carry(a, home)
		case home.Tenure == nil && home.Away != "":
			s.sendOn(a, "it cannot be told which server serves the room: "+home.Away)
		case home.Tenure == nil:
			s.turnAway(a.connection, protocol.ByeMoved)
		case r == nil && a.arrival.Expired && len(memory.Seats) == 0: // nothing to resume
			s.turnAway(a.connection, protocol.ByeExpired)
		default:
			if r == nil {
				r = s.open(id, a.kind, home.Tenure)
			}
			s.give(r, a)
		}
	}
	if home.Tenure != nil && r == nil {
		home.Tenure.Release(memory)
	}
}

// sendOn lets somebody connect again, and says why.
func (s *Server) sendOn(a *arriving, why string) {
	s.counters.refused.add(protocol.ByeMoved)
	a.connection.log.Load().Info("sent on", zap.String("room", a.room), zap.String("why", why))
	bye := protocol.NewBye(protocol.ByeMoved)
	bye.Message = "Connect again: " + why + "."
	a.connection.bye(bye)
}

// open opens a room that lives here. s.mu is held.
func (s *Server) open(id string, kind protocol.Kind, tenure homes.Tenure) *room {
	r := newRoom(s, id, kind, tenure)
	state, lostAt := tenure.Recalled()
	r.rules.Restore(lostAt, state)
	r.adopt(tenure.Handed())
	tenure.Listen(r)
	s.rooms[id] = r
	s.running.Add(1)
	go r.run()
	return r
}

// give puts an arrival into the mailbox of their room. What they send follows it: the connection
// learns of the room last. s.mu is held.
func (s *Server) give(r *room, a *arriving) {
	c := a.connection
	c.passage.forget()
	r.inbox.put(event{
		do:   func() { r.join(c, a.arrival) },
		from: func() *connection { return c },
		// The room ended before it came to that: the arrival opens a new one.
		orphan: func() { s.leadLocked(a) },
	})
	then := a.then
	a.then = nil
	for _, do := range then {
		r.inbox.put(s.eventFor(c, r, do))
	}
	c.room.Store(r)
}
