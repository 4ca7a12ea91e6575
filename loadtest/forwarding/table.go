package forwarding

import (
	"fmt"
	"io"
	"text/tabwriter"
	"time"
)

// Row is one case and what came out.
type Row struct {
	Case   Case
	Build  string // of the server; empty: this one
	Result Result
}

// WriteTable prints the rows, and below them what is the price of a participant and of a packet.
func WriteTable(out io.Writer, rows []Row) error {
	w := tabwriter.NewWriter(out, 0, 0, 2, ' ', tabwriter.AlignRight)
	fmt.Fprintln(w, "case\tpackets/s\tdelivered\tCPU µs\tuser\tsystem\tcalls\tp50 "+
		"ms\tp95\tp99\tRSS MB\tgoroutines\ta participant\tcores\twake-ups/s\tgenerator cores\t")
	for _, row := range rows {
		r := row.Result
		fmt.Fprintf(w,
			"%s\t%.0f\t%.3f %%\t%.2f\t%.2f\t%.2f\t%.3f\t"+
				"%.2f\t%.2f\t%.2f\t%.1f\t%.0f\t%.1f\t%.4f\t%.0f\t%.2f\t\n", row.name(),
			r.PerSecond, share(r), micros(r.CPU), micros(r.User), micros(r.System),
			r.SystemCalls, millis(r.P50), millis(r.P95), millis(r.P99), r.Resident/1e6,
			r.Goroutines, r.Goroutines/float64(max(r.Participants, 1)), r.Cores, r.Waits,
			r.Generator)
	}
	if err := w.Flush(); err != nil {
		return err
	}
	for _, p := range prices(rows) {
		fmt.Fprintln(out, p)
	}
	return nil
}

func (r Row) name() string {
	if r.Build == "" {
		return r.Case.Name
	}
	return r.Case.Name + " (" + r.Build + ")"
}

// share is how much has arrived, in percent.
func share(r Result) float64 {
	if r.Sent == 0 {
		return 100
	}
	return 100 * float64(r.Delivered) / float64(r.Sent)
}

// price divides what a server used into what its participants cost and what packets cost.
type price struct {
	least, most Row
	participant float64 // cores
	packet      time.Duration
}

// prices compares the rows of the same people, those who send least with those who send most: what
// grows with the packets is the price of a packet, with its share of feedback, and what is left
// that of a participant.
func prices(rows []Row) (all []price) {
	done := make([]bool, len(rows))
	for i, first := range rows {
		if done[i] {
			continue
		}
		p := price{least: first, most: first}
		for j, row := range rows {
			if row.Build != first.Build || !row.Case.like(first.Case) {
				continue
			}
			done[j] = true
			if row.Result.PerSecond < p.least.Result.PerSecond {
				p.least = row
			}
			if row.Result.PerSecond > p.most.Result.PerSecond {
				p.most = row
			}
		}
		least, most := p.least.Result, p.most.Result
		if most.PerSecond == least.PerSecond {
			continue
		}
		packet := (most.Cores - least.Cores) / (most.PerSecond - least.PerSecond)
		p.packet = time.Duration(packet * float64(time.Second))
		p.participant = (least.Cores - packet*least.PerSecond) /
			float64(max(least.Participants, 1))
		all = append(all, p)
	}
	return all
}

func (p price) String() string {
	return fmt.Sprintf("%s to %s: %.3f %% of a core for each of %d participants, and %.1f µs for "+
		"each packet", p.least.name(), p.most.name(), 100*p.participant,
		p.least.Result.Participants, micros(p.packet))
}

func micros(d time.Duration) float64 { return float64(d) / float64(time.Microsecond) }
func millis(d time.Duration) float64 { return float64(d) / float64(time.Millisecond) }
