package main

import (
	"bytes"
	"compress/gzip"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/andybalholm/brotli"
	"github.com/stretchr/testify/require"
)

func TestCopiesHoldTheSame(t *testing.T) {
	root := t.TempDir()
	require.NoError(t, os.Mkdir(filepath.Join(root, "assets"), 0o700))
	script := []byte(strings.Repeat("console.log('the voice is never cut');\n", 200))
	for name, content := range map[string][]byte{
		"assets/main.js": script, "short.css": []byte("a{}"),
		"tone.wav": bytes.Repeat([]byte{0}, 4000),
	} {
		require.NoError(t, os.WriteFile(filepath.Join(root, name), content, 0o600))
	}
	require.NoError(t, compressTree(root))
	require.NoError(t, compressTree(root), "again, over its own results")

	var names []string
	walked := filepath.WalkDir(root, func(path string, entry os.DirEntry, err error) error {
		if !entry.IsDir() {
			name, _ := filepath.Rel(root, path)
			names = append(names, name)
		}
		return err
	})
	require.NoError(t, walked)
	require.ElementsMatch(t, []string{
		"assets/main.js", "assets/main.js.br", "assets/main.js.gz", "short.css", "tone.wav",
	}, names)

	br, err := os.ReadFile(filepath.Join(root, "assets/main.js.br"))
	require.NoError(t, err)
	content, err := io.ReadAll(brotli.NewReader(bytes.NewReader(br)))
	require.NoError(t, err)
	require.Equal(t, script, content)

	gz, err := os.ReadFile(filepath.Join(root, "assets/main.js.gz"))
	require.NoError(t, err)
	unzip, err := gzip.NewReader(bytes.NewReader(gz))
	require.NoError(t, err)
	content, err = io.ReadAll(unzip)
	require.NoError(t, err)
	require.Equal(t, script, content)

	require.Error(t, compressTree(filepath.Join(root, "nowhere")))
}
