package main

import (
	"bytes"
	"os"
	"os/exec"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// attackFromThisTest is the attacking process out of the test's own binary.
func attackFromThisTest() (*exec.Cmd, error) {
	return exec.Command(os.Args[0], "-test.run=^TestServeInAProcess$", "--", "loadtest", "attack"), nil
}

// A moment of some attacks, with everything real: a server and attackers in processes of their own, a call meanwhile. How much
// of the voice is lost on a busy machine is not for this test to say.
func TestFloodsAreAnswered(t *testing.T) {
	f := &floods{serve: serveThisTest, attacker: attackFromThisTest, length: 1500 * time.Millisecond, rest: 100 * time.Millisecond,
		only: []string{"websockets", "stun", "turn-allocations", "many-sections", "rtcp", "payload-lies"}}
	command := newFlood()
	var table, told bytes.Buffer
	command.SetOut(&table)
	command.SetErr(&told)
	command.SetContext(t.Context())
	if err := f.run(command); err != nil {
		require.ErrorContains(t, err, "not held: ", told.String())
		require.NotContains(t, table.String(), "failed: ", "the server answers, and the attacks could be made")
	}
	require.Regexp(t, `429 ×\d+`, table.String())
	require.Regexp(t, `STUN binding requests \| \d+ \| answered ×\d+`, table.String())
	require.Regexp(t, `allocated ×12\b`, table.String())
	require.Regexp(t, `sections \| .*\bsdp ×\d+`, table.String())
	// Without the race detector, which is in this server, too, it is 45 MB in place of 150 to 210.
	require.NotRegexp(t, `\| ([4-9]\d\d|\d{4,}) MB`, table.String())

	f.only = []string{"nothing"}
	require.ErrorContains(t, f.run(command), "is no attack")
	require.Error(t, attack(t.Context(), bytes.NewReader([]byte(`{"attack":"nothing"}`)), &table))
	require.Error(t, attack(t.Context(), bytes.NewReader(nil), &table))
}

// One server through what a soak does to it.
func TestServerOfASoak(t *testing.T) {
	server, err := startOwn(serveThisTest, "--trusted-proxies", "")
	require.NoError(t, err)
	defer server.Close()
	s := soaked{server, attackFromThisTest}
	require.True(t, s.Alive())
	require.NoError(t, s.RenewCertificate())
	require.NoError(t, s.Reload())
	require.NoError(t, s.BreakDisk())
	require.NoError(t, s.MendDisk())
	answers, err := s.Attack(t.Context(), s.Attacks()[0], 200*time.Millisecond)
	require.NoError(t, err)
	require.NotEmpty(t, answers)
	_, err = s.Attack(t.Context(), "nothing", time.Second)
	require.Error(t, err)
	s.Kill()
	require.False(t, s.Alive())
	require.Contains(t, s.lastWords(), "does not run")
	require.NoError(t, s.Start())
	reading, err := s.Reading(t.Context())
	require.NoError(t, err)
	require.Positive(t, reading.Goroutines)
	s.Stop()
	require.False(t, s.Alive())
}
