package command

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"draille/loadtest/link"
	"draille/loadtest/report"
	"draille/loadtest/scenario"
)

// loadTest is what one of the scenarios was asked for.
type loadTest struct {
	scenario.Options
	local    bool
	invites  []string
	metrics  string
	doors    []string
	insecure bool
	jsonFile string
	htmlFile string
	expect   []string
	// of capacity alone: the scenario that is played, and the most rooms that are tried.
	of   string
	most int

	expectations []report.Expectation
	program      Program
}

// New makes draille loadtest for a program.
func New(program Program) *cobra.Command {
	command := &cobra.Command{
		Use:   "loadtest",
		Short: "Play calls against a server and see what they get",
		Long: `Play calls against a server with virtual participants: they speak the real protocol,
send real voice and real pictures, and count what a person would hear and see. Each stands behind
an emulated link (draille loadtest links), so that thin lines can be tried without having one.

A run ends with a table and a verdict. --html leaves a page that opens without a network, for
whoever runs the hospital's network; --json leaves all figures, for draille loadtest compare;
--expect makes the exit code tell.

  consultation  a psychiatrist, and a nurse with a patient behind the thin link
  telestaff     professionals take turns to speak
  third-party   an interpreter comes in and leaves again
  churn         half of a room leaves at once and others come, again and again
  document      a document is shared
  capacity      how many rooms this server holds
  thinlink      two real browsers, one behind the thin link (root; from the sources)
  flood         attacks, while a call goes on
  soak          rooms come and go for a long time while things go wrong
  telestaffs    meetings with thin links, and what those on good links notice of them
  matrix        one call over each link, with a verdict for each
  thinlink-table  the links that calls are judged on, with what must be reached on each
  codecs        what a real browser's encoders make of a face at low bit rates
  thinlink-join  how long it takes to hear and see somebody, with an empty and a warm cache (root)
  forwarding    what forwarding a packet costs this machine

The server's own figures (CPU, memory, packets) come from its metrics: with --local they are there,
for another server give --metrics.`,
		Example: `  draille loadtest consultation --local --link adsl-end --html report.html
  draille loadtest telestaff --local --participants 8 --thin 2 --link thin-150 --duration 30s
  draille loadtest consultation --rooms 20 --data-directory /var/lib/draille \
    https://visio.example.org
  draille loadtest consultation --local --expect 'audio.concealed<1%' \
    --expect 'video.fps@adsl-end>=10'
  draille loadtest capacity --local
  draille loadtest compare before.json after.json`,
	}
	for _, s := range scenario.Scenarios() {
		command.AddCommand(newScenario(program, s))
	}
	command.AddCommand(newThinlink(program), newThinlinkTable(program), newThinlinkJoin(program),
		newCodecs(),
		newMatrix(program), newTelestaffs(program), newForwarding(program), newCapacity(program),
		newFlood(program), newAttack(program), newSoak(program), newCompare(), newReport(),
		newLinks(), newAccess())
	return command
}

func newScenario(program Program, s scenario.Scenario) *cobra.Command {
	test := &loadTest{program: program}
	command := &cobra.Command{
		Use:   s.Name + " [server]",
		Short: strings.ToUpper(s.Summary[:1]) + s.Summary[1:],
		Long: strings.ToUpper(s.Summary[:1]) + s.Summary[1:] + `.

The server is an address such as https://visio.example.org, or --local starts one for this run
alone. To open rooms on a server its secret is needed (--data-directory or --secret-file, as for
draille invite), or two links to one room (--invite, the host's first).`,
		Example: fmt.Sprintf(`  draille loadtest %[1]s --local
  draille loadtest %[1]s --local --link thin-150 --duration 30s --html report.html
  draille loadtest %[1]s --rooms 5 --secret-file secret --metrics http://127.0.0.1:9477/metrics \
    https://visio.example.org`, s.Name),
		Args: cobra.MaximumNArgs(1),
		RunE: func(command *cobra.Command, arguments []string) error {
			return test.run(command, arguments, s)
		},
	}
	defaults := s.Defaults()
	flags := command.Flags()
	flags.SortFlags = false
	flags.StringVar(&test.Link, "link", defaults.Link,
		"link of the thin participants (draille loadtest links)")
	flags.StringVar(&test.OtherLink, "other-link", defaults.OtherLink, "link of the others")
	flags.IntVar(&test.Rooms, "rooms", defaults.Rooms, "rooms at once")
	flags.IntVar(&test.Participants, "participants", defaults.Participants,
		"participants in each room")
	flags.IntVar(&test.Thin, "thin", defaults.Thin, "of these, how many are behind --link")
	flags.DurationVar(&test.Length, "duration", defaults.Length, "how long the call lasts")
	test.addFlags(command)
	return command
}

