package command

import (
	"context"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"

	"github.com/spf13/cobra"

	"draille/loadtest/link"
	"draille/loadtest/report"
	"draille/loadtest/scenario"
	"draille/loadtest/thinlink"
	"draille/loadtest/thinlink/table"
)

// thinTable is what a table of thin links was asked for.
type thinTable struct {
	thinLink
	rows   []string
	runs   int
	folder string

	tools *thinlink.Tools // nil: virtual participants
}

func newThinlinkTable(program Program) *cobra.Command {
	test := &thinTable{thinLink: thinLink{loadTest: loadTest{program: program, local: true}}}
	command := &cobra.Command{
		Use:   "thinlink-table",
		Short: "The table of thin links: what is heard and seen on each, and what must be",
		Long: `Play the calls of the table, each several times with a server and browsers of its
own, and print the medians as a Markdown table, with the target beside each figure that has one. In
a consultation both are real Chromiums; in the telestaff of four the thin one and the one beside
the server are, the other two are virtual: two cores hold no four browsers.

With --virtual everybody is virtual, and neither root nor browsers are needed.

Every call's report is left in --folder, as JSON and as a page. The exit code is 1 if a target was
missed.`,
		Example: `  draille loadtest thinlink-table --runs 3
  draille loadtest thinlink-table --virtual --row thin-60 --row thin-150`,
		Args: cobra.NoArgs,
		RunE: func(command *cobra.Command, _ []string) error { return test.perform(command) },
	}
	flags := command.Flags()
	flags.SortFlags = false
	flags.StringSliceVar(&test.rows, "row", nil, "row to play, may be repeated (default: all)")
	flags.IntVar(&test.runs, "runs", 1, "calls of each row, of which the median counts")
	flags.BoolVar(&test.virtual, "virtual", false, "virtual participants instead of browsers")
	flags.DurationVar(&test.Length, "duration", 0,
		"how long calls last that are measured as a whole (default 1m)")
	flags.StringVar(&test.folder, "folder", "reports", "folder for the reports of all calls")
	flags.StringVar(&test.web, "web", "web", "folder of the client's sources")
	flags.Uint64Var(&test.Seed, "seed", 1, "equal seeds make equal links")
	return command
}

func (t *thinTable) perform(command *cobra.Command) error {
	rows, err := table.Select(t.rows)
	if err != nil {
		return err
	}
	if t.runs < 1 {
		return fmt.Errorf("--runs %d cannot be played: expected at least 1", t.runs)
	}
	ctx := command.Context()
	t.hints = command.ErrOrStderr()
	if !t.virtual {
		if t.tools, err = thinlink.Prepare(ctx, t.web); err != nil {
			return err
		}
	}
	if err := os.MkdirAll(t.folder, 0o755); err != nil {
		//nolint:gosec // nothing secret: reports of test calls
		return fmt.Errorf("no folder for the reports: %w", err)
	}
	var results []table.Result
	for _, row := range rows {
		if t.virtual && (row.Shared > 0 || row.Fine) {
			fmt.Fprintf(t.hints, "%s is left out: virtual participants neither read nor have such "+
				"cameras\n", row.Name)
			continue
		}
		if t.Length > 0 && row.Lines[0].Part == table.Whole {
			row.Length = t.Length
		}
		result, err := t.playRow(ctx, row)
		if err != nil {
			return err
		}
		results = append(results, result)
	}
	return concludeTable(command.OutOrStdout(), results)
}

// concludeTable prints the table. The error decides the exit code.
func concludeTable(out io.Writer, results []table.Result) error {
	if err := table.Write(out, results); err != nil {
		return err
	}
	var all []string
	for i := range results {
		all = append(all, results[i].Missed()...)
	}
	return missed(all)
}

// missed is the error that decides the exit code.
func missed(targets []string) error {
	if len(targets) == 0 {
		return nil
	}
	return fmt.Errorf("%d targets were missed:\n  %s", len(targets), strings.Join(targets, "\n  "))
}

