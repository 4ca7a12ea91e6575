package rmcat

import (
	"flag"
	"fmt"
	"os"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"
)

var (
	printTable = flag.Bool("rmcat.table", false, "print the table of all cases")
	markdown   = flag.Bool("rmcat.markdown", false, "print the table in Markdown")
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// inBubble plays a case with the baseline, whose clock is the bubble's. Its goroutines race each
// other even there, so that its figures move by a percent or so from run to run.
func inBubble(t *testing.T, c Case) Result {
	var r Result
	synctest.Test(t, func(t *testing.T) {
		start := time.Now()
		var err error
		r, err = Run(c, PionGCC, Options{
			Seed: 1, Epoch: start,
			Advance: func(to time.Duration) { time.Sleep(time.Until(start.Add(to))) },
			Settle:  synctest.Wait,
		})
		require.NoError(t, err)
	})
	return r
}

// TestSuite plays all cases with the baseline and with our estimator. With -rmcat.table it prints
// the table; without, it only plays two cases.
func TestSuite(t *testing.T) {
	cases := append(Cases(1), Cases(0.2)...)
	if !*printTable {
		cases = []Case{Cases(0.2)[0], Cases(0.2)[5]}
	}
	baseline, ours := Judged{Name: "pion gcc"}, Judged{Name: "draille"}
	for _, c := range cases {
		baseline.Results = append(baseline.Results, inBubble(t, c))
		ours.Results = append(ours.Results, play(t, c, Draille))
	}
	if *printTable {
		fmt.Fprint(os.Stdout, Table([]Judged{baseline, ours}, *markdown))
	}
	for _, judged := range []Judged{baseline, ours} {
		for _, r := range judged.Results {
			assert.Greater(t, r.Utilisation, 0.01, "%s in case %s", judged.Name, r.Case)
			assert.LessOrEqual(t, r.Utilisation, 1.0, "%s in case %s", judged.Name, r.Case)
		}
	}
}

func TestBaselineReadsItsFeedback(t *testing.T) {
	// On a wide link an estimator that understands its feedback leaves its first rate.
	c := oneFlow(Capacity{0, 5 * mbps})
	r := inBubble(t, c)
	assert.Greater(t, r.Utilisation, 2*0.3/5)
}
