package command

import (
	"context"
	"fmt"

	"github.com/spf13/cobra"

	"draille/loadtest/link"
	"draille/loadtest/thinlink"
	"draille/loadtest/thinlink/table"
)

// joinTest is what measuring the way into a call was asked for.
type joinTest struct {
	thinLink
	runs int
}

func newThinlinkJoin(program Program) *cobra.Command {
	test := &joinTest{thinLink: thinLink{loadTest: loadTest{program: program, local: true}}}
	command := &cobra.Command{
		Use:   "thinlink-join",
		Short: "How long it takes a real browser behind a thin link to hear and see somebody",
		Long: `Let a real Chromium behind an emulated link open an invitation as somebody who was
never there (empty cache), as somebody who was (warm cache), and as somebody who has waited,
connected, for the host's tap. Printed are the times to the first voice and the first frame, and
the bytes of IP that went over the link until then, medians of --runs with a server and browsers of
their own each, with the targets. The exit code is 1 if one was missed.

It needs root, /dev/net/tun, chromium, node, and the sources (make thinlink-join).`,
		Example: `  draille loadtest thinlink-join --profile geo-satellite --runs 3`,
		Args:    cobra.NoArgs,
		RunE:    func(command *cobra.Command, _ []string) error { return test.perform(command) },
	}
	flags := command.Flags()
	flags.SortFlags = false
	flags.StringVar(&test.profile, "profile", "geo-satellite",
		"link of who joins (draille loadtest links)")
	flags.IntVar(&test.runs, "runs", 1, "how often, of which the median counts")
	flags.StringVar(&test.web, "web", "web", "folder of the client's sources")
	flags.Uint64Var(&test.Seed, "seed", 1, "equal seeds make equal links")
	return command
}

func (t *joinTest) perform(command *cobra.Command) error {
	profile, err := link.Find(t.profile)
	if err != nil {
		return err
	}
	if t.runs < 1 {
		return fmt.Errorf("--runs %d cannot be played: expected at least 1", t.runs)
	}
	ctx := command.Context()
	t.hints = command.ErrOrStderr()
	tools, err := thinlink.Prepare(ctx, t.web)
	if err != nil {
		return err
	}
	var joining table.Joining
	for n := range t.runs {
		fmt.Fprintf(t.hints, "joining over %s, %d of %d\n", profile.Name, n+1, t.runs)
		if err := t.join(ctx, tools, profile, t.Seed+uint64(n), &joining); err != nil {
			return err
		}
	}
	if err := joining.Write(command.OutOrStdout()); err != nil {
		return err
	}
	return missed(joining.Missed())
}

// join makes one visit of each kind.
func (t *joinTest) join(ctx context.Context, tools *thinlink.Tools, profile link.Profile,
	seed uint64, joining *table.Joining) error {
	plan := t.plan(profile)
	call, err := t.open(ctx, tools, profile, seed, plan, byHand)
	if err != nil {
		return err
	}
	defer call.close()
	for kind := table.Empty; kind <= table.Waiting; kind++ {
		invitation, err := call.target.link(plan.Seats[1])
		if err != nil {
			return err
		}
		patient, cancel := context.WithTimeout(ctx, thinPatience)
		visit, err := call.stage.Joining(patient, invitation, kind)
		cancel()
		if err != nil {
			return fmt.Errorf("%s: %w", kind, err)
		}
		joining.Visits[kind] = append(joining.Visits[kind], visit)
	}
	if remark := call.access.Remark(); remark != "" {
		joining.Remarks = append(joining.Remarks, remark)
	}
	return nil
}
