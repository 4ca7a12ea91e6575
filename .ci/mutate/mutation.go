package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
)

// mutation is one change of a source file.
type mutation struct {
	name, file, old, new string
}

// apply returns the changed file.
func (m mutation) apply() ([]byte, error) {
	text, err := os.ReadFile(m.file)
	if err != nil {
		return nil, err
	}
	if n := bytes.Count(text, []byte(m.old)); n != 1 {
		return nil, fmt.Errorf("%s: %s has %q %d times, expected once", m.name, m.file, m.old, n)
	}
	return bytes.Replace(text, []byte(m.old), []byte(m.new), 1), nil
}

// catch returns what the tests say of a mutation; empty: nothing.
func (m mutation) catch(folder string, mutated []byte) (string, error) {
	file := filepath.Join(folder, "mutated.go")
	if err := os.WriteFile(file, mutated, 0o600); err != nil {
		return "", err
	}
	path, err := filepath.Abs(m.file)
	if err != nil {
		return "", err
	}
	overlay, err := json.Marshal(map[string]map[string]string{"Replace": {path: file}})
	if err != nil {
		return "", err
	}
	list := filepath.Join(folder, "overlay.json")
	if err := os.WriteFile(list, overlay, 0o600); err != nil {
		return "", err
	}
	for _, s := range suites {
		program := filepath.Join(folder, "test")
		build := exec.Command("go", "test", "-c", "-vet=off", "-overlay", list, "-o", program,
			"./"+s.folder)
		if out, err := build.CombinedOutput(); err != nil {
			return "", fmt.Errorf("cannot build %s: %w: %s", s.folder, err, out)
		}
		test := exec.Command(program, append(s.arguments, "-test.timeout", "90s")...)
		test.Dir = s.folder
		out, err := test.CombinedOutput()
		var failed *exec.ExitError
		switch {
		case errors.As(err, &failed):
			return describe(out), nil
		case err != nil:
			return "", err
		}
	}
	return "", nil
}
