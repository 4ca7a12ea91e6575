package command

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"draille/loadtest/link"
	"draille/loadtest/report"
	"draille/loadtest/scenario"
	"draille/loadtest/thinlink"
)

// thinLink is what a run with real browsers was asked for.
type thinLink struct {
	loadTest
	profile string
	web     string
	images  string
	virtual bool

	hints io.Writer
	// frames/s that the psychiatrist sent, in the real call and in the virtual
	sent [2]report.Value
}

// The people of the call.
const (
	thinHost  = "Dr Martin"
	thinGuest = "Mme Rey"
)

// thinPatience is how long a first visit may take, on the thinnest link.
const thinPatience = 3 * time.Minute

func newThinlink(program Program) *cobra.Command {
	test := &thinLink{loadTest: loadTest{program: program, local: true}}
	command := &cobra.Command{
		Use:   "thinlink",
		Short: "Two real Chromiums, one of them behind a thin link",
		Long: `Play a consultation with two real browsers against a server started for it: the
psychiatrist's beside the server, the nurse's in a network namespace behind an emulated link. The
report is that of the other scenarios, with pictures of what both saw when it was worst.

Then the same call is played once more with a virtual nurse on the same link, and both are printed
side by side: concealment must be within 3 points and the frame rate within 20 %, or the exit code
is 1.

It needs root, /dev/net/tun, chromium, node, and the sources (make thinlink).`,
		Example: `  draille loadtest thinlink --profile thin-150 --duration 40s --html report.html
  draille loadtest thinlink --profile geo-satellite --virtual=false --images pictures`,
		Args: cobra.NoArgs,
		RunE: func(command *cobra.Command, _ []string) error { return test.perform(command) },
	}
	flags := command.Flags()
	flags.SortFlags = false
	flags.StringVar(&test.profile, "profile", "thin-150",
		"link of the nurse (draille loadtest links)")
	flags.DurationVar(&test.Length, "duration", 40*time.Second, "how long the call lasts")
	flags.BoolVar(&test.virtual, "virtual", true, "hold a virtual nurse against the real one")
	flags.StringVar(&test.web, "web", "web", "folder of the client's sources")
	flags.StringVar(&test.images, "images", "", "folder for the pictures of what both saw")
	flags.Uint64Var(&test.Seed, "seed", 1, "equal seeds make equal links")
	flags.StringVar(&test.jsonFile, "json", "", "write all figures to a file")
	flags.StringVar(&test.htmlFile, "html", "", "write the report to a page that opens "+
		"without a network")
	flags.StringArrayVar(&test.expect, "expect", nil,
		"figure and bound, as in 'audio.concealed<1%'; may be repeated; not met: exit code 1")
	return command
}

func (t *thinLink) perform(command *cobra.Command) error {
	profile, err := link.Find(t.profile)
	if err != nil {
		return err
	}
	if t.Length < 10*time.Second {
		return fmt.Errorf("a call of %v is too short for browsers to begin: expected at least 10s",
			t.Length)
	}
	for _, text := range t.expect {
		e, err := report.ParseExpectation(text)
		if err != nil {
			return err
		}
		t.expectations = append(t.expectations, e)
	}
	ctx := command.Context()
	t.hints = command.ErrOrStderr()
	tools, err := thinlink.Prepare(ctx, t.web)
	if err != nil {
		return err
	}
	call, err := t.open(ctx, tools, profile, t.Seed, t.plan(profile), atOnce)
	if err != nil {
		return err
	}
	defer call.close()
	real, virtual, err := t.playBoth(ctx, call)
	if err != nil {
		return err
	}
	return t.conclude(command.OutOrStdout(), real, virtual)
}

// serverAt starts a server that is reached at the address, from the namespace and from here.
func (t *thinLink) serverAt(address string) (*target, error) {
	anyPort := net.JoinHostPort(address, "0")
	return startTarget(t.program, "--listen", anyPort, "--udp-listen", anyPort, "--public-address",
		address)
}

// admission is how the host lets in who waits.
type admission bool

const (
	atOnce admission = true
	byHand admission = false // when told
)

// thinCall is a link, a server at its near end, and a browser at each.
type thinCall struct {
	access *thinlink.Access
	target *target
	stage  *thinlink.Stage
	ends   []func()
}

func (c *thinCall) close() {
	for _, end := range slices.Backward(c.ends) {
		end()
	}
}

// open opens a link and starts a server and the browsers of a plan's first seat, which is beside
// the server, and of its last, which is behind the link. The first is in the room when it returns.
func (t *thinLink) open(ctx context.Context, tools *thinlink.Tools, profile link.Profile,
	seed uint64, plan *scenario.Plan, admits admission) (*thinCall, error) {
	c := &thinCall{}
	if err := t.fill(ctx, c, tools, profile, seed, plan, admits); err != nil {
		c.close()
		return nil, err
	}
	return c, nil
}

