// Package ablation lets the suites in virtual time be played with a rule of an estimator switched
// off, and tell in figures what came of it. It is for tests only: make ablate plays them all.
package ablation

import (
	"flag"
	"fmt"
	"os"
	"sync"
	"testing"

	"draille/sfu/congestion/signal"
)

var (
	without = flag.String("without", "", "rule that is switched off (see Rules)")
	figures = flag.Bool("figures", false, "play the suites that tell figures, and print them")
)

// Without returns the rule that the command line switches off, if it is one of these.
func Without(rules []signal.Named) signal.Rules {
	for _, rule := range rules {
		if rule.Name == *without {
			return rule.Rule
		}
	}
	return 0
}

// Figures is what a suite tells. More is worse in all of them.
type Figures struct{ mu sync.Mutex }

// Wanted skips a test unless figures are asked for.
func Wanted(t *testing.T) *Figures {
	t.Helper()
	if !*figures {
		t.Skip("make ablate asks for figures")
	}
	return &Figures{}
}

// Add prints a figure of one seed. The name ends with the unit.
func (f *Figures) Add(name string, seed uint64, value float64) {
	f.mu.Lock()
	defer f.mu.Unlock()
	fmt.Fprintf(os.Stdout, "figure\t%s\t%d\t%g\n", name, seed, value)
}
