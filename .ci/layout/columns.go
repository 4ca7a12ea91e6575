package main

import (
	"fmt"
	"os"
	"strings"
	"unicode/utf8"
)

const (
	maxColumns = 100
	tabColumns = 4
)

// longLines finds lines that are too long. What go generate wrote is left alone, and so are tests,
// whose tables are read row by row.
func longLines(files []string) []finding {
	var found []finding
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil || strings.HasSuffix(file, "_test.go") ||
			strings.HasPrefix(string(text), "// Code generated ") {
			continue
		}
		for i, line := range strings.Split(string(text), "\n") {
			columns := utf8.RuneCountInString(line) + (tabColumns-1)*strings.Count(line, "\t")
			if columns > maxColumns {
				found = append(found, finding{file, i + 1, fmt.Sprintf(
					"expected at most %d columns, got %d: break the line", maxColumns, columns)})
			}
		}
	}
	return found
}
