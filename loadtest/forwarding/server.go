package forwarding

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"time"

	"draille/loadtest/forwarding/sink"
	"draille/signaling/protocol"
)

// Server is where the clients go.
type Server struct {
	Process
	Metrics string // address of its metrics
	// Link makes an invitation to a room of that kind.
	Link func(room int, kind protocol.Kind) (string, error)
	// Sink is where the server is, and counts what it sends; nil: it is on this machine's loopback
	// interface, and its clients count.
	Sink *sink.Sink
}

// dial opens a connection to the server.
func (s Server) dial(ctx context.Context, network, address string) (net.Conn, error) {
	if s.Sink != nil {
		return s.Sink.DialContext(ctx, network, address)
	}
	var dialer net.Dialer
	return dialer.DialContext(ctx, network, address)
}

// listenUDP opens the media socket of a client.
func (s Server) listenUDP() (*net.UDPConn, error) {
	listen := func() (*net.UDPConn, error) {
		return net.ListenUDP("udp4", &net.UDPAddr{IP: net.IPv4(127, 0, 0, 1)})
	}
	if s.Sink != nil {
		listen = s.Sink.ListenUDP
	}
	socket, err := listen()
	if err != nil {
		return nil, fmt.Errorf(
			"forwarding: no socket for a client (more files than this user may open?): %w", err)
	}
	return socket, nil
}

// get asks the server's metrics or profiles for something. Close the answer's body.
func (s Server) get(ctx context.Context, address string) (*http.Response, error) {
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, address, nil)
	if err != nil {
		return nil, fmt.Errorf("forwarding: the address of the metrics: %w", err)
	}
	client := http.Client{Transport: &http.Transport{DialContext: s.dial, DisableKeepAlives: true}}
	return client.Do(request)
}

// reading is all that is read at one moment.
type reading struct {
	server, own usage
	metrics     map[string]float64
	counted     bool   // media are counted by a sink
	media       uint64 // packets so far
}

func (s Server) read(ctx context.Context) (r reading, err error) {
	var failed [4]error
	r.metrics, failed[0] = s.metrics(ctx)
	if r.counted = s.Sink != nil; r.counted {
		r.media, failed[1] = s.Sink.Media(ctx)
	}
	r.server, failed[2] = s.usage()
	r.own, failed[3] = Process{ID: os.Getpid()}.usage()
	return r, errors.Join(failed[:]...)
}

// Process is a process on this machine.
type Process struct{ ID int }

// ticks of a second in /proc/PID/stat: fixed in the interface of Linux.
const clockTicks = 100

// usage is what a process has used so far.
type usage struct {
	user, system time.Duration
	resident     float64 // bytes
	waits        float64 // how often one of its threads has stopped to wait, and was woken
}

// total is what it took of processors.
func (u usage) total() time.Duration { return u.user + u.system }

// usage reads /proc.
func (p Process) usage() (usage, error) {
	content, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", p.ID))
	if err != nil {
		return usage{},
			fmt.Errorf("forwarding: what the server uses is read from /proc, which Linux has: %w",
				err)
	}
	// The name, in parentheses, may hold blanks: count from behind it.
	_, rest, _ := strings.Cut(string(content), ") ")
	fields := strings.Fields(rest)
	if len(fields) < 22 {
		return usage{}, errors.New("forwarding: expected 22 fields in /proc/PID/stat")
	}
	number := func(i int) float64 {
		n, _ := strconv.ParseFloat(fields[i], 64)
		return n
	}
	tick := func(i int) time.Duration {
		return time.Duration(number(i) / clockTicks * float64(time.Second))
	}
	waits, err := p.waits()
	return usage{user: tick(11), system: tick(12),
		resident: number(21) * float64(os.Getpagesize()), waits: waits}, err
}

// waits adds up how often each thread has given its processor up of its own accord. Threads that
// have ended do not count; those of Go's runtime do not end.
func (p Process) waits() (float64, error) {
	tasks, err := filepath.Glob(fmt.Sprintf("/proc/%d/task/*/status", p.ID))
	if err != nil {
		return 0, fmt.Errorf("forwarding: the threads of a process: %w", err)
	}
	sum := 0.0
	for _, task := range tasks {
		content, err := os.ReadFile(task)
		if errors.Is(err, os.ErrNotExist) || errors.Is(err, syscall.ESRCH) {
			continue // it has just ended
		}
		if err != nil {
			return 0, fmt.Errorf("forwarding: a thread: %w", err)
		}
		_, rest, _ := strings.Cut(string(content), "\nvoluntary_ctxt_switches:")
		line, _, _ := strings.Cut(rest, "\n")
		n, err := strconv.ParseFloat(strings.TrimSpace(line), 64)
		if err != nil {
			return 0, fmt.Errorf("forwarding: how often a thread has waited: %w", err)
		}
		sum += n
	}
	return sum, nil
}

// metrics returns what the server counts, by name; the label sets of one name are added up.
func (s Server) metrics(ctx context.Context) (map[string]float64, error) {
	response, err := s.get(ctx, s.Metrics)
	if err != nil {
		return nil, fmt.Errorf("forwarding: the server's metrics cannot be read: %w", err)
	}
	defer response.Body.Close()
	sums := map[string]float64{}
	lines := bufio.NewScanner(response.Body)
	for lines.Scan() {
		line := lines.Text()
		if strings.HasPrefix(line, "#") {
			continue
		}
		blank := strings.LastIndexByte(line, ' ')
		if blank < 0 {
			continue
		}
		name, _, _ := strings.Cut(line[:blank], "{")
		if value, err := strconv.ParseFloat(line[blank+1:], 64); err == nil {
			sums[name] += value
		}
	}
	return sums, lines.Err()
}

// profile writes a CPU profile of the server to a file.
func (s Server) profile(ctx context.Context, file string, length time.Duration) error {
	if file == "" {
		return nil
	}
	base, _, _ := strings.Cut(s.Metrics, "/metrics")
	address := fmt.Sprintf("%s/debug/pprof/profile?seconds=%d", base, max(1, int(length.Seconds())))
	response, err := s.get(ctx, address)
	if err != nil {
		return fmt.Errorf("forwarding: no profile: %w", err)
	}
	defer response.Body.Close()
	out, err := os.Create(file)
	if err != nil {
		return fmt.Errorf("forwarding: the profile cannot be written: %w", err)
	}
	_, err = io.Copy(out, response.Body)
	return errors.Join(err, out.Close())
}
