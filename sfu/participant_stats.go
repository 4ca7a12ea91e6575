package sfu

import "time"

// ParticipantStats is a snapshot of one participant.
type ParticipantStats struct {
	Room, Participant string
	Admitted          bool
	Connected         bool
	PacketsIn         uint64 // RTP from him
	PacketsOut        uint64 // RTP to him
	GateBlocked       uint64 // packets from him that were not forwarded because he was not admitted
	EstimateBitrate   int    // bit/s that his downlink is believed to carry
	RTT               time.Duration
	QueueDelay        time.Duration
	Loss              float64 // share of packets to him that were lost lately, 0…1
}

func (p *Participant) stats() ParticipantStats {
	s := ParticipantStats{
		Room: p.room.id, Participant: p.id, Admitted: p.admitted.Load(),
		PacketsIn: p.packetsIn.Load(), PacketsOut: p.packetsOut.Load(), GateBlocked: p.gateBlocked.Load(),
	}
	if t := p.transport.Load(); t != nil {
		estimate := t.down.estimate()
		s.Connected = t.connected.Load()
		s.EstimateBitrate, s.QueueDelay, s.Loss = estimate.Bitrate, estimate.QueueDelay, estimate.Loss
		s.RTT = t.down.roundTrip()
	}
	return s
}
