package store

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
)

// Row is a row with the columns that its type does not have.
type Row[T any] struct {
	Row  T
	With With
}

// maxRows is how many rows one statement adds: fewer arguments than either engine takes.
const maxRows = 64

// InsertAll adds rows with as few statements as there can be. All have the same columns.
func InsertAll[T any](tx *Tx, rows []Row[T]) error {
	_, err := insertAll(tx, rows, "")
	return err
}

// InsertMissing is InsertAll, but leaves out rows that are there already by a unique index on
// columns, and returns how many were added.
func InsertMissing[T any](tx *Tx, rows []Row[T], columns string) (int64, error) {
	return insertAll(tx, rows, " ON CONFLICT ("+columns+") DO NOTHING")
}

// insertAll adds as many rows a statement as a power of two says: there are few of these, and so
// few statements for the engines to know.
func insertAll[T any](tx *Tx, rows []Row[T], otherwise string) (int64, error) {
	total := int64(0)
	for size := maxRows; size > 0; size /= 2 {
		for len(rows) >= size {
			added, err := insert(tx, rows[:size], otherwise)
			if err != nil {
				return total, err
			}
			total, rows = total+added, rows[size:]
		}
	}
	return total, nil
}

func insert[T any](tx *Tx, rows []Row[T], otherwise string) (int64, error) {
	shape := shapeOf[T]()
	more := rows[0].With.columns()
	columns := append(slices.Clone(shape.columns), more...)
	values := make([]any, 0, len(rows)*len(columns))
	for i := range rows {
		values = append(values, shape.values(&rows[i].Row)...)
		for _, column := range more {
			values = append(values, rows[i].With[column])
		}
	}
	return tx.Exec(fmt.Sprintf("INSERT INTO %s (%s) VALUES %s%s", shape.table,
		strings.Join(columns, ", "), places(0, len(rows), len(columns)), otherwise), values...)
}

// List appends values to the arguments of a statement, and returns their places in it, as for IN:
// ($2, $3). The last stands there several times if there are not 1, 2, 4, 8, … of them: there are
// few such statements for the engines to know. It wants one value at least.
func List(arguments []any, values []string) (longer []any, list string) {
	first := len(arguments)
	for i := range powerOfTwo(len(values)) {
		arguments = append(arguments, values[min(i, len(values)-1)])
	}
	return arguments, places(first, 1, len(arguments)-first)
}

// Values is List for rows, as after VALUES: ($1, $2), ($3, $4).
func Values(rows [][]string) (arguments []any, list string) {
	for i := range powerOfTwo(len(rows)) {
		for _, value := range rows[min(i, len(rows)-1)] {
			arguments = append(arguments, value)
		}
	}
	return arguments, places(0, len(arguments)/len(rows[0]), len(rows[0]))
}

// powerOfTwo is the first that is not less.
func powerOfTwo(n int) int {
	size := 1
	for size < n {
		size *= 2
	}
	return size
}

// places are those of arguments in rows, after so many others.
func places(others, rows, columns int) string {
	var text strings.Builder
	for i := range rows * columns {
		switch {
		case i == 0:
			text.WriteString("($")
		case i%columns == 0:
			text.WriteString("), ($")
		default:
			text.WriteString(", $")
		}
		text.WriteString(strconv.Itoa(others + i + 1))
	}
	return text.String() + ")"
}