func newCapacity(program Program) *cobra.Command {
	test := &loadTest{program: program}
	criteria := scenario.DefaultCriteria()
	command := &cobra.Command{
		Use:   "capacity [server]",
		Short: "How many rooms the server holds",
		Long: fmt.Sprintf(
			`Play 1, 2, 4, 8 … rooms until a criterion breaks, then look for the most that hold
between the last two. It breaks when more than one participant in twenty loses more than %.0f %% of
the voice, when the picture takes more than %.0f ms longer than with one room (95th percentile),
when more than %.0f %% of the CPU are in use, or when somebody does not get through.

With --local the participants share the machine with the server, and what they use counts too: a
server of its own holds more. Run the participants on a machine of their own to see how many.`,
			100*criteria.Concealed, criteria.AddedMillis, 100*criteria.CPU),
		Example: `  draille loadtest capacity --local
  draille loadtest capacity --of telestaff --participants 8 --local --html capacity.html
  draille loadtest capacity --secret-file secret --metrics http://10.0.0.5:9477/metrics \
    https://visio.example.org
  draille loadtest capacity --secret-file secret https://visio.example.org \
    --doors a.example.org=http://10.0.0.1:9477/metrics,b.example.org=http://10.0.0.2:9477/metrics`,
		Args: cobra.MaximumNArgs(1),
		RunE: func(command *cobra.Command, arguments []string) error {
			s, err := scenario.Find(test.of)
			if err != nil {
				return err
			}
			if test.most < 1 {
				return fmt.Errorf("--most %d cannot be tried: expected at least 1", test.most)
			}
			return test.run(command, arguments, s)
		},
	}
	flags := command.Flags()
	flags.SortFlags = false
	flags.StringVar(&test.of, "of", "consultation",
		"what is played: consultation or telestaff (or another scenario)")
	flags.IntVar(&test.most, "most", 256, "most rooms that are tried")
	flags.IntVar(&test.Participants, "participants", 0,
		"participants in each room (default: as the scenario has)")
	flags.StringVar(&test.Link, "link", "fibre", "link of all participants")
	flags.DurationVar(&test.Length, "duration", 15*time.Second, "how long each trial lasts")
	test.addFlags(command)
	return command
}

// addFlags adds what all scenarios have.
func (t *loadTest) addFlags(command *cobra.Command) {
	flags := command.Flags()
	flags.BoolVar(&t.local, "local", false, "start a server for this run, in a process of its own")
	flags.StringArrayVar(&t.invites, "invite", nil,
		"link to open instead of making some: the host's first, then the others'")
	flags.StringVar(&t.metrics, "metrics", "", "address of the server's metrics, as in "+
		"http://127.0.0.1:9477/metrics")
	flags.StringSliceVar(&t.doors, "doors", nil, "servers that serve the same name, by any of "+
		"which participants come, with the address of their metrics, as in "+
		"a.example.org=http://10.0.0.1:9477/metrics")
	flags.BoolVar(&t.insecure, "insecure", false, "accept any certificate of the server")
	flags.Uint64Var(&t.Seed, "seed", 1, "equal seeds play equal calls on equal links")
	flags.StringVar(&t.jsonFile, "json", "", "write all figures to a file")
	flags.StringVar(&t.htmlFile, "html", "", "write the report to a page that opens "+
		"without a network")
	flags.StringArrayVar(&t.expect, "expect", nil,
		"figure and bound, as in 'audio.concealed<1%'; may be repeated; not met: exit code 1")
	t.program.AddSecretFlags(command)
}

// run plays the scenario and reports.
func (t *loadTest) run(command *cobra.Command, arguments []string, s scenario.Scenario) error {
	if err := t.prepare(command, arguments, s); err != nil {
		return err
	}
	session, err := t.open(command, arguments)
	if err != nil {
		return err
	}
	defer session.close()
	result, err := t.play(command.Context(), session.runner, s, session.progress)
	session.progress.clear()
	if err != nil {
		return err
	}
	return t.finish(command.OutOrStdout(), command.ErrOrStderr(), result)
}

