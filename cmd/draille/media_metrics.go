package main

import (
	"github.com/prometheus/client_golang/prometheus"

	"draille/sfu"
	"draille/sfu/udp"
)

// mediaCollector reads the media plane and its socket.
func mediaCollector(engine *sfu.Engine, socket *udp.Socket) prometheus.Collector {
	s := &snapshot{}
	packets := s.describe("media_packets_total", "RTP packets by direction: in from "+
		"participants, out to them (retransmissions and padding included).", "direction")
	bytes := s.describe("media_bytes_total",
		"Bytes of these: in without IP, UDP and SRTP, out as on the wire.", "direction")
	forwarded := s.describe("media_forwarded_total",
		"Media packets forwarded, one count for each receiver.")
	retransmitted := s.describe("media_retransmitted_total",
		"Packets sent again because a receiver missed them.")
	keyframes := s.describe("media_keyframe_requests_total", "Keyframes asked of publishers.")
	probes := s.describe("media_probes_total", "Bandwidth probes sent.")
	dropped := s.describe("media_dropped_total", "Packets not forwarded, by reason: gate (sender "+
		"not admitted), muted, pacer (too late for a thin link) and others.", "reason")
	datagrams := s.describe("udp_dropped_total", "Datagrams thrown away before anybody read "+
		"them: malformed, or overflow of a reader that did not keep up.", "reason")
	calls := s.describe("udp_system_calls_total",
		"System calls to read from and write to the UDP port.")
	exchanged := s.describe("udp_datagrams_total", "Datagrams by what happened: received, sent, "+
		"segmented (sent in one piece with others), refused by the system.", "what")
	participant := newParticipantMetrics(s)
	s.collect = func(out chan<- prometheus.Metric) {
		stats := engine.Stats()
		counter(out, packets, stats.PacketsIn, "in")
		counter(out, packets, stats.PacketsOut, "out")
		counter(out, bytes, stats.BytesIn, "in")
		counter(out, bytes, stats.BytesOut, "out")
		counter(out, forwarded, stats.Forwarded)
		counter(out, retransmitted, stats.Retransmitted)
		counter(out, keyframes, stats.KeyframeRequests)
		counter(out, probes, stats.Probes)
		for reason, count := range stats.Dropped {
			counter(out, dropped, count, reason)
		}
		malformed, overflow := socket.Dropped()
		counter(out, datagrams, malformed, "malformed")
		counter(out, datagrams, overflow, "overflow")
		counters := socket.Counters()
		counter(out, calls, counters.Calls)
		counter(out, exchanged, counters.Received, "received")
		counter(out, exchanged, counters.Sent, "sent")
		counter(out, exchanged, counters.Segmented, "segmented")
		counter(out, exchanged, counters.Refused, "refused")
		for _, p := range stats.Participants {
			participant.collect(out, p)
		}
	}
	return s
}

// participantMetrics are the figures of one participant. They go when they do.
type participantMetrics struct {
	packets, gated, connected, admitted, estimate, roundTrip, queue, loss *prometheus.Desc
}

func newParticipantMetrics(s *snapshot) participantMetrics {
	describe := func(name, help string, labels ...string) *prometheus.Desc {
		return s.describe("participant_"+name, help,
			append([]string{"room", "participant"}, labels...)...)
	}
	return participantMetrics{
		packets: describe("packets_total",
			"RTP packets of one participant by direction: in from them, out to them.", "direction"),
		gated: describe("gate_blocked_total",
			"Packets from one participant that went nowhere because they were not admitted."),
		connected: describe("connected", "1 while the media transport of one participant stands."),
		admitted:  describe("admitted", "1 once one participant is admitted."),
		estimate: describe("estimate_bits_per_second",
			"What the downlink of one participant is believed to carry."),
		roundTrip: describe("round_trip_seconds", "Round trip to one participant."),
		queue: describe("queue_delay_seconds",
			"Time that packets to one participant wait on the way because of their own number."),
		loss: describe("loss_ratio",
			"Share of the packets to one participant that were lost lately, 0 to 1."),
	}
}

func (m participantMetrics) collect(out chan<- prometheus.Metric, p sfu.ParticipantStats) {
	counter(out, m.packets, p.PacketsIn, p.Room, p.Participant, "in")
	counter(out, m.packets, p.PacketsOut, p.Room, p.Participant, "out")
	counter(out, m.gated, p.GateBlocked, p.Room, p.Participant)
	gauge(out, m.connected, oneIf(p.Connected), p.Room, p.Participant)
	gauge(out, m.admitted, oneIf(p.Admitted), p.Room, p.Participant)
	gauge(out, m.estimate, p.EstimateBitrate, p.Room, p.Participant)
	gauge(out, m.roundTrip, p.RTT.Seconds(), p.Room, p.Participant)
	gauge(out, m.queue, p.QueueDelay.Seconds(), p.Room, p.Participant)
	gauge(out, m.loss, p.Loss, p.Room, p.Participant)
}

func oneIf(yes bool) int {
	if yes {
		return 1
	}
	return 0
}
