package main

import (
	"bytes"
	"fmt"
	"go/ast"
	"go/importer"
	"go/parser"
	"go/token"
	"go/types"
	"io"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
)

// sfuOrder lists the file groups of package sfu from the top to the bottom. A file belongs to the
// longest name that it bears; one that bears none stands at the bottom. A line may hold several
// groups, which stand side by side.
var sfuOrder = [][]string{
	{"engine"}, {"room"}, {"participant"}, {"transport"}, {"uplink"}, {"downlink"},
	{"subscription"}, {"publication"}, {"layer"},
}

// maxUpward is how many references from one file to another may run upward.
const maxUpward = 15

// upward counts the pairs of files of which one refers to what the other declares.
type upward struct {
	pairs int
	up    []string // those whose first file stands below the second
}

func (u upward) print(verbose bool) (ok bool) {
	ok = len(u.up) < maxUpward
	fmt.Printf("sfu: %d of %d references between files run upward\n", len(u.up), u.pairs)
	if verbose || !ok {
		for _, pair := range u.up {
			fmt.Println("\t" + pair)
		}
	}
	return ok
}

// upwardReferences type-checks a package without its tests and looks at which file refers to which:
// to a function, type, variable, constant, field or method.
func upwardReferences(folder string, order [][]string) (upward, error) {
	exports, err := exportData(folder)
	if err != nil {
		return upward{}, err
	}
	set := token.NewFileSet()
	names, err := filepath.Glob(filepath.Join(folder, "*.go"))
	if err != nil {
		return upward{}, err
	}
	var files []*ast.File
	for _, name := range names {
		if strings.HasSuffix(name, "_test.go") {
			continue
		}
		file, err := parser.ParseFile(set, name, nil, parser.SkipObjectResolution)
		if err != nil {
			return upward{}, err
		}
		files = append(files, file)
	}
	config := types.Config{
		Importer: importer.ForCompiler(set, "gc", func(path string) (io.ReadCloser, error) {
			return os.Open(exports[path])
		})}
	info := &types.Info{Uses: map[*ast.Ident]types.Object{}}
	checked, err := config.Check(folder, set, files, info)
	if err != nil {
		return upward{}, err
	}
	seen := map[string]bool{}
	up := map[string]bool{}
	for id, object := range info.Uses {
		if object.Pkg() != checked || !object.Pos().IsValid() {
			continue
		}
		from, to := filepath.Base(set.Position(id.Pos()).Filename),
			filepath.Base(set.Position(object.Pos()).Filename)
		if from == to {
			continue
		}
		pair := from + " → " + to
		seen[pair] = true
		if rank(from, order) > rank(to, order) {
			up[pair] = true
		}
	}
	return upward{pairs: len(seen), up: slices.Sorted(maps.Keys(up))}, nil
}

// rank returns how far down a file stands.
func rank(file string, order [][]string) int {
	stem := strings.TrimSuffix(file, ".go")
	best, length := len(order), 0
	for i, groups := range order {
		for _, group := range groups {
			if (stem == group || strings.HasPrefix(stem, group+"_")) && len(group) > length {
				best, length = i, len(group)
			}
		}
	}
	return best
}

// exportData tells where the compiler has left what it knows of each package that a folder imports.
func exportData(folder string) (map[string]string, error) {
	list := exec.Command("go", "list", "-deps", "-export", "-f", "{{.ImportPath}} {{.Export}}",
		folder)
	var complaint bytes.Buffer
	list.Stderr = &complaint
	out, err := list.Output()
	if err != nil {
		return nil, fmt.Errorf("cannot list what %s imports: %w: %s", folder, err,
			complaint.String())
	}
	exports := map[string]string{}
	for line := range strings.Lines(string(out)) {
		if path, file, found := strings.Cut(strings.TrimSpace(line), " "); found {
			exports[path] = file
		}
	}
	return exports, nil
}
