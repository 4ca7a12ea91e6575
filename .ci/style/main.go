// Command style finds what gofmt, vet and staticcheck let pass: lines that are too long to read,
// tests that guess, functions and files that are too long, runs of lines that stand twice, links in
// Markdown to files that are not there, and names there that no source has. It prints one line for
// each finding, and its exit code is 1 if there are any: go run ./.ci/style
package main

import (
	"bufio"
	"bytes"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
)

func main() {
	findings, err := check(".")
	if err != nil {
		fmt.Fprintln(os.Stderr, "style:", err)
		os.Exit(2)
	}
	for _, f := range findings {
		fmt.Println(f)
	}
	if len(findings) > 0 {
		os.Exit(1)
	}
}

// source is one file of the repository.
type source struct {
	path string
	text []byte
}

// check looks at every file of the repository that Git knows or would take.
func check(root string) ([]string, error) {
	sources, err := list(root)
	if err != nil {
		return nil, err
	}
	allowed, err := readAllowed(filepath.Join(root, ".ci/style/allowed.txt"))
	if err != nil {
		return nil, err
	}
	var findings []string
	names := newKnown(sources)
	for _, s := range sources {
		switch filepath.Ext(s.path) {
		case ".go", ".ts", ".tsx", ".css":
			long, err := longLines(s)
			if err != nil {
				return nil, err
			}
			findings = append(findings, long...)
		case ".md":
			findings = append(findings, deadLinks(root, s)...)
			findings = append(findings, deadNames(s, names)...)
			findings = append(findings, longProse(s)...)
		}
	}
	guesses, err := guessing(sources)
	if err != nil {
		return nil, err
	}
	findings = append(findings, allowed.filter(guesses)...)
	large, err := oversized(sources)
	if err != nil {
		return nil, err
	}
	findings = append(findings, large...)
	slices.Sort(findings)
	return findings, nil
}

func list(root string) ([]source, error) {
	command := exec.Command("git", "ls-files", "--cached", "--others", "--exclude-standard", "-z",
		"--", "*.go", "*.md", "web/*.ts", "web/*.tsx", "web/*.css")
	command.Dir = root
	out, err := command.Output()
	if err != nil {
		return nil, fmt.Errorf("expected a list of files from git ls-files: %w", err)
	}
	var sources []source
	for path := range strings.SplitSeq(strings.TrimRight(string(out), "\x00"), "\x00") {
		text, err := os.ReadFile(filepath.Join(root, path))
		if os.IsNotExist(err) { // deleted, and not yet told to Git
			continue
		}
		if err != nil {
			return nil, err
		}
		sources = append(sources, source{path, text})
	}
	return sources, nil
}

// allowances are the guesses that stand for a reason, by file and test.
type allowances struct {
	reasons map[string]string
	used    map[string]bool
}

// readAllowed reads lines such as "sfu/x_test.go TestX: why it must".
func readAllowed(path string) (*allowances, error) {
	text, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	a := &allowances{reasons: map[string]string{}, used: map[string]bool{}}
	lines := bufio.NewScanner(bytes.NewReader(text))
	for lines.Scan() {
		line := strings.TrimSpace(lines.Text())
		if line == "" || strings.HasPrefix(line, "#") {
			continue
		}
		where, reason, found := strings.Cut(line, ": ")
		if !found || strings.TrimSpace(reason) == "" {
			return nil, fmt.Errorf("%s: expected \"FILE TEST: REASON\", got %q", path, line)
		}
		a.reasons[where] = reason
	}
	return a, lines.Err()
}

// filter leaves out what is allowed, and adds what is allowed for nothing.
func (a *allowances) filter(guesses []guess) []string {
	var findings []string
	for _, g := range guesses {
		where := g.file + " " + g.test
		if a.reasons[where] != "" {
			a.used[where] = true
			continue
		}
		findings = append(findings, g.String())
	}
	for where := range a.reasons {
		if !a.used[where] {
			findings = append(findings,
				".ci/style/allowed.txt: "+where+" needs no allowance: take the line out")
		}
	}
	return findings
}
