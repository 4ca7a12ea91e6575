package main

import (
	"bytes"
	"context"
	"encoding/json"
	"flag"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"github.com/stretchr/testify/require"

	"draille/loadtest/report"
)

// TestServeInAProcess is no test of its own: it is what a load test starts as its local server
// here, with the arguments after "--".
func TestServeInAProcess(t *testing.T) {
	if len(flag.Args()) == 0 {
		t.Skip("run by the tests of loadtest --local")
	}
	ctx, stop := signal.NotifyContext(t.Context(), syscall.SIGTERM)
	defer stop()
	root := newRoot(testProgram)
	root.SetArgs(flag.Args())
	root.SetOut(os.Stdout)
	root.SetErr(os.Stderr)
	require.NoError(t, root.ExecuteContext(ctx))
}

// testProgram runs out of the test's own binary.
var testProgram = program{run: func(arguments ...string) (*exec.Cmd, error) {
	return exec.Command(os.Args[0], append([]string{"-test.run=^TestServeInAProcess$", "--"},
		arguments...)...), nil
}}

// A consultation of a few seconds, with everything real: a server in its own process, two
// participants, two links.
func TestLoadtestLocal(t *testing.T) {
	t.Parallel()
	directory := t.TempDir()
	file, page := filepath.Join(directory, "run.json"), filepath.Join(directory, "run.html")
	out, err := run(t, "loadtest", "consultation", "--local", "--link", "adsl-long", "--duration",
		"5s", "--seed", "3",
		"--json", file, "--html", page, "--expect", "join.failed<1", "--expect", "server.cpu>0")
	if err != nil { // a busy machine may make the figures void, and nothing else may happen
		require.ErrorContains(t, err, "the generator was at its limit", out)
	}
	require.Contains(t, out, "of 5 s")

	r, err := report.Load(file)
	require.NoError(t, err)
	require.True(t, r.Server.Local)
	require.Len(t, r.Participants, 2)
	for _, p := range r.Participants {
		require.Empty(t, p.Failure)
		require.Positive(t, p.Figures.PacketsReceived.Or(0), p.Name)
		require.False(t, p.Figures.AudioConcealed.IsZero(), p.Name)
		require.NotEmpty(t, p.Samples)
	}
	require.Positive(t, r.Server.ForwardedPackets.Or(0), "the server's own metrics were read")
	require.Positive(t, r.Server.CPUMicrosPerPkt.Or(0))
	require.Positive(t, r.Participants[1].Figures.EstimateBits.Or(0),
		"the server's estimate was found under the participant's id")
	require.Len(t, r.Expectations, 2)
	for _, o := range r.Expectations {
		require.True(t, o.Met, o.Expectation)
	}
	html, err := os.ReadFile(page)
	require.NoError(t, err)
	require.Contains(t, string(html), "Psychiatrist")

	printed, err := run(t, "loadtest", "compare", file, file)
	require.NoError(t, err)
	require.Contains(t, printed, "0 worse, 0 better")
	again := filepath.Join(directory, "again.html")
	_, err = run(t, "loadtest", "report", file, "--html", again, "--expect", "audio.concealed<1ms")
	require.ErrorContains(t, err, "is not a value in percent")
	_, err = run(t, "loadtest", "report", file, "--html", again, "--expect", "link.rtt<0")
	require.ErrorContains(t, err, "1 of 3 expectations were not met")
	require.FileExists(t, again)
}

// The same against a server that was there before, through its secret, and through two links.
func TestLoadtestRemote(t *testing.T) {
	t.Parallel()
	config := testConfig(t)
	s := start(t, config)
	address := s.url("")
	address = strings.Replace(address, "127.0.0.1", "localhost", 1)
	metrics := "http://" + s.metricsListen.Addr().String() + "/metrics"
	out, err := run(t, "loadtest", "telestaff", address, "--participants", "3", "--duration", "3s",
		"--metrics", metrics,
		"--data-directory", config.DataDirectory, "--expect", "join.failed<1")
	if err != nil {
		require.ErrorContains(t, err, "the generator was at its limit", out)
	}
	require.Regexp(t, `Clinician 2 +adsl-end`, out)
	require.Contains(t, out, "met      join.failed<1: 0")

	links := make([]string, 2)
	for i, role := range []string{"host", "guest"} {
		link, err := run(t, "invite", "--json", "--room", "tried", "--role", role,
			"--data-directory",
			config.DataDirectory, "--public-url", address)
		require.NoError(t, err)
		var made invitation
		require.NoError(t, json.Unmarshal([]byte(link), &made))
		links[i] = made.Link
	}
	out, err = run(t, "loadtest", "consultation", "--invite", links[0], "--invite", links[1],
		"--duration", "3s", "--metrics", metrics)
	require.NoError(t, err)
	require.Regexp(t, `Nurse +adsl-end +\d`, out)

	elsewhere := withSecret(t)
	_, err = run(t, "loadtest", "consultation", address, "--data-directory", elsewhere)
	require.ErrorContains(t, err,
		"the server refused the invitation (invalid): its signature is not that server's")
}

