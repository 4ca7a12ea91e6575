// Package fhirjson reads resources of FHIR R4 in JSON, and says where something is that cannot be
// what it is. It knows no type of resource: whoever reads asks for what they need, and what nobody
// asks for is ignored, as FHIR wants it. What would change the meaning of the rest is not: an
// element modifierExtension or implicitRules is refused.
//
// What comes is never told in an error, for it may be a patient's: only its kind and its length.
package fhirjson

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strconv"
	"strings"
	"unicode/utf8"
)

const (
	// MaxBytes is more than any resource that is taken here has: a patient with all identifiers and
	// extensions of FR Core has 4 KB.
	MaxBytes = 256 << 10
	// maxDepth is deeper than nested extensions go.
	maxDepth = 32
)

// Fault is why a resource cannot be read, or an element of it be what it is.
type Fault struct {
	Path     string // as in Patient.identifier[0].value; empty: the whole
	Code     string // of an issue of FHIR's OperationOutcome
	Expected string
	Got      string
}

func (f *Fault) Error() string {
	sentence := "expected " + f.Expected + ", got " + f.Got
	if f.Path == "" {
		return sentence
	}
	return f.Path + ": " + sentence
}

// Codes of issues, http://hl7.org/fhir/issue-type.
const (
	CodeStructure = "structure"
	CodeRequired  = "required"
	CodeValue     = "value"
	CodeExtension = "extension"
	CodeTooLong   = "too-long"
)

// Parse reads one resource.
func Parse(text []byte) (Element, error) {
	if len(text) > MaxBytes {
		return Element{}, &Fault{"", CodeTooLong, fmt.Sprintf("at most %d bytes", MaxBytes), "more"}
	}
	if !utf8.Valid(text) {
		return Element{}, &Fault{"", CodeStructure, "JSON in UTF-8", "bytes that are not UTF-8"}
	}
	decoder := json.NewDecoder(bytes.NewReader(text))
	decoder.UseNumber()
	value, err := read(decoder, "", 0)
	if err == nil {
		if _, more := decoder.Token(); !errors.Is(more, io.EOF) {
			err = &Fault{"", CodeStructure, "one JSON object", "more behind it"}
		}
	}
	if err != nil {
		return Element{}, err
	}
	root, isObject := value.(map[string]any)
	if !isObject {
		return Element{}, &Fault{"", CodeStructure, "a resource, a JSON object", kindOf(value)}
	}
	name, _ := root["resourceType"].(string)
	if name == "" {
		return Element{}, &Fault{"resourceType", CodeRequired, "the type of the resource, as in " +
			"Patient", kindOf(root["resourceType"])}
	}
	if len(name) > 64 {
		name = name[:64]
	}
	return Element{name, root}, nil
}

// forbidden would change what the rest means (FHIR R4, 2.4.1.1 and 2.26.0.2).
var forbidden = map[string]bool{"modifierExtension": true, "implicitRules": true}

// read reads the next value. Members that come twice are refused: two readers would take two
// different ones.
func read(decoder *json.Decoder, path string, depth int) (any, error) {
	if depth > maxDepth {
		return nil, &Fault{path, CodeStructure, fmt.Sprintf("at most %d levels", maxDepth), "more"}
	}
	token, err := decoder.Token()
	if err != nil {
		return nil, unreadable(decoder, path, err)
	}
	switch token {
	case json.Delim('{'):
		return readObject(decoder, path, depth)
	case json.Delim('['):
		list := []any{}
		for decoder.More() {
			one, err := read(decoder, at(path, len(list)), depth+1)
			if err != nil {
				return nil, err
			}
			list = append(list, one)
		}
		if _, err := decoder.Token(); err != nil {
			return nil, unreadable(decoder, path, err)
		}
		return list, nil
	}
	if text, isText := token.(string); isText && strings.ContainsFunc(text, forbiddenRune) {
		return nil, &Fault{shown(path), CodeValue, "a text without control characters",
			"one with them"}
	}
	return token, nil
}

// forbiddenRune is one that no string of FHIR has (R4, 2.24.0.1).
func forbiddenRune(r rune) bool { return r < ' ' && r != '\t' && r != '\r' && r != '\n' }

func readObject(decoder *json.Decoder, path string, depth int) (any, error) {
	object := map[string]any{}
	for decoder.More() {
		token, err := decoder.Token()
		name, isText := token.(string)
		if err != nil || !isText {
			return nil, unreadable(decoder, path, err)
		}
		inner := member(path, name)
		if forbidden[name] {
			return nil, &Fault{shown(inner), CodeExtension, "no " + name + ", which would change " +
				"what the resource means", "one; leave it out"}
		}
		if _, twice := object[name]; twice {
			return nil, &Fault{shown(inner), CodeStructure, "each member once", "it twice"}
		}
		if object[name], err = read(decoder, inner, depth+1); err != nil {
			return nil, err
		}
	}
	if _, err := decoder.Token(); err != nil {
		return nil, unreadable(decoder, path, err)
	}
	return object, nil
}

func unreadable(decoder *json.Decoder, path string, err error) error {
	got := fmt.Sprintf("something else at byte %d", decoder.InputOffset())
	if errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) {
		got = "an end in the middle"
	}
	return &Fault{shown(path), CodeStructure, "JSON", got}
}

// maxPath is as much of a path as is told: names in it are whoever sent it's.
const maxPath = 200

func shown(path string) string {
	if len(path) > maxPath {
		return "" // no prefix of it would be a path
	}
	return path
}

// member is the path of a member. A path that is not told any more does not grow: a long name would
// be copied for each value below it.
func member(path, name string) string {
	switch {
	case path == "":
		return name
	case len(path) > maxPath:
		return path
	}
	return path + "." + name
}

func at(path string, index int) string {
	if len(path) > maxPath {
		return path
	}
	return path + "[" + strconv.Itoa(index) + "]"
}

func kindOf(value any) string {
	switch v := value.(type) {
	case nil:
		return "nothing"
	case bool:
		return "a boolean"
	case json.Number:
		return "a number"
	case string:
		return fmt.Sprintf("a text of %d characters", utf8.RuneCountInString(v))
	case []any:
		return fmt.Sprintf("a list of %d", len(v))
	}
	return "an object"
}
