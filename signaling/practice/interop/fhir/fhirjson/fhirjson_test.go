package fhirjson

import (
	"errors"
	"fmt"
	"runtime"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/stretchr/testify/require"
)

func TestAResourceIsReadByAskingForIt(t *testing.T) {
	e, err := Parse([]byte(`{"resourceType":"Patient","active":false,"n":3,"b":true,
		"name":[{"use":"official","given":[" A ","B"]}],"single":"x",
		"extension":[{"url":"http://x/y-reliability","extension":[{"url":"s","valueCoding":
		{"code":"VALI"}}]}],"type":{"coding":[{"code":"PI"},{"code":"X"}]},"unknown":{"a":[1]}}`))
	require.NoError(t, err)
	require.Equal(t, "Patient", e.Path())
	require.True(t, e.Child("active").False())
	require.True(t, e.Child("b").True())
	require.False(t, e.Child("none").False())
	n, ok := e.Child("n").Number()
	require.True(t, ok)
	require.Equal(t, 3, n)
	given := e.Child("name").All()[0].Child("given").All()
	require.Equal(t, "A", given[0].Text())
	require.Equal(t, "Patient.name[0].given[1]", given[1].Path())
	require.Len(t, e.Child("single").All(), 1)
	require.Equal(t, []string{"VALI"},
		e.Extension("y-reliability").Extension("s").Child("valueCoding").Codes())
	require.False(t, e.Extension("other").Present())
	require.Equal(t, []string{"PI", "X"}, e.Child("type").Codes())
	require.EqualError(t, e.Child("name").All()[0].Child("family").Wrong("a name"),
		"Patient.name[0].family: expected a name, got nothing")
	require.EqualError(t, given[0].Wrong("a number"),
		"Patient.name[0].given[0]: expected a number, got a text of 3 characters")
	require.EqualError(t, given[0].WrongAs("one", "two"),
		"Patient.name[0].given[0]: expected one, got two")
}

func TestWhatCannotBeReadIsToldWithItsPlace(t *testing.T) {
	deep := strings.Repeat(`{"a":`, 40) + "1" + strings.Repeat("}", 40)
	for text, expected := range map[string]string{
		``:                         "an end in the middle",
		`{"resourceType":"Pat`:     "an end in the middle",
		`{"resourceType":`:         "an end in the middle",
		`[]`:                       "a resource, a JSON object, got a list of 0",
		`null`:                     "got nothing",
		`{}`:                       "the type of the resource",
		`{"resourceType":3}`:       "got a number",
		`{"resourceType":"A"} {}`:  "more behind it",
		`{"resourceType":"A"`:      "an end in the middle",
		`{"resourceType" "A"}`:     "something else at byte",
		`{"a":1,"a":2}`:            "a: expected each member once, got it twice",
		`{"a":[{"b":1},{"b":}]}`:   "a[1]",
		`{"modifierExtension":[]}`: "modifierExtension: expected no modifierExtension",
		`{"name":[{"modifierExtension":[{"url":"x"}]}]}`: "name[0].modifierExtension",
		`{"implicitRules":"http://x"}`:                   "implicitRules",
		"{\"resourceType\":\"\xff\"}":                    "not UTF-8",
		`{"name":[{"family":"A\u0000B"}]}`:               "name[0].family: expected a text without control",
		deep:                                             "at most 32 levels",
		strings.Repeat(" ", MaxBytes+1):                  "at most 262144 bytes",
		`{"` + strings.Repeat("a", 300) + `":[}`:         "expected JSON",
	} {
		_, err := Parse([]byte(text))
		require.ErrorContains(t, err, expected, "%.60s", text)
		var fault *Fault
		require.True(t, errors.As(err, &fault))
	}
}

func TestALongNameIsNotCopiedForEachValueBelowIt(t *testing.T) {
	const name, values = 100_000, 60_000
	text := []byte(`{"resourceType":"Patient","` + strings.Repeat("a", name) + `":[1` +
		strings.Repeat(",1", values) + `]}`)
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	_, err := Parse(text)
	runtime.ReadMemStats(&after)
	require.NoError(t, err)
	// In bytes. A copy of the name for each value would be 6 GB.
	require.Less(t, after.TotalAlloc-before.TotalAlloc, uint64(500*len(text)))
}

// FuzzParse reads anything, and asks for everything in it.
func FuzzParse(f *testing.F) {
	for _, seed := range []string{
		`{"resourceType":"Patient","name":[{"given":["A"]}]}`,
		`{"resourceType":"A","extension":[{"url":"x","valueCoding":{"code":"c"}}],"n":1e3}`,
		`{"a":{"a":{"a":[[[[]]]]}}}`, `{"modifierExtension":[]}`, "\xff", `{"a":1,"a":2}`} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, text []byte) {
		e, err := Parse(text)
		if err != nil {
			var fault *Fault
			if !errors.As(err, &fault) || fault.Expected == "" || len(fault.Path) > maxPath ||
				!utf8.ValidString(err.Error()) {
				t.Fatalf("no fault that could be told: %#v", err)
			}
			return
		}
		if e.Path() == "" || !e.Present() {
			t.Fatal("a resource without a type")
		}
		visit(e, 0)
	})
}

func visit(e Element, depth int) {
	_, _ = e.Number()
	_ = fmt.Sprint(e.Text(), e.True(), e.False(), e.Codes(), e.Path(), e.Wrong("x"),
		e.Extension("x").Present())
	if depth > maxDepth {
		panic("deeper than is read")
	}
	if object, isObject := e.value.(map[string]any); isObject {
		for name := range object {
			visit(e.Child(name), depth+1)
		}
		return
	}
	if _, isList := e.value.([]any); isList {
		for _, one := range e.All() {
			visit(one, depth+1)
		}
	}
}
