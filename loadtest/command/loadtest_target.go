package command

import (
	"errors"
	"fmt"
	"net/url"

	"github.com/spf13/cobra"

	"draille/loadtest/scenario"
	"draille/signaling/protocol"
)

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
		return nil, fmt.Errorf("%q is not the address of a server: expected one such as "+
			"https://visio.example.org",
			arguments[0])
	}
	server := &url.URL{Scheme: address.Scheme, Host: address.Host}
	invitations, err := t.program.Invitations(command, server)
	if err != nil {
		return nil, err
	}
	made, err := signedTarget(invitations, server)
	if err != nil {
		return nil, err
	}
	made.metrics = t.metricsOf(server)
	return made, nil
}

// metricsOf is the address that was given, or the usual one of a server on this machine.
func (t *loadTest) metricsOf(server *url.URL) string {
	if t.metrics == "" {
		return t.program.Metrics(server)
	}
	return t.metrics
}

// invitedTarget uses links that somebody else made: the first for the host, the second for
// everybody else.
func (t *loadTest) invitedTarget() (*target, error) {
	if len(t.invites) != 2 {
		return nil, fmt.Errorf("%d links were given with --invite: expected 2, the host's first, "+
			"then one for the others",
			len(t.invites))
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
	return &target{url: server, metrics: t.metricsOf(server), firstLink: t.invites[0], link: link,
		close: func() {}}, nil
}

// localTarget starts a server that all participants reach from this machine.
func (t *loadTest) localTarget(more ...string) (*target, error) {
	made, err := startTarget(t.program, append([]string{
		"--listen", "localhost:0", "--udp-listen", "127.0.0.1:0",
		"--limits.opens-per-second", "1000000", "--limits.opens-at-once", "1000000",
		"--limits.connections-per-address", "1000000", "--limits.connections", "1000000"},
		more...)...)
	if err == nil && t.metrics != "" {
		made.metrics = t.metrics
	}
	return made, err
}
