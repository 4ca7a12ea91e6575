package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// Whoever has mistyped is told the line, what was expected, what came, and what to do.
func TestFaultsOfTheConfigurationAreSaidInWords(t *testing.T) {
	const before = "# of the hospital\nlog: {level: info}\n"
	for _, c := range []struct{ text, line, expected, got, do string }{
		{"listen: \":8080\nmax-participants: 9\n", "3", "the closing quote", `listen: \":8080`,
			"close the quote"},
		{"turn: {enabled: true\nmax-participants: 9\n", "3", "a comma or the closing bracket",
			"turn: {enabled: true", "close"},
		{"tls:\n  mode: off\n cert: a\n", "5", "a key in the column", "cert: a", "move it"},
		{"tls:\n\tmode: off\n", "4", "", "mode: off", "spaces"},
		{"house: {name: a}\nhouse: {phone: b}\n", "4", "each key once", "house: {phone: b}",
			"delete one"},
		{"house:\n  name: Hôpital: Mende\n", "4", "one key and one value", "name: Hôpital: Mende",
			"in quotes"},
		{"listen :8080\ndata-directory: a\n", "3", "", "listen :8080", "write it as in"},
		{"house:\n  name: @Mende\n", "4", "a value", "name: @Mende", "in quotes"},
		{"data-directory: \"C:\\draille\"\n", "3", "a backslash that is doubled",
			`data-directory: \"C:\\draille\"`, "single quotes"},
		{"public-url: *here\n", "3", "a plain value", "public-url: *here", "in quotes"},
		{"house:\n  name: \x01\n", "4", "text in UTF-8", "name", "save the file as UTF-8"},
		{"house:\n  name: H\xf4pital\n", "4", "text in UTF-8", "name: H", "save the file as UTF-8"},
	} {
		_, err := load(t, before+c.text, nil, nil)
		require.ErrorContains(t, err, "is not valid YAML: line "+c.line+": expected "+c.expected,
			c.text)
		_, came, found := strings.Cut(err.Error(), ", got \"")
		require.True(t, found, err)
		require.True(t, strings.HasPrefix(came, c.got), err)
		require.Contains(t, came, c.do, c.text)
		require.NotContains(t, err.Error(), "yaml:", "the words of a library")
	}
	_, err := load(t, strings.Repeat("a: [\n", maxYAMLLines+1), nil, nil)
	require.ErrorContains(t, err, "is it the right file?")
}

func TestFaultsOfAListAreSaidInWords(t *testing.T) {
	path := filepath.Join(t.TempDir(), "providers.yaml")
	for text, want := range map[string]string{
		"- id: kc\n  label: [\n":         `line 2: expected a value or the closing bracket, got "label: ["`,
		"- id: kc\n  isuer: https://a":   `line 2: expected a key that draille.example.yaml shows, got "isuer`,
		"id: kc\nissuer: https://a.fr\n": `line 1: expected a list, each entry with`,
	} {
		require.NoError(t, os.WriteFile(path, []byte(text), 0o600))
		_, err := readProviders(path)
		require.ErrorContains(t, err, want)
		require.ErrorContains(t, err, "practice.sign-in.providers-file: "+path)
		require.NotContains(t, err.Error(), "yaml:")
	}
}
