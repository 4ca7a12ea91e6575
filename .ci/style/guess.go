package main

import (
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"path"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"
)

// guess is a line of a test whose outcome depends on how fast the machine happens to be.
type guess struct {
	file, test string
	line       int
	what       string
}

func (g guess) String() string {
	return fmt.Sprintf("%s:%d: %s %s: judge it in virtual time, or await an event", g.file, g.line,
		g.test, g.what)
}

// A test is played in real time if it, or a function of its package that it calls, does one of
// these outside of a bubble of testing/synctest.
var realTime = map[string][]string{
	"net": {"Listen", "ListenPacket", "ListenUDP", "ListenTCP", "Dial", "DialTimeout",
		"DialUDP"},
	"exec":      {"Command", "CommandContext"},
	"time":      {"Now", "Since", "Until", "After", "NewTimer", "NewTicker", "Sleep", "AfterFunc"},
	"httptest":  {"NewServer", "NewTLSServer"},
	"webrtc":    {"NewPeerConnection", "NewAPI"},
	"userspace": {"NewScheduler"},
	"udp":       {"Listen"},
}

// shortest is the least time that a test may wait before it takes something for missing: a busy
// machine takes seconds now and then.
const shortest = 5 * time.Second

// comparisons judge how much, not whether.
var comparisons = []string{"Less", "LessOrEqual", "Greater", "GreaterOrEqual", "InDelta",
	"InEpsilon", "WithinDuration",
	"InDeltaSlice", "InEpsilonSlice", "WithinRange"}

// measured are words for what a busy machine changes.
var measured = regexp.MustCompile(`(?i)(rate|bps|bits|fps|percent|ratio|share|conceal|` +
	`audible|silent|frozen|paused|delay|latency|elapsed|took|duration|since|until|` +
	`estimate|p50|p95|frames|jitter|rtt|roundtrip|trip|lost|loss|missing|` +
	`persecond|speed|waited|seconds|bytes|packets|dropped|cpu|memory|speech|tapped)`)

// times are those that a busy machine only makes longer: that they are not shorter is no guess.
var times = regexp.MustCompile(
	`(?i)^(.*(delay|latency|elapsed|took|since|rtt|roundtrip|trip|waited).*|p50|p95)$`)

// guessing finds sleeps, and comparisons of what is measured, in tests that are played in real
// time.
func guessing(sources []source) ([]guess, error) {
	packages := map[string][]source{}
	var guesses []guess
	for _, s := range sources {
		switch {
		case strings.HasSuffix(s.path, "_test.go"):
			folder := filepath.Dir(s.path)
			packages[folder] = append(packages[folder], s)
		case strings.HasSuffix(s.path, ".spec.ts"), strings.HasPrefix(s.path, "web/e2e/support/"):
			guesses = append(guesses, guessingPage(s)...)
		case strings.HasSuffix(s.path, ".test.ts"), strings.HasSuffix(s.path, ".test.tsx"):
			guesses = append(guesses, impatient(s)...)
		}
	}
	for _, tests := range packages {
		found, err := guessingPackage(tests)
		if err != nil {
			return nil, err
		}
		guesses = append(guesses, found...)
	}
	return guesses, nil
}

// function is one of a package's tests or of their helpers.
type function struct {
	isTest    bool
	isReal    bool // it does, or calls, something of realTime
	isReached bool // from a test that does not run in a bubble
	bubble    bool // it runs in synctest's time
	calls     map[string]bool
	guesses   []guess
}

func guessingPackage(tests []source) ([]guess, error) {
	files := token.NewFileSet()
	functions := map[string][]*function{} // methods of several types may bear one name
	for _, s := range tests {
		file, err := parser.ParseFile(files, s.path, s.text, 0)
		if err != nil {
			return nil, err
		}
		imports := importsOf(file)
		for _, declaration := range file.Decls {
			if f, ok := declaration.(*ast.FuncDecl); ok && f.Body != nil {
				functions[f.Name.Name] = append(functions[f.Name.Name],
					read(files, s.path, f, imports))
			}
		}
	}
	spreadRealTime(functions)
	spreadReached(functions)
	var guesses []guess
	for _, named := range functions {
		for _, f := range named {
			if f.isReal && f.isReached && !f.bubble {
				guesses = append(guesses, f.guesses...)
			}
		}
	}
	slices.SortFunc(guesses, func(a, b guess) int {
		return strings.Compare(a.String(), b.String())
	})
	return guesses, nil
}

// importsOf returns the names under which a file knows other packages.
func importsOf(file *ast.File) []string {
	var names []string
	for _, i := range file.Imports {
		if i.Name != nil {
			names = append(names, i.Name.Name)
		} else {
			names = append(names, path.Base(strings.Trim(i.Path.Value, `"`)))
		}
	}
	return names
}

// spreadRealTime marks who calls what is marked, until nothing changes. What runs in a bubble marks
// nobody.
func spreadRealTime(functions map[string][]*function) {
	for changed := true; changed; {
		changed = false
		for _, named := range functions {
			for _, f := range named {
				if !f.isReal && !f.bubble && f.callsReal(functions) {
					f.isReal, changed = true, true
				}
			}
		}
	}
}

func (f *function) callsReal(functions map[string][]*function) bool {
	for name := range f.calls {
		if slices.ContainsFunc(functions[name], func(g *function) bool {
			return g.isReal && !g.bubble
		}) {
			return true
		}
	}
	return false
}

