// Layout checks how the Go code is laid out, so that whoever knows the name of a type finds its
// methods, and whoever reads a file knows what stands below it:
//
//   - A method stands in the file that declares its receiver's type, or in one that bears the
//     type's name: downlink.go, downlink_allocate.go. A type whose methods stand in several files
//     is declared in one that bears its name.
//   - In package sfu few files refer to what stands above them: engine, room, participant,
//     transport, and so on down.
//   - No line is longer than 100 columns, where a tab counts as four.
//
// Usage: go run ./.ci/layout [-v]. It fails when a strict folder breaks a rule, and counts what the
// others break.
package main

import (
	"flag"
	"fmt"
	"os"
	"os/exec"
	"slices"
	"strings"
)

// The folders that are held to each rule, with all below them but the exceptions. What others break
// is counted, and listed with -v.
var (
	strictMethods = folders{held: []string{"sfu"}, except: []string{"sfu/bwe", "sfu/ingress"}}
	strictColumns = folders{held: []string{"sfu"},
		except: []string{"sfu/bwe", "sfu/ingress", "sfu/allocation"}}
)

// folders is a set of folders.
type folders struct{ held, except []string }

// holds reports whether a file is in one of the folders.
func (f folders) holds(file string) bool {
	in := func(folder string) bool { return strings.HasPrefix(file, folder+"/") }
	return slices.ContainsFunc(f.held, in) && !slices.ContainsFunc(f.except, in)
}

func main() {
	verbose := flag.Bool("v", false, "list what is broken outside the strict folders, too")
	flag.Parse()
	files, err := goFiles()
	if err != nil {
		fmt.Fprintln(os.Stderr, "layout:", err)
		os.Exit(1)
	}
	failed := false
	report := func(rule string, found []finding, strict folders) {
		lenient := 0
		for _, f := range found {
			held := strict.holds(f.file)
			failed = failed || held
			if !held {
				lenient++
			}
			if held || *verbose {
				fmt.Printf("%s:%d: %s\n", f.file, f.line, f.says)
			}
		}
		if lenient > 0 {
			fmt.Printf("%s: %d in folders that are not held to it yet\n", rule, lenient)
		}
	}
	methods, err := methodsElsewhere(files)
	if err == nil {
		report("methods outside their receiver's files", methods, strictMethods)
		report("lines of more than 100 columns", longLines(files), strictColumns)
		var up upward
		if up, err = upwardReferences("./sfu", sfuOrder); err == nil {
			failed = !up.print(*verbose) || failed
		}
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, "layout:", err)
		os.Exit(1)
	}
	if failed {
		os.Exit(1)
	}
}

// finding is one place that breaks a rule.
type finding struct {
	file string
	line int
	says string
}

// goFiles lists the repository's Go files, those not yet committed included.
func goFiles() ([]string, error) {
	list := exec.Command("git", "ls-files", "--cached", "--others", "--exclude-standard", "*.go")
	out, err := list.Output()
	if err != nil {
		return nil, fmt.Errorf("cannot list the files: %w", err)
	}
	files := strings.Fields(string(out))
	return slices.DeleteFunc(files, func(file string) bool {
		_, err := os.Stat(file)
		return err != nil // deleted and not yet committed
	}), nil
}
