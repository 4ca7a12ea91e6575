// Mutate proves that the tests of package tenure and its simulation can fail: it changes one line
// of the sources at a time, in an overlay, and plays the simulation until an invariant does not
// hold. A mutation that is not caught is an error.
//
// Usage: go run ./.ci/mutate [-only NAME] [-readme FILE]. With -readme the table replaces what
// stands between the two marks in that file. With -check it only looks whether every mutation still
// finds its line.
package main

import (
	"flag"
	"fmt"
	"os"
	"regexp"
	"slices"
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
	if !check {
		if err := sound(folder); err != nil {
			return err
		}
	}
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

// sound plays the suites without a mutation: what fails then proves nothing.
func sound(folder string) error {
	none := mutation{name: "none", file: mutations[0].file}
	text, err := os.ReadFile(none.file)
	if err != nil {
		return err
	}
	by, err := none.catch(folder, text)
	if err == nil && by != "" {
		err = fmt.Errorf("without a mutation %s fails", by)
	}
	return err
}

// suites are tried in turn: the package's own tests, a world whose people come and go at once, many
// small worlds, and those whose register forgets often.
var suites = []struct {
	folder    string
	arguments []string
}{
	{"signaling/tenure", nil},
	{"signaling/tenure/simulation", []string{"-test.run", "BeginAgain"}},
	{"signaling/tenure/simulation", []string{"-test.run", "Long", "-tenure.seeds", "700",
		"-tenure.small"}},
	{"signaling/tenure/simulation", []string{"-test.run", "Long", "-tenure.seeds", "300",
		"-tenure.small", "-tenure.forgetful"}},
}

// named finds what a test that failed says.
var named = regexp.MustCompile(`(?m)^--- FAIL: (Test\w+)|seed (\d+): |\b(I[1-5]): |(panic): `)

// describe names what failed: invariants and the seed, or tests.
func describe(out []byte) string {
	var tests, invariants []string
	seed, panicked := "", false
	for _, match := range named.FindAllSubmatch(out, -1) {
		switch {
		case len(match[1]) > 0:
			tests = append(tests, "`"+string(match[1])+"`")
		case len(match[2]) > 0:
			seed = string(match[2])
		case len(match[3]) > 0 && !slices.Contains(invariants, string(match[3])):
			invariants = append(invariants, string(match[3]))
		case len(match[4]) > 0:
			panicked = true
		}
	}
	if len(invariants) > 0 {
		where := strings.Join(tests, ", ")
		if seed != "" {
			where = "the simulation, seed " + seed
		}
		return strings.Join(invariants, ", ") + " in " + where
	}
	if panicked && len(tests) == 0 {
		return "a panic, or no end"
	}
	if more := len(tests) - 3; more > 0 {
		tests = append(tests[:3], fmt.Sprintf("%d more", more))
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
