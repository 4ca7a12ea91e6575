package command

import (
	"context"
	"errors"
	"fmt"
	"net/netip"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"draille/loadtest/forwarding"
	"draille/loadtest/forwarding/sink"
	"draille/loadtest/scenario"
	"draille/signaling/protocol"
)

// hostPlaces is how many places a room keeps for its host.
const hostPlaces = 1

// forwardingTest is what loadtest forwarding was asked for.
type forwardingTest struct {
	cases    []string
	runs     int
	duration time.Duration
	warmUp   time.Duration
	profile  string
	serve    []string // flags of the server
	beside   string   // another build
	sink     bool
	program  Program
}

func newForwarding(program Program) *cobra.Command {
	test := &forwardingTest{program: program}
	command := &cobra.Command{
		Use:   "forwarding",
		Short: "What forwarding a packet costs this machine",
		Long: `Start a server for each run, send evenly spaced packets to it and count what its
receivers get: CPU time of the server for a forwarded packet, delay that it adds, memory,
goroutines, system calls. Figures are medians of the runs.

On one machine the kernel delivers on the sender's account, down to waking the receiver. With --sink
the clients are in another network namespace, which counts media and drops them at its door but for
` + fmt.Sprint(sink.SampledPerSecond) + ` packets a second and client; delays are those of the
packets that arrive.

Cases are senders-receivers in one room (` + forwarding.Names() +
			`); 40x2 are forty consultations. It needs Linux.`,
		Example: `  draille loadtest forwarding
  draille loadtest forwarding --case 40x2 --sink
  draille loadtest forwarding --case 4-50 --runs 1 --duration 30s --profile cpu.pprof`,
		Args: cobra.NoArgs,
		RunE: func(command *cobra.Command, _ []string) error { return test.perform(command) },
	}
	flags := command.Flags()
	flags.SortFlags = false
	flags.StringSliceVar(&test.cases, "case", nil,
		"cases to measure (default: all but the crowds, 1-200 to 1-300)")
	flags.IntVar(&test.runs, "runs", 3, "runs of each case")
	flags.DurationVar(&test.duration, "duration", 10*time.Second,
		"how long is measured in each run")
	flags.DurationVar(&test.warmUp, "warm-up", 10*time.Second, "how long packets flow before")
	flags.StringVar(&test.profile, "profile", "",
		"write a CPU profile of the server to this file (it costs some CPU itself)")
	flags.StringArrayVar(&test.serve, "serve", nil,
		"a flag of the server, such as --practice.enabled=false; may be given again")
	flags.StringVar(&test.beside, "beside", "",
		"another build of draille, whose server is measured by turns with this one's")
	flags.BoolVar(&test.sink, "sink", false,
		"measure by turns with receivers that the kernel counts for but delivers to next to "+
			"never: what forwarding costs without them (Linux, root, nftables)")
	return command
}

func (t *forwardingTest) perform(command *cobra.Command) error {
	cases, err := forwarding.Find(t.cases)
	if err != nil {
		return err
	}
	if t.runs < 1 || t.duration < time.Second {
		return errors.New("expected at least one run of at least one second")
	}
	var rows []forwarding.Row
	for _, c := range cases {
		measured, err := t.measure(command, c)
		if err != nil {
			return err
		}
		rows = append(rows, measured...)
	}
	return forwarding.WriteTable(command.OutOrStdout(), rows)
}

// build is a server to measure.
type build struct {
	name    string // empty: of this program, over the loopback interface
	program Program
	sink    bool
}

// builds are all that are measured by turns.
func (t *forwardingTest) builds() []build {
	builds := []build{{program: t.program}}
	if t.beside != "" {
		builds = append(builds,
			build{name: filepath.Base(t.beside), program: otherBuild{t.program, t.beside}})
	}
	if t.sink {
		for _, b := range builds {
			b.name = strings.TrimPrefix(b.name+", sink", ", ")
			b.sink = true
			builds = append(builds, b)
		}
	}
	return builds
}

// otherBuild is the program as somebody else built it.
type otherBuild struct {
	Program
	path string
}

// Command makes a command that runs the other build.
func (o otherBuild) Command(arguments ...string) (*exec.Cmd, error) {
	command, err := o.Program.Command(arguments...)
	if err != nil {
		return nil, err
	}
	other := exec.Command(o.path, arguments...)
	other.Env = command.Env
	return other, nil
}

// programInside is the program where a sink has its server.
type programInside struct {
	Program
	network *sink.Sink
}

// Command makes a command that runs the program there.
func (p programInside) Command(arguments ...string) (*exec.Cmd, error) {
	command, err := p.Program.Command(arguments...)
	if err != nil {
		return nil, err
	}
	return p.network.Inside(command), nil
}

// measure plays one case with every build, by turns: the machine may be slower a minute later.
func (t *forwardingTest) measure(command *cobra.Command, c forwarding.Case) ([]forwarding.Row,
	error) {
	builds := t.builds()
	results := make([][]*forwarding.Result, len(builds))
	for run := range t.runs {
		for i, build := range builds {
			result, err := t.once(command.Context(), build, forwarding.Options{Case: c,
				WarmUp: t.warmUp, Duration: t.duration, Seed: uint64(run + 1)})
			if err != nil {
				return nil, fmt.Errorf("%s, run %d: %w", c.Name, run+1, err)
			}
			results[i] = append(results[i], result)
			fmt.Fprintf(command.ErrOrStderr(), "%s, run %d: %.2f µs, %.4f cores %s\n", c.Name,
				run+1, float64(result.CPU)/1e3, result.Cores, build.name)
		}
	}
	var rows []forwarding.Row
	for i, build := range builds {
		rows = append(rows, forwarding.Row{Case: c, Build: build.name,
			Result: forwarding.Median(results[i])})
	}
	return rows, nil
}

// once measures against a fresh server.
func (t *forwardingTest) once(ctx context.Context, build build,
	options forwarding.Options) (result *forwarding.Result, err error) {
	if _, err := os.Stat("/proc/self/stat"); err != nil {
		return nil, errors.New("what the server uses is read from /proc, which only Linux has")
	}
	participants := options.Case.Senders + options.Case.Receivers + hostPlaces
	arguments := append([]string{"--max-participants", fmt.Sprint(participants)}, t.serve...)
	if t.profile != "" {
		arguments = append(arguments, "--metrics.profiles")
	}
	var network *sink.Sink
	program := build.program
	if build.sink {
		if network, err = sink.Open(); err != nil {
			return nil, err
		}
		defer func() { err = errors.Join(err, network.Close()) }()
		program = programInside{program, network}
		arguments = append(arguments, "--udp-listen",
			netip.AddrPortFrom(network.ServerAddress(), 0).String())
	}
	local := &loadTest{local: true, program: program}
	target, err := local.localTarget(arguments...)
	if err != nil {
		return nil, err
	}
	defer target.close()
	server := forwarding.Server{
		Process: forwarding.Process{ID: target.process.command.Process.Pid},
		Metrics: target.metrics,
		Sink:    network,
		Link: func(room int, kind protocol.Kind) (string, error) {
			return target.link(scenario.Seat{Room: room, Kind: kind, Role: protocol.RoleClinician})
		},
	}
	options.Profile = t.profile
	return forwarding.Run(ctx, server, options)
}
