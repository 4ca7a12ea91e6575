package sfu

import (
	"sync/atomic"
	"time"
)

// dropReason says why a packet was not forwarded.
type dropReason int

const (
	dropMalformed dropReason = iota
	dropUnknown
	dropGate
	dropMuted
	dropCodec
	dropDuplicate
	dropPacer
	dropForgotten
	dropProtection
	dropWrite
	dropReasons
)

var dropNames = [dropReasons]string{
	"malformed",  // not RTP or RTCP
	"unknown",    // of no section of the offer
	"gate",       // from somebody who is not admitted
	"muted",      // of a source that is not live
	"codec",      // in a codec that the receiver, or this server, does not know
	"duplicate",  // came before
	"pacer",      // waited too long for a thin link
	"forgotten",  // left the history while it waited
	"protection", // SRTP that its keys do not open, or that came before
	"write",      // the transport refused it
}

// counters count what the engine did. They are bumped for every packet, hence atomics.
type counters struct {
	packetsIn, bytesIn, packetsOut, bytesOut           atomic.Uint64
	forwarded, retransmitted, keyframeRequests, probes atomic.Uint64
	dropped                                            [dropReasons]atomic.Uint64
}

func (c *counters) drop(reason dropReason) { c.dropped[reason].Add(1) }

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

// Stats returns a snapshot.
func (e *Engine) Stats() Stats {
	c := &e.counters
	s := Stats{
		PacketsIn: c.packetsIn.Load(), BytesIn: c.bytesIn.Load(), PacketsOut: c.packetsOut.Load(), BytesOut: c.bytesOut.Load(),
		Forwarded: c.forwarded.Load(), Retransmitted: c.retransmitted.Load(), KeyframeRequests: c.keyframeRequests.Load(),
		Probes: c.probes.Load(), Dropped: map[string]uint64{},
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
			s.Participants = append(s.Participants, p.stats())
		}
	}
	return s
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
