package main

import (
	"bytes"
	"cmp"
	"fmt"
	"go/ast"
	"go/constant"
	"go/parser"
	"go/token"
	"go/types"
	"reflect"
	"slices"
	"strconv"
	"strings"
)

const header = `// Generated from %s by "go generate ./%s/...". Do not edit.
`

// Source says which Go files are read. Paths are relative to Folder.
type Source struct {
	Name      string // of the package, for the header
	Folder    string
	Types     []string // files whose types and constants are written
	Constants []string // files of which only constants are
	Unions    bool     // write ClientMessage and ServerMessage
}

// Generate returns the TypeScript of the source.
func Generate(source Source) ([]byte, error) {
	fileSet := token.NewFileSet()
	g := generator{fileSet: fileSet, literals: map[string][]literal{}}
	for _, name := range slices.Concat(source.Types, source.Constants) {
		file, err := parser.ParseFile(fileSet, source.Folder+"/"+name, nil, parser.ParseComments)
		if err != nil {
			return nil, err
		}
		g.files = append(g.files, file)
	}
	top, _, _ := strings.Cut(source.Name, "/")
	fmt.Fprintf(&g.out, header, source.Name, top)
	for _, file := range g.files {
		g.constants(file)
	}
	for _, file := range g.files[:len(source.Types)] {
		g.types(file)
	}
	if source.Unions {
		g.union("ClientMessage", "client", "A message from the browser to the server.")
		g.union("ServerMessage", "server", "A message from the server to the browser.")
	}
	return g.out.Bytes(), g.err
}

type generator struct {
	fileSet  *token.FileSet
	files    []*ast.File
	out      bytes.Buffer
	err      error // the first one
	literals map[string][]literal
}

// literal is one constant of a string type.
type literal struct{ value, comment string }

func (g *generator) fail(node ast.Node, format string, arguments ...any) {
	if g.err == nil {
		g.err = fmt.Errorf("%s: %s", g.fileSet.Position(node.Pos()),
			fmt.Sprintf(format, arguments...))
	}
}

// constants keeps typed constants for their unions and writes the untyped ones.
func (g *generator) constants(file *ast.File) {
	for _, declaration := range file.Decls {
		group, ok := declaration.(*ast.GenDecl)
		if !ok || group.Tok != token.CONST {
			continue
		}
		for _, spec := range group.Specs {
			g.constant(group, spec.(*ast.ValueSpec))
		}
	}
}

func (g *generator) constant(group *ast.GenDecl, spec *ast.ValueSpec) {
	if len(spec.Names) != 1 || len(spec.Values) != 1 || !spec.Names[0].IsExported() {
		g.fail(spec, "expected one exported constant with its value a line")
		return
	}
	evaluated, err := types.Eval(g.fileSet, nil, token.NoPos, types.ExprString(spec.Values[0]))
	if err != nil {
		g.fail(spec, "expected a literal value: %v", err)
		return
	}
	comment := oneLine(spec.Comment)
	if spec.Type != nil {
		name := types.ExprString(spec.Type)
		g.literals[name] = append(g.literals[name],
			literal{quote(constant.StringVal(evaluated.Value)), comment})
		return
	}
	if comment == "" && !group.Lparen.IsValid() {
		comment = oneLine(group.Doc)
	}
	comment = cmp.Or(comment, text(spec.Doc))
	value := evaluated.Value.ExactString()
	if evaluated.Value.Kind() == constant.String {
		value = quote(constant.StringVal(evaluated.Value))
	}
	name := spec.Names[0].Name
	g.doc("", comment)
	fmt.Fprintf(&g.out, "export const %s = %s\n", strings.ToLower(name[:1])+name[1:], value)
}

func (g *generator) types(file *ast.File) {
	for _, declaration := range file.Decls {
		group, ok := declaration.(*ast.GenDecl)
		if !ok || group.Tok != token.TYPE {
			continue
		}
		for _, spec := range group.Specs {
			spec := spec.(*ast.TypeSpec)
			g.out.WriteByte('\n')
			g.doc("", text(group.Doc))
			switch definition := spec.Type.(type) {
			case *ast.Ident:
				if definition.Name == "string" {
					g.enumeration(spec)
				} else {
					fmt.Fprintf(&g.out, "export type %s = %s\n", spec.Name.Name,
						g.typeScript(definition))
				}
			case *ast.StructType:
				g.structure(spec.Name.Name, definition)
			default:
				g.fail(spec, "expected a string type or a struct")
			}
		}
	}
}

