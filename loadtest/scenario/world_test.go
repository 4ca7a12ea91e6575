package scenario

import (
	"context"
	"math"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/gorilla/websocket"
	"github.com/stretchr/testify/require"

	"draille/signaling/protocol"
)

const someMetrics = `# TYPE draille_build_info gauge
draille_build_info{version="development abc"} 1
# TYPE go_memstats_heap_alloc_bytes gauge
go_memstats_heap_alloc_bytes 7e6
# TYPE go_goroutines gauge
go_goroutines 31
# TYPE go_sched_gomaxprocs_threads gauge
go_sched_gomaxprocs_threads 2
# TYPE process_cpu_seconds_total counter
process_cpu_seconds_total 1.5
# TYPE draille_participants gauge
draille_participants{place="lobby"} 1
draille_participants{place="room"} 4
# TYPE draille_media_packets_total counter
draille_media_packets_total{direction="in"} 100
draille_media_packets_total{direction="out"} 300
# TYPE draille_media_forwarded_total counter
draille_media_forwarded_total 280
# TYPE draille_media_dropped_total counter
draille_media_dropped_total{reason="pacer"} 3
# TYPE draille_participant_estimate_bits_per_second gauge
draille_participant_estimate_bits_per_second{room="a",participant="p1"} 400000
process_open_fds 12
`

func TestMetricsAreRead(t *testing.T) {
	answer, status := someMetrics, http.StatusOK
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.WriteHeader(status)
		_, _ = w.Write([]byte(answer))
	}))
	defer server.Close()
	client := server.Client()
	defer client.CloseIdleConnections()
	endpoint := MetricsEndpoint{URL: server.URL, Client: client}
	r, err := endpoint.Read(t.Context())
	require.NoError(t, err)
	require.Equal(t, "development abc", r.Software)
	require.InDelta(t, 31, r.Goroutines, 0)
	require.Equal(t, 7e6, r.HeapBytes)
	require.InDelta(t, 2, r.Cores, 0)
	require.Equal(t, 1.5, r.CPUSeconds)
	require.InDelta(t, 4, r.Participants, 0)
	require.Equal(t, 300.0, r.PacketsOut)
	require.InDelta(t, 280, r.Forwarded, 0)
	require.InDelta(t, 12, r.OpenFiles, 0, "a metric without type counts, too")
	require.Equal(t, map[string]float64{"pacer": 3}, r.Dropped)
	require.Equal(t, map[string]float64{"p1": 400000}, r.Estimates)

	answer = "go_goroutines 3\n"
	_, err = endpoint.Read(t.Context())
	require.ErrorContains(t, err, "not those of a draille server")
	answer = "<html>"
	_, err = endpoint.Read(t.Context())
	require.ErrorContains(t, err, "not in the Prometheus text format")
	status = http.StatusNotFound
	_, err = endpoint.Read(t.Context())
	require.ErrorContains(t, err, "404 Not Found: expected the server's metrics")
	_, err = MetricsEndpoint{URL: "http://127.0.0.1:1/metrics"}.Read(t.Context())
	require.ErrorContains(t, err, "cannot be read")
	_, err = MetricsEndpoint{URL: ":"}.Read(t.Context())
	require.ErrorContains(t, err, "cannot be used")
}

func FuzzParseMetrics(f *testing.F) {
	f.Add(someMetrics)
	f.Add("draille_build_info 1\n# TYPE a histogram\na_bucket{le=\"1\"} 2\n")
	f.Fuzz(func(t *testing.T, text string) {
		_, err := parseMetrics(strings.NewReader(text), time.Unix(0, 0))
		if err == nil {
			require.Contains(t, text, "draille_build_info")
		}
	})
}

func TestThisMachine(t *testing.T) {
	m := &ThisMachine{}
	about := m.Describe()
	require.Positive(t, about.Cores)
	require.Contains(t, about.System, "/")
	ctx, cancel := context.WithCancel(t.Context())
	watched := make(chan struct{})
	go func() { defer close(watched); m.Watch(ctx) }()
	require.Eventually(t, func() bool { return m.Read().Late > 0 }, time.Minute,
		time.Millisecond)
	cancel()
	<-watched
	m.Settle()
	e := m.Read()
	require.Positive(t, e.HeapBytes)
	require.Positive(t, e.Goroutines)
	require.GreaterOrEqual(t, e.CoreSeconds, e.BusySeconds)
	if _, err := os.Stat("/proc/self/status"); err == nil {
		require.Positive(t, e.MemoryBytes)
		require.Positive(t, e.OpenFiles)
		require.Positive(t, e.BusySeconds)
	}
}

