package main

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestCommittedTypesAreCurrent(t *testing.T) {
	for file, source := range map[string]Source{
		"protocol/messages.ts": protocolIn(".."),
		"staff/api.ts": {Name: "signaling/practice", Folder: "../../practice",
			Types: []string{"practice.go", "types.go", "hospital.go", "desk/messages_failure.go",
				"desk/messages_signin.go", "desk/messages_agenda.go", "desk/messages_tablet.go",
				"desk/messages_office.go", "desk/messages_events.go",
				"desk/messages_hospital.go"}},
		"engine/regime.ts": {Name: "sfu/regime", Folder: "../../../sfu/regime",
			Constants: []string{"levels.go"}},
	} {
		generated, err := Generate(source)
		require.NoError(t, err)
		committed, err := os.ReadFile("../../../web/src/" + file)
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