// session is a server under test and what plays calls against it.
type session struct {
	runner   *scenario.Runner
	progress *progress
	close    func()
}

// open finds or starts the server, and tries it out.
func (t *loadTest) open(command *cobra.Command, arguments []string) (*session, error) {
	doors, err := parseDoors(t.doors)
	if err != nil {
		return nil, err
	}
	target, err := t.target(command, arguments)
	if err != nil {
		return nil, err
	}
	target.doors = doors
	made, err := t.openTarget(command, target)
	if err != nil {
		target.close()
	}
	return made, err
}

func (t *loadTest) openTarget(command *cobra.Command, target *target) (*session, error) {
	out := command.ErrOrStderr()
	software, err := scenario.Preflight(command.Context(), target.firstLink, t.insecure)
	if err != nil {
		return nil, err
	}
	if own := t.program.Version(); software != own {
		fmt.Fprintf(out, "Note: the server is draille %s, this program is %s: figures may differ "+
			"for that reason.\n",
			software, own)
	}
	stage, err := newStage(target, t.insecure)
	if err != nil {
		return nil, err
	}
	progress := newProgress(out)
	runner := runner(t.program, target, stage, progress)
	runner.Server.Software = software
	return &session{runner, progress, func() { stage.Close(); target.close() }}, nil
}

// prepare refuses at once what would be found out only at the end.
func (t *loadTest) prepare(command *cobra.Command, arguments []string, s scenario.Scenario) error {
	for _, text := range t.expect {
		e, err := report.ParseExpectation(text)
		if err != nil {
			return err
		}
		t.expectations = append(t.expectations, e)
	}
	switch {
	case t.local && len(arguments) > 0:
		return fmt.Errorf("both --local and the server %s were given: leave out one of them",
			arguments[0])
	case t.local && len(t.doors) > 0:
		return errors.New("--doors are servers that run already: leave out --local")
	case t.local && len(t.invites) > 0:
		return errors.New("--invite opens rooms on another server: leave out --local, or leave " +
			"out --invite")
	case !t.local && len(arguments) == 0 && len(t.invites) == 0:
		return fmt.Errorf("which server? Give its address, as in draille loadtest %s "+
			"https://visio.example.org, or --local to start one", command.Name())
	}
	if t.of != "" {
		t.Thin, t.OtherLink = -1, t.Link
	} else if command.Flags().Changed("thin") && t.Thin == 0 {
		t.Thin = -1
	} else if !command.Flags().Changed("thin") {
		t.Thin = min(t.Thin, t.Participants)
	}
	t.Guests = len(t.invites) > 0
	if t.Guests && (t.Rooms > 1 || t.of != "") {
		return errors.New("--invite opens one room: for more give the secret of the server " +
			"(--data-directory or --secret-file)")
	}
	_, err := s.Build(t.Options)
	return err
}

func (t *loadTest) play(ctx context.Context, runner *scenario.Runner, s scenario.Scenario,
	progress *progress) (*report.Run, error) {
	if t.of != "" {
		return runner.Capacity(ctx, s, t.Options, t.most, scenario.DefaultCriteria(),
			progress.tried)
	}
	plan, err := s.Build(t.Options)
	if err != nil {
		return nil, err
	}
	return runner.Run(ctx, plan)
}

// finish judges, prints and writes the report. The error decides the exit code.
func (t *loadTest) finish(out, hints io.Writer, r *report.Run) error {
	for _, e := range t.expectations {
		r.Expectations = append(r.Expectations, e.Check(r))
	}
	report.Judge(r)
	if err := report.WriteTable(out, r); err != nil {
		return err
	}
	if err := writeReports(hints, r, t.jsonFile, t.htmlFile); err != nil {
		return err
	}
	return outcome(r)
}

