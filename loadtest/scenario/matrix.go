package scenario

import (
	"errors"
	"fmt"
	"slices"
	"time"

	"draille/loadtest/link"
	"draille/loadtest/report"
)

var errNoLinks = errors.New("a matrix of no link cannot be played: expected at least 1")

// merge adds the participants of another part. The figures of server and generator are those of the
// part in which the server had most to do.
func merge(whole, part *report.Run) *report.Run {
	if whole == nil {
		return part
	}
	whole.Participants = append(whole.Participants, part.Participants...)
	for i := range whole.Participants {
		whole.Participants[i].ID = fmt.Sprint(i + 1)
	}
	for _, l := range part.Links {
		if !slices.Contains(whole.Links, l) {
			whole.Links = append(whole.Links, l)
		}
	}
	if part.Server.CPUCores.Or(0) > whole.Server.CPUCores.Or(0) {
		whole.Server, whole.Load = part.Server, part.Load
	}
	whole.DurationSeconds = max(whole.DurationSeconds, part.DurationSeconds)
	return whole
}

// judgeLink is the verdict of one room, with what of its link explains it.
func judgeLink(run *report.Run, l link.Profile, length time.Duration) report.MatrixCell {
	cell := report.JudgeRoom(run, l.Name)
	cell.Link, cell.Summary = l.Name, l.Summary
	if cell.Verdict.Level == report.Fair || cell.Verdict.Level == report.Bad {
		cell.Why = explain(cell.Weak, l, length)
	}
	return cell
}

// Of a link, what is worth a word in an explanation.
const (
	// one way: what a conversation takes without noticing (ITU-T G.114)
	longDelay = 150 * time.Millisecond
	thinRate  = 600 * link.Kbps // below it voice and a full picture do not fit
)

// explain says which of the link's traits are behind the figures that were not good.
func explain(weak []string, l link.Profile, length time.Duration) []string {
	up, down := traitsOf(&l.Up, length), traitsOf(&l.Down, length)
	var why []string
	late := slices.ContainsFunc(weak, func(f string) bool { return f == "audio.delay.p95" })
	if delay := max(up.delay, down.delay); late && delay >= longDelay {
		why = append(why, fmt.Sprintf("the link alone takes %d ms each way", delay.Milliseconds()))
	}
	add := func(format string, of func(traits) string) {
		if words := bothWays(of(down), of(up)); words != "" {
			why = append(why, fmt.Sprintf(format, words))
		}
	}
	add("it carries %s at its worst", func(t traits) string {
		if t.rate == 0 || t.rate >= thinRate {
			return ""
		}
		return t.rate.String()
	})
	add("it is cut %s", func(t traits) string {
		if !t.stops {
			return ""
		}
		return "for moments"
	})
	add("it loses %s", func(t traits) string {
		if t.loss < 0.005 {
			return ""
		}
		return fmt.Sprintf("%.2g %% of the packets", 100*t.loss)
	})
	return why
}

// bothWays joins what is said of each direction; empty: nothing.
func bothWays(down, up string) string {
	switch {
	case down == up && down != "":
		return down + " both ways"
	case down != "" && up != "":
		return down + " down and " + up + " up"
	case down != "":
		return down + " down"
	case up != "":
		return up + " up"
	default:
		return ""
	}
}

// traits are the worst that one direction does within the length of a call.
type traits struct {
	rate  link.Bitrate // 0: not limited
	delay time.Duration
	loss  float64 // mean
	stops bool
}

func traitsOf(c *link.Config, length time.Duration) traits {
	type period struct {
		link.Conditions
		from, to time.Duration
	}
	end := length
	if c.Period > 0 {
		end = min(length, c.Period)
	}
	periods := []period{{c.Conditions, 0, end}}
	for _, s := range c.Schedule {
		if s.At >= end {
			break
		}
		periods[len(periods)-1].to = s.At
		periods = append(periods, period{s.Conditions, s.At, end})
	}
	var t traits
	for _, p := range periods {
		if p.to <= p.from {
			continue
		}
		if p.Rate > 0 && (t.rate == 0 || p.Rate < t.rate) {
			t.rate = p.Rate
		}
		t.delay = max(t.delay, p.Delay+p.Jitter.Mean)
		t.stops = t.stops || p.Stopped
		bursts := p.Bursts.Share*p.Bursts.LossBad + (1-p.Bursts.Share)*p.Bursts.LossGood
		t.loss += (p.Loss + bursts) * (p.to - p.from).Seconds() / end.Seconds()
	}
	return t
}
