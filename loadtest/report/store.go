package report

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
)

// Write writes a run as JSON.
func Write(w io.Writer, r *Run) error {
	r.Schema, r.Version = Schema, Version
	encoder := json.NewEncoder(w)
	encoder.SetEscapeHTML(false)
	encoder.SetIndent("", " ")
	return encoder.Encode(r)
}

// Load reads a run from a file, and judges it if whoever wrote it did not. Its errors name the
// file.
func Load(path string) (*Run, error) {
	content, err := os.ReadFile(path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, fmt.Errorf("there is no file %s: expected a report written with --json", path)
	}
	if err != nil {
		return nil, fmt.Errorf("the report %s cannot be read: %w", path, err)
	}
	r, err := Read(bytes.NewReader(content))
	if err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	return r, nil
}

// Read reads a run as JSON.
func Read(from io.Reader) (*Run, error) {
	content, err := io.ReadAll(from)
	if err != nil {
		return nil, err
	}
	var header struct {
		Schema  string `json:"schema"`
		Version int    `json:"version"`
	}
	if err := json.Unmarshal(content, &header); err != nil {
		return nil, fmt.Errorf(
			"not a load test report: it is not JSON (%w); expected a file written with --json", err)
	}
	if header.Schema != Schema {
		return nil, fmt.Errorf("not a load test report: its schema is %q, expected %q",
			header.Schema, Schema)
	}
	if header.Version != Version {
		return nil, fmt.Errorf(
			"the report has version %d of the schema, but this program reads version %d: %s",
			header.Version, Version, versionAdvice(header.Version))
	}
	var r Run
	if err := json.Unmarshal(content, &r); err != nil {
		return nil, fmt.Errorf("the report does not follow the schema: %w", err)
	}
	if r.Verdict.Level == "" {
		Judge(&r)
	}
	return &r, nil
}

func versionAdvice(version int) string {
	if version > Version {
		return "use a newer draille"
	}
	return "run the load test again"
}