func (g *generator) enumeration(spec *ast.TypeSpec) {
	literals := g.literals[spec.Name.Name]
	if len(literals) == 0 {
		g.fail(spec, "expected constants of type %s", spec.Name.Name)
	}
	fmt.Fprintf(&g.out, "export type %s =\n", spec.Name.Name)
	for _, l := range literals {
		fmt.Fprintf(&g.out, "  | %s", l.value)
		if l.comment != "" {
			fmt.Fprintf(&g.out, " // %s", l.comment)
		}
		g.out.WriteByte('\n')
	}
}

func (g *generator) structure(name string, definition *ast.StructType) {
	fmt.Fprintf(&g.out, "export interface %s {\n", name)
	for _, field := range definition.Fields.List {
		for _, fieldName := range field.Names {
			g.field(name, fieldName.Name, field)
		}
	}
	g.out.WriteString("}\n")
}

func (g *generator) field(owner, name string, field *ast.Field) {
	tag := ""
	if field.Tag != nil {
		unquoted, _ := strconv.Unquote(field.Tag.Value)
		tag = reflect.StructTag(unquoted).Get("json")
	}
	key, options, _ := strings.Cut(tag, ",")
	if key == "" {
		g.fail(field, "expected a json tag on %s.%s", owner, name)
	}
	if name == "Type" {
		fmt.Fprintf(&g.out, "  type: %s\n", quote(strings.ToLower(owner)))
		return
	}
	if slices.Contains(strings.Split(options, ","), "omitempty") {
		key += "?"
	}
	if len(field.Names) == 1 {
		g.doc("  ", cmp.Or(oneLine(field.Doc), oneLine(field.Comment)))
	}
	fmt.Fprintf(&g.out, "  %s: %s\n", key, g.typeScript(field.Type))
}

func (g *generator) typeScript(expression ast.Expr) string {
	switch t := expression.(type) {
	case *ast.Ident:
		switch t.Name {
		case "string":
			return "string"
		case "bool":
			return "boolean"
		case "int", "int64", "uint32", "float64":
			return "number"
		case "any":
			return "unknown"
		}
		if ast.IsExported(t.Name) {
			return t.Name
		}
	case *ast.SelectorExpr: // of another file that is read, too
		return t.Sel.Name
	case *ast.StarExpr: // nil is left out: expected with omitempty
		return g.typeScript(t.X)
	case *ast.ArrayType:
		return g.typeScript(t.Elt) + "[]"
	case *ast.MapType:
		return "Record<" + g.typeScript(t.Key) + ", " + g.typeScript(t.Value) + ">"
	}
	g.fail(
		expression,
		"expected string, bool, a number, a type of the protocol, or a list or map of them; "+
			"got %s",
		types.ExprString(expression),
	)
	return "never"
}

// union writes the union of the types that have the marker method.
func (g *generator) union(name, marker, doc string) {
	var members []string
	for _, file := range g.files {
		for _, declaration := range file.Decls {
			if f, ok := declaration.(*ast.FuncDecl); ok && f.Recv != nil && f.Name.Name == marker {
				members = append(members, types.ExprString(f.Recv.List[0].Type))
			}
		}
	}
	g.out.WriteByte('\n')
	g.doc("", doc)
	fmt.Fprintf(&g.out, "export type %s =\n", name)
	for _, member := range members {
		fmt.Fprintf(&g.out, "  | %s\n", member)
	}
}

func (g *generator) doc(indent, comment string) {
	lines := strings.Split(strings.TrimSpace(comment), "\n")
	if comment == "" {
		return
	}
	if len(lines) == 1 {
		fmt.Fprintf(&g.out, "%s/** %s */\n", indent, lines[0])
		return
	}
	fmt.Fprintf(&g.out, "%s/**\n", indent)
	for _, line := range lines {
		fmt.Fprintf(&g.out, "%s * %s\n", indent, line)
	}
	fmt.Fprintf(&g.out, "%s */\n", indent)
}

func text(comment *ast.CommentGroup) string {
	if comment == nil {
		return ""
	}
	return strings.TrimSpace(comment.Text())
}

func oneLine(comment *ast.CommentGroup) string {
	return strings.ReplaceAll(text(comment), "\n", " ")
}

func quote(s string) string { return "'" + strings.ReplaceAll(s, "'", `\'`) + "'" }
