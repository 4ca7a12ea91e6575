package main

import (
	"fmt"
	"strings"
	"testing"
)

// numbered returns so many lines, of which no two are the same.
func numbered(from, count int) string {
	var b strings.Builder
	for i := range count {
		fmt.Fprintf(&b, "\tcall(%d)\n", from+i)
	}
	return b.String()
}

func TestWhatIsTooLongIsFound(t *testing.T) {
	reason := "// f does it.\n//\n// Long: a table.\n"
	class := "class A {\n  private async f(\n    a: number,\n  ): void {\n%s  }\n}\n"
	for name, c := range map[string]struct{ path, text, want string }{
		"a function": {"a.go", "package p\n\nfunc f() {\n" + numbered(0, 59) + "}\n",
			"a.go:3: f has 61 lines"},
		"one that is short enough": {"a.go", "package p\n\nfunc f() {\n" + numbered(0, 58) + "}\n",
			""},
		"one with a reason": {"a.go",
			"package p\n\n" + reason + "func f() {\n" + numbered(0, 59) + "}\n", ""},
		"one of a test": {"a_test.go", "package p\n\nfunc f() {\n" + numbered(0, 59) + "}\n", ""},
		"a file":        {"a.go", "package p\n\n" + strings.Repeat("\n", 499), "a.go: 501 lines"},
		"one that says why": {"a.go",
			"package p\n\n// Long file: a list.\n" + strings.Repeat("\n", 499), ""},
		"a method of a page": {"web/src/a.ts", fmt.Sprintf(class, numbered(0, 57)),
			"web/src/a.ts:2: f has 61 lines"},
		"a callback":  {"web/src/a.ts", "effect(() => {\n" + numbered(0, 59) + "})\n", ""},
		"a component": {"web/src/a.tsx", "function F() {\n" + numbered(0, 59) + "}\n", ""},
		"what is generated": {"web/src/a.ts",
			"// Generated from p.\nfunction f() {\n" + numbered(0, 59) + "}\n", ""},
		"a page's test": {"web/e2e/a.ts", "function f() {\n" + numbered(0, 59) + "}\n", ""},
	} {
		found, err := oversized([]source{{c.path, []byte(c.text)}})
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		got := strings.Join(found, "; ")
		if c.want == "" && got != "" || !strings.HasPrefix(got, c.want) {
			t.Errorf("%s: expected %q, got %q", name, c.want, got)
		}
	}
}

func TestRunsThatStandTwiceAreFound(t *testing.T) {
	body := func(from, count int) string {
		return "package p\n\nfunc f() {\n" + numbered(from, 5) + "%s" + numbered(1000, count) +
			numbered(2000+from, 5) + "}\n"
	}
	other := strings.ReplaceAll(body(100, 22), "\tcall(100", "\n\t\tcall(100")
	for name, c := range map[string]struct{ one, other, want string }{
		"22 lines, indented otherwise": {body(0, 22), other, "b.go:11: 22 lines stand at a.go:9"},
		"20 lines":                     {body(0, 20), body(100, 20), ""},
		"with a reason": {body(0, 22), strings.Replace(other, "%s", "// Twice: so.\n%s", 1),
			""},
	} {
		sources := []source{
			{"a.go", []byte(strings.Replace(c.one, "%s", "", 1))},
			{"b.go", []byte(strings.Replace(c.other, "%s", "", 1))},
		}
		found := repeats(sources)
		got := strings.Join(found, "; ")
		if c.want == "" && got != "" || !strings.HasPrefix(got, c.want) {
			t.Errorf("%s: expected %q, got %q", name, c.want, got)
		}
	}
}
