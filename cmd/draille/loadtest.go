package main

import (
	"errors"
	"fmt"
	"io/fs"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"draille/loadtest/command"
)

// program is this program as the load test needs it. It implements command.Program.
type program struct {
	// run makes the command that runs it once more.
	run func(arguments ...string) (*exec.Cmd, error)
}

func thisProgram(arguments ...string) (*exec.Cmd, error) {
	path, err := os.Executable()
	if err != nil {
		return nil, fmt.Errorf(
			"this program does not know where it lies, so that it cannot start a server: %w", err)
	}
	return exec.Command(path, arguments...), nil
}

func (program) Version() string { return version() }

// Command leaves out what configures the server that somebody runs here.
func (p program) Command(arguments ...string) (*exec.Cmd, error) {
	made, err := p.run(arguments...)
	if err != nil {
		return nil, err
	}
	made.Env = slices.DeleteFunc(os.Environ(), func(variable string) bool {
		return strings.HasPrefix(variable, envPrefix)
	})
	return made, nil
}

func (program) AddSecretFlags(c *cobra.Command) {
	addConfigFlags(c, "data-directory", "secret-file")
}

func (program) Invitations(c *cobra.Command, server *url.URL) (command.Invitations, error) {
	config, _, err := loadFor(c)
	if err != nil {
		return nil, err
	}
	if err := secretIsThere(config, server); err != nil {
		return nil, err
	}
	keys, err := readSecrets(config)
	if err != nil {
		return nil, err
	}
	return newInvitations(keys, server)
}

// secretIsThere keeps a wrong folder from getting a new secret, with which nothing could be opened.
func secretIsThere(config Config, server *url.URL) error {
	path := config.SecretFile
	if path == "" {
		path = filepath.Join(config.DataDirectory, secretName)
	}
	if _, err := os.Stat(path); errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("to open rooms on %s its secret is needed, and there is none at %s: "+
			"give --data-directory or --secret-file as that server has them, "+
			"or links with --invite", server.Host, path)
	}
	return nil // what else is wrong with it is told when it is read
}

func (program) OwnInvitations(directory string, server *url.URL) (command.Invitations, error) {
	config := defaultConfig()
	config.DataDirectory = directory
	keys, err := makeSecrets(config) // the server that is started in that folder uses it
	if err != nil {
		return nil, err
	}
	return newInvitations(keys, server)
}

func (program) Metrics(server *url.URL) string {
	if !isLocal(server.Hostname()) {
		return ""
	}
	return "http://" + defaultConfig().Metrics.Listen + "/metrics"
}
