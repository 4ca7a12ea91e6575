package main

import (
	"testing"

	"github.com/stretchr/testify/require"
)

// What is wrong on a command line is refused in a sentence that says what to do.
func TestWrongArgumentsAreRefusedInWords(t *testing.T) {
	for want, line := range map[string][]string{
		"config is not a command of draille: see draille --help":           {"config"},
		"serv is not a command of draille: did you mean serve?":            {"serv"},
		"verif is not a command of draille audit: did you mean verify?":    {"audit", "verif"},
		"expected draille backup FILE [flags], got no argument":            {"backup"},
		"expected draille serve [flags], got \"now\": draille serve --hel": {"serve", "now"},
		"draille revoke --help has examples":                               {"revoke", "a", "b"},
		"--knwn is not a flag of draille audit verify: did you mean --kno": {"audit", "verify",
			"--knwn"},
		"unknown shorthand flag: 'x' in -x: see draille backup --help": {"backup", "-x"},
	} {
		_, err := run(t, line...)
		require.ErrorContains(t, err, want)
	}
	said, err := run(t, "audit")
	require.NoError(t, err)
	require.Contains(t, said, "draille audit verify")
}
