// Command serial lists the packages in which nothing runs beside anything else: the pure deciders
// and their simulations in virtual time. The race detector finds nothing there, and makes them
// twenty times slower. With -not it lists all other packages.
//
// A package counts as serial if no file of it, of its tests and of what they import from this
// module starts a goroutine or imports what may. Whoever uses a serial package from several
// goroutines is listed with -not, and its tests show the races.
package main

import (
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"io"
	"log"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
)

// module is what the paths of this module's packages begin with.
const module = "draille/"

// libraries start nothing of their own. Any other from outside the standard library may.
var libraries = []string{"github.com/stretchr/testify/", "pgregory.net/rapid",
	"github.com/pion/rtp", "github.com/pion/rtcp", "golang.org/x/text/"}

// concurrent are the packages of the standard library that start goroutines.
var concurrent = []string{"context", "net", "os/exec", "os/signal", "testing/synctest"}

// listed is what `go list` says of a package.
type listed struct {
	ImportPath, Dir                    string
	GoFiles, TestGoFiles, XTestGoFiles []string
	Imports, TestImports, XTestImports []string
}

func main() {
	log.SetFlags(0)
	others := flag.Bool("not", false, "list the packages in which something may run at once")
	flag.Parse()
	packages, err := list()
	if err != nil {
		log.Fatal(err)
	}
	graph := graph{packages: packages, known: map[string]bool{}}
	for _, p := range packages {
		alone, err := graph.tested(p)
		if err != nil {
			log.Fatal(err)
		}
		if alone != *others {
			fmt.Println(p.ImportPath)
		}
	}
}

// list asks the go command for all packages of the module.
func list() ([]listed, error) {
	command := exec.Command("go", "list", "-json", "./...")
	command.Stderr = os.Stderr
	out, err := command.Output()
	if err != nil {
		return nil, fmt.Errorf("go list: %w", err)
	}
	var packages []listed
	for decoder := json.NewDecoder(strings.NewReader(string(out))); ; {
		var p listed
		switch err := decoder.Decode(&p); {
		case errors.Is(err, io.EOF):
			return packages, nil
		case err != nil:
			return nil, fmt.Errorf("go list: %w", err)
		}
		packages = append(packages, p)
	}
}

// graph remembers of which packages it is known whether they are serial without their tests.
type graph struct {
	packages []listed
	known    map[string]bool
}

// tested reports whether nothing runs beside anything else in a package and in its tests.
func (g graph) tested(p listed) (bool, error) {
	alone, err := quiet(p.Dir, p.TestGoFiles, p.XTestGoFiles)
	if err != nil || !alone {
		return false, err
	}
	for _, imported := range slices.Concat([]string{p.ImportPath}, p.TestImports, p.XTestImports) {
		if alone, err = g.alone(imported); err != nil || !alone {
			return false, err
		}
	}
	return true, nil
}

// alone reports whether nothing runs at once in a package and in what it imports.
func (g graph) alone(path string) (bool, error) {
	first, _, _ := strings.Cut(path, "/")
	switch {
	case strings.HasPrefix(path, module):
	case strings.Contains(first, "."):
		return slices.ContainsFunc(libraries, func(library string) bool {
			return strings.HasPrefix(path, library)
		}), nil
	default:
		return !slices.ContainsFunc(concurrent, func(name string) bool {
			return path == name || strings.HasPrefix(path, name+"/")
		}), nil
	}
	if known, ok := g.known[path]; ok {
		return known, nil
	}
	i := slices.IndexFunc(g.packages, func(p listed) bool { return p.ImportPath == path })
	if i < 0 {
		return false, fmt.Errorf("%s is not a package of this module", path)
	}
	alone, err := quiet(g.packages[i].Dir, g.packages[i].GoFiles)
	for _, imported := range g.packages[i].Imports {
		if err != nil || !alone {
			break
		}
		alone, err = g.alone(imported)
	}
	g.known[path] = alone
	return alone, err
}

// quiet reports whether no file starts a goroutine.
func quiet(folder string, files ...[]string) (bool, error) {
	for _, name := range slices.Concat(files...) {
		file, err := parser.ParseFile(token.NewFileSet(), filepath.Join(folder, name), nil,
			parser.SkipObjectResolution)
		if err != nil {
			return false, err
		}
		found := false
		ast.Inspect(file, func(n ast.Node) bool {
			switch n := n.(type) {
			case *ast.GoStmt:
				found = true
			case *ast.SelectorExpr: // sync.WaitGroup.Go, time.AfterFunc
				found = found || n.Sel.Name == "Go" || n.Sel.Name == "AfterFunc"
			}
			return !found
		})
		if found {
			return false, nil
		}
	}
	return true, nil
}
