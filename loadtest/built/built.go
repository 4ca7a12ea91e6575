// Package built gives tests the real program, which they run in a process of its own.
package built

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"sync"
)

// Program returns the path of the program: the one that TEST_DRAILLE names, or one that is built
// once.
var Program = sync.OnceValues(func() (string, error) {
	if path := os.Getenv("TEST_DRAILLE"); path != "" {
		return path, nil
	}
	directory, err := os.MkdirTemp("", "draille-built-")
	if err != nil {
		return "", fmt.Errorf("no folder for the program: %w", err)
	}
	path := filepath.Join(directory, "draille")
	out, err := exec.Command("go", "build", "-o", path, "draille/cmd/draille").CombinedOutput()
	if err != nil {
		return "", fmt.Errorf("the program cannot be built: %w: %s", err, out)
	}
	return path, nil
})
