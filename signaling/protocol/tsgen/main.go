// Command tsgen writes the browser's TypeScript types out of the Go types of packages protocol and
// desk, and the levels of sfu/regime, so that they cannot drift apart. It reads the source, not the
// compiled types, because doc comments are carried over.
//
// It understands exactly what those use: string types with constants (unions of literals), other
// names for numbers, structs with json tags, untyped constants, and the methods client() and
// server() that mark the members of the protocol's two unions. Anything else is an error that names
// it.
package main

import (
	"flag"
	"fmt"
	"os"
	"strings"
)

func main() {
	var source Source
	flag.StringVar(&source.Name, "name", "", "package, as the header names it")
	flag.StringVar(&source.Folder, "from", ".", "folder of the Go package")
	types := flag.String("types", "", "files whose types and constants are written, with commas")
	constants := flag.String("constants", "",
		"files of which only constants are written, with commas")
	flag.BoolVar(&source.Unions, "unions", false,
		"write the unions of messages to the server and to the browser")
	to := flag.String("to", "", "TypeScript file to write")
	flag.Parse()
	source.Types, source.Constants = list(*types), list(*constants)
	generated, err := Generate(source)
	if err == nil {
		err = os.WriteFile(*to, generated, 0o644)
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, "tsgen:", err)
		os.Exit(1)
	}
}

func list(names string) []string {
	return strings.FieldsFunc(names, func(r rune) bool { return r == ',' })
}
