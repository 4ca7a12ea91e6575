package main

import (
	"testing"

	"github.com/stretchr/testify/require"
)

// A moment of some attacks, with everything real: a server and attackers in processes of their own,
// a call meanwhile. How many tries a busy machine finds time for, how much memory they take and how
// much of the voice is lost is not for this test to say: make floods does.
func TestFloodsAreAnswered(t *testing.T) {
	t.Parallel()
	out, err := run(t, "loadtest", "flood", "--duration", "1500ms", "--rest", "100ms",
		"--quiet", "1s", "--only", "websockets,stun,turn-allocations,many-sections,payload-lies")
	if err != nil {
		// Where it runs in a network namespace of its own, the other process says so.
		require.Contains(t, out+err.Error(), "not held: ")
	}
	for row, answers := range map[string]string{
		"websockets opened and left silent, one address": `(kept|429)`,
		"STUN binding requests":                          `answered`,
		"TURN allocations":                               `allocated`,
		"offers with a thousand sections":                `sdp`,
		"the same authenticated":                         `nothing`,
	} {
		// What a busy machine could not do in time failed for that reason alone.
		require.Regexp(t, `\| `+row+`[^|]*\| \d+ \| (.*\b`+answers+
			`\b|.*(in time|in \d+ s|deadline|timeout))`, out)
	}
	require.NotRegexp(t, `allocated ×(1[3-9]|[2-9]\d|\d{3,})\b`, out,
		"12 with one participant's credentials")

	_, err = run(t, "loadtest", "flood", "--only", "nothing")
	require.ErrorContains(t, err, "is no attack")
}
