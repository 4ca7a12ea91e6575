package fhirjson

import (
	"encoding/json"
	"strconv"
	"strings"
)

// Element is a value in a resource, and where it is. One that is missing has no value.
type Element struct {
	path  string
	value any // nil, bool, json.Number, string, []any or map[string]any
}

// Path is where the element is, as in Patient.name[0].
func (e Element) Path() string { return shown(e.path) }

// Present reports whether there is one.
func (e Element) Present() bool { return e.value != nil }

// Child is a member of an object; one without a value if there is none.
func (e Element) Child(name string) Element {
	object, _ := e.value.(map[string]any)
	return Element{member(e.path, name), object[name]}
}

// All are the elements of a list. What should be a list and is a single value counts as one.
func (e Element) All() []Element {
	switch value := e.value.(type) {
	case nil:
		return nil
	case []any:
		all := make([]Element, len(value))
		for i, one := range value {
			all[i] = Element{at(e.path, i), one}
		}
		return all
	}
	return []Element{e}
}

// Text is a text, without spaces around it; empty if it is none.
func (e Element) Text() string {
	text, _ := e.value.(string)
	return strings.TrimSpace(text)
}

// True reports whether it is the boolean true.
func (e Element) True() bool {
	value, _ := e.value.(bool)
	return value
}

// False reports whether it is the boolean false, and not missing.
func (e Element) False() bool {
	value, isBool := e.value.(bool)
	return isBool && !value
}

// Number is a whole number; ok is false if it is none.
func (e Element) Number() (n int, ok bool) {
	number, _ := e.value.(json.Number)
	n, err := strconv.Atoi(number.String())
	return n, err == nil
}

// Extension is the first extension whose URL ends so; one without a value if there is none.
func (e Element) Extension(ending string) Element {
	for _, one := range e.Child("extension").All() {
		if strings.HasSuffix(one.Child("url").Text(), ending) {
			return one
		}
	}
	return Element{path: member(e.path, "extension")}
}

// Wrong is a fault of the element, told without what it is.
func (e Element) Wrong(expected string) error {
	if !e.Present() {
		return &Fault{e.Path(), CodeRequired, expected, "nothing"}
	}
	return &Fault{e.Path(), CodeValue, expected, kindOf(e.value)}
}

// WrongAs is a fault of the element, told in words.
func (e Element) WrongAs(expected, got string) error {
	return &Fault{e.Path(), CodeValue, expected, got}
}

// Codes are the codes of a CodeableConcept, a Coding, or lists of them.
func (e Element) Codes() []string {
	var codes []string
	for _, one := range e.All() {
		if code := one.Child("code").Text(); code != "" {
			codes = append(codes, code)
		}
		for _, coding := range one.Child("coding").All() {
			if code := coding.Child("code").Text(); code != "" {
				codes = append(codes, code)
			}
		}
	}
	return codes
}
