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
		"--only", "websockets,stun,turn-allocations,many-sections,payload-lies")
	if err != nil {
		require.ErrorContains(t, err, "not held: ", out)
		require.NotContains(t, out, "failed: ", "the server answers, and the attacks could be made")
	}
	require.Regexp(t, `left silent, one address \| \d+ \| .*\b(kept|429) ×\d+`, out)
	require.Regexp(t, `STUN binding requests \| \d+ \| answered ×\d+`, out)
	require.Regexp(t, `allocated ×([1-9]|1[0-2])\b`, out, "12 with one participant's credentials")
	require.Regexp(t, `sections \| .*\bsdp ×\d+`, out)

	_, err = run(t, "loadtest", "flood", "--only", "nothing")
	require.ErrorContains(t, err, "is no attack")
}
