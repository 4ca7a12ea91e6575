package main

import (
	"bytes"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"path/filepath"
	"strings"
	"unicode/utf8"
)

const (
	maxColumns = 100
	tabColumns = 4
)

// longLines finds lines that are longer than can be read at a glance. Generated files are exempt.
func longLines(s source) ([]string, error) {
	if filepath.Ext(s.path) == ".go" {
		return longGo(s)
	}
	if bytes.HasPrefix(s.text, []byte("// Generated ")) {
		return nil, nil
	}
	return tooWide(s, func(int, string) bool { return false }), nil
}

// longGo exempts lines that a raw string of a test runs over, too: they hold messages of a protocol
// as they stand on the wire.
func longGo(s source) ([]string, error) {
	files := token.NewFileSet()
	file, err := parser.ParseFile(files, s.path, s.text, parser.ParseComments)
	if err != nil {
		return nil, err
	}
	if ast.IsGenerated(file) {
		return nil, nil
	}
	exempt := map[int]bool{}
	if strings.HasSuffix(s.path, "_test.go") {
		ast.Inspect(file, func(n ast.Node) bool {
			if literal, ok := n.(*ast.BasicLit); ok && strings.HasPrefix(literal.Value, "`") {
				for line := files.Position(literal.Pos()).Line; line <=
					files.Position(literal.End()).Line; line++ {
					exempt[line] = true
				}
			}
			return true
		})
	}
	return tooWide(s, func(number int, line string) bool {
		return exempt[number] || strings.HasPrefix(line, "//go:")
	}), nil
}

// longProse finds such lines of Markdown. What cannot be broken is exempt: tables, pictures,
// commands and drawings, between fences or indented by four.
func longProse(s source) []string {
	fenced := map[int]bool{}
	within := false
	for i, line := range strings.Split(string(s.text), "\n") {
		if strings.HasPrefix(strings.TrimSpace(line), "```") {
			within = !within
		}
		fenced[i+1] = within
	}
	return tooWide(s, func(number int, line string) bool {
		whole := strings.HasPrefix(strings.TrimSpace(line), "|") ||
			strings.HasPrefix(line, "![") || strings.HasPrefix(line, "    ")
		return whole || fenced[number]
	})
}

// tooWide finds the lines of more than maxColumns that are not exempt.
func tooWide(s source, exempt func(number int, line string) bool) []string {
	var findings []string
	for i, line := range strings.Split(string(s.text), "\n") {
		if columns := width(line); columns > maxColumns && !exempt(i+1, line) {
			findings = append(findings,
				fmt.Sprintf("%s:%d: %d columns, expected at most %d", s.path, i+1, columns,
					maxColumns))
		}
	}
	return findings
}

// width counts the columns of a line.
func width(line string) int {
	return utf8.RuneCountInString(line) + (tabColumns-1)*strings.Count(line, "\t")
}
