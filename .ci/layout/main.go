// Layout checks how the Go code is laid out, so that whoever knows the name of a type finds its
// methods, and whoever reads a file knows what stands below it:
//
//   - A method stands in the file that declares its receiver's type, or in one that bears the
//     type's name: downlink.go, downlink_allocate.go. A type whose methods stand in several files
//     is declared in one that bears its name. Tests are left alone, and so are tables: one method
//     of three or more types, side by side.
//   - In package sfu few files refer to what stands above them: engine, room, participant,
//     transport, and so on down.
//   - sfu, turn, signaling/practice and signaling/peers import nothing of ours but what lies in
//     them.
//   - The walk through the code in sfu/README.md names files and lines that there are.
//
// Usage: go run ./.ci/layout [-v]. It fails when something breaks a rule. With -v it lists the
// references that run upward, too.
package main

import (
	"flag"
	"fmt"
	"os"
	"os/exec"
	"slices"
	"strings"
)

func main() {
	verbose := flag.Bool("v", false, "list the references that run upward")
	flag.Parse()
	files, err := goFiles()
	if err != nil {
		fmt.Fprintln(os.Stderr, "layout:", err)
		os.Exit(1)
	}
	failed := false
	methods, err := methodsElsewhere(files)
	if err == nil {
		failed = !report(methods)
		var up upward
		if up, err = upwardReferences("./sfu", sfuOrder); err == nil {
			failed = !up.print(*verbose) || failed
		}
	}
	if err == nil {
		var outside []string
		outside, err = importsOutside(closed)
		for _, line := range outside {
			fmt.Println(line)
			failed = true
		}
	}
	if err == nil {
		var untrue []finding
		untrue, err = untrueWalk()
		failed = !report(untrue) || failed
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, "layout:", err)
		os.Exit(1)
	}
	if failed {
		os.Exit(1)
	}
}

// report prints what breaks the rule, and reports whether nothing does.
func report(found []finding) bool {
	for _, f := range found {
		fmt.Printf("%s:%d: %s\n", f.file, f.line, f.says)
	}
	return len(found) == 0
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
