package cluster

import (
	"context"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"time"

	"github.com/stretchr/testify/require"

	"draille/signaling/protocol"
)

// aloneMost is by how much a server without a cluster may differ, in percent, from one into which
// the engine is not linked.
const aloneMost = 1

// single is a server that is the only one, on one of the machines.
type single struct {
	process
	site *site
}

// alone starts one beside whatever runs on a machine.
func (s *site) alone(on *machine, program string) *single {
	at := func(port int) string { return net.JoinHostPort(on.host(), fmt.Sprint(port)) }
	p := &single{site: s, process: process{t: s.t, id: "alone", web: at(8080), metrics: at(9478),
		data: s.t.TempDir()}}
	p.out = &output{awaits: map[string]chan struct{}{}}
	p.command = on.namespace.Command(context.Background(), program, "serve", "--no-invite",
		"--listen="+p.web, "--public-url="+s.public(), "--metrics.listen="+p.metrics,
		"--udp-listen="+at(3479), "--turn.tcp-listen="+at(3479), "--public-address="+on.host(),
		"--practice.enabled=false", "--data-directory="+p.data,
		"--secret-file="+filepath.Join(s.folder, "secret"), "--limits.opens-per-second=10000",
		"--limits.opens-at-once=10000", "--limits.connections-per-address=10000")
	p.command.Stdout, p.command.Stderr = p.out, p.out
	require.NoError(s.t, p.command.Start())
	p.await(running)
	return p
}

func (p *single) dies() {
	if p.command.ProcessState == nil {
		_ = p.command.Process.Kill()
		_ = p.command.Wait()
	}
}

// memory is what is resident, in KiB: all of it (VmRSS), or what is not a file (RssAnon).
func (p *single) memory(kind string) float64 {
	status, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", p.command.Process.Pid))
	require.NoError(p.t, err)
	found := regexp.MustCompile(kind + `:\s+(\d+) kB`).FindSubmatch(status)
	require.NotNil(p.t, found)
	resident, err := strconv.ParseFloat(string(found[1]), 64)
	require.NoError(p.t, err)
	return resident
}

// goroutines is what all of them do, which a process tells that is asked to quit.
func (p *single) goroutines() string {
	require.NoError(p.t, p.command.Process.Signal(syscall.SIGQUIT))
	_ = p.command.Wait()
	return p.out.String()
}

// aloneMeasured compares the program with one that is built without the engine, by turns.
func (s *site) aloneMeasured() []figure {
	without := s.withoutEngine()
	const turns, joins = 7, 40
	kinds := []string{s.program, without}
	var resident, memory [2][]float64
	var welcome [2][]time.Duration
	var said string
	for turn := range turns {
		for i := range kinds {
			kind := (turn + i) % 2 // neither always comes first
			p := s.alone(s.machines[turn%machines], kinds[kind])
			for j := range joins {
				welcome[kind] = append(welcome[kind], s.knock(p.web,
					s.link(s.room(), protocol.RoleHost), fmt.Sprintf("device-%d", j)))
			}
			resident[kind] = append(resident[kind], p.memory("VmRSS"))
			memory[kind] = append(memory[kind], p.memory("RssAnon"))
			if kind == 0 && turn == 0 {
				said = p.goroutines()
			}
			p.dies()
		}
	}
	for kind := range kinds {
		slices.Sort(resident[kind])
		slices.Sort(memory[kind])
		slices.Sort(welcome[kind])
	}
	join := func(kind int) float64 { return quantile(welcome[kind], 0.5).Seconds() }
	more := func(with, without float64) float64 { return 100 * (with/without - 1) }
	return []figure{
		{what: "goroutines of the engine", value: float64(engineGoroutines(said)), most: 0},
		{what: "more memory", value: more(memory[0][turns/2], memory[1][turns/2]), unit: "%",
			most: aloneMost},
		plain(figure{what: "more memory, with the program's own pages in it", unit: "%",
			value: more(resident[0][turns/2], resident[1][turns/2])}),
		{what: "longer joins", value: more(join(0), join(1)), unit: "%", most: aloneMost},
		plain(figure{what: "larger binary, not stripped", unit: "MB",
			value: (size(s, s.program) - size(s, without)) / 1e6}),
	}
}

// engineGoroutines counts those in which something of the engine or of the cluster runs.
func engineGoroutines(said string) (n int) {
	for stack := range strings.SplitSeq(said, "\n\n") {
		if strings.HasPrefix(stack, "goroutine ") &&
			regexp.MustCompile(`nats|draille/signaling/(homes/cluster|node|peers)`).
				MatchString(stack) {
			n++
		}
	}
	return n
}

func size(s *site, path string) float64 {
	info, err := os.Stat(path)
	require.NoError(s.t, err)
	return float64(info.Size())
}

// withoutEngine builds the program with an engine that cannot be opened: NATS is not linked then.
func (s *site) withoutEngine() string {
	return overlaid(s.t, "without-engine", "signaling/node/engine.go",
		func(module, _ string) string {
			text, err := os.ReadFile(filepath.Join(module, "loadtest", "cluster", "testdata",
				"engine.go.txt"))
			require.NoError(s.t, err)
			return string(text)
		})
}
