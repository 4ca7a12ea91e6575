package main

import (
	"crypto/rand"
	"errors"
	"fmt"
	"io/fs"
	"net/url"
	"os"
	"path/filepath"
	"time"

	"github.com/spf13/cobra"

	"draille/loadtest/scenario"
	"draille/signaling/protocol"
)

// target is the server under test, and how its rooms are opened.
type target struct {
	url       *url.URL
	metrics   string // address; empty: none
	firstLink string // tried out before the run
	link      func(scenario.Seat) (string, error)
	close     func()
}

// validFor is longer than any load test.
const validFor = 24 * time.Hour

// target finds the server, or starts it.
func (t *loadTest) target(command *cobra.Command, arguments []string) (*target, error) {
	if t.local {
		return t.localTarget()
	}
	if len(t.invites) > 0 {
		return t.invitedTarget()
	}
	address, err := url.Parse(arguments[0])
	if err != nil || address.Host == "" || address.Scheme != "http" && address.Scheme != "https" {
		return nil, fmt.Errorf("%q is not the address of a server: expected one such as https://visio.example.org", arguments[0])
	}
	config, _, err := loadFor(command)
	if err != nil {
		return nil, err
	}
	if err := secretIsThere(config, address); err != nil {
		return nil, err
	}
	return t.signedTarget(config, &url.URL{Scheme: address.Scheme, Host: address.Host}, func() {})
}

// secretIsThere keeps a wrong folder from getting a new secret, with which nothing could be opened.
func secretIsThere(config Config, server *url.URL) error {
	path := config.SecretFile
	if path == "" {
		path = filepath.Join(config.DataDirectory, secretName)
	}
	if _, err := os.Stat(path); errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("to open rooms on %s its secret is needed, and there is none at %s: give --data-directory or --secret-file as that server has them, or links with --invite",
			server.Host, path)
	}
	return nil // what else is wrong with it is told when it is read
}

// signedTarget makes links itself, one for each seat.
func (t *loadTest) signedTarget(config Config, server *url.URL, stop func()) (*target, error) {
	keys, err := loadSecrets(config)
	if err != nil {
		return nil, err
	}
	maker, err := newInvitations(keys, server)
	if err != nil {
		return nil, err
	}
	run := "loadtest-" + rand.Text()[:8]
	link := func(seat scenario.Seat) (string, error) {
		return maker.link(fmt.Sprintf("%s-%d", run, seat.Room), seat.Kind, seat.Role, seat.Name, time.Now(), validFor)
	}
	first, err := maker.link(run+"-preflight", protocol.KindConsultation, protocol.RoleHost, "", time.Now(), validFor)
	if err != nil {
		return nil, err
	}
	return &target{url: server, metrics: t.metricsOf(server), firstLink: first, link: link, close: stop}, nil
}

// metricsOf is the address that was given, or the usual one of a server on this machine.
func (t *loadTest) metricsOf(server *url.URL) string {
	if t.metrics == "" && isLocal(server.Hostname()) {
		return "http://" + defaultConfig().Metrics.Listen + "/metrics"
	}
	return t.metrics
}

// invitedTarget uses links that somebody else made: the first for the host, the second for everybody else.
func (t *loadTest) invitedTarget() (*target, error) {
	if len(t.invites) != 2 {
		return nil, fmt.Errorf("%d links were given with --invite: expected 2, the host's first, then one for the others", len(t.invites))
	}
	server, err := url.Parse(t.invites[0])
	if err != nil {
		return nil, errors.New("the first --invite is not a link: expected https://host/#token")
	}
	server = &url.URL{Scheme: server.Scheme, Host: server.Host}
	link := func(seat scenario.Seat) (string, error) {
		if seat.Role == protocol.RoleHost {
			return t.invites[0], nil
		}
		return t.invites[1], nil
	}
	return &target{url: server, metrics: t.metricsOf(server), firstLink: t.invites[0], link: link, close: func() {}}, nil
}

// localTarget starts a server on free ports.
func (t *loadTest) localTarget() (*target, error) {
	directory, err := os.MkdirTemp("", "draille-loadtest-")
	if err != nil {
		return nil, fmt.Errorf("no folder for the local server: %w", err)
	}
	metrics, err := freeAddress()
	if err != nil {
		return nil, errors.Join(err, os.RemoveAll(directory))
	}
	process, err := t.serve("serve", "--listen", "localhost:0", "--udp-listen", "127.0.0.1:0", "--turn.enabled=false",
		"--metrics.listen", metrics, "--data-directory", directory, "--log.format", "json", "--log.level", "info", "--no-invite",
		// All participants come from this machine.
		"--limits.opens-per-second", "1000000", "--limits.opens-at-once", "1000000",
		"--limits.connections-per-address", "1000000", "--limits.connections", "1000000")
	if err != nil {
		return nil, errors.Join(err, os.RemoveAll(directory))
	}
	stop := func() {
		process.stop()
		_ = os.RemoveAll(directory) // a folder in /tmp is no reason to fail
	}
	server, err := process.ready()
	if err != nil {
		stop()
		return nil, fmt.Errorf("the local server did not start: %w", err)
	}
	if t.metrics == "" {
		t.metrics = "http://" + metrics + "/metrics"
	}
	config := defaultConfig()
	config.DataDirectory = directory
	made, err := t.signedTarget(config, server, stop)
	if err != nil {
		stop()
	}
	return made, err
}

// freeAddress is an address of this machine on which nobody listens.
func freeAddress() (string, error) {
	listener, err := listenTCP("metrics.listen", "127.0.0.1:0")
	if err != nil {
		return "", err
	}
	defer listener.Close()
	return listener.Addr().String(), nil
}
