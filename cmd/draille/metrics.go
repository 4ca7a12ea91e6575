package main

import (
	"net/http"
	"net/http/pprof"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
	"github.com/prometheus/client_golang/prometheus/promhttp"

	"draille/signaling"
	"draille/signaling/practice/courier"
	"draille/signaling/practice/interop/fhir"
	"draille/signaling/protocol"
	"draille/turn"
)

// newMetricsHandler serves what the parts count, and what the process and the Go runtime use, in
// the Prometheus format.
func newMetricsHandler(s *server) http.Handler {
	registry := prometheus.NewRegistry()
	registry.MustRegister(
		collectors.NewGoCollector(),
		collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}),
		signalingCollector(s.signaling),
		houseCollector(s),
		mediaCollector(s.engine, s.socket),
		prometheus.NewGaugeFunc(prometheus.GaugeOpts{
			Name: "draille_build_info", Help: "Always 1; the label tells the version.",
			ConstLabels: prometheus.Labels{"version": version()},
		}, func() float64 { return 1 }),
	)
	if s.relay != nil {
		registry.MustRegister(relayCollector(s.relay))
	}
	if s.node != nil {
		registry.MustRegister(clusterCollector(s.node))
	}
	if s.practice != nil {
		registry.MustRegister(courierCollector(s.practice.courier))
		if s.practice.fhir != nil {
			registry.MustRegister(fhirCollector(s.practice.fhir.server))
		}
	}
	mux := http.NewServeMux()
	mux.Handle("GET /metrics",
		promhttp.HandlerFor(registry, promhttp.HandlerOpts{Registry: registry}))
	if s.config.Metrics.Profiles {
		mux.HandleFunc("GET /debug/pprof/", pprof.Index)
		mux.HandleFunc("GET /debug/pprof/profile", pprof.Profile)
		mux.HandleFunc("GET /debug/pprof/trace", pprof.Trace)
	}
	return mux
}

// snapshot is a collector that reads all its figures at once from one Stats call.
type snapshot struct {
	descriptions []*prometheus.Desc
	collect      func(chan<- prometheus.Metric)
}

func (s *snapshot) Describe(out chan<- *prometheus.Desc) {
	for _, description := range s.descriptions {
		out <- description
	}
}

func (s *snapshot) Collect(out chan<- prometheus.Metric) { s.collect(out) }

// describe adds a metric. Names say the unit and, for counters, end in _total.
func (s *snapshot) describe(name, help string, labels ...string) *prometheus.Desc {
	description := prometheus.NewDesc("draille_"+name, help, labels, nil)
	s.descriptions = append(s.descriptions, description)
	return description
}

func gauge[N int | float64](out chan<- prometheus.Metric, description *prometheus.Desc, value N,
	labels ...string) {
	out <- prometheus.MustNewConstMetric(description, prometheus.GaugeValue, float64(value),
		labels...)
}

func counter(out chan<- prometheus.Metric, description *prometheus.Desc, value uint64,
	labels ...string) {
	out <- prometheus.MustNewConstMetric(description, prometheus.CounterValue, float64(value),
		labels...)
}

func signalingCollector(server *signaling.Server) prometheus.Collector {
	s := &snapshot{}
	rooms := s.describe("rooms", "Rooms that are open.")
	connections := s.describe("websocket_connections", "Websockets that are open.")
	participants := s.describe("participants",
		"Participants by place (lobby, waiting, room), those away for less than a minute included.",
		"place")
	messages := s.describe("signaling_messages_total",
		"Messages by direction (received, sent) and type.", "direction", "type")
	errors := s.describe("signaling_errors_total", "Messages answered with an error, by code.",
		"code")
	refused := s.describe("joins_refused_total", "Joins turned away, by reason.", "reason")
	goodbyes := s.describe(
		"goodbyes_total", "Websockets closed by the server with a goodbye, by reason.", "reason",
	)
	faults := s.describe("faults_total",
		"Faults inside the server, each of which ended one participant's stay.")
	s.collect = func(out chan<- prometheus.Metric) {
		stats := server.Stats()
		counter(out, faults, stats.Faults)
		gauge(out, rooms, stats.Rooms)
		gauge(out, connections, stats.Connections)
		for _, place := range []protocol.Place{protocol.PlaceLobby, protocol.PlaceWaiting,
			protocol.PlaceRoom} {
			gauge(out, participants, stats.Participants[place], string(place))
		}
		for kind, count := range stats.Received {
			counter(out, messages, count, "received", kind)
		}
		for kind, count := range stats.Sent {
			counter(out, messages, count, "sent", kind)
		}
		for code, count := range stats.Errors {
			counter(out, errors, count, string(code))
		}
		for reason, count := range stats.Refused {
			counter(out, refused, count, string(reason))
		}
		for reason, count := range stats.Goodbyes {
			counter(out, goodbyes, count, string(reason))
		}
	}
	return s
}

