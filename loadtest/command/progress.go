package command

import (
	"fmt"
	"io"
	"os"
	"strings"
	"time"

	"golang.org/x/term"

	"draille/loadtest/report"
	"draille/loadtest/scenario"
)

// progress shows how a run stands: one line that is written again and again on a terminal, now and
// then a line of its own elsewhere.
type progress struct {
	out      io.Writer
	terminal bool
	next     time.Duration // when the next plain line is due
}

const (
	plainEvery = 5 * time.Second
	clearLine  = "\r\x1b[K"
)

func newProgress(out io.Writer) *progress {
	file, isFile := out.(*os.File)
	return &progress{out: out, terminal: isFile && term.IsTerminal(int(file.Fd()))}
}

func (p *progress) show(now scenario.Progress) {
	if now.Elapsed < p.next-plainEvery-time.Second {
		p.next = 0 // another run has begun
	}
	if p.terminal {
		fmt.Fprint(p.out, clearLine+progressLine(now))
		return
	}
	if now.Elapsed < p.next {
		return
	}
	p.next = now.Elapsed.Truncate(plainEvery) + plainEvery
	fmt.Fprintln(p.out, progressLine(now))
}

// tried tells of one size of the search for capacity.
func (p *progress) tried(t report.Try) {
	p.clear()
	outcome := "held"
	if !t.Held {
		outcome = "broke: " + t.Broke
	}
	fmt.Fprintf(p.out, "%d rooms, %d participants: %s\n", t.Count, t.Participants, outcome)
}

func (p *progress) clear() {
	if p.terminal {
		fmt.Fprint(p.out, clearLine)
	}
}

func progressLine(now scenario.Progress) string {
	parts := []string{
		fmt.Sprintf("%3.0f of %.0f s", now.Elapsed.Seconds(), now.Length.Seconds()),
		fmt.Sprintf("%d of %d in", now.Present, now.Planned),
	}
	if now.Failed > 0 {
		parts = append(parts, fmt.Sprintf("%d failed", now.Failed))
	}
	parts = append(parts,
		"voice lost "+report.Ratio.Format(now.AudioConcealed),
		"frames "+report.PerSecond.Format(now.FramesPerSecond),
		"server "+report.Cores.Format(now.ServerCores)+" cores",
		"machine "+report.Ratio.Format(now.MachineBusy),
		"packets "+report.PerSecond.Format(now.PacketsPerSecond))
	return strings.Join(parts, "  ")
}
