package signaling

import (
	"draille/signaling/protocol"
	"sync/atomic"
)

// Stats is a snapshot for whoever watches the server. Counters count since its start.
type Stats struct {
	Rooms        int
	Connections  int                           // open websockets
	Participants map[protocol.Place]int        // by place, those away included
	Received     map[string]uint64             // messages by type; "" those that could not be told
	Sent         map[string]uint64             // messages by type, also through the data channel
	Errors       map[protocol.ErrorCode]uint64 // complaints sent
	Refused      map[protocol.ByeReason]uint64 // joins turned away, by reason
	Goodbyes     map[protocol.ByeReason]uint64 // all goodbyes, refusals included
	Faults       uint64                        // panics, each of which ended one participant's stay
}

type counters struct {
	received, sent    tally[string]
	errors            tally[protocol.ErrorCode]
	refused, goodbyes tally[protocol.ByeReason]
	faults            atomic.Uint64
}

// Inside counts, of some rooms, the calls (where two or more are in the room) and the people, those
// away and those who wait included.
func (s *Server) Inside(rooms []string) (calls, people int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, id := range rooms {
		r := s.rooms[id]
		if r == nil {
			continue
		}
		if r.counts[protocol.PlaceRoom].Load() > 1 {
			calls++
		}
		for _, place := range places {
			people += int(r.counts[place].Load())
		}
	}
	return calls, people
}

// Stats returns a snapshot.
func (s *Server) Stats() Stats {
	stats := Stats{
		Participants: map[protocol.Place]int{},
		Received:     s.counters.received.snapshot(),
		Sent:         s.counters.sent.snapshot(),
		Errors:       s.counters.errors.snapshot(),
		Refused:      s.counters.refused.snapshot(),
		Goodbyes:     s.counters.goodbyes.snapshot(),
		Faults:       s.counters.faults.Load(),
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	stats.Rooms = len(s.rooms)
	stats.Connections = len(s.connections)
	for _, place := range places {
		stats.Participants[place] = 0
		for _, r := range s.rooms {
			stats.Participants[place] += int(r.counts[place].Load())
		}
	}
	return stats
}
