package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
)

// suite is the tests of one package that tell figures.
type suite struct {
	folder    string // of the repository
	arguments []string
	program   string
}

// outcome is what came of some suites.
type outcome struct {
	figures map[string]map[uint64]float64 // by name and seed; more is worse
	failed  []string                      // tests
}

// build compiles the tests into a folder.
func (s *suite) build(ctx context.Context, folder string) error {
	s.program = filepath.Join(folder, strings.ReplaceAll(s.folder, "/", "-"))
	build := exec.CommandContext(ctx, "go", "test", "-c", "-o", s.program, "./"+s.folder)
	if out, err := build.CombinedOutput(); err != nil {
		return fmt.Errorf("cannot build the tests of %s: %w: %s", s.folder, err, out)
	}
	return nil
}

// play runs the tests without a rule, or with all if it has no name, and adds what came of it.
func (s *suite) play(ctx context.Context, without string, o *outcome) error {
	arguments := append([]string{"-test.count", "1", "-test.v", "-figures", "-without", without},
		s.arguments...)
	run := exec.CommandContext(ctx, s.program, arguments...)
	run.Dir = s.folder
	out, err := run.Output()
	var failed *exec.ExitError
	if err != nil && !errors.As(err, &failed) {
		return fmt.Errorf("cannot run the tests of %s: %w", s.folder, err)
	}
	if ctx.Err() != nil {
		return context.Cause(ctx)
	}
	before := len(o.figures)
	if err := o.read(out); err != nil {
		return err
	}
	if len(o.figures) == before {
		return fmt.Errorf("the tests of %s without %q told no figures: %s", s.folder, without,
			out[max(0, len(out)-2000):])
	}
	return nil
}

// read takes figures and failures out of what tests print.
func (o *outcome) read(out []byte) error {
	if o.figures == nil {
		o.figures = map[string]map[uint64]float64{}
	}
	for line := range bytes.Lines(out) {
		text := strings.TrimRight(string(line), "\n")
		if name, found := strings.CutPrefix(text, "--- FAIL: "); found {
			name, _, _ = strings.Cut(name, " ")
			o.failed = append(o.failed, name)
		}
		if !strings.HasPrefix(text, "figure\t") {
			continue
		}
		fields := strings.Split(text, "\t")
		if len(fields) != 4 {
			return fmt.Errorf("a figure of %d fields: expected 4 in %q", len(fields), text)
		}
		seed, err := strconv.ParseUint(fields[2], 10, 64)
		if err != nil {
			return fmt.Errorf("a figure's seed: %w", err)
		}
		value, err := strconv.ParseFloat(fields[3], 64)
		if err != nil {
			return fmt.Errorf("a figure's value: %w", err)
		}
		if o.figures[fields[1]] == nil {
			o.figures[fields[1]] = map[uint64]float64{}
		}
		o.figures[fields[1]][seed] = value
	}
	slices.Sort(o.failed)
	return nil
}