// playRow plays the calls of one row. A call that fails leaves a remark; only Ctrl-C ends it all.
func (t *thinTable) playRow(ctx context.Context, row table.Row) (table.Result, error) {
	result := table.Result{Row: row}
	if row.Staff > 2 && !t.virtual {
		result.Remarks = append(result.Remarks, "the thin one and the one beside the server are "+
			"real Chromiums, the others virtual")
	}
	for n := range t.runs {
		fmt.Fprintf(t.hints, "%s, call %d of %d\n", row.Name, n+1, t.runs)
		figures, remarks, err := t.playCall(ctx, row, n)
		if ctx.Err() != nil {
			return result, context.Cause(ctx)
		}
		for _, remark := range remarks {
			result.Remarks = append(result.Remarks, fmt.Sprintf("call %d: %s", n+1, remark))
		}
		if err != nil {
			result.Remarks = append(result.Remarks, fmt.Sprintf("call %d failed: %v", n+1, err))
			continue
		}
		result.Calls = append(result.Calls, figures)
	}
	return result, nil
}

// playCall plays one call of a row, writes its report and measures it.
func (t *thinTable) playCall(ctx context.Context, row table.Row, n int) ([]table.Figures, []string,
	error) {
	profile, err := row.Link()
	if err != nil {
		return nil, nil, err
	}
	seed := t.Seed + uint64(n)
	plan := thinlink.Plan(thinHost, thinGuest, profile, row.Length, seed)
	if row.Shared > 0 {
		plan = thinlink.Document(thinHost, thinGuest, profile, row.Shared, row.Length, seed)
	}
	if row.Staff > 0 {
		if plan, err = thinlink.Telestaff(row.Staff, profile, row.Length, seed); err != nil {
			return nil, nil, err
		}
	}
	for i := range plan.Seats {
		plan.Seats[i].Fine = row.Fine
	}
	play, kind := t.playBrowsers, ""
	if t.virtual {
		play, kind = t.playVirtual, "virtual-"
	}
	run, remarks, err := play(ctx, plan, profile, seed)
	if err != nil {
		return nil, nil, err
	}
	if run.Load.Limit != "" {
		remarks = append(remarks, run.Load.Limit)
	}
	path := filepath.Join(t.folder, fmt.Sprintf("table-%s%s-%d", kind, row.Name, n+1))
	report.Judge(run)
	if err := writeReports(t.hints, run, path+".json", path+".html"); err != nil {
		return nil, nil, err
	}
	figures, err := row.Measure(run, plan.Seats[len(plan.Seats)-1].Name, plan.Seats[0].Name)
	return figures, remarks, err
}

// playBrowsers plays a call with the plan's first and last as browsers.
func (t *thinTable) playBrowsers(ctx context.Context, plan *scenario.Plan, profile link.Profile,
	seed uint64) (run *report.Run, remarks []string, err error) {
	call, err := t.open(ctx, t.tools, profile, seed, plan, atOnce)
	if err != nil {
		return nil, nil, err
	}
	defer call.close()
	stage, target := call.stage, call.target
	if len(plan.Seats) > 2 {
		others, err := newStage(target, false)
		if err != nil {
			return nil, nil, err
		}
		defer others.Close()
		stage.Others = others
	}
	if run, err = t.playOne(ctx, stage, plan, target, stage.Host, stage.Guest); err != nil {
		return nil, nil, err
	}
	stage.Complete(run)
	if remark := call.access.Remark(); remark != "" {
		remarks = append(remarks, remark)
	}
	return run, remarks, nil
}

// playVirtual plays a call without browsers.
func (t *thinTable) playVirtual(ctx context.Context, plan *scenario.Plan, _ link.Profile,
	_ uint64) (*report.Run, []string, error) {
	target, err := t.localTarget()
	if err != nil {
		return nil, nil, err
	}
	defer target.close()
	stage, err := newStage(target, false)
	if err != nil {
		return nil, nil, err
	}
	defer stage.Close()
	run, err := playOnce(ctx, t.program, target, stage, nil, plan, newProgress(t.hints))
	return run, nil, err
}
