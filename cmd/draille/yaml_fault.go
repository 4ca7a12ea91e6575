package main

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
	"regexp"
	"strings"

	"go.yaml.in/yaml/v3"
)

// maxYAMLLines bounds the search for the line of a fault: a configuration is far shorter.
const maxYAMLLines = 2000

// maxShown is how many characters of a faulty line are shown.
const maxShown = 60

// yamlFaults say what the reader of YAML means, by a part of what it says. The first that fits.
var yamlFaults = []struct{ says, expected, do string }{
	{"mapping values are not allowed", "one key and one value in a line",
		`put a value that holds ": " in quotes, and begin keys that belong together in one column`},
	{"tab character", "spaces before the key", "replace the tab by spaces"},
	{"cannot start any token", "a value", "put a value that begins with @, ` or % in quotes, " +
		"and use spaces instead of tabs"},
	{"expected ','", "a comma or the closing bracket", "close the list with ] (a table with })"},
	{"expected node content", "a value or the closing bracket",
		"close the list with ] (a table with })"},
	{"end of stream", "the closing quote", "close the quote, or leave both out"},
	{"unknown escape", `a backslash that is doubled`, `write \\, or use single quotes`},
	{"already defined", "each key once in its table", "put both together, or delete one"},
	{"not found in type", "a key that draille.example.yaml shows",
		"correct it, or delete the line"},
	{"into []main", "a list, each entry with \"- \"", "write it as draille.example.yaml does"},
	{"cannot unmarshal", "a key, a colon, a space and a value of its kind",
		`write it as draille.example.yaml does, as in "listen: :8080"`},
	{"expected ':'", "a colon and a space behind the key", `write it as in "listen: :8080"`},
	{"expected key", "a key in the column of those that it belongs to",
		"move it to the column where the others of its table begin"},
	{"'-' indicator", "another entry of the list",
		`begin it with "- " in the column of the others`},
	{"block sequence entries", "a value in the line of its key",
		`begin the list in the next line, each entry with "- "`},
	{"anchor", "a plain value", "put a value that begins with * or & in quotes"},
	{"tag", "a plain value", "put a value that begins with ! in quotes"},
	{"alphabetic or numeric", "a plain value", "put a value that begins with *, & or ! in quotes"},
	{"control characters", "text in UTF-8", "save the file as UTF-8, without a binary part"},
	{"Unicode", "text in UTF-8", "save the file as UTF-8"},
	{"UTF-8", "text in UTF-8", "save the file as UTF-8"},
}

// yamlFault says in words where and why a text is refused that decode, which takes YAML, does not
// take: the first line from which on nothing is taken any more. The reader's own lines are those
// where something began, or none.
func yamlFault(text []byte, problem error, decode func([]byte) error) error {
	lines := bytes.SplitAfter(text, []byte("\n"))
	if len(lines) > maxYAMLLines {
		return fmt.Errorf("expected at most %d lines, got %d; is it the right file?", maxYAMLLines,
			len(lines))
	}
	wrong, end := 0, 0
	for i, line := range lines {
		end += len(line)
		switch err := decode(text[:end]); {
		case err == nil:
			wrong = i + 1
		case wrong == i:
			problem = err // of the line itself, not of what comes behind it
		}
	}
	came := ""
	if wrong < len(lines) {
		came = shown(lines[wrong])
	}
	for _, fault := range yamlFaults {
		if strings.Contains(problem.Error(), fault.says) {
			return fmt.Errorf("line %d: expected %s, got %q; %s", wrong+1, fault.expected, came,
				fault.do)
		}
	}
	return fmt.Errorf("line %d: expected a key and a value as draille.example.yaml shows, got %q; "+
		"compare them", wrong+1, came)
}

// secretKey is a key whose value is not to be read in a log.
var secretKey = regexp.MustCompile(`(?i)^([^:]*(?:secret|pass|token|key)[^:]*):.*`)

// shown is a line as it may be shown.
func shown(line []byte) string {
	text := strings.TrimSpace(strings.ToValidUTF8(string(line), "�"))
	text = secretKey.ReplaceAllString(text, "$1: …")
	if short := []rune(text); len(short) > maxShown {
		return string(short[:maxShown]) + "…"
	}
	return text
}

// readEntries reads a file that a setting names and that holds a list.
func readEntries[Entry any](key, path string) ([]Entry, error) {
	text, err := os.ReadFile(path)
	if err != nil {
		return nil, fmt.Errorf("%s: expected a file that can be read, got %w", key, err)
	}
	var entries []Entry
	decode := func(text []byte) error {
		entries = nil
		decoder := yaml.NewDecoder(bytes.NewReader(text))
		decoder.KnownFields(true)
		if err := decoder.Decode(&entries); !errors.Is(err, io.EOF) {
			return err
		}
		return nil
	}
	if err := decode(text); err != nil {
		return nil, fmt.Errorf("%s: %s is not valid: %w", key, path, yamlFault(text, err, decode))
	}
	return entries, nil
}
