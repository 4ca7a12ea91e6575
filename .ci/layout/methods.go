package main

import (
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"path/filepath"
	"slices"
	"strings"
	"unicode"
)

// receiver is a type with methods.
type receiver struct {
	declared []string // files: one, or one for each operating system
	at       token.Position
	methods  []*ast.FuncDecl
	files    []string // of the methods
}

// tableRows is how many types of a package have a method of one name in one file so that they are
// read as a table, such as what each message of a protocol demands.
const tableRows = 3

// methodsElsewhere finds the methods that do not stand in their receiver's files. Two kinds may
// stand elsewhere: those of a table, side by side with the same method of other types, and those of
// a test's helper, beside the test that needs them.
//
// Long: all that it reads of the files is needed for each finding.
func methodsElsewhere(files []string) ([]finding, error) {
	set := token.NewFileSet()
	receivers := map[string]*receiver{} // by folder, package and type
	of := func(file string, parsed *ast.File, name string) *receiver {
		key := filepath.Dir(file) + " " + parsed.Name.Name + " " + name
		if receivers[key] == nil {
			receivers[key] = &receiver{}
		}
		return receivers[key]
	}
	tables := map[string]int{} // by file and method
	row := func(file string, d *ast.FuncDecl) string {
		return file + " " + strings.ToLower(d.Name.Name)
	}
	for _, file := range files {
		if strings.HasSuffix(file, "_test.go") {
			continue
		}
		parsed, err := parser.ParseFile(set, file, nil, parser.SkipObjectResolution)
		if err != nil {
			return nil, err
		}
		for _, decl := range parsed.Decls {
			switch d := decl.(type) {
			case *ast.GenDecl:
				for _, spec := range d.Specs {
					if t, ok := spec.(*ast.TypeSpec); ok {
						r := of(file, parsed, t.Name.Name)
						r.declared, r.at = append(r.declared, file), set.Position(t.Pos())
					}
				}
			case *ast.FuncDecl:
				if d.Recv != nil {
					r := of(file, parsed, receiverName(d))
					r.methods, r.files = append(r.methods, d), append(r.files, file)
					tables[row(file, d)]++
				}
			}
		}
	}
	var found []finding
	for key, r := range receivers {
		r.leave(func(i int) bool { return tables[row(r.files[i], r.methods[i])] >= tableRows })
		name := key[strings.LastIndexByte(key, ' ')+1:]
		apart := slices.ContainsFunc(r.files, func(file string) bool {
			return !slices.Contains(r.declared, file)
		})
		if apart && !bears(r.at.Filename, name) {
			found = append(found, finding{r.at.Filename, r.at.Line, fmt.Sprintf(
				"type %s has methods in other files: declare it in %s.go", name, snake(name))})
		}
		for i, m := range r.methods {
			if !slices.Contains(r.declared, r.files[i]) && !bears(r.files[i], name) {
				found = append(found, finding{r.files[i], set.Position(m.Pos()).Line, fmt.Sprintf(
					"method %s.%s stands neither where its type does nor in %s.go or %s_….go",
					name, m.Name.Name, snake(name), snake(name))})
			}
		}
	}
	slices.SortFunc(found, func(x, y finding) int {
		if by := strings.Compare(x.file, y.file); by != 0 {
			return by
		}
		return x.line - y.line
	})
	return found, nil
}

// leave forgets the methods that the rule says nothing of.
func (r *receiver) leave(out func(i int) bool) {
	var methods []*ast.FuncDecl
	var files []string
	for i := range r.methods {
		if !out(i) {
			methods, files = append(methods, r.methods[i]), append(files, r.files[i])
		}
	}
	r.methods, r.files = methods, files
}

// receiverName returns the name of the type that a method is of.
func receiverName(d *ast.FuncDecl) string {
	t := d.Recv.List[0].Type
	for {
		switch x := t.(type) {
		case *ast.StarExpr:
			t = x.X
		case *ast.IndexExpr:
			t = x.X
		case *ast.IndexListExpr:
			t = x.X
		case *ast.Ident:
			return x.Name
		default:
			return ""
		}
	}
}

// bears reports whether a file bears the name of a type, alone or before an underscore.
func bears(file, name string) bool {
	stem := strings.TrimSuffix(filepath.Base(file), ".go")
	for _, one := range []string{snake(name), strings.ToLower(name)} {
		if stem == one || strings.HasPrefix(stem, one+"_") {
			return true
		}
	}
	return false
}

// snake turns the name of a type into that of a file: PacketIndex, packet_index; RTPSender,
// rtp_sender.
func snake(name string) string {
	var b strings.Builder
	runes := []rune(name)
	for i, r := range runes {
		begins := i > 0 && unicode.IsUpper(r) &&
			(unicode.IsLower(runes[i-1]) || i+1 < len(runes) && unicode.IsLower(runes[i+1]))
		if begins {
			b.WriteByte('_')
		}
		b.WriteRune(unicode.ToLower(r))
	}
	return b.String()
}