// outcome is the error that a run ends with, if any.
func outcome(r *report.Run) error {
	unmet := 0
	for _, o := range r.Expectations {
		if !o.Met {
			unmet++
		}
	}
	switch {
	case r.Interrupted != "":
		return fmt.Errorf("the report is partial: %s after %.0f s", r.Interrupted,
			r.DurationSeconds)
	case unmet > 0:
		return fmt.Errorf("%d of %d expectations were not met", unmet, len(r.Expectations))
	case len(r.Expectations) > 0 && r.Verdict.Level == report.Void:
		return errors.New("expectations were met, but the run proves nothing: the generator was " +
			"at its limit")
	default:
		return nil
	}
}

func writeReports(hints io.Writer, r *report.Run, jsonFile, htmlFile string) error {
	for _, file := range []struct {
		path  string
		write func(io.Writer, *report.Run) error
	}{{jsonFile, report.Write}, {htmlFile, report.WriteHTML}} {
		if file.path == "" {
			continue
		}
		if err := writeFile(file.path, func(w io.Writer) error { return file.write(w, r) }); err !=
			nil {
			return err
		}
		fmt.Fprintf(hints, "written: %s\n", file.path)
	}
	return nil
}

func writeFile(path string, write func(io.Writer) error) error {
	file, err := os.Create(path)
	if err != nil {
		return fmt.Errorf("the report cannot be written: %w", err)
	}
	if err := errors.Join(write(file), file.Close()); err != nil {
		return fmt.Errorf("the report %s cannot be written: %w", path, err)
	}
	return nil
}

func newCompare() *cobra.Command {
	return &cobra.Command{
		Use:   "compare before.json after.json",
		Short: "What got better and what got worse between two runs",
		Long: `Compare two reports written with --json, figure by figure: the mean over all
participants behind the same link. Differences within the noise of a figure, or under 5 %, count as
the same.`,
		Example: `  draille loadtest compare monday.json tuesday.json`,
		Args:    cobra.ExactArgs(2),
		RunE: func(command *cobra.Command, arguments []string) error {
			before, err := report.Load(arguments[0])
			if err != nil {
				return err
			}
			after, err := report.Load(arguments[1])
			if err != nil {
				return err
			}
			return report.Compare(before, after).Write(command.OutOrStdout())
		},
	}
}

func newReport() *cobra.Command {
	test := &loadTest{}
	command := &cobra.Command{
		Use:   "report run.json",
		Short: "Print a report again, hold it against expectations, or make a page of it",
		Long: `Read a report written with --json, or by another program in the same schema, judge
it, print its table, and write the page if --html is given.`,
		Example: `  draille loadtest report run.json --html run.html
  draille loadtest report run.json --expect 'audio.concealed<1%'`,
		Args: cobra.ExactArgs(1),
		RunE: func(command *cobra.Command, arguments []string) error {
			r, err := report.Load(arguments[0])
			if err != nil {
				return err
			}
			for _, text := range test.expect {
				e, err := report.ParseExpectation(text)
				if err != nil {
					return err
				}
				test.expectations = append(test.expectations, e)
			}
			return test.finish(command.OutOrStdout(), command.ErrOrStderr(), r)
		},
	}
	flags := command.Flags()
	flags.StringVar(&test.htmlFile, "html", "", "write the report to a page that opens "+
		"without a network")
	flags.StringVar(&test.jsonFile, "json", "", "write it as JSON again, with its verdict")
	flags.StringArrayVar(&test.expect, "expect", nil,
		"figure and bound, as in 'audio.concealed<1%'; may be repeated; not met: exit code 1")
	return command
}

func newLinks() *cobra.Command {
	var width int
	command := &cobra.Command{
		Use:   "links",
		Short: "The links that participants can stand behind, with a picture of each",
		Long: `List the emulated links. Each picture shows the rate over two minutes: a full block
is the highest rate, each step down is half of it.

A recorded link is played with --link trace:FILE, or trace:DOWN,UP: text in Mahimahi's format, one
line for each packet of 1,500 bytes that could leave, with its milliseconds since the beginning.`,
		Example: "  draille loadtest links",
		Args:    cobra.NoArgs,
		RunE: func(command *cobra.Command, _ []string) error {
			if width < 10 || width > 500 {
				return fmt.Errorf("--width %d cannot be drawn: expected 10 to 500", width)
			}
			_, err := fmt.Fprintln(command.OutOrStdout(), strings.Join(link.Pictures(width), "\n"))
			return err
		},
	}
	command.Flags().IntVar(&width, "width", 60, "characters of a picture")
	return command
}
