package main

import (
	"fmt"
	"path"
	"regexp"
	"strings"
)

var (
	word       = regexp.MustCompile(`\w+`)
	fileForm   = regexp.MustCompile("`((?:[\\w.-]+/)*[\\w.-]+\\.(?:go|ts|tsx|css))`")
	memberForm = regexp.MustCompile("`([A-Za-z_]\\w*(?:\\.[A-Za-z_]\\w*)+)(?:\\(\\))?`")
)

// known is what Markdown may name.
type known struct {
	files map[string]bool // by path, and by each end of it: downlink.go, sfu/downlink.go
	words map[string]bool // of the sources
}

func newKnown(sources []source) known {
	k := known{files: map[string]bool{}, words: map[string]bool{}}
	for _, s := range sources {
		if path.Ext(s.path) == ".md" {
			continue
		}
		for end := s.path; end != ""; _, end, _ = strings.Cut(end, "/") {
			k.files[end] = true
		}
		for _, w := range word.FindAllString(string(s.text), -1) {
			k.words[w] = true
		}
	}
	return k
}

// deadNames finds files, and members such as `room.apply`, that a Markdown file names and the
// sources do not have.
func deadNames(s source, k known) []string {
	var findings []string
	for i, line := range strings.Split(string(s.text), "\n") {
		say := func(name, what string) {
			findings = append(findings, fmt.Sprintf("%s:%d: there is no %s %s: name what there is",
				s.path, i+1, what, name))
		}
		for _, m := range fileForm.FindAllStringSubmatch(line, -1) {
			if !k.files[m[1]] && !k.files[path.Join(path.Dir(s.path), m[1])] {
				say(m[1], "file")
			}
		}
		for _, m := range memberForm.FindAllStringSubmatch(line, -1) {
			if fileForm.MatchString("`" + m[1] + "`") {
				continue
			}
			for _, w := range strings.Split(m[1], ".") {
				if !k.words[w] {
					say(m[1], "name")
					break
				}
			}
		}
	}
	return findings
}