func (t *thinLink) fill(ctx context.Context, c *thinCall, tools *thinlink.Tools,
	profile link.Profile, seed uint64, plan *scenario.Plan, admits admission) (err error) {
	if c.access, err = thinlink.Open(profile, seed); err != nil {
		return err
	}
	// whatever made it fail is in the figures
	c.ends = append(c.ends, func() { _ = c.access.Close() })
	if c.target, err = t.serverAt(c.access.ServerAddr().String()); err != nil {
		return err
	}
	c.ends = append(c.ends, c.target.close)
	fmt.Fprintln(t.hints, "starting two browsers")
	first, last := plan.Seats[0], plan.Seats[len(plan.Seats)-1]
	start := func(seat thinlink.Seat) (*thinlink.Browser, error) {
		seat.Server = c.target.url.String()
		browser, err := tools.Start(ctx, seat)
		if err == nil {
			c.ends = append(c.ends, func() { _ = browser.Close() })
		}
		return browser, err
	}
	host, err := start(thinlink.Seat{Name: first.Name, Who: 1, Admits: bool(admits),
		Small: first.Small, Fine: first.Fine})
	if err != nil {
		return err
	}
	guest, err := start(thinlink.Seat{Name: last.Name, Who: 2, Access: c.access, Small: last.Small,
		Fine: last.Fine})
	if err != nil {
		return err
	}
	c.stage = &thinlink.Stage{Host: host, Guest: guest, Link: c.target.link}
	ctx, cancel := context.WithTimeout(ctx, thinPatience)
	defer cancel()
	invitation, err := c.target.link(first)
	if err != nil {
		return err
	}
	if err := host.Visit(ctx, invitation); err != nil {
		return err
	}
	return host.Inside(ctx)
}

func (t *thinLink) plan(profile link.Profile) *scenario.Plan {
	return thinlink.Plan(thinHost, thinGuest, profile, t.Length, t.Seed)
}

// playBoth measures the first visit, then the call with the real nurse, then with the virtual one.
func (t *thinLink) playBoth(ctx context.Context, call *thinCall) (real, virtual *report.Run,
	err error) {
	stage, target, profile := call.stage, call.target, call.access.Profile
	plan := t.plan(profile)
	invitation, err := target.link(plan.Seats[1])
	if err != nil {
		return nil, nil, err
	}
	patient, cancel := context.WithTimeout(ctx, thinPatience)
	defer cancel()
	first, err := stage.FirstVisit(patient, invitation)
	if err != nil {
		return nil, nil, err
	}
	fmt.Fprintln(t.hints, first)
	plan.Summary += " " + first.String()
	if real, err = t.playOne(ctx, stage, plan, target, stage.Host, stage.Guest); err != nil {
		return nil, nil, err
	}
	stage.Complete(real)
	t.sent[0] = stage.Sent()
	if !t.virtual || ctx.Err() != nil {
		return real, nil, nil
	}
	others, err := newStage(target, false)
	if err != nil {
		return nil, nil, err
	}
	defer others.Close()
	// what it would take of the machine is not the virtual nurse's
	if err := stage.Guest.Close(); err != nil {
		return nil, nil, err
	}
	fmt.Fprintln(t.hints, "the same with a virtual nurse")
	opposite := &thinlink.Stage{Host: stage.Host, Others: others}
	virtual, err = t.playOne(ctx, opposite, t.plan(profile), target, stage.Host)
	t.sent[1] = opposite.Sent()
	return real, virtual, err
}

func (t *thinLink) playOne(ctx context.Context, stage scenario.Stage, plan *scenario.Plan,
	target *target, browsers ...*thinlink.Browser) (*report.Run, error) {
	machine := &thinlink.Machine{Browsers: browsers}
	return playOnce(ctx, t.program, target, stage, machine, plan, newProgress(t.hints))
}

// conclude prints both calls and writes the report of the real one. The error decides the exit
// code.
func (t *thinLink) conclude(out io.Writer, real, virtual *report.Run) error {
	if t.images != "" {
		if err := t.writeImages(real); err != nil {
			return err
		}
	}
	var comparison *thinlink.Comparison
	if virtual != nil {
		if err := t.writeVirtual(virtual); err != nil {
			return err
		}
		made, err := thinlink.Compare(thinGuest, real, virtual)
		if err != nil {
			return errors.Join(err, t.finish(out, t.hints, real))
		}
		made.SentReal, made.SentVirtual = t.sent[0], t.sent[1]
		comparison = &made
	}
	finished := t.finish(out, t.hints, real)
	if comparison == nil {
		return finished
	}
	fmt.Fprintln(out)
	if err := comparison.Write(out); err != nil {
		return err
	}
	if concealment, frameRate := comparison.Holds(); !concealment || !frameRate {
		return errors.Join(finished, errors.New("the virtual receiver does not match the real "+
			"one on this link"))
	}
	return finished
}

// writeVirtual writes the call with the virtual nurse beside the other, as in report-virtual.json.
func (t *thinLink) writeVirtual(run *report.Run) error {
	if t.jsonFile == "" {
		return nil
	}
	extension := filepath.Ext(t.jsonFile)
	return writeReports(t.hints, run, strings.TrimSuffix(t.jsonFile, extension)+"-virtual"+
		extension, "")
}

func (t *thinLink) writeImages(run *report.Run) error {
	if err := os.MkdirAll(t.images, 0o755); err != nil {
		//nolint:gosec // nothing secret: test pictures
		return fmt.Errorf("no folder for the pictures: %w", err)
	}
	for _, p := range run.Participants {
		for i, image := range p.Images {
			path := filepath.Join(t.images, fmt.Sprintf("%s-%s-%d.png", t.profile, p.Role, i+1))
			if err := writeFile(path, func(w io.Writer) error {
				_, err := w.Write(image.PNG)
				return err
			}); err != nil {
				return err
			}
			fmt.Fprintf(t.hints, "written: %s (%s, %s)\n", path, p.Name, image.Caption)
		}
	}
	return nil
}
