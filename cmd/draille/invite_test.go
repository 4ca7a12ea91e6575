package main

import (
	"bytes"
	"context"
	"encoding/json"
	"net/url"
	"os"
	"path/filepath"
	"runtime/debug"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"draille/signaling/protocol"
	"draille/signaling/token"
)

// run executes the program with arguments and returns what it printed.
func run(t *testing.T, arguments ...string) (string, error) {
	t.Helper()
	root := newRoot(testProgram)
	var out bytes.Buffer
	root.SetOut(&out)
	root.SetErr(&out)
	root.SetArgs(arguments)
	err := root.ExecuteContext(context.Background())
	return out.String(), err
}

// verify checks the token of a link with the secret of a data directory.
func verify(t *testing.T, directory, link string, now time.Time) (token.Invitation, error) {
	t.Helper()
	config := defaultConfig()
	config.DataDirectory = directory
	s, err := makeSecrets(config)
	require.NoError(t, err)
	signer, err := token.NewSigner(s.invitations, audience)
	require.NoError(t, err)
	parsed, err := url.Parse(link)
	require.NoError(t, err)
	require.Equal(t, "/", parsed.Path)
	require.Empty(t, parsed.RawQuery, "the token never stands where servers and logs see it")
	return signer.Verify(parsed.Fragment, now)
}

// withSecret is a data directory in which a server has been.
func withSecret(t *testing.T) string {
	t.Helper()
	config := defaultConfig()
	config.DataDirectory = t.TempDir()
	_, err := makeSecrets(config)
	require.NoError(t, err)
	return config.DataDirectory
}

// A link that is signed with a secret that no server has would be called invalid.
func TestOnlyTheServerMakesSecrets(t *testing.T) {
	directory := filepath.Join(t.TempDir(), "other")
	for _, arguments := range [][]string{
		{"invite", "--room", "a"}, {"revoke", "http://localhost/#a.b.c"},
	} {
		_, err := run(t, append(arguments, "--data-directory", directory)...)
		require.ErrorContains(t, err, "start draille serve once")
	}
	require.NoDirExists(t, directory)

	empty := t.TempDir() // a folder that is there, such as that of another service
	_, err := run(t, "invite", "--room", "a", "--data-directory", empty)
	require.ErrorContains(t, err, "start draille serve once")
	entries, err := os.ReadDir(empty)
	require.NoError(t, err)
	require.Empty(t, entries)
}

func TestInvite(t *testing.T) {
	directory := withSecret(t)
	out, err := run(t, "invite", "--room", "stfbourg", "--name", "Mme Rey", "--valid", "2h",
		"--json",
		"--data-directory", directory, "--public-url", "https://visio.example.org")
	require.NoError(t, err)
	var printed invitation
	require.NoError(t, json.Unmarshal([]byte(out), &printed))
	require.Equal(t, "stfbourg", printed.Room)
	require.Contains(t, printed.Link, "https://visio.example.org/#")

	got, err := verify(t, directory, printed.Link, time.Now())
	require.NoError(t, err)
	require.Equal(t, "stfbourg", got.Room)
	require.Equal(t, protocol.KindConsultation, got.Kind)
	require.Equal(t, protocol.RoleGuest, got.Role)
	require.Equal(t, "Mme Rey", got.Name)
	require.WithinDuration(t, time.Now().Add(2*time.Hour), got.Expires, time.Minute)
	require.Equal(t, got.Expires.Unix(), printed.Expires.Unix())

	_, err = verify(t, directory, printed.Link, time.Now().Add(2*time.Hour+5*time.Minute))
	require.ErrorIs(t, err, token.ErrExpired)
	_, err = verify(t, t.TempDir(), printed.Link, time.Now())
	require.ErrorIs(t, err, token.ErrInvalid, "another server has another secret")

	out, err = run(t, "invite", "--room=staff", "--kind=telestaff", "--role=host",
		"--data-directory", directory)
	require.NoError(t, err)
	require.Regexp(t, `^Works from .+ on 1 at once. To withdraw it: draille revoke \w+\n`+
		`http://localhost:8080/#[\w-]+\.[\w-]+\.[\w-]+\n$`, out)
	_, link, _ := strings.Cut(strings.TrimSpace(out), "\n")
	got, err = verify(t, directory, link, time.Now())
	require.NoError(t, err)
	require.Equal(t, protocol.RoleHost, got.Role)
	require.Equal(t, protocol.KindTelestaff, got.Kind)
}

