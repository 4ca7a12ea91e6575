// Ablate tells what each rule of the estimators is for: it plays the suites in virtual time (RFC
// 8867's cases, links that people have, what heals after any history, and the packages' own tests)
// with all rules and then without one at a time, and prints what gets worse without it.
//
// Usage: go run ./.ci/ablate [-rule NAME] [-readme FILE]. With -readme the table replaces what
// stands between the two marks in that file.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"runtime"
	"slices"
	"strings"
	"sync"
	"time"

	"draille/sfu/congestion/receive"
	"draille/sfu/congestion/send"
	rules "draille/sfu/congestion/signal"
)

// Histories of a link that are played: what is believed of an uplink goes wrong more seldom.
const (
	downHistories = "200"
	upHistories   = "1000"
)

func main() {
	rule := flag.String("rule", "", "the only rule to switch off (default: each in turn)")
	readme := flag.String("readme", "", "file that the table is written into")
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	if err := run(ctx, *rule, *readme); err != nil {
		fmt.Fprintln(os.Stderr, "ablate:", err)
		os.Exit(1)
	}
}

// side is an estimator with the suites that play it.
type side struct {
	rules  []rules.Named
	suites []*suite
}

func sides() []side {
	return []side{
		{send.Rules(), []*suite{
			{folder: "sfu/congestion/send", arguments: []string{"-heal.histories", downHistories}},
			{folder: "loadtest/rmcat", arguments: []string{"-test.run", "^TestFigures$"}},
		}},
		{receive.Rules(), []*suite{
			{folder: "sfu/congestion/receive"},
			{folder: "sfu/demand", arguments: []string{
				"-test.run", "HealFigures|Attempts|Breath", "-heal.histories", upHistories}},
		}},
	}
}

// ablation is one rule, and what came of it.
type ablation struct {
	name          string
	suites        []*suite
	with, without outcome
}

func run(ctx context.Context, only, readme string) error {
	folder, err := os.MkdirTemp("", "ablate")
	if err != nil {
		return err
	}
	defer func() { _ = os.RemoveAll(folder) }() // what is left is temporary
	var ablations []*ablation
	var names []string
	for _, side := range sides() {
		chosen := slices.DeleteFunc(side.rules, func(r rules.Named) bool {
			names = append(names, r.Name)
			return only != "" && r.Name != only
		})
		if len(chosen) == 0 {
			continue
		}
		with := outcome{}
		for _, s := range side.suites {
			fmt.Fprintln(os.Stderr, "building", s.folder)
			if err := s.build(ctx, folder); err != nil {
				return err
			}
		}
		for _, s := range side.suites {
			fmt.Fprintln(os.Stderr, "with all rules:", s.folder)
			if err := s.play(ctx, "", &with); err != nil {
				return err
			}
		}
		if len(with.failed) > 0 {
			return fmt.Errorf("tests fail with all rules on: %s", strings.Join(with.failed, ", "))
		}
		for _, r := range chosen {
			ablations = append(ablations, &ablation{name: r.Name, suites: side.suites, with: with})
		}
	}
	if len(ablations) == 0 {
		return fmt.Errorf("no rule is called %q: expected one of %s", only,
			strings.Join(names, ", "))
	}
	if err := playAll(ctx, ablations); err != nil {
		return err
	}
	table := tableOf(ablations)
	fmt.Print(table)
	if readme != "" {
		return insert(readme, table)
	}
	return nil
}

// playAll plays the suites without each rule, as many at once as there are cores.
func playAll(ctx context.Context, ablations []*ablation) error {
	var wait sync.WaitGroup
	var mu sync.Mutex
	var all error
	done, begun := 0, time.Now()
	free := make(chan struct{}, runtime.NumCPU())
	for _, a := range ablations {
		wait.Go(func() {
			free <- struct{}{}
			defer func() { <-free }()
			var err error
			for _, s := range a.suites {
				if err == nil {
					err = s.play(ctx, a.name, &a.without)
				}
			}
			mu.Lock()
			defer mu.Unlock()
			all = errors.Join(all, err)
			done++
			fmt.Fprintf(os.Stderr, "%d of %d after %v: without %s\n", done, len(ablations),
				time.Since(begun).Round(time.Second), a.name)
		})
	}
	wait.Wait()
	return all
}
