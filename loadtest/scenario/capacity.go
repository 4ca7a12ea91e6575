package scenario

import (
	"fmt"
	"math"

	"draille/loadtest/report"
)

// Criteria are what must hold for a size to count as held, for all but one in twenty of the
// participants.
type Criteria struct {
	Concealed   float64 // share of the voice lost
	AddedMillis float64 // delay of the picture, 95th percentile, above that with one room
	// share of the server's cores; if the generator shares them, its part counts too
	CPU float64
}

// DefaultCriteria are those of a call that nobody complains about, with room for a busy minute.
func DefaultCriteria() Criteria { return Criteria{Concealed: 0.01, AddedMillis: 50, CPU: 0.8} }

// Search finds the most that holds: it doubles until something breaks, then halves the distance.
// The zero value is not ready; make one with NewSearch.
type Search struct {
	held, broke, limit int // broke 0: nothing broke yet
}

// NewSearch searches from 1 to a limit.
func NewSearch(limit int) *Search { return &Search{limit: max(1, limit)} }

// precision is the share of the result within which the search ends.
const precision = 0.05

// Next is the size to try next; false when the result is known.
func (s *Search) Next() (count int, more bool) {
	switch {
	case s.broke == 0 && s.held >= s.limit:
		return 0, false
	case s.broke == 0:
		return min(max(1, 2*s.held), s.limit), true
	case s.broke-s.held <= max(1, int(precision*float64(s.held))):
		return 0, false
	default:
		return (s.held + s.broke) / 2, true
	}
}

// Tell says what came of a size.
func (s *Search) Tell(count int, held bool) {
	if held {
		s.held = max(s.held, count)
	} else {
		s.broke = count
	}
}

// Held is the largest size that held so far.
func (s *Search) Held() int { return s.held }

// try holds a run against the criteria.
func (c Criteria) try(run *report.Run, count int, baseline float64) report.Try {
	t := report.Try{
		Count: count, Held: true, Participants: len(run.Participants),
		AudioConcealed: report.Measured(
			quantile(collect(run, func(f *report.PersonFigures) report.Value {
				return f.AudioConcealed
			}), 0.95)),
		AddedDelay:      report.Measured(math.Max(0, videoDelay(run)-baseline)),
		CPURatio:        cpuRatio(run),
		CPUMicrosPerPkt: run.Server.CPUMicrosPerPkt,
		GeneratorLimit:  run.Load.Limit,
		Doors:           run.Server.Doors, Deaths: run.Server.Deaths,
	}
	if math.IsNaN(baseline) {
		t.AddedDelay = report.Value{}
	}
	if forwarded, known := run.Server.ForwardedPackets.Get(); known {
		t.Forwarded = report.Measured(forwarded / run.DurationSeconds)
	}
	t.Broke = c.broken(run, &t)
	t.Held = t.Broke == ""
	return t
}

// broken says which criterion broke, the cause before its effects; nothing if none did.
func (c Criteria) broken(run *report.Run, t *report.Try) string {
	cpu := t.CPURatio.Or(0)
	switch {
	case cpu > c.CPU && run.Server.Local:
		return fmt.Sprintf("server and participants, on one machine, used %.0f %% of its CPU, "+
			"more than %.0f %% (%.2f cores the server, %.2f the participants)",
			100*cpu, 100*c.CPU, run.Server.CPUCores.Or(0), run.Load.CPUCores.Or(0))
	case cpu > c.CPU && len(run.Server.Doors) > 0:
		return fmt.Sprintf("CPU of a server was at %.0f %%, more than %.0f %%", 100*cpu, 100*c.CPU)
	case cpu > c.CPU:
		return fmt.Sprintf("CPU of the server was at %.0f %%, more than %.0f %%", 100*cpu,
			100*c.CPU)
	case t.GeneratorLimit != "":
		return "the generator was at its limit, not the server: " + t.GeneratorLimit
	}
	for i := range run.Participants {
		if p := &run.Participants[i]; p.Failure != "" {
			return fmt.Sprintf("not everybody got through (%s: %s)", p.Label(), p.Failure)
		}
	}
	if lost, known := t.AudioConcealed.Get(); !known {
		return "nobody heard anything"
	} else if lost > c.Concealed {
		return fmt.Sprintf("%.1f %% of the voice was lost, more than %.0f %%", 100*lost,
			100*c.Concealed)
	}
	if added := t.AddedDelay.Or(0); added > c.AddedMillis {
		return fmt.Sprintf("the delay grew by %.0f ms, more than %.0f ms", added, c.AddedMillis)
	}
	return ""
}

// cpuRatio is the share of its CPU that the server used, together with the generator where that
// shares it.
func cpuRatio(run *report.Run) report.Value {
	cores, known := run.Server.CPUCores.Get()
	if run.Server.Local {
		cores += run.Load.CPUCores.Or(0)
	}
	available, have := run.Server.CoresAvailable.Get()
	if !known || !have {
		return report.Value{}
	}
	ratio := cores / available
	for _, door := range run.Server.Doors { // rooms of a busy one do not move to an idle one
		ratio = max(ratio, door.CPURatio.Or(0))
	}
	return report.Measured(ratio)
}

func videoDelay(run *report.Run) float64 {
	return quantile(collect(run, func(f *report.PersonFigures) report.Value {
		return f.VideoDelay.P95
	}), 0.95)
}

func collect(run *report.Run, of func(*report.PersonFigures) report.Value) []float64 {
	var values []float64
	for i := range run.Participants {
		values = appendKnown(values, of(&run.Participants[i].Figures))
	}
	return values
}
