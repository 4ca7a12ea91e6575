package scenario

import (
	"context"
	"fmt"
	"slices"

	"draille/loadtest/link"
	"draille/loadtest/report"
)

// Matrix plays a scenario over each link, so many rooms at once, and returns one report with a
// verdict for each. When the generator does not keep up, the same rooms are played again in halves,
// down to one at a time. told is called before each part; it may be nil.
func (r *Runner) Matrix(ctx context.Context, s Scenario, o Options, links []link.Profile,
	atOnce int, told func([]link.Profile)) (*report.Run, error) {
	if len(links) == 0 {
		return nil, errNoLinks
	}
	var whole *report.Run
	matrix := &report.Matrix{Scenario: s.Name}
	waiting := slices.Collect(slices.Chunk(links, max(1, atOnce)))
	for len(waiting) > 0 && ctx.Err() == nil {
		part := waiting[0]
		waiting = waiting[1:]
		if told != nil {
			told(part)
		}
		plan, err := s.BuildMatrix(part, o)
		if err != nil {
			return nil, err
		}
		run, err := r.Run(ctx, plan)
		if err != nil {
			if whole == nil {
				return nil, err
			}
			break
		}
		if run.Load.Limit != "" && len(part) > 1 && run.Interrupted == "" {
			half := (len(part) + 1) / 2
			waiting = append([][]link.Profile{part[:half], part[half:]}, waiting...)
			matrix.Repeated++
			continue
		}
		for _, l := range part {
			matrix.Cells = append(matrix.Cells, judgeLink(run, l, plan.Length))
		}
		whole = merge(whole, run)
	}
	if whole == nil {
		return nil, context.Cause(ctx)
	}
	if ctx.Err() != nil {
		whole.Interrupted = interrupted
	}
	// a limit is in the verdict of the links that it concerns
	whole.Matrix, whole.Load.Limit = matrix, ""
	whole.Scenario.Name, whole.Scenario.Rooms = "matrix", len(matrix.Cells)
	whole.Scenario.Summary = fmt.Sprintf("%s over each of %d links, up to %d at once. %s", s.Name,
		len(links), atOnce, s.Summary)
	report.Judge(whole)
	return whole, nil
}
