package report

import (
	"fmt"
	"io"
	"strings"
	"text/tabwriter"
)

// WriteTable writes the run for a terminal: one line for each participant, the server, the
// expectations, and the verdict last, where it is seen.
func WriteTable(w io.Writer, r *Run) error {
	var b strings.Builder
	switch {
	case r.Capacity != nil:
		writeTries(&b, r.Capacity)
	case r.Matrix != nil:
		r.Matrix.write(&b)
	default:
		writeParticipants(&b, r)
	}
	writeServer(&b, r)
	for i, o := range r.Expectations {
		if i == 0 {
			b.WriteString("\n")
		}
		mark := "met     "
		if !o.Met {
			mark = "NOT MET "
		}
		fmt.Fprintf(&b, "%s %s: %s\n", mark, o.Expectation, o.Came)
	}
	fmt.Fprintf(&b, "\n%s: %s\n", words[r.Verdict.Level], r.Verdict.Sentence)
	_, err := io.WriteString(w, b.String())
	return err
}

// terminalColumns are fewer than the page's: 100 characters are not much.
var terminalColumns = []struct{ head, figure string }{
	{"voice lost", "audio.concealed"}, {"delay p95", "audio.delay.p95"}, {"frames", "video.fps"},
	{"frozen", "video.frozen"},
	{"picture", ""}, {"p95", "video.delay.p95"}, {"document", "document.fps"},
	{"received", "link.received"},
}

func writeParticipants(b *strings.Builder, r *Run) {
	columns := make([][]string, 0, len(terminalColumns))
	rooms := manyRooms(r)
	head := "participant\tlink"
	if rooms {
		head = "participant\troom\tlink"
	}
	for _, c := range terminalColumns {
		texts, _, _, any := columnOf(r, c.figure)
		if any {
			columns = append(columns, texts)
			head += "\t" + c.head
		}
	}
	table := tabwriter.NewWriter(b, 0, 0, 2, ' ', 0)
	fmt.Fprintln(table, head)
	for i := range r.Participants {
		p := &r.Participants[i]
		fmt.Fprint(table, p.Name)
		if rooms {
			fmt.Fprintf(table, "\t%s", p.Room)
		}
		fmt.Fprintf(table, "\t%s", p.Link)
		if p.Failure != "" {
			fmt.Fprintf(table, "\tfailed: %s\n", p.Failure)
			continue
		}
		for _, texts := range columns {
			fmt.Fprintf(table, "\t%s", texts[i])
		}
		fmt.Fprintln(table)
	}
	table.Flush()
}

func writeTries(b *strings.Builder, c *Capacity) {
	table := tabwriter.NewWriter(b, 0, 0, 2, ' ', 0)
	fmt.Fprintf(table,
		"%s\tparticipants\tvoice lost\tadded p95\tCPU\tCPU/packet\tforwarded\toutcome\n", c.Unit)
	for _, row := range tries(c) {
		fmt.Fprintln(table, strings.Join(row, "\t"))
	}
	table.Flush()
}

func writeServer(b *strings.Builder, r *Run) {
	if r.Server.Unmeasured != "" {
		fmt.Fprintf(b, "\nserver: %s\n", r.Server.Unmeasured)
		writeDoors(b, &r.Server)
		return
	}
	s := &r.Server
	var parts []string
	add := func(unit Unit, v Value, format string) {
		if v.known {
			parts = append(parts, fmt.Sprintf(format, unit.Format(v)))
		}
	}
	add(Cores, s.CPUCores, "%s cores")
	add(Cores, s.CPUCoresPeak, "peak %s")
	add(Bytes, s.MemoryBytesPeak, "%s of memory")
	add(PerSecond, s.PacketsPerSecond, "%s packets out")
	add(Microseconds, s.CPUMicrosPerPkt, "%s of CPU a forwarded packet")
	add(Ratio, r.Load.MachineBusy, "generator's machine %s in use")
	if len(parts) > 0 {
		fmt.Fprintf(b, "\nserver: %s\n", strings.Join(parts, ", "))
	}
	writeDoors(b, s)
}