// spreadReached marks the tests that run outside of a bubble, and all that they call.
func spreadReached(functions map[string][]*function) {
	var open []*function
	for _, named := range functions {
		for _, f := range named {
			if f.isTest && !f.bubble {
				open = append(open, f)
			}
		}
	}
	for len(open) > 0 {
		f := open[len(open)-1]
		open = open[:len(open)-1]
		if f.isReached {
			continue
		}
		f.isReached = true
		for name := range f.calls {
			open = append(open, functions[name]...)
		}
	}
}

func read(files *token.FileSet, file string, f *ast.FuncDecl, imports []string) *function {
	made := &function{isTest: f.Recv == nil && strings.HasPrefix(f.Name.Name, "Test"),
		calls: map[string]bool{}}
	add := func(at ast.Node, what string) {
		if what != "" {
			made.guesses = append(made.guesses,
				guess{file, f.Name.Name, files.Position(at.Pos()).Line, what})
		}
	}
	ast.Inspect(f.Body, func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.CallExpr:
			of, name := called(n)
			if !slices.Contains(imports, of) { // strings.Join is no method Join of ours
				made.calls[name] = true
			}
			made.bubble = made.bubble || of == "synctest" && name == "Test"
			made.isReal = made.isReal || slices.Contains(realTime[of], name)
			add(n, guessOf(of, name, n.Args))
		case *ast.IfStmt:
			if fails(n.Body) {
				add(n, judged([]ast.Expr{n.Cond}))
			}
		}
		return true
	})
	return made
}

// guessOf says what a call guesses; empty: nothing.
func guessOf(of, name string, arguments []ast.Expr) string {
	asserts := of == "assert" || of == "require"
	switch {
	case of == "time" && name == "Sleep":
		return "sleeps"
	case asserts && name == "Never":
		return "waits for nothing to happen"
	case asserts && strings.HasPrefix(name, "Eventually") && len(arguments) > 2 &&
		isShort(arguments[2]),
		of == "time" && (name == "After" || name == "NewTimer") && isShort(arguments[0]):
		return fmt.Sprintf("waits less than %v", shortest)
	case asserts && (name == "True" || name == "False") && len(arguments) > 1:
		return judged(arguments[1:2])
	case asserts && slices.Contains(comparisons, name):
		word := wordOf(arguments)
		if word == "" || strings.HasPrefix(name, "Greater") && times.MatchString(word) {
			return ""
		}
		return "judges " + word
	}
	return ""
}

// judged says what comparisons of order among expressions guess.
func judged(expressions []ast.Expr) (what string) {
	for _, e := range expressions {
		ast.Inspect(e, func(n ast.Node) bool {
			if _, isFunction := n.(*ast.FuncLit); isFunction {
				return false
			}
			binary, ok := n.(*ast.BinaryExpr)
			if !ok || what != "" {
				return what == ""
			}
			switch binary.Op {
			case token.LSS, token.GTR, token.LEQ, token.GEQ:
				if number, ok := binary.Y.(*ast.BasicLit); ok && number.Value == "0" {
					return false // whether, not how much
				}
				if word := wordOf([]ast.Expr{binary.X, binary.Y}); word != "" {
					what = "judges " + word
				}
			}
			return what == ""
		})
	}
	return what
}

// fails reports whether a block lets the test fail.
func fails(block *ast.BlockStmt) bool {
	for _, statement := range block.List {
		if e, ok := statement.(*ast.ExprStmt); ok {
			if call, ok := e.X.(*ast.CallExpr); ok {
				if _, name := called(call); slices.Contains([]string{"Fatal", "Fatalf", "Error",
					"Errorf", "Fail", "FailNow", "Failf"}, name) {
					return true
				}
			}
		}
	}
	return false
}

// isShort reports whether an expression is a time, written out, that is shorter than the shortest.
func isShort(e ast.Expr) bool {
	switch e := e.(type) {
	case *ast.SelectorExpr:
		return unit(e) > 0 && unit(e) < shortest
	case *ast.Ident:
		return e.Name == "ms"
	case *ast.BinaryExpr:
		number, ok := e.X.(*ast.BasicLit)
		if !ok || e.Op != token.MUL {
			return false
		}
		n, err := strconv.ParseFloat(number.Value, 64)
		per := unit(e.Y)
		return err == nil && per > 0 && time.Duration(n*float64(per)) < shortest
	}
	return false
}

func unit(e ast.Expr) time.Duration {
	switch e := e.(type) {
	case *ast.SelectorExpr:
		return map[string]time.Duration{"Nanosecond": 1, "Microsecond": time.Microsecond,
			"Millisecond": time.Millisecond,
			"Second":      time.Second, "Minute": time.Minute}[e.Sel.Name]
	case *ast.Ident:
		if e.Name == "ms" {
			return time.Millisecond
		}
	}
	return 0
}

// called returns the name that is called, and of what.
func called(call *ast.CallExpr) (of, name string) {
	switch f := call.Fun.(type) {
	case *ast.Ident:
		return "", f.Name
	case *ast.SelectorExpr:
		if x, ok := f.X.(*ast.Ident); ok {
			return x.Name, f.Sel.Name
		}
		return "", f.Sel.Name
	}
	return "", ""
}

// wordOf returns the first name among expressions that stands for something measured.
func wordOf(expressions []ast.Expr) (word string) {
	for _, e := range expressions {
		ast.Inspect(e, func(n ast.Node) bool {
			if name, ok := n.(*ast.Ident); ok && word == "" && measured.MatchString(name.Name) {
				word = name.Name
			}
			return word == ""
		})
	}
	return word
}
