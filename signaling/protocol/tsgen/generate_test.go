package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// instructed reads what "go generate" is told in a file, relative to where it stands.
func instructed(t *testing.T, file string) (source Source, to string) {
	text, err := os.ReadFile(file)
	require.NoError(t, err)
	_, line, found := strings.Cut(string(text), "tsgen ")
	require.True(t, found, file)
	line, _, _ = strings.Cut(line, "\n")
	words := strings.Fields(line)
	for i, word := range words {
		value := words[min(i+1, len(words)-1)]
		switch word {
		case "-name":
			source.Name = value
		case "-from":
			source.Folder = filepath.Join(filepath.Dir(file), value)
		case "-types":
			source.Types = strings.Split(value, ",")
		case "-constants":
			source.Constants = strings.Split(value, ",")
		case "-unions":
			source.Unions = true
		case "-to":
			to = filepath.Join(filepath.Dir(file), value)
		}
	}
	return source, to
}

func TestCommittedTypesAreCurrent(t *testing.T) {
	for _, file := range []string{"../generate.go", "../../practice/desk/generate.go",
		"../../../sfu/regime/regime.go"} {
		source, to := instructed(t, file)
		generated, err := Generate(source)
		require.NoError(t, err)
		committed, err := os.ReadFile(to)
		require.NoError(t, err)
		require.Equal(t, string(generated), string(committed), "run: go generate ./...")
	}
}

func protocolIn(folder string) Source {
	return Source{Name: "signaling/protocol", Folder: folder, Unions: true,
		Types:     []string{"messages.go", "messages_client.go", "messages_server.go"},
		Constants: []string{"limits.go", "codec.go"}}
}

func TestRefusesWhatItDoesNotUnderstand(t *testing.T) {
	for name, source := range map[string]string{
		"no json tag":           "type A struct{ Type string }",
		"unknown field type":    "type A struct{ B chan int `json:\"b\"` }",
		"type without constant": "type Role string",
		"other kind of type":    "type A func()",
		"computed constant":     "const A = len(b)",
		"unexported constant":   "const a = 1",
		"syntax":                "type {",
	} {
		t.Run(name, func(t *testing.T) {
			folder := t.TempDir()
			for _, file := range []string{"messages.go", "messages_client.go",
				"messages_server.go", "limits.go", "codec.go"} {
				content := "package protocol\n"
				if file == "messages.go" {
					content += source
				}
				require.NoError(t,
					os.WriteFile(filepath.Join(folder, file), []byte(content), 0o600))
			}
			_, err := Generate(protocolIn(folder))
			require.ErrorContains(t, err, "messages.go:2")
		})
	}
	_, err := Generate(protocolIn(t.TempDir()))
	require.ErrorContains(t, err, "messages.go")
}
