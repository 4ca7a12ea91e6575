// Mutate proves that the tests of package tenure and its simulation can fail: it changes one line
// of the sources at a time, in an overlay, and plays the simulation until an invariant does not
// hold. A mutation that is not caught is an error.
//
// Usage: go run ./.ci/mutate [-only NAME] [-readme FILE]. With -readme the table replaces what
// stands between the two marks in that file. With -check it only looks whether every mutation still
// finds its line.
package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
)

func main() {
	only := flag.String("only", "", "the only mutation to try")
	readme := flag.String("readme", "", "file that the table is written into")
	check := flag.Bool("check", false, "only look whether the mutations find their lines")
	flag.Parse()
	if err := run(*only, *readme, *check); err != nil {
		fmt.Fprintln(os.Stderr, "mutate:", err)
		os.Exit(1)
	}
}

func run(only, readme string, check bool) error {
	folder, err := os.MkdirTemp("", "mutate")
	if err != nil {
		return err
	}
	defer func() { _ = os.RemoveAll(folder) }() // what is left is temporary
	table := "| mutation | caught by |\n| --- | --- |\n"
	var survivors []string
	for _, m := range mutations {
		if only != "" && m.name != only {
			continue
		}
		mutated, err := m.apply()
		if err != nil || check {
			if err != nil {
				return err
			}
			continue
		}
		by, err := m.catch(folder, mutated)
		if err != nil {
			return fmt.Errorf("%s: %w", m.name, err)
		}
		if by == "" {
			survivors = append(survivors, m.name)
			by = "**nothing**"
		}
		row := fmt.Sprintf("| %s | %s |\n", m.name, by)
		fmt.Print(row)
		table += row
	}
	if readme != "" {
		if err := writeTable(readme, table); err != nil {
			return err
		}
	}
	if len(survivors) > 0 {
		return fmt.Errorf("not caught: %s", strings.Join(survivors, "; "))
	}
	return nil
}

// apply returns the changed file.
func (m mutation) apply() ([]byte, error) {
	text, err := os.ReadFile(m.file)
	if err != nil {
		return nil, err
	}
	if n := bytes.Count(text, []byte(m.old)); n != 1 {
		return nil, fmt.Errorf("%s: %s has %q %d times, expected once", m.name, m.file, m.old, n)
	}
	return bytes.Replace(text, []byte(m.old), []byte(m.new), 1), nil
}

// suites are tried in turn: the package's own tests, many small worlds, some large ones.
var suites = []struct {
	folder    string
	arguments []string
}{
	{"signaling/tenure", nil},
	{"signaling/tenure/simulation", []string{"-test.run", "Long", "-tenure.seeds", "1500",
		"-tenure.small"}},
	{"signaling/tenure/simulation", []string{"-test.run", "Long", "-tenure.seeds", "60"}},
}

// named finds what a test that failed says.
var named = regexp.MustCompile(`(?m)^--- FAIL: (Test\w+)|seed (\d+): |\b(I[1-5]): |(panic): `)

// catch returns what the tests say of a mutation; empty: nothing.
func (m mutation) catch(folder string, mutated []byte) (string, error) {
	file := filepath.Join(folder, "mutated.go")
	if err := os.WriteFile(file, mutated, 0o600); err != nil {
		return "", err
	}
	path, err := filepath.Abs(m.file)
	if err != nil {
		return "", err
	}
	overlay, err := json.Marshal(map[string]map[string]string{"Replace": {path: file}})
	if err != nil {
		return "", err
	}
	list := filepath.Join(folder, "overlay.json")
	if err := os.WriteFile(list, overlay, 0o600); err != nil {
		return "", err
	}
	for _, s := range suites {
		program := filepath.Join(folder, "test")
		build := exec.Command("go", "test", "-c", "-vet=off", "-overlay", list, "-o", program,
			"./"+s.folder)
		if out, err := build.CombinedOutput(); err != nil {
			return "", fmt.Errorf("cannot build %s: %w: %s", s.folder, err, out)
		}
		test := exec.Command(program, s.arguments...)
		test.Dir = s.folder
		out, err := test.CombinedOutput()
		var failed *exec.ExitError
		switch {
		case errors.As(err, &failed):
			return describe(out), nil
		case err != nil:
			return "", err
		}
	}
	return "", nil
}

// describe names what failed: invariants and the seed, or tests.
func describe(out []byte) string {
	var tests, invariants []string
	seed := ""
	for _, match := range named.FindAllSubmatch(out, -1) {
		switch {
		case len(match[1]) > 0:
			tests = append(tests, "`"+string(match[1])+"`")
		case len(match[2]) > 0:
			seed = string(match[2])
		case len(match[3]) > 0 && !strings.Contains(strings.Join(invariants, " "), string(match[3])):
			invariants = append(invariants, string(match[3]))
		case len(match[4]) > 0:
			return "a panic"
		}
	}
	if len(invariants) > 0 {
		return fmt.Sprintf("%s in the simulation, seed %s", strings.Join(invariants, ", "), seed)
	}
	return strings.Join(tests, ", ")
}

const (
	beginMark = "<!-- mutations -->\n"
	endMark   = "<!-- end of mutations -->"
)

// writeTable replaces what stands between the marks.
func writeTable(path, table string) error {
	text, err := os.ReadFile(path)
	if err != nil {
		return err
	}
	before, rest, found := strings.Cut(string(text), beginMark)
	_, after, ended := strings.Cut(rest, endMark)
	if !found || !ended {
		return fmt.Errorf("%s has no marks %q and %q", path, beginMark, endMark)
	}
	return os.WriteFile(path, []byte(before+beginMark+table+endMark+after), 0o644)
}
