package scenario

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"time"

	dto "github.com/prometheus/client_model/go"
	"github.com/prometheus/common/expfmt"
	"github.com/prometheus/common/model"
)

// Reading is what the server's metrics said at one moment. Counters count from the server's start.
type Reading struct {
	At            time.Time
	Software      string
	Started       float64 // the process, in seconds since 1970
	Cores         float64 // that the server may use
	CPUSeconds    float64
	MemoryBytes   float64 // resident
	HeapBytes     float64
	Goroutines    float64
	OpenFiles     float64
	MaxFiles      float64 // open at once, as the system allows
	Rooms         float64
	Participants  float64 // in rooms
	PacketsIn     float64
	PacketsOut    float64
	BytesOut      float64
	Forwarded     float64
	Retransmitted float64
	UDPDropped    float64
	Owned         float64            // rooms that live here, among several servers
	Claims        map[string]float64 // rooms that came to live here, by cause
	Dropped       map[string]float64 // by reason
	Estimates     map[string]float64 // bit/s, by the participant's id
}

// Metrics reads a server's figures.
type Metrics interface {
	Read(ctx context.Context) (Reading, error)
}

// MetricsEndpoint reads them over HTTP, in the Prometheus text format.
type MetricsEndpoint struct {
	URL    string
	Client *http.Client // nil: http.DefaultClient
}

const (
	metricsTimeout = 2 * time.Second
	metricsBytes   = 16 << 20
)

// Read implements Metrics.
func (m MetricsEndpoint) Read(ctx context.Context) (Reading, error) {
	ctx, cancel := context.WithTimeout(ctx, metricsTimeout)
	defer cancel()
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, m.URL, nil)
	if err != nil {
		return Reading{}, fmt.Errorf("the address of the metrics, %s, cannot be used: %w", m.URL,
			err)
	}
	client := m.Client
	if client == nil {
		client = http.DefaultClient
	}
	response, err := client.Do(request)
	if err != nil {
		return Reading{}, fmt.Errorf("the server's metrics cannot be read: %w", err)
	}
	defer response.Body.Close()
	if response.StatusCode != http.StatusOK {
		return Reading{}, fmt.Errorf("%s answered %s: expected the server's metrics", m.URL,
			response.Status)
	}
	return parseMetrics(io.LimitReader(response.Body, metricsBytes), time.Now())
}

// parseMetrics picks what a report needs.
func parseMetrics(from io.Reader, now time.Time) (Reading, error) {
	parser := expfmt.NewTextParser(model.UTF8Validation)
	families, err := parser.TextToMetricFamilies(from)
	if err != nil {
		return Reading{}, fmt.Errorf("the metrics are not in the Prometheus text format: %w", err)
	}
	if families["draille_build_info"] == nil {
		return Reading{},
			errors.New("these are metrics, but not those of a draille server: " +
				"draille_build_info is missing")
	}
	r := Reading{
		At:            now,
		Started:       sum(families, "process_start_time_seconds", "", ""),
		Cores:         sum(families, "go_sched_gomaxprocs_threads", "", ""),
		CPUSeconds:    sum(families, "process_cpu_seconds_total", "", ""),
		MemoryBytes:   sum(families, "process_resident_memory_bytes", "", ""),
		HeapBytes:     sum(families, "go_memstats_heap_alloc_bytes", "", ""),
		Goroutines:    sum(families, "go_goroutines", "", ""),
		OpenFiles:     sum(families, "process_open_fds", "", ""),
		MaxFiles:      sum(families, "process_max_fds", "", ""),
		Rooms:         sum(families, "draille_rooms", "", ""),
		Participants:  sum(families, "draille_participants", "place", "room"),
		PacketsIn:     sum(families, "draille_media_packets_total", "direction", "in"),
		PacketsOut:    sum(families, "draille_media_packets_total", "direction", "out"),
		BytesOut:      sum(families, "draille_media_bytes_total", "direction", "out"),
		Forwarded:     sum(families, "draille_media_forwarded_total", "", ""),
		Retransmitted: sum(families, "draille_media_retransmitted_total", "", ""),
		UDPDropped:    sum(families, "draille_udp_dropped_total", "", ""),
		Owned:         sum(families, "draille_cluster_rooms", "", ""),
		Claims:        map[string]float64{},
		Dropped:       map[string]float64{},
		Estimates:     map[string]float64{},
	}
	for _, m := range families["draille_build_info"].GetMetric() {
		r.Software = label(m, "version")
	}
	for _, m := range families["draille_cluster_claims_total"].GetMetric() {
		r.Claims[label(m, "cause")] = value(m)
	}
	for _, m := range families["draille_media_dropped_total"].GetMetric() {
		r.Dropped[label(m, "reason")] += value(m)
	}
	for _, m := range families["draille_participant_estimate_bits_per_second"].GetMetric() {
		r.Estimates[label(m, "participant")] = value(m)
	}
	return r, nil
}

// sum adds the metrics of a name, or those of them with a label.
func sum(families map[string]*dto.MetricFamily, name, key, want string) float64 {
	total := 0.0
	for _, m := range families[name].GetMetric() {
		if key == "" || label(m, key) == want {
			total += value(m)
		}
	}
	return total
}

func value(m *dto.Metric) float64 {
	switch {
	case m.GetCounter() != nil:
		return m.GetCounter().GetValue()
	case m.GetGauge() != nil:
		return m.GetGauge().GetValue()
	default:
		return m.GetUntyped().GetValue()
	}
}

func label(m *dto.Metric, name string) string {
	for _, pair := range m.GetLabel() {
		if pair.GetName() == name {
			return pair.GetValue()
		}
	}
	return ""
}
