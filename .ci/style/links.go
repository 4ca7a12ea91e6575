package main

import (
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"
)

var linkForm = regexp.MustCompile(`\]\(([^)\s#]+)(?:#[^)\s]*)?\)`)

// deadLinks finds links of a Markdown file to files that the repository does not have.
func deadLinks(root string, s source) []string {
	var findings []string
	for i, line := range strings.Split(string(s.text), "\n") {
		for _, link := range linkForm.FindAllStringSubmatch(line, -1) {
			if strings.Contains(link[1], "://") || strings.HasPrefix(link[1], "mailto:") {
				continue
			}
			target := filepath.Join(root, filepath.Dir(s.path), link[1])
			if _, err := os.Stat(target); err != nil {
				findings = append(findings, fmt.Sprintf("%s:%d: there is no %s: mend the link",
					s.path, i+1, link[1]))
			}
		}
	}
	return findings
}
