package sfu

// Stats is a snapshot of an engine. Counts are totals since its start.
type Stats struct {
	Rooms            int
	PacketsIn        uint64 // RTP
	BytesIn          uint64 // RTP, without IP, UDP and SRTP
	PacketsOut       uint64 // RTP, retransmissions and padding included
	BytesOut         uint64 // on the wire
	Forwarded        uint64 // media packets out
	Retransmitted    uint64
	KeyframeRequests uint64 // sent to publishers
	Probes           uint64 // bandwidth probes
	Dropped          map[string]uint64
	Participants     []ParticipantStats
}

// Stats returns a snapshot.
func (e *Engine) Stats() Stats {
	c := &e.counters
	s := Stats{
		PacketsIn: c.packetsIn.Load(), BytesIn: c.bytesIn.Load(), PacketsOut: c.packetsOut.Load(),
		BytesOut:  c.bytesOut.Load(),
		Forwarded: c.forwarded.Load(), Retransmitted: c.retransmitted.Load(),
		KeyframeRequests: c.keyframeRequests.Load(),
		Probes:           c.probes.Load(), Dropped: map[string]uint64{},
	}
	for reason, name := range dropNames {
		s.Dropped[name] = c.dropped[reason].Load()
	}
	e.mu.Lock()
	rooms := e.openRooms()
	e.mu.Unlock()
	s.Rooms = len(rooms)
	for _, r := range rooms {
		r.mu.Lock()
		everybody := r.everybody
		r.mu.Unlock()
		for _, p := range everybody {
			stats := p.stats()
			stats.Room = r.id
			s.Participants = append(s.Participants, stats)
		}
	}
	return s
}
