package store

import (
	"fmt"
	"io/fs"
	"regexp"
	"strings"
	"sync"
)

// sparse is a column that an index finds rows by, but for those in which it is empty.
type sparse struct {
	table, column      string
	of, equal, present *regexp.Regexp
}

var sparseIndex = regexp.MustCompile(
	`(?s)INDEX \w+ ON (\w+) \(([^)]*)\)\s+WHERE ([^;]*);`)

// sparseColumns are read from the migrations.
var sparseColumns = sync.OnceValue(func() (found []sparse) {
	paths, err := fs.Glob(migrations, "migrations/*.sql")
	if err != nil {
		panic(err) // the pattern is a constant
	}
	for _, path := range paths {
		text, err := fs.ReadFile(migrations, path)
		if err != nil {
			panic(err) // it is in the program
		}
		for _, index := range sparseIndex.FindAllStringSubmatch(string(text), -1) {
			for column := range strings.SplitSeq(index[2], ", ") {
				if strings.Contains(index[3], column+" <> ''") {
					found = append(found, sparseColumn(index[1], column))
				}
			}
		}
	}
	return found
})

func sparseColumn(table, column string) sparse {
	return sparse{table, column,
		regexp.MustCompile(`(?i)\b(FROM|JOIN|UPDATE)\s+` + table + `\b`),
		regexp.MustCompile(`(?i)(WHERE|AND|OR|\()\s+\(?(\w+\.)?` + column + `\s*=\s*\$`),
		regexp.MustCompile(`\b` + column + `\s*<>\s*''`)}
}

// checkIndex refuses a statement that looks for a value which an index has, in a way in which
// SQLite does not use that index: where the index leaves empty ones out, the statement says so too.
// It would read all rows, and be slow where there are many.
func checkIndex(statement string) error {
	for _, s := range sparseColumns() {
		if s.equal.MatchString(statement) && s.of.MatchString(statement) &&
			!s.present.MatchString(statement) {
			return fmt.Errorf("%w of %s: its index has no empty %s; add AND %s <> ''",
				ErrUnindexed, s.table, s.column, s.column)
		}
	}
	return nil
}
