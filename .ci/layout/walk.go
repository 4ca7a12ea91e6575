package main

import (
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"
)

var quoted = regexp.MustCompile("`([^`]+)`")

// untrueWalk finds what the walk through the code in sfu/README.md names and its files do not have:
// each Go file must be there, and every other word or line that is quoted must stand in one of
// them. An ellipsis stands for anything.
func untrueWalk() ([]finding, error) {
	const readme, title = "sfu/README.md", "\n## A walk through the code\n"
	text, err := os.ReadFile(readme)
	if err != nil {
		return nil, err
	}
	before, walk, found := strings.Cut(string(text), title)
	if !found {
		return nil, fmt.Errorf("expected a section %q in %s", strings.TrimSpace(title), readme)
	}
	walk, _, _ = strings.Cut(walk, "\n## ")
	line := func(at int) int { return strings.Count(before+title+walk[:at], "\n") + 1 }
	var findings []finding
	var code strings.Builder
	quotes := quoted.FindAllStringSubmatchIndex(walk, -1)
	for _, q := range quotes {
		name := walk[q[2]:q[3]]
		if filepath.Ext(name) != ".go" {
			continue
		}
		source, err := os.ReadFile(filepath.Join(filepath.Dir(readme), name))
		if err != nil {
			findings = append(findings, finding{readme, line(q[0]), "there is no " + name})
		}
		code.Write(source)
	}
	for _, q := range quotes {
		if name := walk[q[2]:q[3]]; !strings.HasSuffix(name, ".go") && name != "README.md" &&
			!stands(strings.Split(name, "…"), code.String()) {
			findings = append(findings, finding{readme, line(q[0]),
				fmt.Sprintf("the files of the walk have no %q", name)})
		}
	}
	return findings, nil
}

// stands reports whether one line of the code has all parts, in their order.
func stands(parts []string, code string) bool {
	for line := range strings.Lines(code) {
		all := true
		for _, part := range parts {
			var found bool
			if _, line, found = strings.Cut(line, strings.TrimSpace(part)); !found {
				all = false
				break
			}
		}
		if all {
			return true
		}
	}
	return false
}
