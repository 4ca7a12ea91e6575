package cluster

import (
	"cmp"
	"flag"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"text/tabwriter"
	"time"

	"github.com/stretchr/testify/require"
	"go.uber.org/zap"

	"draille/loadtest/link/tun"
)

var (
	accept = flag.Bool("cluster.acceptance", false, "run the acceptance of several servers (root)")
	runs   = flag.Int("cluster.runs", 3, "how often each row is run")
	only   = flag.String("cluster.rows", "", "some rows alone, separated by commas")
	away   = flag.Duration("cluster.away", 20*time.Second, "how long the register is away")
	many   = flag.Int("cluster.consultations", 20, "consultations that lose their machine")
	folder = flag.String("cluster.reports", "", "folder for the table")
)

const insideVariable = "TEST_CLUSTER_INSIDE"

var quietLog = zap.NewNop()

// figure is one thing that a row measures. A row's runs have the same figures in the same order.
type figure struct {
	what  string
	value float64
	unit  string
	most  float64 // that is allowed; least if atLeast
	least bool
	plain bool // nothing is asked of it
}

func took(what string, d, most time.Duration) figure {
	return figure{what: what, value: d.Seconds() * 1000, unit: "ms", most: most.Seconds() * 1000}
}

func share(what string, of float64) figure {
	return figure{what: what, value: 100 * of, unit: "%", most: 100, least: true}
}

// plain states something of which nothing is asked.
func plain(f figure) figure {
	f.plain = true
	return f
}

// holds reports whether a value is what is asked for.
func (f figure) holds(value float64) bool {
	switch {
	case f.plain:
		return true
	case f.least:
		return value >= f.most
	}
	return value <= f.most
}

// row is one way in which things go wrong, or one thing that is measured.
type row struct {
	name string
	says string
	run  func(s *site) []figure
	once bool // another run says no more
}

func rows() []row {
	return []row{
		{"machine", "a machine is lost, not the register's leader: cable and process",
			(*site).machineLost, false},
		{"leader", "the machine of the register's leader is lost", (*site).leaderLost, false},
		{"restart", "kill -9, and started again at once", (*site).restarted, false},
		{"restart-leader", "the same, to the register's leader", (*site).leaderRestarted, false},
		{"drain", "a server is drained, everybody 50 ms away", (*site).drained, false},
		{"drain-100", "a server with 100 rooms is drained", (*site).drainedWhole, true},
		{"register", "the register is cut off from all", (*site).registerGone, false},
		{"joins", "joins by another door, and new rooms", (*site).joinsMeasured, false},
		{"upgrade", "one server after the other is drained and started", (*site).upgraded, false},
		{"alone", "one server without a cluster, and without the engine linked",
			(*site).aloneMeasured, true},
		{"chromium", "a machine is lost, two real Chromiums", (*site).chromium, false},
	}
}

// result is what the runs of a row have found.
type result struct {
	row    row
	runs   [][]figure
	failed int
}

// The acceptance of several servers: each row a few times, and a table at the end.
func TestAcceptance(t *testing.T) {
	if !*accept {
		t.Skip("takes a quarter of an hour and root: make cluster")
	}
	if os.Getenv(insideVariable) == "" {
		inNamespace(t)
		return
	}
	for _, name := range strings.Split(*only, ",") {
		require.True(t, name == "" || slices.ContainsFunc(rows(), func(r row) bool {
			return r.name == name
		}), "no row %q", name)
	}
	var s *site
	var results []result
	for _, r := range rows() {
		if *only != "" && !slices.Contains(strings.Split(*only, ","), r.name) {
			continue
		}
		found := result{row: r}
		for i := range *runs {
			if r.once && i > 0 {
				break
			}
			began := time.Now()
			ok := t.Run(fmt.Sprintf("%s-%d", r.name, i+1), func(sub *testing.T) {
				if s == nil {
					s = newSite(sub)
					s.begin()
				}
				s.t = sub
				found.runs = append(found.runs, r.run(s))
			})
			fmt.Printf("%s, run %d: %.0f s\n", r.name, i+1, time.Since(began).Seconds())
			if ok {
				for _, f := range found.runs[len(found.runs)-1] {
					fmt.Printf("   %s: %.1f %s\n", f.what, f.value, f.unit)
				}
			} else { // the next one begins with machines that nothing has happened to
				found.failed++
				if s != nil {
					s.close(true)
				}
				s = nil
			}
		}
		results = append(results, found)
	}
	if s != nil {
		s.close(false)
	}
	require.NoError(t, writeTable(results))
	for _, r := range results {
		for _, broken := range r.broken() {
			t.Errorf("%s: %s", r.row.name, broken)
		}
	}
}

