package signaling

import (
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// Every test that SECURITY.md names as a witness is there.
func TestTheWitnessesOfThePageOfThreatsExist(t *testing.T) {
	page, err := os.ReadFile("SECURITY.md")
	require.NoError(t, err)
	there := map[string]bool{}
	declared := regexp.MustCompile(`(?m)^func ((?:Test|Fuzz)\w+)\(`)
	for _, folder := range []string{".", "../turn", "../sfu", "../cmd/draille"} {
		require.NoError(
			t,
			filepath.WalkDir(folder, func(path string, _ fs.DirEntry, err error) error {
				if err != nil || !strings.HasSuffix(path, "_test.go") {
					return err
				}
				source, err := os.ReadFile(path)
				for _, match := range declared.FindAllSubmatch(source, -1) {
					there[string(match[1])] = true
				}
				return err
			}),
		)
	}
	named := regexp.MustCompile(`\b(?:Test|Fuzz)[A-Z]\w+`).FindAllString(string(page), -1)
	require.Greater(t, len(named), 30)
	for _, name := range named {
		require.True(t, there[name], "there is no %s", name)
	}
}
