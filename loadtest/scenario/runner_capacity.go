package scenario

import (
	"context"
	"math"

	"draille/loadtest/report"
)

// Capacity plays a scenario in ever more rooms until a criterion breaks, and returns the report of
// the largest run that held (of the smallest, if none did) with all trials. told is called after
// each; it may be nil.
func (r *Runner) Capacity(ctx context.Context, s Scenario, o Options, limit int, criteria Criteria,
	told func(report.Try)) (*report.Run, error) {
	search := NewSearch(limit)
	capacity := &report.Capacity{Unit: s.Name + "s"}
	var best, last *report.Run
	baseline := math.NaN() // delay with one room
	for {
		count, more := search.Next()
		if !more || ctx.Err() != nil {
			break
		}
		o.Rooms = count
		plan, err := s.Build(o)
		if err != nil {
			return nil, err
		}
		run, err := r.Run(ctx, plan)
		if err != nil {
			if best == nil {
				return nil, err
			}
			break
		}
		last = run
		if run.Interrupted != "" {
			break
		}
		trial := criteria.try(run, count, baseline)
		if math.IsNaN(baseline) {
			baseline = videoDelay(run)
		}
		capacity.Trials = append(capacity.Trials, trial)
		search.Tell(count, trial.Held)
		if trial.Held {
			best = run
		} else {
			capacity.Broke = trial.Broke
		}
		if told != nil {
			told(trial)
		}
	}
	if best == nil {
		best = last
	}
	if best == nil {
		return nil, context.Cause(ctx)
	}
	capacity.Held = search.Held()
	if ctx.Err() != nil {
		best.Interrupted = interrupted
	}
	best.Capacity = capacity
	best.Scenario.Name = "capacity"
	report.Judge(best)
	return best, nil
}