// Hours are meant, and told, in the zone of the establishment, wherever the server stands.
func TestInviteTellsTheZoneOfItsHours(t *testing.T) {
	directory := withSecret(t)
	arguments := []string{"invite", "--room=a", "--data-directory", directory, "--valid=8784h"}
	out, err := run(t, append(arguments, "--zone=Indian/Reunion", "--from=2026-03-31T14:00",
		"--at=2026-03-31T14:30")...)
	require.NoError(t, err)
	require.Contains(t, out, "Works from Tuesday 31 March 2026 14:00 +04 to")
	_, link, _ := strings.Cut(strings.TrimSpace(out), "\n")
	got, err := verify(t, directory, link, time.Date(2026, 4, 1, 0, 0, 0, 0, time.UTC))
	require.NoError(t, err)
	require.Equal(t, "Indian/Reunion", got.Zone)
	require.Equal(t, "2026-03-31T10:30:00Z", got.At.UTC().Format(time.RFC3339))
	require.Equal(t, "2026-03-31T10:00:00Z", got.NotBefore.UTC().Format(time.RFC3339))

	out, err = run(t, append(arguments, "--zone=Indian/Reunion")...)
	require.NoError(t, err)
	_, link, _ = strings.Cut(strings.TrimSpace(out), "\n")
	got, err = verify(t, directory, link, time.Now())
	require.NoError(t, err)
	require.Empty(t, got.Zone, "no hour, no zone")
}

// Whoever serves with certificates of their own makes links with the same flags.
func TestInviteTakesTheFlagsOfACertificate(t *testing.T) {
	directory, files := withSecret(t), certificateFiles(t)
	arguments := []string{"invite", "--data-directory", directory, "--room=a", "--listen=:443",
		"--tls.mode=files"}
	_, err := run(t, arguments...)
	require.ErrorContains(t, err, "tls.cert", "what is missing is named,")
	out, err := run(t, append(arguments, "--tls.cert", files.Cert, "--tls.key", files.Key,
		"--public-url", "https://visio.example.org")...)
	require.NoError(t, err, "and taken")
	require.Contains(t, out, "https://visio.example.org/#")
}

func TestInviteRefusesInWords(t *testing.T) {
	directory := withSecret(t)
	for want, arguments := range map[string][]string{
		"--room is missing":              {},
		"as in consultation-17":          {"--room", "salle é"},
		"expected consultation or tele":  {"--room=a", "--kind=party"},
		"expected host, clinician or gu": {"--room=a", "--role=admin"},
		"expected up to 60 characters":   {"--room=a", "--name", "one\ntwo"},
		"expected from 1m to 8784h":      {"--room=a", "--valid=10s"},
		"--valid 9000h0m0s cannot":       {"--room=a", "--valid=9000h"},
		"--seats 51 cannot be used":      {"--room=a", "--seats=51"},
		"expected a time zone, as in":    {"--room=a", "--zone=Paris"},
		"the link is over before, at 202": {"--room=a", "--from=2026-03-31T10:00", "--valid=2h",
			"--at=2026-03-31T14:30"},
		"did you mean --room?":            {"--room=a", "--romm=b"},
		"unknown shorthand flag":          {"-x"},
		"got \"surplus\"":                 {"surplus", "--room=a"},
		"expected a time, as in 90s, 30m": {"--room=a", "--valid=2days"},
		"expected a whole number":         {"--room=a", "--seats=two"},
		"--valid has no value: expected":  {"--room=a", "--valid"},
		"tls.mode is \"on\" in the comma": {"--room=a", "--tls.mode=on"},
	} {
		_, err := run(t, append([]string{"invite", "--data-directory", directory}, arguments...)...)
		require.ErrorContains(t, err, want)
	}
}

// --help teaches: every command has an explanation and an example.
func TestHelpTeaches(t *testing.T) {
	root := newRoot(testProgram)
	out, err := run(t, "--help")
	require.NoError(t, err)
	require.Contains(t, out, "draille serve")
	for _, command := range root.Commands() {
		require.NotEmpty(t, command.Short, command.Name())
		require.Greater(t, len(command.Long), 60, command.Name())
		require.Contains(t, command.Example, "draille "+command.Name())
		out, err := run(t, command.Name(), "--help")
		require.NoError(t, err)
		require.Contains(t, out, "Examples:")
	}
}

func TestVersion(t *testing.T) {
	out, err := run(t, "--version") // as of most programs
	require.NoError(t, err)
	require.Regexp(t, `^draille .+ \(go`, out)
	out, err = run(t, "version")
	require.NoError(t, err)
	require.Regexp(t, `^draille .+ \(go1\.\d+\S*, \w+/\w+\)\n$`, out)
	require.Equal(t, "unknown", versionOf(nil))
	require.Equal(t, "v1.2.3", versionOf(&debug.BuildInfo{Main: debug.Module{Version: "v1.2.3"}}))
	require.Equal(t, "development 0123456789ab with changes", versionOf(&debug.BuildInfo{
		Main: debug.Module{Version: "(devel)"},
		Settings: []debug.BuildSetting{
			{Key: "vcs.revision", Value: "0123456789abcdef"}, {Key: "vcs.modified", Value: "true"},
		},
	}))
}