func TestLoadtestRefusesAtOnce(t *testing.T) {
	empty := filepath.Join(t.TempDir(), "none")
	for want, arguments := range map[string][]string{
		"which server? Give its address, as in draille loadtest churn": {"churn"},
		"leave out one of them": {"churn", "--local",
			"http://localhost:1"},
		"--invite opens rooms on another server": {"churn", "--local",
			"--invite", "a"},
		"--invite opens one room": {"churn", "--rooms",
			"2", "--invite", "a", "--invite", "b"},
		"expected 2, the host's first": {"churn", "--invite",
			"a"},
		"this is not an invitation link": {"churn", "--invite",
			"a", "--invite", "b"},
		"is not the address of a server": {"churn",
			"visio.example.org", "--data-directory", empty},
		"to open rooms on localhost:1 its secret is needed": {"churn",
			"http://localhost:1", "--data-directory", empty},
		`"audio.lost" is not a figure of a load test: the known ones are au`: {"churn", "--local",
			"--expect", "audio.lost<1%"},
		"unknown profile":                    {"churn", "--local", "--link", "isdn"},
		"is not a scenario: expected one of": {"capacity", "--local", "--of", "meeting"},
		"--most 0 cannot be tried":           {"capacity", "--local", "--most", "0"},
		"there is no file":                   {"compare", "a.json", "b.json"},
		"--width 3 cannot be drawn":          {"links", "--width", "3"},
		"did you mean --link?":               {"churn", "--lnk", "a"},
	} {
		_, err := run(t, append([]string{"loadtest"}, arguments...)...)
		require.ErrorContains(t, err, want)
	}
	require.NoFileExists(t, empty, "looking for a secret makes none")
	made := withSecret(t)
	_, err := run(t, "loadtest", "churn", "http://localhost:1", "--data-directory", made)
	require.ErrorContains(t, err, "the server http://localhost:1 cannot be reached")
}

func TestLoadtestLinks(t *testing.T) {
	out, err := run(t, "loadtest", "links", "--width", "20")
	require.NoError(t, err)
	require.Contains(t, out, "adsl-end        512/128 kbit/s over ATM")
	require.Contains(t, out, "  down ████████████████████  512 kbit/s")
}

// Ctrl-C ends a run early, and the report is written all the same.
func TestLoadtestInterrupted(t *testing.T) {
	t.Parallel()
	config := testConfig(t)
	s := start(t, config)
	file := filepath.Join(t.TempDir(), "run.json")
	root := newRoot(testProgram)
	root.SetOut(&bytes.Buffer{})
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	root.SetErr(writerFunc(func(line []byte) { // the first sign of progress
		if bytes.Contains(line, []byte("of 60 s")) {
			cancel()
		}
	}))
	root.SetArgs([]string{"loadtest", "consultation",
		strings.Replace(s.url(""), "127.0.0.1", "localhost", 1), "--json", file,
		"--data-directory", config.DataDirectory, "--metrics",
		"http://" + s.metricsListen.Addr().String() + "/metrics"})
	require.ErrorContains(t, root.ExecuteContext(ctx),
		"the report is partial: it was interrupted after")
	content, err := os.ReadFile(file)
	require.NoError(t, err)
	var r report.Run
	require.NoError(t, json.Unmarshal(content, &r))
	require.NotEmpty(t, r.Interrupted)
}

type writerFunc func([]byte)

func (f writerFunc) Write(line []byte) (int, error) { f(line); return len(line), nil }
