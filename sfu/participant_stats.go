package sfu

import "time"

// ParticipantStats is a snapshot of one participant.
type ParticipantStats struct {
	Room, Participant string
	Admitted          bool
	Connected         bool
	PacketsIn         uint64 // RTP from them
	PacketsOut        uint64 // RTP to them
	// packets from them that were not forwarded because they were not admitted
	GateBlocked     uint64
	EstimateBitrate int // bit/s that their downlink is believed to carry
	RTT             time.Duration
	QueueDelay      time.Duration
	Loss            float64 // share of packets to them that were lost lately, 0…1
}

func (p *Participant) stats() ParticipantStats {
	s := ParticipantStats{
		Participant: p.id, Admitted: p.admitted.Load(),
		PacketsIn: p.traffic.in.Load(), PacketsOut: p.traffic.out.Load(),
		GateBlocked: p.traffic.blocked.Load(),
	}
	if t := p.transport.Load(); t != nil {
		estimate := t.down.estimate()
		s.Connected = t.path.connected.Load()
		s.EstimateBitrate, s.QueueDelay = estimate.Bitrate, estimate.QueueDelay
		s.Loss = estimate.Loss
		s.RTT = t.down.roundTrip()
	}
	return s
}
