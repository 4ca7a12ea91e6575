package command

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"time"

	"github.com/spf13/cobra"

	"draille/loadtest/report"
	"draille/loadtest/scenario"
)

// telestaffs is what a comparison of meetings with and without thin links was asked for.
type telestaffs struct {
	loadTest
	folder string
	staff  int // participants of the meetings that are compared
}

// meeting is one of them.
type meeting struct {
	name, about string
	options     scenario.Options
	expect      []string
	// spared tells that those on fibre must get what they get in the meeting played before.
	spared bool
}

// The thin links of the meeting that is held against one without any, and the least staff that
// leaves somebody on fibre.
var mixedLinks = []string{"adsl-end", "adsl-end", "geo-satellite"}

const leastStaff = 4

// meetings returns those that are played; staff is how many take part in the two that are compared.
func meetings(staff int) []meeting {
	return []meeting{
		{name: "four-thin", about: "telestaff of 4, all on 200 kbit/s down",
			options: scenario.Options{Participants: 4, Thin: 4, Link: "thin-200-down"},
			expect:  []string{"join.failed<1", "audio.concealed<1%", "video.fps>=10"}},
		{name: "fibre", about: fmt.Sprintf("telestaff of %d, all on fibre: what the next is "+
			"held against", staff),
			options: scenario.Options{Participants: staff, Thin: -1},
			expect:  []string{"join.failed<1"}},
		{name: "mixed", about: fmt.Sprintf("the same telestaff of %d, 2 on adsl-end and 1 on "+
			"geo-satellite", staff),
			options: scenario.Options{Participants: staff, Links: mixedLinks}, spared: true,
			expect: []string{"join.failed<1", "audio.concealed<1%", "video.fps@adsl-end>=10",
				"video.fps@geo-satellite>=10"}},
	}
}

func newTelestaffs(program Program) *cobra.Command {
	test := &telestaffs{loadTest: loadTest{program: program}}
	command := &cobra.Command{
		Use:   "telestaffs [server]",
		Short: "Meetings with thin links, and what those on good links notice of them",
		Long: `Play three meetings in which people take turns to speak: four on 200 kbit/s down;
eight (--participants) on fibre; and the same again, two on adsl-end and one on geo-satellite. No
listener may lose 1 % of the voice, the thin ones must see the speaker at 10 frames/s or more, and
those on fibre must get what they got when nobody was behind a thin link, within 5 %. The exit code
is 1 if anything of this is not met.

Seconds in which somebody behind a thin link speaks do not count in that comparison: their own
uplink limits what anybody sees of them.`,
		Example: `  draille loadtest telestaffs --local --folder reports`,
		Args:    cobra.MaximumNArgs(1),
		RunE: func(command *cobra.Command, arguments []string) error {
			return test.perform(command, arguments)
		},
	}
	flags := command.Flags()
	flags.SortFlags = false
	flags.DurationVar(&test.Length, "duration", time.Minute, "how long each meeting lasts")
	flags.IntVar(&test.staff, "participants", 8,
		"participants of the two meetings that are compared, at least 4")
	flags.StringVar(&test.folder, "folder", "", "folder for the reports of all meetings")
	test.addFlags(command)
	for _, other := range []string{"json", "html", "expect", "invite"} {
		_ = flags.MarkHidden(other) // there are three reports, with expectations of their own
	}
	return command
}

func (t *telestaffs) perform(command *cobra.Command, arguments []string) error {
	for _, other := range []string{"json", "html", "expect", "invite"} {
		if command.Flags().Changed(other) {
			return fmt.Errorf("--%s does not go with several meetings: give --folder, or play "+
				"one with draille loadtest telestaff", other)
		}
	}
	if t.staff < leastStaff {
		return fmt.Errorf("--participants %d cannot be played: expected at least %d, of whom "+
			"three are thin", t.staff, leastStaff)
	}
	if t.folder != "" {
		if err := os.MkdirAll(t.folder, 0o755); err != nil {
			//nolint:gosec // nothing secret: reports of test calls
			return fmt.Errorf("no folder for the reports: %w", err)
		}
	}
	var before *report.Run
	var unmet []error
	for _, m := range meetings(t.staff) {
		fmt.Fprintf(command.OutOrStdout(), "\n%s\n\n", m.about)
		run, err := t.play(command, arguments, m, before)
		if run == nil {
			return err
		}
		if err != nil {
			unmet = append(unmet, fmt.Errorf("%s: %w", m.name, err))
		}
		if command.Context().Err() != nil {
			break
		}
		before = run
	}
	return errors.Join(unmet...)
}

// play plays one meeting, with a server of its own if it is local. Without a run the error says why
// there is none; with one, what was not met.
func (t *telestaffs) play(command *cobra.Command, arguments []string, m meeting,
	before *report.Run) (*report.Run, error) {
	one := t.loadTest
	one.Options, one.expect, one.expectations = m.options, m.expect, nil
	one.Length, one.Seed = t.Length, t.Seed
	if t.folder != "" {
		path := filepath.Join(t.folder, "telestaff-"+m.name)
		one.jsonFile, one.htmlFile = path+".json", path+".html"
	}
	s, err := scenario.Find("telestaff")
	if err != nil {
		return nil, err
	}
	thin := one.Thin
	if err := one.prepare(command, arguments, s); err != nil {
		return nil, err
	}
	one.Thin = thin
	plan, err := s.Build(one.Options)
	if err != nil {
		return nil, err
	}
	session, err := one.open(command, arguments)
	if err != nil {
		return nil, err
	}
	defer session.close()
	run, err := session.runner.Run(command.Context(), plan)
	session.progress.clear()
	if err != nil {
		return nil, err
	}
	if m.spared && before != nil {
		run.Expectations = scenario.Spared(run, before, plan, "fibre")
	}
	return run, one.finish(command.OutOrStdout(), command.ErrOrStderr(), run)
}
