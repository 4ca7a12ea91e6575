package report

import (
	"fmt"
	"strings"
)

// What counts as good, and what as usable. Concealment: below 1 % nobody notices, above 5 % words
// are lost. Frozen: the same shares of the time. Frames: 15/s are needed to see a tremor of 1–7 Hz,
// below 10/s a face is a slide show. Delay from mouth to ear: ITU-T G.114 (150 ms good, 400 ms the
// ceiling).
const (
	goodConcealed, usableConcealed = 0.01, 0.05
	goodFrozen, usableFrozen       = 0.01, 0.05
	// a rate of 15 measured over a minute may lack a frame
	goodFrames, usableFrames     = 14.5, 9.5
	goodDelayMillis, usableDelay = 300, 400
)

// Judge fills the verdict of a run from its figures and the outcome of its expectations.
func Judge(r *Run) {
	r.Verdict = judge(r)
}

func judge(r *Run) Verdict {
	if r.Load.Limit != "" {
		return Verdict{Void, "This run says nothing about the server: " + r.Load.Limit}
	}
	if len(r.Participants) == 0 && r.Capacity == nil {
		return Verdict{Void,
			"Nothing was measured: " + or(r.Interrupted, "no participant took part") + "."}
	}
	prefix := ""
	if r.Interrupted != "" {
		prefix = fmt.Sprintf("Ended early, after %s s (%s). ", trim(r.DurationSeconds),
			r.Interrupted)
	}
	for _, o := range r.Expectations {
		if !o.Met {
			return Verdict{Bad,
				fmt.Sprintf("%sExpected %s, but it was %s%s.", prefix, o.Expectation, o.Came,
					more(r.Expectations))}
		}
	}
	if r.Capacity != nil {
		return Verdict{Good, prefix + r.Capacity.sentence()}
	}
	if r.Matrix != nil {
		v := r.Matrix.judge()
		return Verdict{v.Level, prefix + v.Sentence}
	}
	level, sentence := judgeParticipants(r)
	if len(r.Expectations) > 0 && level != Bad {
		return Verdict{level, fmt.Sprintf("%sEvery expectation was met. %s", prefix, sentence)}
	}
	return Verdict{level, prefix + sentence}
}

func judgeParticipants(r *Run) (Level, string) {
	if n := failedJoins(r).number; n > 0 {
		first := ""
		for i := range r.Participants {
			if p := &r.Participants[i]; p.Failure != "" {
				first = fmt.Sprintf("%s: %s", p.Label(), p.Failure)
				break
			}
		}
		return Bad, fmt.Sprintf("%s of %d participants did not get through (%s).", trim(n),
			len(r.Participants), first)
	}
	trouble := map[Level][]string{}
	measured := false
	for _, c := range criteria {
		figure, err := FindFigure(c.figure)
		if err != nil {
			panic(err) // a criterion of this file
		}
		worst, who := figure.Worst(r, "")
		if who == nil {
			continue
		}
		measured = true
		if level := c.level(worst.number); level != Good {
			trouble[level] = append(trouble[level],
				fmt.Sprintf(c.words, figure.Unit.Format(worst), who.Label()))
		}
	}
	switch {
	case !measured:
		return Void, "Nothing was heard or seen by anybody: there is nothing to judge."
	case len(trouble[Bad]) > 0:
		return Bad, "The call did not hold: " + strings.Join(trouble[Bad], "; ") + "."
	case len(trouble[Fair]) > 0:
		return Fair, "The voice held, with reservations: " + strings.Join(trouble[Fair], "; ") + "."
	}
	return Good, fmt.Sprintf("The call held for all %d participants: %s.", len(r.Participants),
		praise(r))
}

// criterion is a figure with two bounds. A picture never makes a call bad: it is what is sacrificed
// for the voice.
type criterion struct {
	figure       string
	good, usable float64
	worst        Level
	words        string
}

var criteria = []criterion{
	{"audio.concealed", goodConcealed, usableConcealed, Bad, "up to %s of the voice was lost (%s)"},
	{"audio.delay.p95", goodDelayMillis, usableDelay, Fair, "the voice took up to %s (%s)"},
	{"video.fps", goodFrames, usableFrames, Fair, "the frame rate was down to %s (%s)"},
	{"video.frozen", goodFrozen, usableFrozen, Fair,
		"the picture stood still for %s of the time (%s)"},
}

func (c criterion) level(value float64) Level {
	good, usable := value < c.good, value < c.usable
	if c.good > c.usable {
		good, usable = value >= c.good, value >= c.usable
	}
	switch {
	case good:
		return Good
	case usable:
		return Fair
	default:
		return c.worst
	}
}

// praise names the worst of what was good.
func praise(r *Run) string {
	var words []string
	for _, c := range []struct{ figure, words string }{
		{"audio.concealed", "at most %s of the voice was lost"},
		{"video.fps", "the frame rate was at least %s"},
		{"audio.delay.p95", "the voice took at most %s"},
	} {
		figure, err := FindFigure(c.figure)
		if err != nil {
			panic(err) // a figure of this file
		}
		if worst, who := figure.Worst(r, ""); who != nil {
			words = append(words, fmt.Sprintf(c.words, figure.Unit.Format(worst)))
		}
	}
	return strings.Join(words, ", ")
}

func more(outcomes []Outcome) string {
	failed := 0
	for _, o := range outcomes {
		if !o.Met {
			failed++
		}
	}
	if failed < 2 {
		return ""
	}
	return fmt.Sprintf(", and %d of %d expectations failed in all", failed, len(outcomes))
}

func or(text, other string) string {
	if text == "" {
		return other
	}
	return text
}
