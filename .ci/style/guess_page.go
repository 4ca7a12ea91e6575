package main

import (
	"regexp"
	"strings"
)

var (
	// pageSleep finds promises that a timer alone keeps, too, on however many lines.
	pageSleep = regexp.MustCompile(
		`\bwaitForTimeout\(|new Promise\b[^\n]*=>\s*\{?\s*setTimeout\(`)
	pageCompare = regexp.MustCompile(`expect\((.*)\)[^\n]*` +
		`\.to(?:BeLessThan|BeGreaterThan|BeCloseTo)\w*\(([^)]*)\)`)
	pagePoll = regexp.MustCompile(`expect\s*\.poll\(`)
	polled   = regexp.MustCompile(`^\s*(?:\.not)?\s*\.to(?:BeLessThan|BeGreaterThan|BeCloseTo)\w*` +
		`\(([^)]*)\)`)
	// rates never come on a machine that is too busy, however long somebody waits for them. Counts
	// do.
	rates    = regexp.MustCompile(`(?i)(fps|frame_?rate|per_?second|bit_?rate|kbps|\bbps)`)
	pageTest = regexp.MustCompile("^\\s*test(?:\\.\\w+)?\\(\\s*['\"`](.+?)['\"`],")
	// unitPatience waits for a second by default.
	unitPatience = regexp.MustCompile(`\bvi\s*\.(?:waitFor|waitUntil)\(`)
)

// page is a test that drives browsers, or a unit test of the client.
type page struct {
	source
	lines []string
}

func newPage(s source) page { return page{s, strings.Split(string(s.text), "\n")} }

// guess says what stands at an offset of the text.
func (p page) guess(offset int, what string) guess {
	line := strings.Count(string(p.text[:offset]), "\n")
	test := "outside of a test"
	for _, text := range p.lines[:line+1] {
		if m := pageTest.FindStringSubmatch(text); m != nil {
			test = m[1]
		}
	}
	return guess{p.path, test, line + 1, what}
}

// guessingPage finds the same in a test that drives browsers: everything in it is real time.
func guessingPage(s source) []guess {
	p, text := newPage(s), string(s.text)
	var guesses []guess
	for _, m := range pageSleep.FindAllStringIndex(text, -1) {
		guesses = append(guesses, p.guess(m[0], "sleeps"))
	}
	for _, m := range pageCompare.FindAllStringSubmatchIndex(text, -1) {
		what, bound := text[m[2]:m[3]], text[m[4]:m[5]]
		if bound != "0" && measured.MatchString(what) {
			guesses = append(guesses, p.guess(m[0], "judges "+measured.FindString(what)))
		}
	}
	for _, m := range pagePoll.FindAllStringIndex(text, -1) {
		what, rest := argument(text[m[1]:])
		bound := polled.FindStringSubmatch(rest)
		if bound != nil && bound[1] != "0" && rates.MatchString(what) {
			guesses = append(guesses, p.guess(m[0], "awaits "+rates.FindString(what)))
		}
	}
	return guesses
}

// argument returns what stands before the parenthesis that closes a call, and what comes after it.
func argument(text string) (inside, rest string) {
	depth := 1
	for i, c := range text {
		switch c {
		case '(':
			depth++
		case ')':
			depth--
		}
		if depth == 0 {
			return text[:i], text[i+1:]
		}
	}
	return text, ""
}

// impatient finds unit tests of the client that wait as long as vitest does by default.
func impatient(s source) []guess {
	p := newPage(s)
	var guesses []guess
	for _, m := range unitPatience.FindAllStringIndex(string(s.text), -1) {
		guesses = append(guesses,
			p.guess(m[0], "waits for a second: web/src/eventually.ts waits longer"))
	}
	return guesses
}
