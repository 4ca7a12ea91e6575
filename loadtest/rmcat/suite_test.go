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

	"draille/sfu/congestion/ablation"
	"draille/sfu/congestion/send"
)

var (
	printTable = flag.Bool("rmcat.table", false, "print the table of all cases")
	markdown   = flag.Bool("rmcat.markdown", false, "print the table in Markdown")
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// inBubble plays a case with the baseline, whose clock is the bubble's. Its goroutines race each
// other even there, so that its figures move by a percent or so from run to run.
func inBubble(t *testing.T, c Case, seed uint64) Result {
	var r Result
	synctest.Test(t, func(t *testing.T) {
		start := time.Now()
		var err error
		r, err = Run(c, PionGCC, Options{
			Seed: seed, Epoch: start,
			Advance: func(to time.Duration) { time.Sleep(time.Until(start.Add(to))) },
			Settle:  synctest.Wait,
		})
		require.NoError(t, err)
	})
	return r
}

// seeds of which the table gives the mean; beside TCP all, for there the baseline depends on the
// order of its goroutines.
var seeds = []uint64{1, 2, 3, 4, 5, 6, 7, 8, 9}

const (
	enoughSeeds = 3 // without TCP
	figureSeeds = 6
)

// TestSuite plays all cases with the baseline and with our estimator, which must be better in every
// one. With -rmcat.table it prints the table; without, it plays two cases once, without TCP: beside
// it a single run of the baseline ends anywhere.
func TestSuite(t *testing.T) {
	cases, seeds := append(Cases(1), Cases(0.2)...), seeds
	if !*printTable {
		cases, seeds = []Case{cases[8], cases[10]}, seeds[:1]
	}
	baseline, ours := Judged{Name: "pion gcc"}, Judged{Name: "draille"}
	for _, c := range cases {
		var theirs, own []Result
		seeds := seeds
		if len(c.TCP) == 0 {
			seeds = seeds[:min(enoughSeeds, len(seeds))]
		}
		for _, seed := range seeds {
			theirs = append(theirs, inBubble(t, c, seed))
			r, err := Run(c, Draille, Options{Seed: seed})
			require.NoError(t, err)
			own = append(own, r)
		}
		baseline.Results, ours.Results = append(baseline.Results, Mean(theirs)),
			append(ours.Results, Mean(own))
	}
	if *printTable {
		fmt.Fprint(os.Stdout, Table([]Judged{baseline, ours}, *markdown))
	}
	for i, c := range cases {
		theirs, own := &baseline.Results[i], &ours.Results[i]
		assert.Greater(t, theirs.Utilisation, 0.01, "case %s", c.Name)
		assert.True(t, own.Better(theirs), "case %s: %.0f %% with %v, baseline %.0f %% with %v",
			c.Name,
			100*own.Utilisation, own.QueueP95, 100*theirs.Utilisation, theirs.QueueP95)
		if len(c.TCP) == 0 {
			assert.Greater(t, own.Utilisation, 0.8, "case %s", c.Name)
			assert.Less(t, own.QueueP95, 160*time.Millisecond, "case %s", c.Name)
		}
	}
}

// TestFigures tells what comes of all cases, seed by seed.
func TestFigures(t *testing.T) {
	figures := ablation.Wanted(t)
	ours := DrailleWithout(ablation.Without(send.Rules()))
	for _, c := range append(Cases(1), Cases(0.2)...) {
		for _, seed := range seeds[:figureSeeds] {
			r, err := Run(c, ours, Options{Seed: seed})
			require.NoError(t, err)
			figures.Add("rmcat "+c.Name+": unused %", seed, 100*(1-r.Utilisation))
			figures.Add("rmcat "+c.Name+": p95 queue ms", seed,
				float64(r.QueueP95.Milliseconds()))
			figures.Add("rmcat "+c.Name+": lost %", seed, 100*r.Loss)
		}
	}
}

func TestBaselineReadsItsFeedback(t *testing.T) {
	// On a wide link an estimator that understands its feedback leaves its first rate.
	c := oneFlow(Capacity{0, 5 * mbps})
	r := inBubble(t, c, 1)
	assert.Greater(t, r.Utilisation, 2*0.3/5)
}