// broken are the figures whose worst is not what is asked for.
func (r result) broken() (broken []string) {
	if r.failed > 0 {
		broken = append(broken, fmt.Sprintf("%d runs failed", r.failed))
	}
	for i := range r.figures() {
		f, median, worst := r.of(i)
		if !f.holds(worst) {
			broken = append(broken, fmt.Sprintf("%s: median %.1f, worst %.1f %s, asked for %.0f",
				f.what, median, worst, f.unit, f.most))
		}
	}
	return broken
}

func (r result) figures() int {
	if len(r.runs) == 0 {
		return 0
	}
	return len(r.runs[0])
}

// of returns a figure with the median and the worst of all runs.
func (r result) of(i int) (f figure, median, worst float64) {
	f = r.runs[0][i]
	var values []float64
	for _, run := range r.runs {
		values = append(values, run[i].value)
	}
	slices.SortFunc(values, func(a, b float64) int {
		if f.least {
			return cmp.Compare(b, a)
		}
		return cmp.Compare(a, b)
	})
	return f, values[len(values)/2], values[len(values)-1]
}

// writeTable prints the table, and keeps it.
func writeTable(results []result) error {
	outs := []io.Writer{os.Stdout}
	if *folder != "" {
		file, err := os.Create(filepath.Join(*folder, "cluster.md"))
		if err != nil {
			return err
		}
		defer file.Close()
		outs = append(outs, file)
	}
	table := tabwriter.NewWriter(io.MultiWriter(outs...), 0, 4, 1, ' ', 0)
	fmt.Fprintf(table, "\n| row\t| what\t| median\t| worst\t| asked for\t| runs\t|\n"+
		"| ---\t| ---\t| ---:\t| ---:\t| ---:\t| ---:\t|\n")
	for _, r := range results {
		for i := range r.figures() {
			f, median, worst := r.of(i)
			asked, mark := fmt.Sprintf("≤ %.0f", f.most), ""
			switch {
			case f.plain:
				asked = "–"
			case f.least:
				asked = fmt.Sprintf("≥ %.0f", f.most)
			}
			if !f.holds(worst) {
				mark = " **no**"
			}
			what := f.what
			if f.unit != "" {
				what += ", " + f.unit
			}
			fmt.Fprintf(table, "| `%s`\t| %s\t| %.1f\t| %.1f%s\t| %s\t| %d\t|\n", r.row.name,
				what, median, worst, mark, asked, len(r.runs))
		}
		if r.failed > 0 {
			fmt.Fprintf(table, "| `%s`\t| %s\t| \t| **failed**\t| \t| %d of %d\t|\n", r.row.name,
				r.row.says, r.failed, len(r.runs)+r.failed)
		}
	}
	return table.Flush()
}

// inNamespace runs this test again in a network of its own, where the clients are: what it makes of
// networks is gone with it.
func inNamespace(t *testing.T) {
	if _, err := exec.LookPath("nft"); err != nil {
		t.Skip("nft is missing: apt-get install nftables")
	}
	namespace, err := tun.NewNamespace()
	if err != nil {
		t.Skip(err)
	}
	defer func() { require.NoError(t, namespace.Close()) }()
	again := namespace.Command(t.Context(), os.Args[0], os.Args[1:]...)
	again.Env = append(os.Environ(), insideVariable+"=1")
	again.Stdout, again.Stderr = os.Stdout, os.Stderr
	var ended *exec.ExitError
	if err := again.Run(); err != nil {
		require.ErrorAs(t, err, &ended)
		t.Fatal("in its namespace: see above")
	}
}
