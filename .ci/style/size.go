package main

import (
	"bytes"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"hash/maphash"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
)

const (
	maxFunctionLines = 60
	maxFileLines     = 500
	maxRepeatedLines = 20 // that are not blank
)

// What is over says why, where the reader stands: in the comment of a function or type that is
// long, anywhere in a file that is, and in a run that stands twice or on the line before it.
var (
	longFunction = regexp.MustCompile(`(?m)^\s*(//|\*|/\*\*) Long: \S`)
	longFile     = regexp.MustCompile(`(?m)^(//| \*|/\*\*) Long file: \S`)
	twice        = regexp.MustCompile(`^(//|\*|/\*\*) Twice: \S`)
)

// oversized finds functions and files that are longer than can be kept in mind, and runs of lines
// that stand twice: of two that must stay the same one is forgotten. Tests and what is generated
// are exempt.
func oversized(sources []source) ([]string, error) {
	var findings []string
	var plain []source
	for _, s := range sources {
		isGo := filepath.Ext(s.path) == ".go"
		if !isGo && !strings.HasPrefix(s.path, "web/src/") || isTest(s.path) || isGenerated(s) {
			continue
		}
		plain = append(plain, s)
		if lines := bytes.Count(s.text, []byte("\n")); lines > maxFileLines &&
			!longFile.Match(s.text) {
			findings = append(findings, fmt.Sprintf(
				"%s: %d lines, expected at most %d; split it, or say why in // Long file: …",
				s.path, lines, maxFileLines))
		}
		functions, err := functionsOf(s)
		if err != nil {
			return nil, err
		}
		for _, f := range functions {
			if f.lines > maxFunctionLines && !longFunction.MatchString(f.comment) {
				findings = append(findings, fmt.Sprintf(
					"%s:%d: %s has %d lines, expected at most %d; split it, or say why in "+
						"// Long: …", s.path, f.line, f.name, f.lines, maxFunctionLines))
			}
		}
	}
	return append(findings, repeats(plain)...), nil
}

func isTest(path string) bool {
	return strings.HasSuffix(path, "_test.go") || strings.HasSuffix(path, ".test.ts") ||
		strings.HasSuffix(path, ".test.tsx")
}

func isGenerated(s source) bool {
	head, _, _ := bytes.Cut(s.text, []byte("\n"))
	return bytes.HasPrefix(head, []byte("// Generated ")) ||
		bytes.HasPrefix(head, []byte("// Code generated "))
}

// sized is a function.
type sized struct {
	name, comment string
	line, lines   int
}

// functionsOf lists those of a file. Components of pages (.tsx) are left alone: most of their lines
// are markup.
func functionsOf(s source) ([]sized, error) {
	switch filepath.Ext(s.path) {
	case ".go":
		return goFunctions(s)
	case ".ts":
		return pageFunctions(s), nil
	}
	return nil, nil
}

func goFunctions(s source) ([]sized, error) {
	files := token.NewFileSet()
	file, err := parser.ParseFile(files, s.path, s.text,
		parser.ParseComments|parser.SkipObjectResolution)
	if err != nil {
		return nil, err
	}
	var functions []sized
	for _, declaration := range file.Decls {
		f, ok := declaration.(*ast.FuncDecl)
		if !ok {
			continue
		}
		made := sized{name: f.Name.Name, line: files.Position(f.Pos()).Line}
		made.lines = files.Position(f.End()).Line - made.line + 1
		if f.Doc != nil {
			made.comment = string(s.text[f.Doc.Pos()-file.FileStart : f.Doc.End()-file.FileStart])
		}
		functions = append(functions, made)
	}
	return functions, nil
}

// statements begin like a function.
var statements = []string{"if", "for", "while", "switch"}

// pageFunction is the first line of a function or method of a page, as it is indented.
var pageFunction = regexp.MustCompile(
	`^(\s*)(?:export )?(?:default )?(?:private |static |protected )*(?:async )?` +
		`(?:function (\w+)|(?:const )?(\w+)(?: = (?:async )?)?)\((?:.*\{)?$`)

// pageFunctions finds those that end with the brace that is indented as they begin. What ends with
// another one, such as the callback of a call, is none.
func pageFunctions(s source) []sized {
	lines := strings.Split(string(s.text), "\n")
	var functions []sized
	for i, line := range lines {
		found := pageFunction.FindStringSubmatch(line)
		if found == nil || slices.Contains(statements, found[3]) {
			continue
		}
		end := nextAt(lines, i, found[1])
		if strings.HasSuffix(line, "(") && end < len(lines) && // of the parameters
			strings.HasPrefix(lines[end], found[1]+")") && strings.HasSuffix(lines[end], "{") {
			end = nextAt(lines, end, found[1])
		}
		if end == len(lines) || lines[end] != found[1]+"}" {
			continue
		}
		comment := i
		for comment > 0 && commented(strings.TrimSpace(lines[comment-1])) {
			comment--
		}
		functions = append(functions, sized{name: found[2] + found[3], line: i + 1,
			lines: end - i + 1, comment: strings.Join(lines[comment:i], "\n")})
	}
	return functions
}

// nextAt returns the index of the next line after one that is indented as far.
func nextAt(lines []string, from int, indent string) int {
	for i := from + 1; i < len(lines); i++ {
		rest, found := strings.CutPrefix(lines[i], indent)
		if found && rest != "" && rest[0] != ' ' {
			return i
		}
	}
	return len(lines)
}

func commented(line string) bool {
	return strings.HasPrefix(line, "//") || strings.HasPrefix(line, "/*") ||
		strings.HasPrefix(line, "*")
}

// place is a line that is not blank.
type place struct {
	source, line int // the line from 0
	text         string
}

// repeats finds runs of lines that stand twice, however they are indented.
func repeats(sources []source) []string {
	var all []place
	for i, s := range sources {
		line := 0
		for text := range strings.Lines(string(s.text)) {
			if text = strings.TrimSpace(text); text != "" && !strings.HasPrefix(text, "import ") {
				all = append(all, place{i, line, text})
			}
			line++
		}
	}
	seed := maphash.MakeSeed()
	hashes := make([]uint64, len(all))
	for i, p := range all {
		hashes[i] = maphash.String(seed, p.text)
	}
	const window = maxRepeatedLines + 1
	first := make(map[[2]uint64]int, len(all))
	var findings []string
	for i, told := 0, 0; i+window <= len(all); i++ {
		if all[i].source != all[i+window-1].source {
			continue
		}
		var key [2]uint64
		for _, h := range hashes[i : i+window] {
			key[0], key[1] = key[0]*0x9e3779b97f4a7c15+h, (key[1]^h)*0xff51afd7ed558ccd
		}
		at, again := first[key]
		if !again {
			first[key] = i
			continue
		}
		if i < told || at+window > i {
			continue
		}
		length := window
		for i+length < len(all) && at+length < i && hashes[at+length] == hashes[i+length] &&
			all[at+length].source == all[at].source && all[i+length].source == all[i].source {
			length++
		}
		told = i + length
		if !excused(all, at, length) && !excused(all, i, length) {
			findings = append(findings, fmt.Sprintf(
				"%s:%d: %d lines stand at %s:%d already; share them, or say why in // Twice: …",
				sources[all[i].source].path, all[i].line+1, length,
				sources[all[at].source].path, all[at].line+1))
		}
	}
	return findings
}

// excused reports whether a run, or the line before it, says why it stands twice.
func excused(all []place, from, length int) bool {
	return slices.ContainsFunc(all[max(0, from-1):from+length], func(p place) bool {
		return p.source == all[from].source && twice.MatchString(p.text)
	})
}