// houseCollector tells of the doors and of what is kept.
func houseCollector(s *server) prometheus.Collector {
	c := &snapshot{}
	connections := c.describe("tcp_connections", "TCP connections that are open, of all ports.")
	refused := c.describe(
		"refused_total",
		"What was refused because a bound was reached, by what it costs and whose bound it was.",
		"cost", "scope",
	)
	writes := c.describe(
		"state_writes_total",
		"Writes of the state of rooms to the disk by result: ok, failed (tried again).", "result",
	)
	ready := c.describe("ready", "1 while new participants are welcome, as /readyz says.")
	ends := c.describe("certificate_seconds",
		"How long a certificate out of files is valid still, by its section of the configuration.",
		"of")
	c.collect = func(out chan<- prometheus.Metric) {
		gauge(out, connections, s.connections.Open()+s.programs.Open())
		for reason, count := range s.account.Refused() {
			counter(out, refused, count, string(reason.Cost), string(reason.Scope))
		}
		if s.store != nil { // of several servers none keeps rooms on its disk
			written, failed := s.store.Stats()
			counter(out, writes, written, "ok")
			counter(out, writes, failed, "failed")
		}
		gauge(out, ready, oneIf(s.unready() == ""))
		for _, one := range s.certificates() {
			gauge(out, ends, time.Until(one.leaf().NotAfter).Seconds(), one.of)
		}
	}
	return c
}

// courierCollector tells what became of messages.
func courierCollector(c *courier.Courier) prometheus.Collector {
	s := &snapshot{}
	messages := s.describe("practice_messages_total",
		"Mails and SMS by channel and outcome: sent, failed (given up), retried or dropped "+
			"(too late).",
		"channel", "outcome")
	s.collect = func(out chan<- prometheus.Metric) {
		for channel, n := range c.Counts() {
			for outcome, count := range map[string]int64{"sent": n.Sent, "failed": n.Failed,
				"retried": n.Retried, "dropped": n.Dropped} {
				counter(out, messages, uint64(count), string(channel), outcome)
			}
		}
	}
	return s
}

// fhirCollector tells what the hospital's programs ask for.
func fhirCollector(f *fhir.Server) prometheus.Collector {
	s := &snapshot{}
	requests := s.describe("practice_fhir_requests_total",
		"Requests to the FHIR interface by interaction (token, metadata, read, search, create, "+
			"update, other) and outcome: ok, refused or failed.", "interaction", "outcome")
	s.collect = func(out chan<- prometheus.Metric) {
		for of, n := range f.Counts() {
			counter(out, requests, n, of.Interaction, of.Outcome)
		}
	}
	return s
}

func relayCollector(relay *turn.Server) prometheus.Collector {
	s := &snapshot{}
	allocations := s.describe("turn_allocations", "Relayed addresses that are held.")
	outlets := s.describe("turn_outlets", "Sockets towards media of other servers, one for each "+
		"relayed address that needs it.")
	connections := s.describe("turn_connections",
		"TCP and TLS connections to the relay that are open.")
	packets := s.describe("turn_packets_total",
		"Packets relayed by direction: in towards the media plane, out towards participants.",
		"direction")
	bytes := s.describe("turn_bytes_total",
		"Bytes relayed by direction, without the relay's own headers.", "direction")
	refused := s.describe("turn_refused_total", "What the relay refused: quota, credentials, "+
		"permission or packet (to a forbidden address or port), outlet (no socket towards another "+
		"server).", "what")
	s.collect = func(out chan<- prometheus.Metric) {
		stats := relay.Stats()
		gauge(out, allocations, stats.Allocations)
		gauge(out, outlets, stats.Outlets)
		gauge(out, connections, stats.Connections)
		counter(out, packets, stats.PacketsIn, "in")
		counter(out, packets, stats.PacketsOut, "out")
		counter(out, bytes, stats.BytesIn, "in")
		counter(out, bytes, stats.BytesOut, "out")
		counter(out, refused, stats.OverQuota, "quota")
		counter(out, refused, stats.Unauthorized, "credentials")
		counter(out, refused, stats.PermissionsRefused, "permission")
		counter(out, refused, stats.PacketsRefused, "packet")
		counter(out, refused, stats.Unopened, "outlet")
	}
	return s
}
