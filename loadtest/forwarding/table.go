package forwarding

import (
	"fmt"
	"io"
	"os"
	"text/tabwriter"
	"time"
)

func processID() int { return os.Getpid() }

// Row is one case and what came out.
type Row struct {
	Case   Case
	Result Result
}

// WriteTable prints the rows.
func WriteTable(out io.Writer, rows []Row) error {
	w := tabwriter.NewWriter(out, 0, 0, 2, ' ', tabwriter.AlignRight)
	fmt.Fprintln(w, "case\tpackets/s\tdelivered\tCPU µs\tuser\tsystem\tcalls\tp50 "+
		"ms\tp95\tp99\tRSS MB\tgoroutines\ta participant\tgenerator cores\t")
	for _, row := range rows {
		r := row.Result
		fmt.Fprintf(w,
			"%s\t%.0f\t%.3f %%\t%.2f\t%.2f\t%.2f\t%.3f\t"+
				"%.2f\t%.2f\t%.2f\t%.1f\t%.0f\t%.1f\t%.2f\t\n", row.Case.Name, r.PerSecond,
			100*float64(r.Delivered)/float64(max(r.Sent, 1)), micros(r.CPU), micros(r.User),
			micros(r.System), r.SystemCalls,
			millis(r.P50), millis(r.P95), millis(r.P99), r.Resident/1e6, r.Goroutines,
			r.Goroutines/float64(max(r.Participants, 1)), r.Generator)
	}
	return w.Flush()
}

func micros(d time.Duration) float64 { return float64(d) / float64(time.Microsecond) }
func millis(d time.Duration) float64 { return float64(d) / float64(time.Millisecond) }