func TestCoreSeconds(t *testing.T) {
	path := filepath.Join(t.TempDir(), "stat")
	for content, want := range map[string][2]float64{
		"cpu  100 0 100 700 50 0 0 50 0 0\ncpu0 …": {2.5, 10},
		"cpu  1 2": {0, 0}, "cpu  a 0 100 700 50 0 0 50 0": {0, 0}, "": {0, 0},
	} {
		require.NoError(t, os.WriteFile(path, []byte(content), 0o600))
		busy, all := coreSeconds(path)
		require.InDelta(t, want[0], busy, 1e-9)
		require.InDelta(t, want[1], all, 1e-9)
	}
	busy, all := coreSeconds(path + "x")
	require.Zero(t, busy+all)
	require.Empty(t, procField(path+"x", "a"))
}

func TestQuantile(t *testing.T) {
	values := []float64{3, 1, 2, 4}
	require.InDelta(t, 2, quantile(values, 0.5), 0)
	require.InDelta(t, 4, quantile(values, 0.95), 0)
	require.InDelta(t, 1, quantile(values, 0), 0)
	require.True(t, math.IsNaN(quantile(nil, 0.5)))
}

// lobby is a server that answers a join in its own way.
func lobby(t *testing.T, subprotocols []string, answers ...any) string {
	t.Helper()
	upgrader := websocket.Upgrader{Subprotocols: subprotocols}
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path != "/ws" || len(subprotocols) == 0 {
			http.NotFound(w, r)
			return
		}
		socket, err := upgrader.Upgrade(w, r, nil)
		if err != nil {
			return
		}
		defer socket.Close()
		var join protocol.Join
		if socket.ReadJSON(&join) != nil || join.Type != "join" {
			return
		}
		for _, a := range answers {
			switch a := a.(type) {
			case func():
				a()
			case string:
				_ = socket.WriteMessage(websocket.TextMessage, []byte(a))
			default:
				_ = socket.WriteJSON(a)
			}
		}
		_, _, _ = socket.ReadMessage()
	}))
	t.Cleanup(server.Close)
	return server.URL + "/#token"
}

func TestPreflight(t *testing.T) {
	ours := []string{protocol.Subprotocol}
	link := lobby(t, ours, protocol.Pong{Type: "pong"},
		protocol.Welcome{Type: "welcome", Server: "v1"})
	software, err := Preflight(t.Context(), link, false)
	require.NoError(t, err)
	require.Equal(t, "v1", software)

	bye := func(reason protocol.ByeReason) string {
		return lobby(t, ours, protocol.Bye{Type: "bye", Reason: reason, Message: "because"})
	}
	secure := httptest.NewTLSServer(http.NotFoundHandler())
	secure.Config.ErrorLog = nil
	t.Cleanup(secure.Close)
	for want, link := range map[string]string{
		"this is not an invitation link":                        "https://visio.example.org",
		"cannot be reached: dial tcp":                           "http://127.0.0.1:1/#token",
		"there is no machine of that name":                      "http://visio.invalid/#token",
		"answered 404 Not Found where a draille server has its": lobby(t, nil),
		"they are of different versions": lobby(t,
			[]string{"draille.v0"}),
		"refused the invitation (invalid): its signature":       bye(protocol.ByeInvalid),
		"refused the invitation (expired): it is not valid now": bye(protocol.ByeExpired),
		"refused the invitation (locked): the room is not free": bye(protocol.ByeLocked),
		"refused the invitation (shutdown): because":            bye(protocol.ByeShutdown),
		"did not understand the first message (malformed: what?)": lobby(t, ours,
			protocol.Error{Type: "error", Code: protocol.ErrorMalformed, Message: "what?"}),
		"something that is not a message":         lobby(t, ours, "hello"),
		"with --insecure any certificate will do": secure.URL + "/#token",
	} {
		_, err := Preflight(t.Context(), link, false)
		require.ErrorContains(t, err, want, link)
	}
	_, err = Preflight(t.Context(), secure.URL+"/#token", true)
	require.ErrorContains(t, err, "404")
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	heard := func() { cancel() } // and has nothing to say
	_, err = Preflight(ctx, lobby(t, ours, heard), false)
	require.ErrorContains(t, err, "did not answer the first message")
}
