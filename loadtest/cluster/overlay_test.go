package cluster

import (
	"bytes"
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// overlaid builds the program with another text of one of its files, by its path in the module.
func overlaid(t *testing.T, name, file string, change func(module, text string) string) string {
	t.Helper()
	root, err := exec.Command("go", "env", "GOMOD").Output()
	require.NoError(t, err)
	module := filepath.Dir(strings.TrimSpace(string(root)))
	file = filepath.Join(module, filepath.FromSlash(file))
	text, err := os.ReadFile(file)
	require.NoError(t, err)
	changed := change(module, string(text))
	require.NotEqual(t, string(text), changed, "%s is not what it was: nothing is changed", file)
	folder := t.TempDir()
	write := func(name string, content []byte) string {
		path := filepath.Join(folder, name)
		require.NoError(t, os.WriteFile(path, content, 0o600))
		return path
	}
	overlay, err := json.Marshal(map[string]any{
		"Replace": map[string]string{file: write("file.go", []byte(changed))}})
	require.NoError(t, err)
	path := filepath.Join(folder, name)
	build := exec.Command("go", "build", "-overlay", write("overlay.json", overlay), "-o", path,
		"draille/cmd/draille")
	build.Dir = module
	out, err := build.CombinedOutput()
	require.NoError(t, err, "%s", bytes.TrimSpace(out))
	return path
}

// ofNextFormats builds a version that speaks the formats of this one and the next.
func ofNextFormats(t *testing.T) string {
	return overlaid(t, "next-formats", "signaling/peers/wire/formats.go",
		func(_, text string) string {
			return strings.Replace(text, "Newest: 1}", "Newest: 2}", 1)
		})
}
