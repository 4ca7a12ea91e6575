// Command tsgen writes the browser's TypeScript types out of the Go types of package protocol, so
// that the two cannot drift apart. It reads the source, not the compiled types, because doc
// comments are carried over.
//
// It understands exactly what the protocol uses: string types with constants (unions of literals),
// structs with json tags, untyped constants, and the methods client() and server() that mark the
// members of the two unions. Anything else is an error that names it.
package main

import (
	"flag"
	"fmt"
	"os"
)

func main() {
	from := flag.String("from", ".", "folder of the Go package")
	to := flag.String("to", "", "TypeScript file to write")
	flag.Parse()
	source, err := Generate(*from)
	if err == nil {
		err = os.WriteFile(*to, source, 0o644)
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, "tsgen:", err)
		os.Exit(1)
	}
}
